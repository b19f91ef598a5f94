"""The files that set kernel parameters at boot: one of ours that wins, or EL 6's one file."""

from __future__ import annotations

import re
from collections.abc import Mapping

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.parse.sysctlconf import Settings, assigned, dotted, merge, path_of, patterns
from opsrunner.remedies import marked
from opsrunner.remedies.lines import edited
from opsrunner.remedies.sysctlgoals import good, of_interfaces

MAIN, DROP_IN = "/etc/sysctl.conf", "/etc/sysctl.d/zz-opsrunner.conf"
_FOLDERS = ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")  # the first hides the others
FILES = (MAIN, DROP_IN, "/etc/sysctl.d/*", *(f"{one}/sysctl.d/*.conf" for one in _FOLDERS[1:]))
_BACKUPS = ("~", ".bak", ".orig", ".rpmnew", ".rpmorig", ".rpmsave")  # EL 6 initscripts skip them
_HEADER = "# Written by opsrunner (harden_linux_sysctl); changes here are lost."
_LINE = re.compile(r"(\s*-?\s*([^\s=#;]+)\s*=\s*)(.*?)(\s*)")
_PASSING = re.compile(r"veth|docker|br-|cali|cni|flannel|virbr|vnet|tap|tun")


def persist(draft: Draft, goals: Mapping[str, str]) -> None:
    """Have every boot set the goals, by path, whatever other files say. Raise ByHand."""
    if draft.is_("el6"):
        _persist_el6(draft, goals)
        return
    own_goals = of_interfaces(draft, goals)
    for path in _later(draft):
        _in_place(draft, path, {**goals, **own_goals})
    settings = merge(draft.text(path) for path in _order(draft))
    lacking = {path: value for path, value in goals.items()
               if not good(path, settings.get(path), value)}
    known = patterns(settings)
    for path, value in own_goals.items():
        now = assigned(settings, path, known)
        if now is not None and not good(path, now, value):
            family, name = path.split("/")[1], path.split("/")[4]
            lacking[path if path in settings else f"net/{family}/conf/*/{name}"] = value
    lacking |= _not_inherited(draft, own_goals, settings)
    own = {path: value for path, value in merge([draft.text(DROP_IN)]).items() if value is not None}
    if lacking:
        _write(draft, DROP_IN, "\n".join([_HEADER, *_lines({**own, **lacking}), ""]))


def _order(draft: Draft) -> list[str]:
    """Return the files systemd reads at boot, in its order; those of an earlier folder hide."""
    chosen = {}
    for folder in reversed(_FOLDERS):
        prefix = f"{folder}/sysctl.d/"
        for path in draft.paths(prefix):
            if path.endswith(".conf"):
                chosen[path.removeprefix(prefix)] = path
    return [chosen[name] for name in sorted(chosen)]


def _later(draft: Draft) -> list[str]:
    """Return what is read after our file, and sysctl.conf, which people apply by hand."""
    ours = DROP_IN.rpartition("/")[2]
    late = [path for path in _order(draft) if path.rpartition("/")[2] > ours]
    return [MAIN, *late]


def _in_place(draft: Draft, path: str, goals: Mapping[str, str]) -> None:
    """Change the lines of a file that say otherwise; one outside /etc is not ours to change."""
    def change(body: str) -> str | None:
        match = _LINE.fullmatch(body)
        goal = goals.get(path_of(match[2].lstrip("-"))) if match else None
        if match is None or goal is None or good(path_of(match[2].lstrip("-")), match[3], goal):
            return None
        return f"{match[1]}{goal}{match[4]}"

    text = draft.text(path)
    new = edited(text, change)
    if new == text:
        return
    if not draft.file(path).path.startswith("/etc/"):
        raise ByHand(f"{path} 最后生效且不在 /etc 下，须人工修改",
                     f"{path} is read last and does not lie in /etc: a person must change it")
    _write(draft, path, new)


def _write(draft: Draft, path: str, text: str) -> None:
    draft.write(path, text)
    draft.validate("sysctl_file")


def _persist_el6(draft: Draft, goals: Mapping[str, str]) -> None:
    """EL 6 applies sysctl.conf, later updates sysctl.d too: no file may say otherwise."""
    dropped = [path for path in draft.paths("/etc/sysctl.d/") if not path.endswith(_BACKUPS)]
    everywhere = {**goals, **of_interfaces(draft, goals)}
    for path in (MAIN, *dropped):
        _in_place(draft, path, everywhere)
    settings = merge([draft.text(MAIN)])
    lacking = {path: value for path, value in goals.items() if path not in settings}
    lacking |= _not_inherited(draft, of_interfaces(draft, goals), settings)
    if lacking:
        foreign, ours = marked.cut(draft.text(MAIN))
        block = {path: value for path, value in merge(ours).items() if value is not None}
        _write(draft, MAIN, marked.put(foreign, _lines({**block, **lacking})))


def _lines(settings: Mapping[str, str]) -> list[str]:
    return [f"{dotted(path)} = {value}" for path, value in sorted(settings.items())]


def _not_inherited(
    draft: Draft, own_goals: Mapping[str, str], settings: Settings,
) -> dict[str, str]:
    """Return what of interfaces no file says and ``default`` may not give them.

    One that is there before the boot applies its settings keeps what it had then (IPv6), or once
    it has an address (IPv4). Those that containers and virtual machines bring come later.
    """
    return {
        path: value for path, value in own_goals.items()
        if path not in settings and not _PASSING.match(path.split("/")[3])
        and not path.endswith("/forwarding") and not good(path, draft.sysctl(dotted(path)), value)
    }
