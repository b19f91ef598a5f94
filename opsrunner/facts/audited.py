"""What auditing would record on a host: the kernel's rules now, and those of the next start.

``live`` is what ``auditctl`` shows, ``saved`` what the rules files would load. Both must hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse.auditcover import Doubt, Event, Recorder, Situation
from opsrunner.parse.auditfile import Loaded, load, merged, natural
from opsrunner.parse.auditrules import AuditRule, listed

NO_KERNEL = "audit support not in kernel"
# Field values that a recording rule may ask for beyond login users, by what is asked of it.
ALLOWED: dict[str, dict[str, frozenset[str]]] = {
    "": {},
    "root": {"euid": frozenset(("0", "root"))},
    "clock": {"a0": frozenset(("0", "0x0"))},
    "EACCES": {"exit": frozenset(("-EACCES", "-13")), "success": frozenset(("0",))},
    "EPERM": {"exit": frozenset(("-EPERM", "-1")), "success": frozenset(("0",))},
}


@dataclass(frozen=True, slots=True)
class Place:
    """The rules in one place, or why nothing at all is recorded, or why nobody can tell."""

    recorder: Recorder | None = None
    nothing: str | None = None
    cannot: CannotTell | None = None


class Machine(NamedTuple):
    """Architectures a program can call, and whether the machine lacks the oldest calls."""

    arches: tuple[str, ...]
    new: bool


@fact(
    probes=["audit.live", "audit.files", "audit.unit"],
    facts=["audited.paths", "system.release"],
)
def places(host: Host) -> dict[str, Place]:
    """Return ``live`` and ``saved``, read once for all facts of ``auditrules``."""
    found = {}
    for name, read in (("live", _live), ("saved", _saved)):
        try:
            found[name] = read(host)
        except CannotTell as cannot:
            found[name] = Place(cannot=cannot)
    return found


@lru_cache(maxsize=256)
def _listed(text: str) -> tuple[AuditRule, ...]:
    return tuple(listed(text))


@lru_cache(maxsize=256)
def _loaded(text: str) -> Loaded:
    return load(text)


def _live(host: Host) -> Place:
    status, rules = live(host)
    if rules is None:
        return Place(nothing=status)
    if re.search(r"\benabled[ =]0\b", status):
        return Place(nothing="auditing is switched off (enabled 0)")
    if not rules.strip():
        raise CannotTell(Reason.UNPARSABLE, "auditctl -l printed nothing")
    try:
        return Place(Recorder(_listed(rules), situation(host)))
    except ValueError as error:
        raise CannotTell(Reason.UNPARSABLE, f"auditctl -l: {error}") from error


def live(host: Host) -> tuple[str, str | None]:
    """Given a host, return what ``auditctl -s`` and ``-l`` said.

    Where there certainly is no auditing, the reason and None. Raise CannotTell otherwise.
    """
    if not host.has_tool("audit.live"):
        return "auditctl is not installed", None
    if NO_KERNEL in host.frame("audit.live").stderr.decode("utf-8", "replace"):
        return NO_KERNEL, None
    sections = dict(host.sections("audit.live"))
    return sections.get("auditctl -s", ""), sections.get("auditctl -l", "")


def _saved(host: Host) -> Place:
    loaded = saved(host)
    if loaded is None:
        return Place(nothing="no rules file is loaded at the start")
    if loaded.enabled == 0:
        return Place(nothing="the rules files switch auditing off (-e 0)")
    return Place(Recorder(loaded.rules, situation(host)))


def saved(host: Host) -> Loaded | None:
    """Given a host, return what its rules files load at the start, None when nothing does.

    EL 7 and later load through augenrules unless the unit says otherwise; EL 6 loads
    ``audit.rules`` as it is unless USE_AUGENRULES is set in ``/etc/sysconfig/auditd``.
    """
    files = host.files("audit.files")
    folder = any(words == "rules.d" for words, _ in host.sections("audit.files"))
    loader = _loader(host, files.text("/etc/sysconfig/auditd") or "", folder=folder)
    if loader == "augenrules" and folder:
        texts = files.under("/etc/audit/rules.d")
        names = sorted(texts, key=lambda path: natural(path.rpartition("/")[2]))
        return _loaded(merged(texts[name] for name in names))
    text = files.text("/etc/audit/audit.rules") if loader else None
    return None if text is None else _loaded(text)


def _loader(host: Host, sysconfig: str, *, folder: bool) -> str | None:
    if not host.has_tool("audit.unit"):
        wanted = re.findall(r"(?m)^\s*USE_AUGENRULES=[\"']?([^\"'\s#]*)", sysconfig)[-1:]
        use = [word for word in wanted if word and word.replace("N", "n").replace("O", "o") != "no"]
        return "augenrules" if use and folder else "auditctl"
    text = host.text("audit.unit")
    if "augenrules" in text:
        return "augenrules"
    return "auditctl" if re.search(r"auditctl -R /etc/audit/audit\.rules", text) else None


def machine(host: Host) -> Machine:
    """Given a host, return its architectures in audit's words. Raise CannotTell without one."""
    name = host.get("system.release")["machine"]
    if not name:
        raise CannotTell(Reason.UNPARSABLE, "no machine architecture")
    if name == "x86_64":
        return Machine(("b64", "b32"), new=False)
    old = name in ("i386", "i486", "i586", "i686", "armv7l")
    return Machine(("b32",) if old else ("b64",), name in ("aarch64", "loongarch64", "riscv64"))


