"""What shells end with: umask, idle time, history. Drop-ins of profile.d, read after the others.

Other scripts are touched only where they would undo the drop-in afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.parse.confkeys import scanned
from opsrunner.remedies.amounts import octal, whole
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.lines import parted, split
from opsrunner.remedies.login import DEFS, umask_of_new_homes
from opsrunner.remedies.profile_lines import (
    HEADER,
    SCRIPTS,
    edit,
    later,
    scripts,
    sets,
    statements,
    taken_out,
)
from opsrunner.remedies.values import refused

_DROP_IN = "/etc/profile.d/zz-opsrunner-{}.sh"
UMASK, TIMEOUT, HISTORY = (_DROP_IN.format(name) for name in ("umask", "timeout", "history"))
_UMASK = re.compile(r"(\s*umask\s+)([0-7]{1,4})(\s*;?\s*(?:#.*)?)")
_BITS = ((4, "r"), (2, "w"), (1, "x"))
_DATE, _TIME = re.compile(r"%[cDFxy]|%Y"), re.compile(r"%[cTXrRsH]")
_FROZEN = re.compile(r"\b(readonly|(declare|typeset)\s+-\w*r)")
_OFF = re.compile(r"\s*set\s+\+o\s+history\s*;?\s*(#.*)?")


@remedy("umask", "str", Reads(files=(*SCRIPTS, UMASK, DEFS), facts=("shell.umasks",)),
        'Octal umask of shells and new homes at least, such as "027"; stricter bits stay.')
def umask(draft: Draft, wanted: str) -> None:
    """Take rights away after all other scripts, and never give any: a stricter mask stays."""
    bits = octal("umask", wanted)
    masks = " or ".join(draft.fact("shell.umasks").values()).split(" or ")
    if any(int(mask, 8) & bits != bits for mask in masks):
        for path in later(draft, UMASK):
            edit(draft, path, lambda body: _tightened(body, bits), tail=True)
        _write(draft, UMASK, [f"umask {_symbols(bits)}"])
    umask_of_new_homes(draft, wanted)


def _tightened(body: str, bits: int) -> str | None:
    match = _UMASK.fullmatch(body)
    if match is None or int(match[2], 8) & bits == bits:
        return None
    return f"{match[1]}{int(match[2], 8) | bits:03o}{match[3]}"


def _symbols(bits: int) -> str:
    """Return what a mask takes away, as umask's symbolic form: it leaves the rest as it is."""
    parts = []
    for shift, who in ((6, "u"), (3, "g"), (0, "o")):
        letters = "".join(letter for bit, letter in _BITS if bits >> shift & bit)
        parts += [f"{who}-{letters}"] if letters else []
    return ",".join(parts) or "a-"


@remedy("shell_timeout", "int", Reads(files=(*SCRIPTS, TIMEOUT), facts=("shell.timeout",)),
        "Seconds after which an idle shell ends, unchangeable by its user; a shorter time stays.")
def shell_timeout(draft: Draft, wanted: int) -> None:
    """Fix TMOUT in a drop-in; take it out where it is fixed before or set again afterwards."""
    whole("shell_timeout", wanted, least=1)
    now: Mapping[str, Any] = draft.fact("shell.timeout")
    if now["readonly"] and 0 < now["seconds"] <= wanted:
        return
    after = later(draft, TIMEOUT)
    plans = []
    for path in (path for path in scripts(draft) if path != TIMEOUT):
        runs_after = path in after
        found = [parted(line)[0] for line in split(draft.text(path))]
        hard = [body for body in found if sets(body, "TMOUT") and not statements(body, "TMOUT")]
        if hard and (runs_after or any(_FROZEN.search(body) for body in hard)):
            raise ByHand(
                f"{path} 中的语句设置了 TMOUT，须人工删除：{hard[0].strip()}",
                f"{path} sets TMOUT in a command that a person must take out: {hard[0].strip()}",
            )
        plans.append((path, runs_after))
    for path, runs_after in plans:
        edit(draft, path, _without_timeout(always=False), tail=False)
        if runs_after:
            edit(draft, path, _without_timeout(always=True), tail=True)
    seconds = min(wanted, now["seconds"] or wanted)
    _write(draft, TIMEOUT, [f"readonly TMOUT={seconds}", "export TMOUT"])


def _without_timeout(*, always: bool) -> Callable[[str], str | None]:
    def change(body: str) -> str | None:
        if not sets(body, "TMOUT") or not statements(body, "TMOUT"):
            return None
        return taken_out(body) if always or _FROZEN.search(body) else None

    return change


