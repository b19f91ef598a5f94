"""Kernel modules that nothing may load: one file of modprobe.d."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.lines import parted, split
from opsrunner.remedies.values import refused, strings

DROP_IN = "/etc/modprobe.d/opsrunner.conf"
_HEADER = "# Written by opsrunner (harden_linux_modules_disabled); changes here are lost."
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_OURS = re.compile(r"install ([\w-]+) /bin/true")
_INSTALL = re.compile(r"\s*install\s+(\S+)\s+(\S.*)")
_HARMLESS = re.compile(r"((/usr)?(/bin/)?(true|false)|:)(\s[^;&|`$<>(){}]*)?")
# What boots, mounts or connects a host somewhere: never disabled, whoever asks for it.
_NEEDED = frozenset((
    "squashfs", "vfat", "fat", "udf", "isofs", "overlay", "ext4", "xfs", "btrfs", "nfs", "dm_mod",
    "virtio", "virtio_net", "virtio_blk", "scsi_mod", "sd_mod", "loop", "bonding", "ipv6", "8021q",
))


@remedy("modules_disabled", "list",
        Reads(files=("/etc/modprobe.d/*.conf", DROP_IN), facts=("modules.states",)),
        "Names of kernel modules that cannot be loaded any more; what a host needs is refused.")
def modules_disabled(draft: Draft, wanted: Iterable[str]) -> None:
    """Give each module an install command that does nothing; a loaded one goes with a reboot."""
    names = strings("modules_disabled", wanted)
    problems = [name for name in names if not _NAME.fullmatch(name)]
    if problems:
        raise refused("modules_disabled", [f"{name!r} is no module's name" for name in problems])
    needed = sorted(name for name in names if _plain(name) in _NEEDED)
    if needed:
        raise Refused(f"禁用后主机可能无法启动或挂载：{'、'.join(needed)}",
                      f"a host may need them to boot or mount: {', '.join(needed)}")
    states: Mapping[str, str] = draft.fact("modules.states")
    _refuse_built_in(states, names)
    _refuse_other_commands(draft, names)
    own = _own(draft)
    new = [name for name in names
           if _plain(name) not in map(_plain, own)
           and states.get(name) not in ("disabled", "not available")]
    if new:
        lines = [f"install {name} /bin/true" for name in sorted({*own, *new})]
        draft.write(DROP_IN, "\n".join([_HEADER, *lines, ""]))
    for name in new:
        if states.get(name) == "loaded":
            draft.reboot(f"the kernel module {name} is loaded until the next boot")


def _plain(name: str) -> str:
    return name.replace("-", "_")


def _own(draft: Draft) -> list[str]:
    found = (_OURS.fullmatch(parted(line)[0]) for line in split(draft.text(DROP_IN)))
    return [match[1] for match in found if match]


def _refuse_built_in(states: Mapping[str, str], names: list[str]) -> None:
    fixed = [name for name in names if states.get(name) == "built in"]
    if fixed:
        raise ByHand(f"已编译进内核，无法禁用：{'、'.join(fixed)}",
                     f"built into the kernel and cannot be disabled: {', '.join(fixed)}")


def _refuse_other_commands(draft: Draft, names: list[str]) -> None:
    """Raise ByHand for a second install command: which one modprobe takes is not certain."""
    plain = set(map(_plain, names))
    for path in draft.paths("/etc/modprobe.d/"):
        for line in split(draft.text(path)):
            match = _INSTALL.fullmatch(parted(line)[0])
            if match and _plain(match[1]) in plain and not _HARMLESS.fullmatch(match[2].strip()):
                raise ByHand(f"{path} 已为 {match[1]} 设置 install 命令，须人工确认后删除",
                             f"{path} has an install command for {match[1]} that a person must"
                             " look at and take out")
