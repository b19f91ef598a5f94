"""Audit rules by set: what the rule's own fact finds unrecorded gets a line, and is judged again.

The fact is asked with the rules files as they are on paper, so that which events a set needs,
and whether a line records them, is said in one place only (``opsrunner/facts/auditrules.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.changes.state import REGULAR
from opsrunner.facts.audited import ALLOWED, Place, situation
from opsrunner.parse.auditcover import Event, Recorder
from opsrunner.parse.auditfile import Loaded
from opsrunner.remedies import auditfiles, marked
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.onpaper import OnPaper
from opsrunner.remedies.values import refused, strings


@dataclass(frozen=True, slots=True)
class _Keys:
    """The keys of a set's lines (watches, calls, programs), and whether only users count."""

    watch: str = ""
    call: str = ""
    program: str = ""
    users: bool = False


SETS = {
    "account_files": _Keys(watch="identity"),
    "file_access": _Keys(call="delete", users=True),
    "kernel_modules": _Keys(call="modules", program="modules"),
    "logins": _Keys(watch="logins"),
    "network_changes": _Keys(watch="system-locale", call="system-locale"),
    "permission_changes": _Keys(call="perm_mod", users=True),
    "policy_changes": _Keys(watch="audit-policy"),
    "privileged_commands": _Keys(watch="scope", program="privileged"),
    "root_commands": _Keys(call="root-cmd", users=True),
    "time_changes": _Keys(call="time"),
}
_VARIABLE = "audit_rule_sets"
_MARK = "# set "
_ASKED = {"root": " -F euid=0", "EACCES": " -F exit=-EACCES", "EPERM": " -F exit=-EPERM"}
_MODPROBE = "/sbin/modprobe"
_SUDO_LOG = re.compile(r"\s*Defaults.*logfile")
_SUDOERS = ("/etc/sudoers", "/etc/sudoers.d/*")


class _Listener(Recorder):
    """A recorder that keeps the events it was asked about and does not record."""

    missed: list[Event]

    def records(self, event: Event) -> bool:
        """Return whether the rules record an event; keep it when they do not."""
        found = super().records(event)
        if not found:
            self.missed.append(event)
        return found


def _listener(draft: Draft, loaded: Loaded) -> _Listener:
    listener = _Listener(loaded.rules, situation(OnPaper(draft, {})))
    listener.missed = []
    return listener


def _reads(wanted: object) -> Reads:
    names = [name for name in wanted if name in SETS] if isinstance(wanted, list) else []
    facts = ("audited.paths", "system.release", *(f"auditrules.{name}" for name in names))
    files = auditfiles.FILES + (_SUDOERS if "privileged_commands" in names else ())
    return Reads(files=files, facts=(*auditfiles.FACTS, *facts))


