"""What a shell ends with after its profile scripts: idle time, umask, history.

The scripts are followed on paper (``opsrunner/parse/shell*.py``): running a site's profile
scripts might change the host.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse.confkeys import scanned
from opsrunner.parse.pam import PamFiles
from opsrunner.parse.pamanswers import Situation
from opsrunner.parse.pamrun import Way, ways
from opsrunner.parse.shellrun import Shell
from opsrunner.parse.shellstate import Person, Scripts, World

_ROOT = Person("root", 0, "root", "/root")
_PEOPLE = (  # everybody is one of these: EL gives a group of one's own a wider umask
    _ROOT,
    Person("user", 1000, "user", "/etc/skel"),
    Person("staff", 1001, "users", "/etc/skel"),
)
_PROFILES = (".bash_profile", ".bash_login", ".profile")
_INHERITED = "0022"  # what sshd, login and systemd leave, where no PAM module sets another
_DATE = re.compile(r"%[cDFxy]|%Y")
_TIME = re.compile(r"%[cTXrRsH]")
_UNLIMITED = 1 << 31
_SUPATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@fact(probes=["shell.files"])
def scripts(host: Host) -> Scripts:
    """Return the profile scripts of the host (for the other facts, not for rules)."""
    files = host.files("shell.files")
    texts = {}
    for path, state in files.states.items():
        if path.startswith("/") and "*" not in path and state in ("file", "denied"):
            texts[path] = files.text(path) or ""
    sections = dict(host.sections("shell.files"))
    others = frozenset(sections.get("others", "").split("\n")) - {""}
    missing = frozenset(path for path, state in files.states.items() if state == "missing")
    closed = frozenset(sections.get("closed", "").split("\n")) - {""}
    return Scripts(texts, others, missing, closed)


@fact(
    probes=["shell.files", "login.defs", "pam.files"],
    facts=["shell.scripts", "login.defs", "login.defs_lines", "pam.config"],
)
def ends(host: Host) -> dict[str, list[World]]:
    """Return by person the states a login shell may end in (for the other facts, not for rules)."""
    path = host.get("login.defs").get("ENV_SUPATH", "").removeprefix("PATH=") or _SUPATH
    scripts_: Scripts = host.get("shell.scripts")
    return {
        person.name: _login(scripts_.seen_by(person), person, path, _session_umask(host, person))
        for person in _PEOPLE
    }


@lru_cache(maxsize=512)  # a fleet's hosts mostly have the same scripts
def _login(
    scripts_: Scripts, person: Person, path: str, umask: str | None,
) -> list[World]:
    shell = Shell(scripts_, person, login=True)
    worlds = shell.source(_start(person, path, umask), "/etc/profile")
    own = (f"{person.home}/{name}" for name in _PROFILES)
    mine = next((name for name in own if scripts_.there(name)), None)
    if mine is not None:
        worlds = [after for world in worlds for after in shell.source(world, mine)]
    return _finished(worlds)


def _session_umask(host: Host, person: Person) -> str | None:
    """Return the umask PAM's session leaves to a login, None when nobody can tell."""
    try:
        known = host.get("pam.config")
    except CannotTell:
        return None
    files: PamFiles = known["files"]
    masks = set()
    for service in ("sshd", "login"):
        if files.path(service):
            asked = Situation(service, "session", person.uid, modules=known["modules"])
            masks |= {_of_way(host, way, person) for way in ways(
                files.stack(service, "session"), asked.answers)}
    return masks.pop() if len(masks) == 1 else None if masks else _INHERITED


def _of_way(host: Host, way: Way, person: Person) -> str | None:
    """Return the umask after a session's modules. Source: pam_umask(8)."""
    mask: str | None = _INHERITED
    for handler in (one for one in way.asked if one.module == "pam_umask"):
        lines: list[tuple[str, str]] = host.get("login.defs_lines")
        first = next((value for name, value in lines if name.upper() == "UMASK"), None)
        text = handler.option("umask") or first
        if text is not None:
            mask = f"{int(text, 8) & 0o777:04o}" if re.fullmatch(r"[0-7]+", text) else None
        if mask and "usergroups" in handler.args and person.uid and person.name == person.group:
            mask = f"{int(mask, 8) & ~0o070 | int(mask, 8) >> 3 & 0o070:04o}"
    return mask


def _finished(worlds: list[World]) -> list[World]:
    """Return the worlds in which there is a shell at all. Raise CannotTell without any."""
    left = [world for world in worlds if world.stopped != "shell"]
    if not left:
        raise CannotTell(Reason.UNPARSABLE, "the profile scripts end the shell")
    return left


def _start(person: Person, path: str, umask: str | None) -> World:
    variables: dict[str, str | None] = {
        "HOME": person.home, "USER": person.name, "LOGNAME": person.name, "UID": str(person.uid),
        "EUID": str(person.uid), "PS1": r"\s-\v\$ ", "BASH": "/bin/bash", "SHELL": "/bin/bash",
        "BASH_VERSION": "4.2.46(2)-release", "-": "himBH", "0": "-bash", "SHLVL": "1", "#": "0",
        "PATH": path, "HISTFILE": f"{person.home}/.bash_history",
        "umask": umask, "history": "on",
    }
    return World(variables, frozenset(("UID", "EUID", "PPID", "BASHOPTS", "SHELLOPTS")))


