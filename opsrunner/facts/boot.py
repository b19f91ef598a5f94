"""What guards the boot: the boot loader's files and password, kernel arguments, trust anchors."""

from __future__ import annotations

from dataclasses import dataclass

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse import grubpassword

_STAT_FIELDS = 5


@dataclass(frozen=True, slots=True)
class _GrubFile:
    mode: str  # "0:0 0600"
    lines: tuple[str, ...]


def _grub(host: Host) -> dict[str, _GrubFile]:
    files = {}
    for words, body in host.sections("boot.grub"):
        kind, _, path = words.partition(" ")
        if kind != "file":
            continue
        first, *lines = body.strip().splitlines() or [""]
        stat = first.split()[1:]
        if len(stat) != _STAT_FIELDS:
            raise CannotTell(Reason.UNPARSABLE, f"stat of {path}: {first[:80]}")
        files[path] = _GrubFile(f"{stat[3]}:{stat[4]} {int(stat[0], 8):04o}", tuple(lines))
    return files


@fact(probes=["boot.grub"])
def loader(host: Host) -> str:
    """Return ``grub`` where GRUB's configuration is found, ``container`` where nothing boots.

    Raise CannotTell for a host that boots by something else or keeps it where nobody looked.
    """
    if any(not path.endswith("user.cfg") for path in _grub(host)):
        return "grub"
    if "container" in dict(host.sections("boot.grub")).get("about", "").split():
        return "container"
    raise CannotTell(Reason.UNPARSABLE, "no GRUB configuration under /boot: another boot loader?")


@fact(probes=["boot.grub"])
def grub_files(host: Host) -> dict[str, str]:
    """Return owner, group and mode of GRUB's configuration by path: ``root:root 0600``.

    Links are followed. A mode on a FAT file system is that of its mount options.
    """
    return {path: file.mode for path, file in _grub(host).items()}


@fact(probes=["boot.grub"])
def grub_passwords(host: Host) -> dict[str, str]:
    """Return what guards each configuration a boot may use, by path.

    ``hashed``, ``plain``, ``no superuser``, ``none``; see ``opsrunner/parse/grubpassword.py``. An
    EFI host boots from ``/boot/efi/EFI``, unless the file there only hands over; another one
    from ``/boot/grub2`` or ``/boot/grub``.
    """
    files = _grub(host)
    about = dict(host.sections("boot.grub")).get("about", "").split()
    configs = {path: file for path, file in files.items() if not path.endswith("user.cfg")}
    on_efi = {path: file for path, file in configs.items() if path.startswith("/boot/efi/")}
    main = {path: file for path, file in configs.items() if path not in on_efi}
    whole = {path: file for path, file in on_efi.items() if not grubpassword.is_stub(file.lines)}
    used = (whole or main) if "efi" in about else (main or whole)
    if not used:
        raise CannotTell(Reason.UNPARSABLE, "no GRUB configuration that this host boots from")
    return {path: _guard(path, file, files) for path, file in used.items()}


def _guard(path: str, file: _GrubFile, files: dict[str, _GrubFile]) -> str:
    if path.endswith((".conf", ".lst")):
        return grubpassword.legacy(file.lines)
    beside = files.get(f"{path.rpartition('/')[0]}/user.cfg")
    reads = any(
        line.split()[:1] in (["source"], ["."]) and "user.cfg" in line for line in file.lines
    )
    kinds = [line.split()[1] for line in beside.lines if line.startswith("hash ")] if beside else []
    user_hash = kinds[-1] if kinds and reads and kinds[-1] != "empty" else ""
    return grubpassword.grub2(file.lines, user_hash)


@fact(probes=["boot.arguments"])
def arguments(host: Host) -> dict[str, list[str]]:
    """Return the arguments about security modules: ``now``, and of each boot entry by its file.

    An entry with none of them has an empty list. Source: ``/proc/cmdline``, GRUB's files, the
    Boot Loader Specification.
    """
    sections = dict(host.sections("boot.arguments"))
    found: dict[str, list[str]] = {"now": sections.get("now", "").split()}
    for line in sections.get("entries", "").splitlines():
        path, *words = line.removeprefix("entry ").split() or [""]
        name, number = path, 2
        while name in found:
            name, number = f"{path} ({number})", number + 1
        found[name] = words
    return found


@fact(probes=["boot.trust"])
def trust(host: Host) -> dict[str, str]:
    """Return the trust anchors: ``secure_boot`` and ``ima`` ``on`` or ``off``, ``tpm`` its names.

    Secure Boot is the firmware's variable; IMA is on when it has measured more than the boot
    aggregate. Source: UEFI 2.8 section 3.3, ``/sys/class/tpm``, ``/sys/kernel/security/ima``.
    """
    sections = {name: body.strip() for name, body in host.sections("boot.trust")}
    secure = {"bios": "off", "0": "off", "1": "on"}.get(sections.get("secure_boot", ""))
    ima = {"measuring": "on", "idle": "off", "none": "off"}.get(sections.get("ima", ""))
    if secure is None or ima is None:
        raise CannotTell(Reason.UNPARSABLE, "Secure Boot or IMA does not show its state")
    return {"secure_boot": secure, "ima": ima, "tpm": sections.get("tpm", "") or "none"}
