"""Mount options of the folders everyone may write to: now, and after the next boot."""

from __future__ import annotations

from opsrunner.facts.base import CannotTell, Files, Host, fact
from opsrunner.models import Reason
from opsrunner.parse import unitfile
from opsrunner.parse.fstab import flags, targets

PATHS = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - the folders the rule is about
_UNITS = {"/tmp": "tmp.mount", "/var/tmp": "var-tmp.mount", "/dev/shm": "dev-shm.mount"}  # noqa: S108
_BUILT_IN = {"/dev/shm": ["nodev", "nosuid"]}  # noqa: S108 - systemd mounts it by itself
_MOUNT_FIELDS = 3


@fact(probes=["mounts.live"])
def live(host: Host) -> dict[str, list[str]]:
    """Return which of nodev, nosuid, noexec hold now for each folder, through the mount it is on.

    Source: ``/proc/self/mounts``; of two mounts on one place the later one is seen.
    """
    sections = dict(host.sections("mounts.live"))
    mounts = {}
    for line in sections.get("mounts", "").splitlines():
        words = line.split()
        if len(words) == _MOUNT_FIELDS:
            mounts[words[0]] = words[2].split(",")
    real = dict(
        line.split(" ", 1) for line in sections.get("paths", "").splitlines() if " " in line
    )
    if "/" not in mounts or not real.keys() >= set(PATHS):
        raise CannotTell(Reason.UNPARSABLE, "/proc/self/mounts")
    return {path: _through(real[path].strip(), path, mounts) for path in PATHS}


def _through(real: str, path: str, mounts: dict[str, list[str]]) -> list[str]:
    place = real
    while place not in mounts:
        place = place.rpartition("/")[0] or "/"
        if place == "/":
            break
    found = flags(mounts[place])
    return found if place in (path, real) else [f"on {place}", *found]


@fact(probes=["mounts.live", "mounts.boot"], facts=["mounts.live"])
def boot(host: Host) -> dict[str, list[str]]:
    """Return which of nodev, nosuid, noexec the next boot would mount each folder with.

    A unit in ``/etc`` hides the fstab entry of its mount point, and is mounted only when
    something wants it; ``/dev/shm`` is systemd's own and remounted as fstab says. A folder that
    is a link, or lies on ``/var``, is judged as what holds it. Source: systemd.mount(5),
    systemd-fstab-generator(8), systemd-remount-fs.service(8), fstab(5).
    """
    sections = host.sections("mounts.boot")
    if any(words.startswith("denied ") for words, _ in sections):
        raise CannotTell(Reason.DENIED, "a mount unit")
    fstab = targets(dict(sections).get("fstab", ""))
    links = dict(
        line.split(" ", 1)
        for line in dict(host.sections("mounts.live")).get("paths", "").splitlines() if " " in line
    )
    found = {}
    for path in PATHS:
        real = links.get(path, path).strip()
        found[path] = _at_boot(real if real in PATHS else path, fstab, sections)
    return found


def _at_boot(
    path: str, fstab: list[tuple[str, list[str]]], sections: list[tuple[str, str]],
) -> list[str]:
    unit = _UNITS[path]
    states = Files(sections)
    places = [f"{folder}/{unit}" for folder in unitfile.FOLDERS]
    masked = states.states.get(places[0]) == "masked"
    wanted = any(
        state == "wanted" and place.endswith(f"/{unit}") for place, state in states.states.items()
    )
    entries = [options for target, options in fstab if target == path and "noauto" not in options]
    fragment = next((states.texts[place] for place in places if place in states.texts), None)
    own = places[0] in states.texts
    if masked:
        return ["masked"]
    if entries and not own:
        lists = [_overridden(options, "", unit, states) for options in entries]
    elif fragment is not None and (wanted or entries):
        lists = [_overridden([], fragment, unit, states)]
    elif path in _BUILT_IN:
        return [*_BUILT_IN[path], "not set"]
    else:
        return _on_var(path, fstab)
    # Two entries for one place: the tools differ in which one is seen, so both must hold.
    return sorted(set.intersection(*(set(flags(options)) for options in lists)))


def _overridden(options: list[str], fragment: str, unit: str, files: Files) -> list[str]:
    drop_ins = unitfile.in_order(files.texts, unitfile.FOLDERS, f"{unit}.d")
    values = unitfile.merge([fragment, *drop_ins]).get(("Mount", "Options"))
    return options if values is None else (values[-1].split(",") if values else [])


def _on_var(path: str, fstab: list[tuple[str, list[str]]]) -> list[str]:
    for target, options in fstab:
        if path == "/var/tmp" and target == "/var" and "noauto" not in options:  # noqa: S108
            return ["on /var", *flags(options)]
    return ["not mounted"]
