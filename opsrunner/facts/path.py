"""Root's PATH: could somebody else put a program into it."""

from __future__ import annotations

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.facts.profile import PROBES, values_of
from opsrunner.models import Reason

_STICKY = 0o1000


@fact(
    probes=[*PROBES, "path.folders"],
    facts=["profile.ends"],
)
def root_faults(host: Host) -> dict[str, str]:
    """Return the parts of root's PATH that others could put a program into, with the reason.

    Shape: ``{".": "the current directory", "/opt/x": "group may write"}``; empty when none.
    A folder that is not there counts when others can make it. Source: hier(7), execvp(3).
    """
    path = values_of(host.get("profile.ends")["root"], "PATH")
    parts = dict.fromkeys(part for value, _ in path for part in value.split(":"))
    folders = _folders(host)
    faults = {}
    for part in parts:
        if not part.startswith("/"):
            faults[part or "(empty)"] = "the current directory"
            continue
        why = _writable(part.rstrip("/") or "/", folders)
        if why:
            faults[part] = why
    return faults


def _folders(host: Host) -> dict[str, tuple[str, int, str, str]]:
    """Return type, mode, owner and group by path of the folders that were looked at."""
    found = {}
    for line in host.text("path.folders").splitlines():
        kind, mode, owner, group, path = [*line.split("|", 4), "", "", "", ""][:5]
        if path:
            found[path] = (kind, int(mode, 8) if mode else 0, owner, group)
    return found


def _writable(path: str, folders: dict[str, tuple[str, int, str, str]]) -> str:
    """Return why somebody but root could write there, empty when nobody can."""
    if path not in folders:
        raise CannotTell(Reason.NOT_COLLECTED, f"PATH {path}")
    kind, mode, owner, group = folders[path]
    parent = path.rpartition("/")[0] or "/"
    if kind == "denied":
        raise CannotTell(Reason.DENIED, path)
    if kind == "missing":
        why = _writable(parent, folders)
        return f"not there, and {parent} is open to others" if why else ""
    if owner != "0":
        return f"owned by uid {owner}"
    if mode & 0o020 and group != "0":
        return "its group may write"
    if mode & 0o002:
        return "everybody may write"
    above = folders.get(parent)
    if path != "/" and above and not above[1] & _STICKY and _writable(parent, folders):
        return f"{parent} is open to others, so it can be replaced"
    return ""
