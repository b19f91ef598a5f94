"""Would these audit rules record this event? Answered the way the kernel filters.

Rules of the exit list are tried in order and the first that matches decides, so a ``never``
before an ``always`` takes the event away. Three answers: yes, no, and Doubt for what only a
person who knows the site can say (a ``never`` for one program or one account, say).
Source: audit.rules(7), auditctl(8), kernel ``auditsc.c`` (audit_filter_rules).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from opsrunner.parse.auditrules import AuditRule, Field

UNSET = frozenset(("unset", "-1", "4294967295"))
_ARCHES = {"b64": "b64", "x86_64": "b64", "aarch64": "b64", "ia64": "b64", "ppc64": "b64",
           "ppc64le": "b64", "s390x": "b64", "b32": "b32", "i386": "b32", "i486": "b32",
           "i586": "b32", "i686": "b32", "arm": "b32", "armv7l": "b32"}
# Record types without which an event says nothing; the others are additions or other events.
_NEEDED_RECORDS = frozenset(("SYSCALL", "1300", "PATH", "1302", "EXECVE", "1309"))
_FILE_CALLS = frozenset((
    "open", "openat", "openat2", "creat", "truncate", "ftruncate", "unlink", "unlinkat", "rename",
    "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "mknod", "mknodat", "mkdir",
    "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat", "chown", "fchown", "fchownat", "lchown",
    "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "execve",
    "execveat",
))
_SYSTEM_FOLDERS = ("/", "/etc", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/var", "/root",
                   "/boot", "/home")
_ROOT = frozenset(("0", "root"))


class Doubt(Exception):  # noqa: N818 - not an error: the third answer
    """Nobody can tell from the rules alone; the text says which rule is in the way."""


@dataclass(frozen=True, slots=True)
class Event:
    """What must be recorded: a syscall, or an access (one of r, w, x, a) to a path.

    ``allowed`` holds field values that a recording rule may ask for beyond login users, such
    as ``{"euid": {"0"}}``; ``folder`` that the path stands for everything below it; ``label``
    is what a report calls it.
    """

    arch: str
    syscall: str | None = None
    path: str | None = None
    perm: str = ""
    folder: bool = False
    allowed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    label: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """The host: native architecture, first id of login users, links among folders."""

    native: str
    uid_min: int
    links: Mapping[str, str] = field(default_factory=dict)

    def resolve(self, path: str) -> str:
        """Given a path, return it with linked folders (``/bin``, ``/var/run``) followed."""
        for link, target in self.links.items():
            if path == link or path.startswith(link + "/"):
                return target + path[len(link) :]
        return path


class Recorder:
    """Rules of one host, indexed so that an event meets only the few that could match it."""

    def __init__(self, rules: Sequence[AuditRule], host: Situation) -> None:
        self._host = host
        self._drops = [rule for rule in rules if rule.list in ("task", "exclude")]
        self._never: list[int] = []
        self._every_call: list[int] = []
        self._calls: dict[str, list[int]] = {}
        self._paths: dict[str, list[int]] = {}
        self._rules = [rule for rule in rules if rule.list == "exit"]
        for place, rule in enumerate(self._rules):
            self._place(place, rule)

    def _place(self, place: int, rule: AuditRule) -> None:
        if rule.action == "never":
            self._never.append(place)
        elif rule.path is not None:
            self._paths.setdefault(self._host.resolve(rule.path), []).append(place)
        elif rule.syscalls is None:
            self._every_call.append(place)
        else:
            for name in rule.syscalls:
                self._calls.setdefault(name, []).append(place)

    def records(self, event: Event) -> bool:
        """Given an event, return whether the rules record it.

        Raise Doubt when a ``never`` rule may or may not take it away.
        """
        if not self._rules:
            return False
        doubt = ""
        for rule in self._drops:
            taken = _dropped(rule, event, self._host)
            if taken:
                return False
            doubt = doubt or (_text(rule) if taken is None else "")
        for place in sorted(self._candidates(event)):
            rule = self._rules[place]
            if rule.action == "never":
                taken = _suppressed(rule, event, self._host)
                if taken:
                    return False
                doubt = doubt or (_text(rule) if taken is None else "")
            elif _matches(rule, event, self._host):
                if doubt:
                    raise Doubt(doubt)
                return True
        return False

    def _candidates(self, event: Event) -> list[int]:
        if event.path is None:
            return self._never + self._every_call + self._calls.get(str(event.syscall), [])
        found = list(self._never)
        if event.perm == "x":  # a rule on execve records the program's use as well
            found += self._every_call + self._calls.get("execve", [])
        path = self._host.resolve(event.path)
        while path:
            found += self._paths.get(path, ())
            path = "" if path == "/" else path.rpartition("/")[0] or "/"
        return found


def _matches(rule: AuditRule, event: Event, host: Situation) -> bool:
    """Return whether an ``always`` rule of the exit list records every such event of a user."""
    if not _same_arch(rule, event, host):
        return False
    if event.path is not None and rule.path is not None:
        same = (
            rule.syscalls is None
            and _covers(rule, event.path, host, folder=event.folder)
            and (rule.perms is None or event.perm in rule.perms)
        )
    else:
        call = event.syscall or ("execve" if event.perm == "x" else None)
        same = (
            call is not None
            and rule.path is None
            and rule.perms is None
            and (rule.syscalls is None or call in rule.syscalls)
        )
    return same and all(_for_every_user(f, event, host) for f in rule.fields)


def _same_arch(rule: AuditRule, event: Event, host: Situation) -> bool:
    asked = [f for f in rule.fields if f.name == "arch"]
    if not asked:  # names of syscalls are numbers of the native architecture then
        return rule.syscalls is None or event.arch == host.native
    return all(
        (_ARCHES.get(f.value.lower(), f.value) == event.arch) == (f.operator == "=") for f in asked
    )


def _covers(rule: AuditRule, path: str, host: Situation, *, folder: bool) -> bool:
    if rule.path is None:
        return False
    watched, path = host.resolve(rule.path), host.resolve(path)
    if watched == path:
        return not (folder and rule.recursive is False)
    below = watched == "/" or path.startswith(watched + "/")
    return below and rule.recursive is not False


def _for_every_user(f: Field, event: Event, host: Situation) -> bool:
    """Return whether a condition leaves every login user in."""
    if f.name == "arch":
        return True
    if f.name in ("auid", "loginuid"):
        if f.operator == "!=":
            return f.value in UNSET or f.value in _ROOT
        if f.operator in (">=", ">") and f.value.isdigit():
            return int(f.value) + (f.operator == ">") <= host.uid_min
        return False
    return f.operator == "=" and f.value in event.allowed.get(f.name, ())


def _suppressed(rule: AuditRule, event: Event, host: Situation) -> bool | None:
    """Return whether a ``never`` rule takes the event away: True, False, None for perhaps."""
    if not _same_arch(rule, event, host):
        return False
    met = _call_met(rule, event, host) if event.path is None else _path_met(rule, event, host)
    return False if met is False else _of_users(rule.fields, host, perhaps=met is None)


def _call_met(rule: AuditRule, event: Event, host: Situation) -> bool | None:
    if rule.syscalls is not None and event.syscall not in rule.syscalls:
        return False
    if rule.path is None or rule.path == "/":
        return True
    return None if host.resolve(rule.path) in _SYSTEM_FOLDERS else False


def _path_met(rule: AuditRule, event: Event, host: Situation) -> bool | None:
    if rule.path is not None and not _overlaps(rule, str(event.path), host):
        return False
    if rule.perms is not None and event.perm not in rule.perms:
        return False
    if rule.syscalls is None:
        return True
    return None if rule.syscalls & _FILE_CALLS else False


def _overlaps(rule: AuditRule, path: str, host: Situation) -> bool:
    watched, path = host.resolve(str(rule.path)), host.resolve(path)
    return _covers(rule, path, host, folder=False) or watched.startswith(path + "/")


def _of_users(fields: Iterable[Field], host: Situation, *, perhaps: bool) -> bool | None:
    """Return whether the fields of a ``never`` rule take users' events: None for perhaps."""
    for f in fields:
        verdict = _user_field(f, host)
        if verdict is False:
            return False
        perhaps = perhaps or verdict is None
    return None if perhaps else True


