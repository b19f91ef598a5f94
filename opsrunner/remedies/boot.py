"""The console: three keys, maintenance shells, and the boot loader's files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.parse import unitfile
from opsrunner.remedies.amounts import octal
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.lines import added, parted, split
from opsrunner.remedies.values import flag

TARGET = "ctrl-alt-del.target"
BURST = "/etc/systemd/system.conf.d/zz-opsrunner.conf"
UPSTART, OVERRIDE = "/etc/init/control-alt-delete.conf", "/etc/init/control-alt-delete.override"
_LOGGED = 'exec /usr/bin/logger -p security.info "Ctrl-Alt-Delete pressed"'
INIT = "/etc/sysconfig/init"
_SULOGIN = "SINGLE=/sbin/sulogin"
_UNITS = ("rescue.service", "emergency.service")
_FRAGMENTS = tuple(f"{folder}/{unit}" for folder in unitfile.FOLDERS for unit in _UNITS)
_DROP_IN = "/etc/systemd/system/{}.d/zz-opsrunner.conf"
_HEADER = "# Written by opsrunner ({}); changes here are lost."
_GRUB = (
    "/boot/grub/grub.conf", "/boot/grub/menu.lst", "/boot/grub/grub.cfg", "/boot/grub/user.cfg",
    "/boot/grub2/grub.cfg", "/boot/grub2/user.cfg", "/boot/efi/EFI/*/grub.cfg",
    "/boot/efi/EFI/*/grub.conf", "/boot/efi/EFI/*/user.cfg",
)
_OWNERS_X = 0o100  # what a FAT file system shows whatever is wanted


@remedy("ctrl_alt_del", "bool",
        Reads(files=(BURST, UPSTART, OVERRIDE), units=(TARGET,), facts=("consoles.three_keys",)),
        "False: Ctrl-Alt-Del reboots no more, neither once nor seven times in a row.")
def ctrl_alt_del(draft: Draft, wanted: bool) -> None:  # noqa: FBT001 - the variable's value
    """Mask systemd's target and its burst action; on EL 6 have upstart's job only log."""
    if flag("ctrl_alt_del", wanted):
        return
    states: Mapping[str, str] = draft.fact("consoles.three_keys")
    if draft.is_("el6"):
        if states.get("control-alt-delete") != "disabled" and _LOGGED not in _bodies(draft):
            draft.write(OVERRIDE, added(draft.text(OVERRIDE), [_LOGGED]))
        return
    if states.get("target at boot") != "masked" or states.get("target now", "masked") != "masked":
        draft.set_unit(TARGET, enabled="masked")
    bursts = [state for name, state in states.items() if name.startswith("seven times")]
    if any(state != "none" for state in bursts):
        header = _HEADER.format("harden_linux_ctrl_alt_del")
        draft.write(BURST, f"{header}\n[Manager]\nCtrlAltDelBurstAction=none\n")
        draft.activate("systemd_manager")


def _bodies(draft: Draft) -> list[str]:
    return [parted(line)[0] for line in split(draft.text(OVERRIDE))]


@remedy("boot_file_mode", "str", Reads(stats=_GRUB, facts=("boot.grub_files",)),
        'Octal mode at most, such as "0600", of the boot loader\'s files; they become root\'s.')
def boot_file_mode(draft: Draft, wanted: str) -> None:
    """Take rights beyond the mode from GRUB's files. On FAT only mount options can."""
    limit = octal("boot_file_mode", wanted)
    loose = []
    for path in draft.fact("boot.grub_files"):
        now = draft.file(path)
        beyond = (now.mode or 0) & ~(limit | _OWNERS_X)
        if now.exists and (beyond or now.uid or now.gid):
            loose.append(path)
    on_efi = [path for path in loose if path.startswith("/boot/efi/")]
    if on_efi:
        raise ByHand(
            f"EFI 分区为 FAT，chmod 无效：在 /etc/fstab 的 /boot/efi 一行加 umask=0077 后重新挂载"
            f"（umount /boot/efi && mount /boot/efi）：{'、'.join(on_efi)}",
            "a FAT EFI partition ignores chmod: add umask=0077 to the line of /boot/efi in"
            f" /etc/fstab, then umount /boot/efi && mount /boot/efi: {', '.join(on_efi)}",
        )
    for path in loose:
        draft.set_mode(path, (draft.file(path).mode or 0) & limit, uid=0, gid=0)


@remedy("rescue_authentication", "bool",
        Reads(files=(INIT, *_FRAGMENTS, *(_DROP_IN.format(unit) for unit in _UNITS)),
              units=("debug-shell.service",),
              facts=("consoles.shells", "consoles.root_password")),
        "True: rescue and emergency mode ask for root's password, and no debug shell is open.")
def rescue_authentication(draft: Draft, wanted: bool) -> None:  # noqa: FBT001 - the variable's value
    """Put sulogin back where it was replaced. Refuse where root has no password to ask for."""
    if not flag("rescue_authentication", wanted):
        return
    shells: Mapping[str, str] = draft.fact("consoles.shells")
    kind = str(draft.fact("consoles.root_password"))
    wrong = [name for name, state in shells.items() if state not in ("sulogin", "masked")]
    if kind == "empty":
        raise ByHand("root 口令为空，救援模式不会鉴别：请先为 root 设置口令",
                     "root's password is empty and sulogin asks for none: set one first")
    if wrong and wrong != ["debug-shell.service"] and (kind == "locked" or kind.startswith("!")):
        raise Refused("root 口令已锁定，改为鉴别后将无法进入救援模式：请先为 root 设置口令",
                      "root's password is locked: rescue mode would let nobody in, set one first")
    drop_ins = {unit: _sulogin_again(draft, unit) for unit in wrong if unit in _UNITS}
    for unit, text in drop_ins.items():
        draft.write(_DROP_IN.format(unit), text)
        draft.validate("systemd_unit")
        draft.activate("systemd")
    if INIT in wrong:
        draft.write(INIT, _single(draft.text(INIT)))
    if "debug-shell.service" in wrong:
        draft.set_unit("debug-shell.service", enabled="disabled", active=False)


def _sulogin_again(draft: Draft, unit: str) -> str:
    """Return a drop-in that gives a unit the command its vendor's file has."""
    for folder in unitfile.FOLDERS[1:]:
        values = unitfile.merge([draft.text(f"{folder}/{unit}")])
        commands: list[Any] = values.get(("Service", "ExecStart"), [])
        if commands:
            starts = "".join(f"ExecStart={command}\n" for command in commands)
            header = _HEADER.format("harden_linux_rescue_authentication")
            cleared = "ExecStartPre=\nEnvironment=\nExecStart=\n"
            kept = "".join(f"Environment={one}\n" for one in values.get(
                ("Service", "Environment"), []))
            return f"{header}\n[Service]\n{cleared}{kept}{starts}"
    raise ByHand(f"找不到发行版的 {unit}", f"the vendor's {unit} was not found")


def _single(text: str) -> str:
    """Return EL 6's file, which is a shell script, with its last SINGLE= changed."""
    lines = split(text)
    places = [index for index, line in enumerate(lines)
              if re.match(r"\s*(?:export\s+)?SINGLE=", line)]
    if not places:
        return added(text, [_SULOGIN])
    lines[places[-1]] = _SULOGIN + parted(lines[places[-1]])[1]
    return "".join(lines)