def situation(host: Host) -> Situation:
    """Given a host, return what the kernel's filter depends on."""
    links = dict(
        line.split(None, 1) for line in section(host, "links").splitlines() if " " in line
    )
    return Situation(machine(host).arches[0], _uid_min(host), links)


def _uid_min(host: Host) -> int:
    word = section(host, "uid_min").strip()
    return int(word) if word.isdigit() else (500 if host.platform.endswith("-6") else 1000)


@fact(probes=["audit.paths"])
def paths(host: Host) -> dict[str, str]:
    """Return the sections of the probe ``audit.paths`` by name, split once for all facts."""
    return dict(host.sections("audit.paths"))


def section(host: Host, name: str) -> str:
    """Given a section of the probe ``audit.paths``, return its text."""
    return str(host.get("audited.paths").get(name, ""))


def gaps(host: Host, events: Callable[[Machine], Iterable[Event]]) -> list[str]:
    """Given what must be recorded, return what is not, in which place.

    Raise CannotTell when nothing is certainly missing but something cannot be known.
    """
    found: list[str] = []
    doubts: list[CannotTell] = []
    for name, place in host.get("audited.places").items():
        if place.nothing:
            found.append(f"{name}: {place.nothing}")
        elif place.recorder is None:
            doubts.append(place.cannot)
        else:
            missing, doubt = _missing(place.recorder, events(machine(host)))
            found += [f"{name}: {what}" for what in missing]
            if doubt:
                doubts.append(CannotTell(Reason.UNPARSABLE, f"{name}: hidden perhaps by {doubt}"))
    if doubts and not found:
        raise doubts[0]
    return found


def _missing(recorder: Recorder, events: Iterable[Event]) -> tuple[list[str], str]:
    missing: dict[str, list[str]] = {}
    doubt = ""
    for event in events:
        try:
            if not recorder.records(event):
                missing.setdefault(event.label, []).append(event.arch)
        except Doubt as reason:
            doubt = doubt or str(reason)
    return [f"{what} [{', '.join(sorted(arches))}]" for what, arches in missing.items()], doubt


@lru_cache(maxsize=1024)
def access(
    names: tuple[str, ...], arches: tuple[str, ...], perms: str = "wa", *, folder: bool = False,
    allowed: str = "",
) -> tuple[Event, ...]:
    """Given paths and permissions, return the accesses that must be recorded."""
    return tuple(
        Event(arch, path=path, perm=perm, folder=folder, allowed=ALLOWED[allowed],
              label=f"{path} ({perm})")
        for path in names for perm in perms for arch in arches
    )


@lru_cache(maxsize=1024)
def calls(names: tuple[str, ...], arches: tuple[str, ...], allowed: str = "") -> tuple[Event, ...]:
    """Given syscalls and what a rule may ask for beyond login users, return the events."""
    note = f" -{allowed}" if allowed in ("EACCES", "EPERM") else ""
    return tuple(
        Event(arch, syscall=name, allowed=ALLOWED[allowed], label=f"{name}{note}")
        for name in names for arch in arches
    )