def values_of(worlds: list[World], name: str) -> list[tuple[str, World]]:
    """Given worlds and a variable, return its values. Raise CannotTell for one nobody knows."""
    found = []
    for world in worlds:
        value = world.value(name)
        if value is None:
            raise CannotTell(Reason.UNPARSABLE, f"{name}: {world.doubt or 'its value'}")
        found.append((value, world))
    return found


def _agreed(worlds: list[World], name: str) -> list[str]:
    """Return a variable's values where they are certain, or all the same. Raise CannotTell."""
    found = values_of(worlds, name)
    values = list(dict.fromkeys(value for value, _ in found))
    unsure = next((world for _, world in found if not world.sure), None)
    if len(values) > 1 and unsure is not None:
        raise CannotTell(Reason.UNPARSABLE, f"{name} depends on {unsure.doubt}")
    return values


@fact(probes=["shell.files", "login.defs", "pam.files"], facts=["shell.ends"])
def timeout(host: Host) -> dict[str, Any]:
    """Return after how many idle seconds a login shell ends, and whether that is fixed.

    Shape: ``{"seconds": 600, "readonly": True}``: the weakest over root and ordinary users;
    0 never ends. bash takes the number TMOUT begins with. Source: bash(1), TMOUT.
    """
    seconds, fixed = [], []
    for worlds in host.get("shell.ends").values():
        values = [max(scanned(value) or 0, 0) for value, _ in values_of(worlds, "TMOUT")]
        frozen = ["TMOUT" in world.readonly for world in worlds]
        doubt = next((world.doubt for world in worlds if not world.sure), "")
        if doubt and (len(set(values)) > 1 or len(set(frozen)) > 1):
            raise CannotTell(Reason.UNPARSABLE, f"TMOUT depends on {doubt}")
        seconds += values
        fixed += frozen
    return {"seconds": 0 if 0 in seconds else max(seconds), "readonly": all(fixed)}


@fact(probes=["shell.files", "login.defs", "pam.files"], facts=["shell.ends", "shell.scripts"])
def umasks(host: Host) -> dict[str, str]:
    """Return the umask that interactive shells end with, in four octal digits.

    Shape: ``{"root login": "0027", "user login": "0027", "user shell": "0022", ...}``; ``login``
    is a login shell, ``shell`` one started from it, which reads bashrc only; ``staff`` is a user
    whose group has another name. Several values of one are joined by ``or``. Source: bash(1).
    """
    found = {}
    scripts_: Scripts = host.get("shell.scripts")
    for person in _PEOPLE:
        worlds = host.get("shell.ends")[person.name]
        masks = _agreed(worlds, "umask")
        found[f"{person.name} login"] = " or ".join(masks)
        seen = scripts_.seen_by(person)
        later = [end for mask in masks for end in _inner(seen, person, mask)]
        found[f"{person.name} shell"] = " or ".join(_agreed(later, "umask"))
    return found


@lru_cache(maxsize=512)
def _inner(scripts_: Scripts, person: Person, mask: str) -> list[World]:
    """Return how an interactive shell inside a login with this umask may end."""
    shell = Shell(scripts_, person, login=False)
    worlds = [_start(person, _SUPATH, mask)]
    for path in ("/etc/bash.bashrc", f"{person.home}/.bashrc"):
        worlds = [after for world in worlds for after in shell.source(world, path)]
    return _finished(worlds)


@fact(probes=["shell.files", "login.defs", "pam.files"], facts=["shell.ends"])
def history(host: Host) -> dict[str, Any]:
    """Return what a login shell writes down of its commands, the weakest over everybody.

    Shape: ``{"stamped": True, "size": 1000, "kept": True}``: date and time in HISTTIMEFORMAT,
    HISTSIZE (500 when unset; negative is unlimited), and whether a history file is written.
    Source: bash(1), HISTTIMEFORMAT, HISTSIZE, HISTFILE.
    """
    stamped, sizes, kept = [], [], []
    for worlds in host.get("shell.ends").values():
        formats = _agreed(worlds, "HISTTIMEFORMAT")
        stamped += [bool(_DATE.search(text) and _TIME.search(text)) for text in formats]
        sizes += [_size(text) for text in _agreed(worlds, "HISTSIZE")]
        kept += [text not in ("", "/dev/null") for text in _agreed(worlds, "HISTFILE")]
        kept += [text == "on" for text in _agreed(worlds, "history")]
    return {"stamped": all(stamped), "size": min(sizes), "kept": all(kept)}


def _size(text: str) -> int:
    if text == "":
        return 500  # what bash sets itself
    number = scanned(text) if re.fullmatch(r"\s*[+-]?\d+\s*", text) else 0
    return _UNLIMITED if number is not None and number < 0 else number or 0
