"""sudo: what its policy grants to whom, and how it keeps a record."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse.sudoers import Grant, Setting, parse

Grants = list[dict[str, Any]]
_SHELLS = tuple(
    f"{folder}/{name}"
    for folder in ("/bin", "/usr/bin", "/usr/local/bin")
    for name in ("sh", "bash", "dash", "ksh", "zsh", "csh", "tcsh", "su", "sudo", "env")
)
# Arguments that leave a shell, su or sudo open; root is a member of its own group.
_OPEN = frozenset(("-", "-i", "-l", "-s", "--login", "root"))
_ROOT = re.compile(r"%?(root|#0+)|ALL")
_OUTSIDE = frozenset(("sss", "sssd", "ldap", "ldap-compat"))
_COMPARED = 1000  # grants that are compared with each other; beyond, all of them are taken to stand
_PTY_BY_DEFAULT = (1, 9, 14)  # sudo 1.9.14 turned use_pty on


@fact(probes=["sudo.sources"])
def policy(host: Host) -> dict[str, Any]:
    """Return the policy as sudo would read it, every include followed.

    Shape: ``{"grants": [{"who", "hosts", "runas", "groups", "command", "negated", "passwd",
    "where", "excepting", "limited"}], "settings": [{"scope", "names", "name", "value",
    "where"}], "errors": [str]}``; aliases are resolved. Source: sudoers(5).
    """
    files, sections = host.files("sudo.sources"), dict(host.sections("sudo.sources"))
    unread = [path for path, state in files.states.items() if state == "denied"]
    absent = files.states.keys() - files.texts.keys() - set(unread)
    read = parse(files.texts, unread, absent, host=sections.get("host", "").strip())
    return {
        "grants": [_plain(grant) for grant in read.grants],
        "settings": [_plain(setting) for setting in read.settings],
        "errors": read.errors,
    }


def _plain(item: Grant | Setting) -> dict[str, Any]:
    values = ((key, getattr(item, key)) for key in item.__slots__)
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values}


@fact(probes=["sudo.sources"])
def installed(host: Host) -> bool:
    """Return whether there is sudo: its program, or a policy that one elsewhere would read."""
    sections = dict(host.sections("sudo.sources"))
    text = host.files("sudo.sources").text("/etc/sudoers")
    return bool(sections.get("program", "").strip()) or text is not None


@fact(probes=["sudo.sources"], facts=["sudo.policy"])
def fully_read(host: Host) -> bool:
    """Return True when the files hold the whole policy and every line of them was understood.

    Raise CannotTell otherwise: a directory service (``sudoers: files sss``), another path
    compiled in, a line or file that could not be read.
    """
    sections = dict(host.sections("sudo.sources"))
    sources = sections.get("sources", "").partition(":")[2].split()
    if outside := sorted(_OUTSIDE.intersection(sources)):
        raise CannotTell(Reason.NOT_COLLECTED, f"sudo rules from {', '.join(outside)} too")
    path = re.search(r"(?m)^Sudoers path: *(\S+)$", sections.get("program", ""))
    if path and path.group(1) != "/etc/sudoers":
        raise CannotTell(Reason.NOT_COLLECTED, f"sudo reads {path.group(1)}")
    if errors := host.get("sudo.policy")["errors"]:
        raise CannotTell(Reason.UNPARSABLE, "; ".join(errors))
    return True


@fact(facts=["sudo.policy"])
def blanket_holders(host: Host) -> list[str]:
    """Return who may run anything as root: root itself, users, ``%groups``, ``ALL``; sorted.

    A grant of ``ALL`` counts even with exceptions (``ALL, !/bin/su`` is easily got round), so
    does a shell, su or a pattern such as ``/bin/*`` that holds one. A grant taken back by a
    later one for the same name does not count.
    """
    holders = {"root"}
    for grant in standing(host.get("sudo.policy")["grants"]):
        if as_root(grant) and is_blanket(grant["command"]):
            holders.add("root" if grant["who"] == "#0" else grant["who"])
    return sorted(holders)


@fact(facts=["sudo.policy", "sudo.blanket_holders"])
def holders_certain(host: Host) -> bool:
    """Return True when nobody else may run anything as root, or nothing without a password.

    Raise CannotTell for a grant that may come to that: see ``doubts``.
    """
    grants = host.get("sudo.policy")["grants"]
    holders = host.get("sudo.blanket_holders")
    if found := doubts(grants, is_blanket, holders) or doubts_of_passwords(grants):
        raise CannotTell(Reason.UNPARSABLE, "; ".join(found))
    return True


def doubts(
    grants: Grants, matters: Callable[[str], bool], holders: Collection[str],
) -> list[str]:
    """Return which grants of commands that matter may be root's, to whom but the holders.

    By root's group; by a group whose members are not known, of which root may be one; or since
    what takes them back does so only at times or for some digests.
    """
    known = {*holders, "root", "#0"}
    others = [g for g in grants if g["who"] not in known and matters(g["command"])]
    found = [
        f"{grant['where']}: {grant['who']} may run as {name}, which may be as root"
        for grant in others if not grant["negated"] and not as_root(grant)
        for name in [*_root_groups(grant["groups"]), *_open_users(grant["runas"])]
    ]
    sometimes = [g for g in _only_sometimes(grants) if g["who"] not in known and as_root(g)]
    return found + [_taken_back(g) for g in sometimes if matters(g["command"])]


def doubts_of_passwords(grants: Grants) -> list[str]:
    """Return which grants without a password are taken back only at times."""
    return [_taken_back(grant) for grant in _only_sometimes(grants) if grant["passwd"] is False]


def _root_groups(names: Iterable[str]) -> list[str]:
    return [f"the group {name}" for name in names if _ROOT.fullmatch(name)]


def _open_users(names: Iterable[str]) -> list[str]:
    return [f"the members of {name}" for name in names if name.startswith(("%", "+"))]


def _only_sometimes(grants: Grants) -> Grants:
    """Return the grants that only a later one with a time or a digest takes back."""
    if not any(grant["limited"] for grant in grants):
        return []
    now = {id(grant) for grant in standing(grants)}
    return [grant for grant in standing(grants, sometimes=True) if id(grant) not in now]


def _taken_back(grant: Mapping[str, Any]) -> str:
    return f"{grant['where']}: a later line takes it from {grant['who']} at times or by digest only"


@fact(facts=["sudo.policy"])
def passwordless(host: Host) -> list[dict[str, Any]]:
    """Return who may use sudo without giving a password, root left out.

    Shape: ``{"who", "as": [...], "command", "weight": "blanket" | "limited", "where"}``. By the
    tag NOPASSWD, by ``Defaults !authenticate`` in any scope, by ``exempt_group``.
    """
    read = host.get("sudo.policy")
    found = [
        {
            "who": grant["who"],
            "as": grant["runas"],
            "command": grant["command"],
            "weight": "blanket" if is_blanket(grant["command"]) else "limited",
            "where": grant["where"],
        }
        for grant in standing(read["grants"])
        if grant["passwd"] is False and grant["who"] not in ("root", "#0")
    ]
    value, exceptions = effective(read["settings"], "authenticate")
    marks = [*exceptions, value] if value and value["value"] is False else exceptions
    marks = [mark for mark in marks if mark["names"] not in (["root"], ["#0"])]
    group, _ = effective(read["settings"], "exempt_group")
    for mark in [*marks, *([group] if group and isinstance(group["value"], str) else [])]:
        names = mark["names"] if mark["name"] == "authenticate" else [f"%{mark['value']}"]
        found.append({
            "who": ", ".join(names) or "ALL", "as": [], "command": f"Defaults {mark['name']}",
            "weight": "blanket", "where": mark["where"],
        })
    return found


@fact(probes=["sudo.sources"], facts=["sudo.policy"])
def record(host: Host) -> dict[str, Any]:
    """Return how sudo keeps commands apart and on record.

    Shape: ``{"use_pty": bool, "logfile": str, "exceptions": [where]}``; ``exceptions`` are the
    scopes for which one of the two is turned off again.
    """
    settings = host.get("sudo.policy")["settings"]
    pty, without_pty = effective(settings, "use_pty")
    log, without_log = effective(settings, "logfile")
    path = log["value"] if log else ""
    return {
        "use_pty": pty["value"] is True if pty else _version(host) >= _PTY_BY_DEFAULT,
        "logfile": path if isinstance(path, str) and path.startswith("/") else "",
        "exceptions": sorted(
            f"{mark['where']}: {mark['name']} ({mark['scope']} {', '.join(mark['names'])})"
            for mark in [*without_pty, *without_log]
        ),
    }


def _version(host: Host) -> tuple[int, ...]:
    program = dict(host.sections("sudo.sources")).get("program", "")
    match = re.search(r"(?m)^Sudo version (\d+)\.(\d+)(?:\.(\d+))?", program)
    return tuple(int(part or 0) for part in match.groups()) if match else (0,)


def effective(
    settings: Iterable[Mapping[str, Any]], name: str,
) -> tuple[Mapping[str, Any] | None, list[Mapping[str, Any]]]:
    """Given Defaults in order and a name, return what holds for all and who is excepted from it.

    The last one wins; one for all, in force after one for a user or host, undoes that. Runas and
    command scopes come after all others. A value sudo refuses (``use_pty=yes``) says nothing.
    """
    general: Mapping[str, Any] | None = None
    narrow: dict[tuple[str, tuple[str, ...]], Mapping[str, Any]] = {}
    for setting in settings:
        if setting["name"] != name or not _is_valid(setting):
            continue
        if setting["scope"] == "all":
            general = setting
            narrow = {key: old for key, old in narrow.items() if key[0] in ("runas", "command")}
        else:
            narrow[(setting["scope"], tuple(setting["names"]))] = setting
    off = [s for s in narrow.values() if s["value"] is False or str(s["value"]).startswith("/dev/")]
    return general, off


def _is_valid(setting: Mapping[str, Any]) -> bool:
    flag = setting["name"] in ("use_pty", "authenticate")
    return isinstance(setting["value"], bool) if flag else setting["value"] is not True


def standing(grants: Grants, *, sometimes: bool = False) -> Grants:
    """Return the grants of ``policy`` that no later one for the same name replaces.

    The last match wins; one with exceptions (``ALL,!root``) matches too little to replace any.
    ``sometimes``: those too that are replaced at times or for some digests only.
    """
    if len(grants) > _COMPARED:
        return [grant for grant in grants if not grant["negated"]]
    kept: dict[str, Grants] = {}
    for grant in grants:
        mine = kept.get(grant["who"], [])
        if not (sometimes and grant["limited"]):
            mine = [old for old in mine if not _replaces(grant, old)]
        kept[grant["who"]] = mine if grant["negated"] else [*mine, grant]
    return [grant for mine in kept.values() for grant in mine]


def _replaces(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    return (
        not new["excepting"]
        and new["command"] in ("ALL", old["command"])
        and (set(old["runas"]) <= set(new["runas"]) or "ALL" in new["runas"])
        and (set(old["hosts"]) <= set(new["hosts"]) or "ALL" in new["hosts"])
    )


def as_root(grant: Mapping[str, Any]) -> bool:
    """Return whether a grant of ``policy`` is for running as root, by name, uid or group."""
    return any(_ROOT.fullmatch(name) for name in grant["runas"])


def is_blanket(command: str) -> bool:
    """Return whether a command of ``policy`` is as good as any: ALL, a shell, su, a pattern."""
    program, _, arguments = command.partition(" ")
    if command == "ALL" or program.startswith("^"):
        return True
    if not re.search(r"[*?[^]", arguments) and not _OPEN.issuperset(arguments.split()):
        return False
    pattern = f"{program}*" if program.endswith("/") else program
    return any(fnmatchcase(shell, pattern) for shell in _SHELLS)
