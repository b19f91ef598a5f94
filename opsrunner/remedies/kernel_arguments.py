"""Kernel arguments of every boot entry, and of the entries later kernels will get.

Entries are changed as grubby does it, an argument at the end of the line; nothing is generated
anew, because what grub2-mkconfig writes depends on more than these files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.lines import added, edited
from opsrunner.remedies.values import mapping, refused

DEFAULTS, CMDLINE = "/etc/default/grub", "/etc/kernel/cmdline"
_ENTRIES = (
    "/boot/grub/grub.conf", "/boot/grub/grub.cfg", "/boot/grub2/grub.cfg",
    "/boot/efi/EFI/*/grub.conf", "/boot/efi/EFI/*/grub.cfg", "/boot/loader/entries/*.conf",
)
_ENVIRONMENTS = ("/boot/grub2/grubenv", "/boot/efi/EFI/*/grubenv")
_KERNEL_LINE = re.compile(r"(\s*)(kernel|linux|linux16|linuxefi)(\s+)(\S.*?)(\s*)")
_OPTIONS_LINE = re.compile(r"()(options)(\s+)(\S.*?)(\s*)")
_SPECIAL = re.compile(r"rescue|\bsingle\b|recovery|memtest")
_DEFAULT_LINE = re.compile(r"(\s*GRUB_CMDLINE_LINUX=)([\"']?)(.*?)(\2)(\s*(?:#.*)?)")
_WORD = re.compile(r"[\w.-]+", re.ASCII)
_VALUE = re.compile(r"[\w.,:/-]+", re.ASCII)
_BLOCK_SIZE = 1024  # of grubenv, filled up with "#"


@remedy("kernel_arguments", "dict", Reads(files=(DEFAULTS, CMDLINE, *_ENTRIES, *_ENVIRONMENTS)),
        "Kernel arguments by name of all boot entries but rescue ones; they need a reboot.")
def kernel_arguments(draft: Draft, wanted: Mapping[str, Any]) -> None:
    """Add arguments to boot entries and to the defaults of later ones."""
    _refuse_nonsense(wanted)
    goals = {str(name): str(value) for name, value in sorted(wanted.items())}
    words = " ".join(f"{name}={value}" for name, value in goals.items())
    entries = [path for path in draft.paths("/boot/")
               if path.endswith((".conf", ".cfg")) and draft.file(path).content]
    if not any(_holds(path).fullmatch(body)
               for path in entries for body in draft.text(path).split("\n")):
        tool = "update-grub" if draft.is_("debian") else "grubby --update-kernel=ALL --args"
        raise ByHand(f"未识别引导配置，请用 {tool} 加入内核参数：{words}",
                     f"no boot entry was recognised; add the arguments with {tool}: {words}")
    new = _changed(draft, entries, goals)
    for path, text in new.items():
        draft.write(path, text)
    if new:
        draft.reboot(f"kernel arguments {words}")


def _changed(draft: Draft, entries: list[str], goals: Mapping[str, str]) -> dict[str, str]:
    """Return the new texts of all files that must change."""
    environments = [path for path in draft.paths("/boot/") if path.endswith("/grubenv")]
    shared = any("\nkernelopts=" in draft.text(path) for path in environments)
    new = {}
    for path in entries:
        holds = _holds(path).fullmatch
        new[path] = edited(draft.text(path), lambda body: _entry(holds(body), goals, shared=shared))  # noqa: B023 - called at once
    new |= {path: _environment(path, draft.text(path), goals) for path in environments}
    if draft.exists(DEFAULTS):
        new[DEFAULTS] = _defaults(draft.text(DEFAULTS), goals)
    if draft.exists(CMDLINE):
        new[CMDLINE] = edited(draft.text(CMDLINE), lambda body: _given(body, goals) or None)
    return {path: text for path, text in new.items() if text != draft.text(path)}


def _refuse_nonsense(wanted: Mapping[str, Any]) -> None:
    wrong = [f"{name}={value!r} is no kernel argument"
             for name, value in mapping("kernel_arguments", wanted).items()
             if not _WORD.fullmatch(name) or not _VALUE.fullmatch(str(value))]
    if wrong:
        raise refused("kernel_arguments", wrong)


def _holds(path: str) -> re.Pattern[str]:
    """Given a file of boot entries, return what its lines with arguments look like."""
    return _OPTIONS_LINE if path.startswith("/boot/loader/") else _KERNEL_LINE


def _entry(match: re.Match[str] | None, goals: Mapping[str, str], *, shared: bool) -> str | None:
    """Return a boot entry's line with the arguments, None for another line or a rescue entry."""
    # What stands behind the variable is changed in the environment block.
    if match is None or _SPECIAL.search(match[0]) or (shared and "$kernelopts" in match[0]):
        return None
    return f"{match[1]}{match[2]}{match[3]}{_given(match[4], goals)}{match[5]}"


def _given(arguments: str, goals: Mapping[str, str]) -> str:
    """Return arguments with the wanted ones: of one given twice the last counts."""
    words = arguments.split(" ")
    for name, value in goals.items():
        places = [at for at, word in enumerate(words) if word.partition("=")[0] == name]
        if places and _enough(name, words[places[-1]].partition("=")[2], value):
            continue
        if places:
            words[places[-1]] = f"{name}={value}"
        else:
            words.append(f"{name}={value}")
    return " ".join(words)


def _enough(name: str, now: str, value: str) -> bool:
    larger = name == "audit_backlog_limit" and now.isdecimal() and value.isdecimal()
    return now == value or (larger and int(now) >= int(value))


def _environment(path: str, text: str, goals: Mapping[str, str]) -> str:
    """Return a GRUB environment block with the arguments in ``kernelopts``, 1,024 bytes as ever."""
    def change(body: str) -> str | None:
        name, equals, value = body.partition("=")
        return f"{name}={_given(value, goals)}" if equals and name == "kernelopts" else None

    new = edited(text, change)
    if new == text:
        return text
    filled = new.rstrip("#")
    if not filled.endswith("\n") or len(filled.encode()) > _BLOCK_SIZE:
        raise ByHand(f"{path} 空间不足，请用 grub2-editenv 修改 kernelopts",
                     f"{path} has no room left: change kernelopts with grub2-editenv")
    return filled + "#" * (_BLOCK_SIZE - len(filled.encode()))


def _defaults(text: str, goals: Mapping[str, str]) -> str:
    """Return /etc/default/grub with the arguments in its last GRUB_CMDLINE_LINUX."""
    bodies = text.split("\n")
    matches = map(_DEFAULT_LINE.fullmatch, bodies)
    found = {at: match for at, match in enumerate(matches) if match}
    if not found:
        return added(text, [f'GRUB_CMDLINE_LINUX="{_given("", goals).strip()}"'])
    last, match = max(found.items())
    quote = match[2] or '"'
    bodies[last] = f"{match[1]}{quote}{_given(match[3], goals).strip()}{quote}{match[5]}"
    return "\n".join(bodies)
