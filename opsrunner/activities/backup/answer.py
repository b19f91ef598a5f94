"""What a host said of a verification -> what was proven; pure, of untrusted bytes.

"Nobody could look" is never "damaged", and never anything else: it is unknown, with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from opsrunner.activities.backup.due import Due
from opsrunner.activities.backup.record import Copy, Verification
from opsrunner.models import Frame, Reason
from opsrunner.policy.backup import Level
from opsrunner.sources.imports.restic import parse as parse_restic
from opsrunner.sources.imports.result import JobState
from opsrunner.sources.wire import SECTION

_CUT = (124, 137)
_ROWS = re.compile(r"^rows .* ([0-9]{1,18})$", re.MULTILINE)
_CODES: Final[Mapping[int, Reason]] = {
    3: Reason.NOT_COLLECTED, 124: Reason.TIMEOUT, 126: Reason.DENIED, 127: Reason.MISSING_TOOL,
    137: Reason.TIMEOUT,
}
_UNABLE: Final = (  # what a verifying program says when it could not look
    (re.compile(r"password|denied|permission", re.IGNORECASE), Reason.DENIED),
    (re.compile(r"no (server |client )?program"), Reason.MISSING_TOOL),
    (re.compile(r"signal"), Reason.INTERRUPTED),
    (re.compile(r"no snapshot|no repository|no folder"), Reason.NOT_COLLECTED),
)
_NOT_VERIFIED = "not verified: "
_PROVEN, _DAMAGED, _BLIND = 0, 1, 2  # exit codes of the verifying programs
_NAMED = 100  # paths or gaps that the record names; the log has all of them
_SHOWN = 600  # characters of a reason; the log has all of it


@dataclass(slots=True)
class Said:
    """The sections of one verification's answer, and the lines of its programs."""

    sections: list[tuple[str, str]]
    lines: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Said:
        """Given a frame's output, return what it says."""
        pieces = (part.partition("\n") for part in text.split(SECTION)[1:])
        found = cls([(words.strip(), body.removesuffix("\n")) for words, _, body in pieces])
        for words, body in found.sections:
            for line in body.splitlines() if words == "said" else ():
                name, _, rest = line.partition(" ")
                found.lines.setdefault(name, []).append(rest.strip())
        return found

    def get(self, words: str) -> str | None:
        """Given what a section begins with, return its content; None when there is none."""
        return next((body for name, body in self.sections if name == words), None)

    def words(self, first: str) -> list[list[str]]:
        """Given a section's first word, return the other words of each such section."""
        found = [name.split() for name, _ in self.sections]
        return [words[1:] for words in found if words[:1] == [first]]

    @property
    def reason(self) -> str:
        """Return what the programs say is wrong, in one line."""
        packs = [f"pack {line}" for line in self.lines.get("pack", ())]
        return "; ".join([*packs, *self.lines.get("problem", ())])[:_SHOWN]


def unreached(one: Due, reason: str, started: str, ended: str) -> Verification:
    """Given a set that nobody could look at, and why (``CODE: detail``), return that."""
    return _verification(one, (started, ended), looked=False, level=None, reason=reason)


def judge(
    one: Due, frame: Frame | None, times: tuple[str, str], blobs: Mapping[str, str],
) -> Verification:
    """Given a set, what its host said, begin and end (ISO 8601) and blobs, return what holds."""
    fault = _fault(frame)
    if fault or frame is None:
        return _verification(one, times, looked=False, level=None, reason=fault, blobs=blobs)
    said = Said.of(frame.stdout.decode("utf-8", "replace"))
    try:
        copy = _copy(one, said)
        looked, level, reason = _outcome(one, said, copy)
    except ValueError as error:
        copy, looked, level, reason = None, False, None, f"{Reason.UNPARSABLE}: {error}"[:_SHOWN]
    restored = one.set.content if level is not None and level.recoverable else ()
    return _verification(one, times, looked=looked, level=level, reason=reason, copy=copy,
                         restored=restored, blobs=blobs, measured=_measured(one, said, level))


def _fault(frame: Frame | None) -> str | None:
    """Given a frame, return why nothing can be said from it; None when it is whole."""
    if frame is None:
        return f"{Reason.TRUNCATED}: the answer ends before this set"
    words = " ".join(frame.stderr.decode("utf-8", "replace").split())[:_SHOWN]
    if frame.exit_code:
        code = _CODES.get(frame.exit_code, Reason.PROBE_FAILED)
        detail = "cut by the time limit" if frame.exit_code in _CUT else words
        return f"{code}: {detail or f'ended with {frame.exit_code}'}"
    if frame.truncated or not frame.complete:
        return f"{Reason.TRUNCATED}: the answer is cut off"
    return None


def _outcome(one: Due, said: Said, copy: Copy | None) -> tuple[bool, Level | None, str | None]:
    """Given what was said, return whether anybody looked, the level, and why not more."""
    if _none_there(said):
        return True, None, f"there is no copy of it{_elsewhere(one)}"
    ended = said.words("ended")
    code = int(ended[-1][0]) if ended and ended[-1] and ended[-1][0].isdecimal() else None
    if code in _CUT:
        return False, None, f"{Reason.TIMEOUT}: its verification was cut by the time limit"
    if code not in (_PROVEN, _DAMAGED, _BLIND):
        return False, None, f"{Reason.TRUNCATED}: the verification has no end"
    if code == _BLIND or (code == _PROVEN and not _cleaned(said)):
        return False, None, _unable(said)
    level = _level(said)
    if code == _DAMAGED:
        # What came back and is known to differ is not recoverable, whatever could be restored.
        capped = min(level, Level.L2) if level and copy else None
        return True, capped, said.reason or "damaged; the program says no more"
    if level is None or copy is None:
        raise ValueError("it ended well and names no level" if copy else "no copy is named")
    short = [f"proven to {level.name}, {one.level.name} is wanted{_elsewhere(one)}"]
    # Logs are kept because more than the dump has to come back: where they have a gap it does not.
    lost = [f"gap in the logs: {line}" for line in said.lines.get("gap", ())]
    faults = (short if level < one.level else []) + (lost if one.set.backup.logs else [])
    return True, level, "; ".join(faults)[:_SHOWN] or None