@remedy(
    _VARIABLE, "list", _reads,
    "Audit rules to load, by set: " + ", ".join(SETS) + ".",
)
def audit_rule_sets(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given set names, add the rules that are missing for them to those already ours."""
    wanted = _known(strings(_VARIABLE, wanted))
    generate = auditfiles.augenrules(draft)
    if generate:
        auditfiles.keeps_all(draft)
    foreign, ours, place = _texts(draft, generate=generate)
    had = {line.removeprefix(_MARK) for line in ours if line.startswith(_MARK)}
    loaded = auditfiles.would_load(foreign)
    lines: list[str] = []
    for name in (name for name in SETS if name in wanted or name in had):
        missed = _missed(draft, name, loaded)
        if missed:
            lines += [f"{_MARK}{name}", *_lines(draft, name, missed)]
    if lines == ours:
        _refuse_unloaded(draft, wanted)
        return
    texts = {**foreign, place: _written(foreign.get(place, ""), lines, generate=generate)}
    draft.write(place, texts[place], mode=0o640 if place == auditfiles.PLAIN else 0o600)
    now = auditfiles.parts(draft) if generate else texts
    _prove(draft, wanted, auditfiles.would_load(now))
    auditfiles.settle(draft, generate=generate)


def _known(names: list[str]) -> list[str]:
    unknown = [f"{name!r} is no set; there are {', '.join(SETS)}" for name in names
               if name not in SETS]
    if unknown:
        raise refused(_VARIABLE, unknown)
    return names


def _texts(draft: Draft, *, generate: bool) -> tuple[dict[str, str], list[str], str]:
    """Return the files without what is ours, the lines that are ours, and where they stand."""
    if generate:
        texts = auditfiles.parts(draft)
        lines = texts.pop(auditfiles.OURS, "").split("\n")
        return texts, [line for line in lines if line], auditfiles.OURS
    text, lines = marked.cut(draft.text(auditfiles.PLAIN))
    return {auditfiles.PLAIN: text}, lines, auditfiles.PLAIN


def _written(text: str, lines: list[str], *, generate: bool) -> str:
    if generate:
        return "\n".join((*lines, ""))
    at = 0  # before a final -e, after which nothing is taken
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith("-e"):
            return marked.put(text, lines, at)
        at += len(line)
    return marked.put(text, lines)


def _gaps(draft: Draft, name: str, loaded: Loaded) -> tuple[list[str], list[Event]]:
    listener = _listener(draft, loaded)
    host = OnPaper(draft, {
        "audited.places": {"saved": Place(listener)}, "audited.paths": _paths(draft),
    })
    found: list[str] = host.judged(f"auditrules.{name}")
    return found, listener.missed


def _paths(draft: Draft) -> dict[str, str]:
    """Return what is there to be recorded, with the log of sudo that another remedy sets up."""
    found: dict[str, str] = draft.fact("audited.paths")
    files = [path for path in draft.paths("/etc/sudoers") if draft.file(path).kind == REGULAR]
    if not files:
        return found
    lines = (line for path in files for line in draft.text(path).splitlines())
    return {**found, "sudolog": "\n".join(line for line in lines if _SUDO_LOG.match(line))}


def _missed(draft: Draft, name: str, loaded: Loaded) -> list[Event]:
    gaps, missed = _gaps(draft, name, loaded)
    return missed if gaps else []


def _prove(draft: Draft, wanted: Iterable[str], loaded: Loaded) -> None:
    if loaded.enabled == 0:
        raise ByHand("规则文件用 -e 0 关闭了审计", "the rules files switch auditing off (-e 0)")
    for name in wanted:
        gaps, _ = _gaps(draft, name, loaded)
        if gaps:
            raise ByHand(
                f"已有的 never 规则排除了需要记录的事件：{gaps[0]}",
                f"a never rule that is already there takes events away: {gaps[0]}",
            )


def _refuse_unloaded(draft: Draft, wanted: Iterable[str]) -> None:
    """Raise ByHand when the files are as they should be and the kernel still lacks rules."""
    path = auditfiles.OURS if auditfiles.OURS in draft.state.files else auditfiles.PLAIN
    pending = draft.file(path) != draft.state.files[path]
    locked = draft.fact("audit.status").get("enabled") == auditfiles.LOCKED
    if pending or locked or not any(draft.fact(f"auditrules.{name}") for name in wanted):
        return
    raise ByHand(
        "规则文件已齐全但未加载：执行 augenrules --load(EL6 为 auditctl -R)并查看报错",
        "the rules files are complete but not loaded: run augenrules --load (EL 6: auditctl -R) "
        "and read what it says",
    )


def _lines(draft: Draft, name: str, events: Iterable[Event]) -> list[str]:
    """Given the events of a set that are not recorded, return the lines that record them."""
    users = f" -F auid>={situation(OnPaper(draft, {})).uid_min} -F auid!=4294967295"
    watches: dict[str, str] = {}
    programs: dict[str, None] = {}
    calls: dict[tuple[str, str], list[str]] = {}
    for event in events:
        if event.path is None:
            asked = next(word for word, allowed in ALLOWED.items() if allowed == event.allowed)
            calls.setdefault((asked, event.arch), []).append(str(event.syscall))
        elif event.perm == "x":
            programs[_plain(event.path)] = None
        else:
            perms = watches.setdefault(_plain(event.path), "")
            watches[event.path] = perms if event.perm in perms else perms + event.perm
    if len(programs) > 1:  # the program it is a link to stands for the link
        programs.pop(_MODPROBE, None)
    keys = SETS[name]
    found = [f"-w {path} -p {perms} -k {keys.watch}" for path, perms in watches.items()]
    found += [
        f"-a always,exit -F arch={arch} -S {' -S '.join(dict.fromkeys(names))}"
        f"{_ASKED.get(asked, '')}{users if keys.users else ''}"
        f" -k {'access' if asked in ('EACCES', 'EPERM') else keys.call}"
        for (asked, arch), names in calls.items()
    ]
    return found + [f"-a always,exit -F path={path} -F perm=x{users} -k {keys.program}"
                    for path in programs]


def _plain(path: str) -> str:
    if any(letter.isspace() for letter in path):
        raise ByHand(f"路径含空白字符，auditctl 无法表示：{path!r}",
                     f"auditctl cannot name a path with a blank: {path!r}")
    return path
