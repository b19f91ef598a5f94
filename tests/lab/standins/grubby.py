"""grubby: kernel arguments in grub.cfg (or the boot loader entry of EL 8) and /etc/default/grub."""

from __future__ import annotations

import re
import sys
from pathlib import Path

CONFIG = Path("/boot/grub2/grub.cfg")
DEFAULTS = Path("/etc/default/grub")
ENTRIES = Path("/boot/loader/entries")
KERNEL_LINE = re.compile(r"^(\s*linux(?:16|efi)?\s+(\S+)|options)(\s.*)$", re.MULTILINE)


def place() -> Path:
    """Return the file with the kernel's arguments."""
    found = sorted(ENTRIES.glob("*.conf")) if ENTRIES.is_dir() else []
    return found[0] if found else CONFIG


def kernel() -> str:
    """Return the kernel's path."""
    return "/boot/vmlinuz-" + Path("/usr/lib/lab-standin/kernel-release").read_text("ascii").strip()


def edit(arguments: list[str], add: list[str], remove: list[str]) -> list[str]:
    """Given kernel arguments, return them without `remove` and with `add` at the end."""
    names = {word.partition("=")[0] for word in add}
    kept = [
        word for word in arguments
        if word.partition("=")[0] not in names
        and word not in remove and word.partition("=")[0] not in remove
    ]  # fmt: skip
    return kept + add


def current() -> list[str]:
    """Return the kernel's arguments."""
    found = KERNEL_LINE.search(place().read_text(encoding="utf-8"))
    return found[3].split() if found else []


def update(add: list[str], remove: list[str]) -> None:
    """Change the arguments in the boot configuration and in the defaults for new kernels."""
    text = place().read_text(encoding="utf-8")
    place().write_text(
        KERNEL_LINE.sub(lambda m: f"{m[1]} {' '.join(edit(m[3].split(), add, remove))}", text),
        encoding="utf-8",
    )
    text = DEFAULTS.read_text(encoding="utf-8")
    DEFAULTS.write_text(
        re.sub(
            r'^GRUB_CMDLINE_LINUX="(.*)"',
            lambda m: f'GRUB_CMDLINE_LINUX="{" ".join(edit(m[1].split(), add, remove))}"',
            text,
            flags=re.MULTILINE,
        ),
        encoding="utf-8",
    )


def info() -> str:
    """Return what --info prints."""
    words = current()
    root = next((word[5:] for word in words if word.startswith("root=")), "")
    rest = " ".join(word for word in words if not word.startswith("root="))
    return f'index=0\nkernel="{kernel()}"\nargs="{rest}"\nroot="{root}"\n'


def main() -> int:
    """Run as grubby; return its exit code."""
    options: dict[str, str] = {}
    words = iter(sys.argv[1:])
    for word in words:
        name, has_value, value = word.partition("=")
        if not has_value and name in ("--update-kernel", "--args", "--remove-args", "--info"):
            value = next(words, "")
        options[name] = value
    if "--update-kernel" in options:
        update(options.get("--args", "").split(), options.get("--remove-args", "").split())
    elif "--info" in options:
        sys.stdout.write(info())
    elif "--default-kernel" in options:
        sys.stdout.write(kernel() + "\n")
    elif "--default-index" in options:
        sys.stdout.write("0\n")
    else:
        sys.stderr.write("grubby: no action specified\n")
        return 1
    return 0
