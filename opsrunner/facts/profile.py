"""Profile scripts: the states a shell of root or of an ordinary user may end in.

The scripts are followed on paper (``opsrunner/parse/shell*.py``): running a site's profile
scripts might change the host.
"""

from __future__ import annotations

import re
from functools import lru_cache

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse.pam import PamFiles
from opsrunner.parse.pamanswers import Situation
from opsrunner.parse.pamrun import TooManyWaysError, Way, ways
from opsrunner.parse.shellrun import Shell
from opsrunner.parse.shellstate import Person, Scripts, World

PROBES = ("shell.files", "login.defs", "pam.files")
PEOPLE = (  # everybody is one of these: EL gives a group of one's own a wider umask
    Person("root", 0, "root", "/root"),
    Person("user", 1000, "user", "/etc/skel"),
    Person("staff", 1001, "users", "/etc/skel"),
)
_PROFILES = (".bash_profile", ".bash_login", ".profile")
_INHERITED = "0022"  # what sshd, login and systemd leave, where no PAM module sets another
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
    probes=PROBES,
    facts=["profile.scripts", "login.defs", "login.defs_lines", "pam.config"],
)
def ends(host: Host) -> dict[str, list[World]]:
    """Return by person the states a login shell may end in (for the other facts, not for rules)."""
    path = host.get("login.defs").get("ENV_SUPATH", "").removeprefix("PATH=") or _SUPATH
    scripts_: Scripts = host.get("profile.scripts")
    return {
        person.name: _login(scripts_.seen_by(person), person, path, _session_umask(host, person))
        for person in PEOPLE
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


@lru_cache(maxsize=512)
def inner_ends(scripts_: Scripts, person: Person, mask: str) -> list[World]:
    """Return how an interactive shell inside a login with this umask may end."""
    shell = Shell(scripts_, person, login=False)
    worlds = [_start(person, _SUPATH, mask)]
    for path in ("/etc/bash.bashrc", f"{person.home}/.bashrc"):
        worlds = [after for world in worlds for after in shell.source(world, path)]
    return _finished(worlds)


def _session_umask(host: Host, person: Person) -> str | None:
    """Return the umask PAM's session leaves to a login, None when nobody can tell."""
    try:
        known = host.get("pam.config")
    except CannotTell:
        return None
    files: PamFiles = known["files"]
    masks = set()
    for service in (name for name in ("sshd", "login") if files.path(name)):
        asked = Situation(service, "session", person.uid, modules=known["modules"])
        try:
            found = ways(files.stack(service, "session"), asked.answers)
        except TooManyWaysError:
            return None
        masks |= {_of_way(host, way, person) for way in found}
    if not masks:
        return _INHERITED
    return masks.pop() if len(masks) == 1 else None


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


def agreed(worlds: list[World], name: str) -> list[str]:
    """Return a variable's values where they are certain, or all the same. Raise CannotTell."""
    found = values_of(worlds, name)
    values = list(dict.fromkeys(value for value, _ in found))
    unsure = next((world for _, world in found if not world.sure), None)
    if len(values) > 1 and unsure is not None:
        raise CannotTell(Reason.UNPARSABLE, f"{name} depends on {unsure.doubt}")
    return values