def _none_there(said: Said) -> bool:
    """Return whether the host looked, and certainly has no copy."""
    listing = said.get("snapshots before")
    nothing = listing is not None and listing.strip() in ("[]", "null")
    return nothing or (said.get("copy") == "" and not said.words("ended"))


def _cleaned(said: Said) -> bool:
    return said.words("cleaned")[-1:] == [["yes"]]


def _unable(said: Said) -> str:
    """Return why the programs could not look, ``CODE: detail``."""
    words = said.reason.replace(_NOT_VERIFIED, "") or "the scratch place was not cleaned up"
    code = next((code for sign, code in _UNABLE if sign.search(words)), Reason.PROBE_FAILED)
    return f"{code}: {words}"


def _elsewhere(one: Due) -> str:
    return " in the copy elsewhere" if one.source == "offsite" else ""


def _level(said: Said) -> Level | None:
    """Return the level the last program names; level 0 says that nothing of it can be trusted."""
    name = f"L{(said.lines.get('level') or [''])[-1]}"
    found = Level[name] if name in Level.__members__ else None
    return None if found in (Level.L0, Level.L5) else found


def _copy(one: Due, said: Said) -> Copy | None:
    """Return the copy that was looked at. Raise ValueError when it cannot be told which."""
    if one.set.backup.databases:
        return _dump(said.get("copy") or "")
    listings = (said.get(f"snapshots {word}") or "" for word in ("before", "after"))
    before, after = (_newest(listing, one.set.zone) for listing in listings)
    if before and after and before.id != after.id:
        raise ValueError("a backup was made while it was verified; verify again")
    return before


def _dump(line: str) -> Copy | None:
    if not (words := line.split()):
        return None
    if len(words) != 2 or not words[1].isdecimal():  # noqa: PLR2004 - id and size
        raise ValueError(f"the copy is named {line[:80]!r}")
    made = datetime.strptime(words[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return Copy(words[0], made, made, int(words[1]))


def _newest(listing: str, zone: ZoneInfo) -> Copy | None:
    """Given restic's list of snapshots, return the newest; None when it cannot be told."""
    known = [one for one in parse_restic(listing, zone) if one.state is JobState.ENDED]
    copies = [Copy(one.id or "", one.when.earliest, one.when.latest, one.size)
              for one in known if one.when and one.id]
    return max(copies, key=lambda copy: copy.latest, default=None)


def _measured(one: Due, said: Said, level: Level | None) -> dict[str, Any]:
    """Return what was measured besides, as the record has it; only what is certain."""
    ended = [words for words in said.words("ended") if len(words) == 2]  # noqa: PLR2004 - code, seconds
    seconds = [int(words[1]) for words in ended if words[1].isdecimal()]
    found: dict[str, Any] = {"on": one.on, "cleaned": _cleaned(said)}
    if seconds:
        found["seconds"] = sum(seconds)
    whole = [part for part, words in zip(one.parts, ended, strict=False) if words[0] == "0"]
    if whole and level is not None:
        found["read"] = {"parts": [int(part.partition("/")[0]) for part in whole],
                         "of": int(whole[0].partition("/")[2])}
    if level == Level.L4 and (manifest := said.get("manifest")):
        rows = [int(count) for count in _ROWS.findall(manifest)]
        found |= {"tables": len(rows), "rows": sum(rows)}
    for name in ("sentinel", "range"):
        if lines := said.lines.get(name):
            found[name] = lines[-1]
    for name, word in (("gaps", "gap"), ("changed", "changed")):
        if many := said.lines.get(word):
            found[name] = many[:_NAMED]
    for count in said.lines.get("compared", ()):
        if count.isdecimal():
            found["compared"] = int(count)
    return found


def _verification(  # noqa: PLR0913 - what a verification consists of
    one: Due, times: tuple[str, str], *, looked: bool, level: Level | None, reason: str | None,
    copy: Copy | None = None, restored: tuple[str, ...] = (),
    blobs: Mapping[str, str] | None = None, measured: Mapping[str, Any] | None = None,
) -> Verification:
    return Verification(
        one.set.id, one.set.kind, one.level.name, looked, level, reason, copy, *times,
        source=one.source, restored=restored, blobs=blobs or {},
        measured=measured or {"on": one.on},
    )


def texts(frame: Frame | None) -> dict[str, bytes]:
    """Given what a host said of a set, return what goes on record, by label.

    ``log`` is all that was said, ``manifest`` what the copy has to be equal to, ``comparison``
    what the verifying programs found.
    """
    if frame is None or not (frame.stdout or frame.stderr):
        return {}
    said = Said.of(frame.stdout.decode("utf-8", "replace"))
    head, _, _ = frame.stdout.partition(f"{SECTION}manifest\n".encode())
    log = head.replace(SECTION.encode(), b"\n# ") + b"\n# stderr\n" + frame.stderr
    found = {"log": log, "manifest": (said.get("manifest") or "").encode(),
             "comparison": "".join(body for name, body in said.sections if name == "said").encode()}
    return {label: data for label, data in found.items() if data}
