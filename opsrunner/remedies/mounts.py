"""Mount options of folders everyone may write to: fstab, systemd's own units, and now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.facts.mounts import PATHS
from opsrunner.parse import unitfile
from opsrunner.parse.fstab import flags, targets
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.lines import added, parted, split
from opsrunner.remedies.values import mapping, refused

FSTAB = "/etc/fstab"
SHM = "/dev/shm"  # noqa: S108 - a mount point, no temporary file
_UNITS = {"/tmp": "tmp.mount", "/var/tmp": "var-tmp.mount", SHM: "dev-shm.mount"}  # noqa: S108
_DROP_IN = "/etc/systemd/system/{}.d/zz-opsrunner.conf"
_FRAGMENTS = tuple(f"{folder}/{unit}" for folder in unitfile.FOLDERS for unit in _UNITS.values())
_DROP_INS = tuple(f"{path}.d/*.conf" for path in _FRAGMENTS)
_ENTRY = re.compile(r"(\s*\S+\s+\S+\s+\S+\s+)(\S+)(.*)")
_KNOWN = {"nodev": "dev", "nosuid": "suid", "noexec": "exec"}
_HEADER = "# Written by opsrunner (harden_linux_mount_options); changes here are lost."


@remedy("mount_options", "dict",
        Reads(files=(FSTAB, *_FRAGMENTS, *_DROP_INS, *map(_DROP_IN.format, _UNITS.values())),
              facts=("mounts.live", "mounts.boot")),
        "Lists of nodev, nosuid, noexec by mount point: /tmp, /var/tmp, /dev/shm; none is made.")
def mount_options(draft: Draft, wanted: Mapping[str, Any]) -> None:
    """Add options where the mount is made, and remount. A folder that is no mount is ByHand."""
    _refuse_nonsense(wanted)
    live: Mapping[str, list[str]] = draft.fact("mounts.live")
    boot: Mapping[str, list[str]] = draft.fact("mounts.boot")
    loose = {path: options for path, options in sorted(wanted.items())
             if not set(options) <= {*live[path]} & {*boot[path]}}
    lacking = [path for path in loose if _elsewhere(live[path]) or _elsewhere(boot[path])]
    if lacking:
        said = ", ".join(lacking)
        raise ByHand(
            f"不是独立的挂载点，须先由人员建立分区、逻辑卷或启用 tmp.mount：{said}",
            f"no mount of its own; first a person must make one (volume, tmp.mount): {said}",
        )
    now_only = [path for path, options in loose.items() if set(options) <= {*boot[path]}]
    if now_only:  # nothing to write: a command only
        command = "; ".join(f"mount -o remount,{','.join(loose[path])} {path}" for path in now_only)
        raise ByHand(f"配置已有这些选项，当前未生效，请执行：{command}",
                     f"configured but not in force, run: {command}")
    text, units = draft.text(FSTAB), {}
    for path, options in loose.items():
        found = _Unit.of(draft, path)
        if found is not None and found.own:
            units[path] = found
        elif any(target == path for target, _ in targets(text)):
            text = _in_fstab(text, path, options)
        else:
            text = added(text, [_entry(path, found, options)])
    _write(draft, text)
    for path, found in units.items():
        _drop_in(draft, path, found, loose[path])


def _refuse_nonsense(wanted: Mapping[str, Any]) -> None:
    wrong = [f"{path}: must be one of {', '.join(PATHS)} with a list of {', '.join(_KNOWN)}"
             for path, options in mapping("mount_options", wanted).items()
             if path not in PATHS or not isinstance(options, list)
             or any(option not in [*_KNOWN] for option in options)]
    if wrong:
        raise refused("mount_options", wrong)


def _elsewhere(options: list[str]) -> bool:
    return any(word.startswith("on /") or word in ("not mounted", "masked") for word in options)


def _in_fstab(text: str, path: str, options: list[str]) -> str:
    """Return fstab with options added to every entry of a mount point. Raise ByHand for a bind."""
    lines = split(text)
    for index, line in enumerate(lines):
        body, ending = parted(line)
        entry = targets(body)
        if not entry or entry[0][0] != path:
            continue
        match = _ENTRY.fullmatch(body)
        if match is None or {"bind", "rbind"} & {*entry[0][1]}:
            raise ByHand(f"{FSTAB} 中 {path} 为绑定挂载或缺少选项字段，须人工修改",
                         f"{path} is a bind mount in {FSTAB}, or has no options: change it by hand")
        lines[index] = f"{match[1]}{_with(match[2], options)}{match[3]}{ending}"
    return "".join(lines)


def _with(held: str, options: list[str]) -> str:
    """Return options with more of them, and without those that would undo them."""
    undone = {_KNOWN[option] for option in options}
    words = [word for word in held.split(",") if word not in undone]
    return ",".join([*words, *(option for option in options if option not in flags(words))])


@dataclass(frozen=True, slots=True)
class _Unit:
    """A mount unit; ``own``: a file or drop-in of it hides what fstab says of the same place."""

    what: str
    kind: str
    options: str
    own: bool

    @classmethod
    def of(cls, draft: Draft, path: str) -> _Unit | None:
        """Given a mount point, return its unit, None when there is none."""
        unit = _UNITS[path]
        texts = {one: draft.text(one) for folder in unitfile.FOLDERS
                 for one in draft.paths(f"{folder}/{unit}")}
        places = [f"{folder}/{unit}" for folder in unitfile.FOLDERS]
        fragment = next((place for place in places if place in texts), None)
        if fragment is None:
            return None
        dropped = unitfile.in_order(texts, unitfile.FOLDERS, f"{unit}.d")
        values = unitfile.merge([texts[fragment], *dropped])
        what, kind, options = (
            (values.get(("Mount", key)) or [otherwise])[-1].replace("%%", "%")
            for key, otherwise in (("What", "tmpfs"), ("Type", "tmpfs"), ("Options", "defaults"))
        )
        hides = ("Mount", "Options") in unitfile.merge(dropped)
        return cls(what, kind, options, own=fragment == places[0] or hides)


def _entry(path: str, unit: _Unit | None, options: list[str]) -> str:
    """Return an fstab line that mounts a place as systemd does by itself, with more options."""
    if unit is None and path != SHM:
        raise ByHand(f"未找到 {path} 的挂载配置", f"what mounts {path} was not found")
    what, kind, held = (unit.what, unit.kind, unit.options) if unit else (
        "tmpfs", "tmpfs", "defaults")
    return f"{what} {path} {kind} {_with(held, options)} 0 0"


def _write(draft: Draft, fstab: str) -> None:
    if fstab != draft.text(FSTAB):
        draft.write(FSTAB, fstab)
        draft.validate("fstab")
        draft.activate("mounts")


def _drop_in(draft: Draft, path: str, unit: _Unit, options: list[str]) -> None:
    held = _with(unit.options, options).replace("%", "%%")
    draft.write(_DROP_IN.format(_UNITS[path]), f"{_HEADER}\n[Mount]\nOptions={held}\n")
    draft.validate("systemd_unit")
    draft.activate("systemd")
    draft.reboot(f"{path} gets {', '.join(options)} when it is mounted anew")