@dataclass(frozen=True, slots=True)
class _History:
    """The wanted settings of the history; what is None is left alone."""

    stamp: str | None
    size: int | None


@remedy("history", "dict", Reads(files=(*SCRIPTS, HISTORY), facts=("shell.history",)),
        "HISTTIMEFORMAT and HISTSIZE of shells; a larger size and another date format stay.")
def history(draft: Draft, wanted: Mapping[str, Any]) -> None:
    """Set both in a drop-in where they are not; take out what keeps no history at all."""
    goal = _goal(wanted)
    now: Mapping[str, Any] = draft.fact("shell.history")
    if not now["kept"]:
        changed = [edit(draft, path, _kept, tail=False) for path in scripts(draft)]
        if not any(changed):
            raise ByHand("某个登录脚本不保留历史命令，须人工查找并修改",
                         "a profile script keeps no history in a way that a person must mend")
    values = dict(_own(draft))
    for path in later(draft, HISTORY):
        if path != HISTORY:
            edit(draft, path, lambda body: _better(body, goal), tail=True)
    if goal.stamp is not None and not now["stamped"]:
        values["HISTTIMEFORMAT"] = f"'{goal.stamp}'"
    if goal.size is not None and now["size"] < goal.size:
        values["HISTSIZE"] = str(max(goal.size, *_sizes(draft), 0))
    if values:
        lines = [f"{name}={value}" for name, value in sorted(values.items())]
        _write(draft, HISTORY, [*lines, f"export {' '.join(sorted(values))}"])


def _goal(wanted: Mapping[str, Any]) -> _History:
    problems = [(name, "is not known here") for name in wanted
                if name not in ("HISTTIMEFORMAT", "HISTSIZE")]
    stamp, size = wanted.get("HISTTIMEFORMAT"), wanted.get("HISTSIZE")
    if stamp is not None and (not isinstance(stamp, str) or not re.fullmatch(r"[ -&(-~]+", stamp)):
        problems.append(("HISTTIMEFORMAT", "must be one line of text without a single quote"))
    if size is not None and (not isinstance(size, int) or size <= 0):
        problems.append(("HISTSIZE", f"{size!r} is no number above 0"))
    if problems:
        raise refused("history", [f"{name}: {said}" for name, said in problems])
    return _History(stamp, size)


def _own(draft: Draft) -> list[tuple[str, str]]:
    """Return what the drop-in sets already, as it was written."""
    bodies = [parted(line)[0] for line in split(draft.text(HISTORY))]
    return [(name, value) for name, equals, value in (body.partition("=") for body in bodies)
            if equals and name in ("HISTTIMEFORMAT", "HISTSIZE")]


def _sizes(draft: Draft) -> list[int]:
    """Return the sizes that profile scripts set by a plain number; what is unlimited is huge."""
    found = []
    for path in scripts(draft):
        for line in split(draft.text(path)):
            for one in statements(parted(line)[0], "HISTSIZE") or []:
                number = scanned(one.value or "")
                found += [] if number is None else [number if number >= 0 else 1 << 30]
    return found


def _better(body: str, goal: _History) -> str | None:
    """Return a line that comes after the drop-in with a value as good as wanted."""
    for one in statements(body, "HISTSIZE") or []:
        number = scanned(one.value or "") or 0
        if goal.size is not None and one.value is not None and 0 <= number < goal.size:
            return re.sub(r"HISTSIZE=[^\s;]*", f"HISTSIZE={goal.size}", body)
    for one in statements(body, "HISTTIMEFORMAT") or []:
        stamped = one.value and _DATE.search(one.value) and _TIME.search(one.value)
        if goal.stamp is not None and one.value is not None and not stamped:
            return taken_out(body)
    return None


def _kept(body: str) -> str | None:
    for one in statements(body, "HISTFILE") or []:
        if one.word == "unset" or one.value in ("", "/dev/null"):
            return taken_out(body)
    return taken_out(body) if _OFF.fullmatch(body) else None


def _write(draft: Draft, path: str, lines: list[str]) -> None:
    variable = {UMASK: "umask", TIMEOUT: "shell_timeout", HISTORY: "history"}[path]
    text = "\n".join([HEADER.format(f"harden_linux_{variable}"), *lines, ""])
    if draft.text(path) != text:
        draft.write(path, text)
        draft.validate("shell")