def _user_field(f: Field, host: Situation) -> bool | None:
    """Return whether a condition of a ``never`` rule is met by login users: None for perhaps."""
    met: bool | None = None
    number = int(f.value) if f.value.isdigit() else None
    if f.name == "arch":
        met = True
    elif f.name in ("auid", "loginuid"):
        if f.value in UNSET:
            met = f.operator == "!="
        elif f.operator in (">=", ">") and number is not None and number <= host.uid_min:
            met = True
    elif f.name in ("uid", "euid", "fsuid", "suid") and f.operator == "=":
        if f.value in _ROOT:
            met = True
        elif number is None or number < host.uid_min:
            met = False
    elif f.name in ("subj_type", "subj_role", "subj_user") and f.operator == "=":
        met = None if "unconfined" in f.value or "staff" in f.value else False
    return met


def _dropped(rule: AuditRule, event: Event, host: Situation) -> bool | None:
    """Return whether a task or exclude rule takes the event away: None for perhaps."""
    if rule.list == "task":
        return False if rule.action == "always" else _of_users(rule.fields, host, perhaps=False)
    types = [f for f in rule.fields if f.name == "msgtype"]
    others = [f for f in rule.fields if f.name != "msgtype"]
    perhaps = False
    for f in types:
        if f.operator != "=":
            perhaps = True
        elif f.value.upper() not in _needed(event):
            return False
    return _of_users(others, host, perhaps=perhaps)


def _needed(event: Event) -> frozenset[str]:
    if event.path is None and event.syscall != "execve":
        return frozenset(("SYSCALL", "1300"))
    if event.syscall == "execve" or event.perm == "x":
        return _NEEDED_RECORDS
    return _NEEDED_RECORDS - {"EXECVE", "1309"}


def _text(rule: AuditRule) -> str:
    parts = [f"{f.name}{f.operator}{f.value}" for f in rule.fields]
    where = [posixpath.normpath(rule.path)] if rule.path else []
    return " ".join([f"{rule.action},{rule.list}", *parts, *where])
