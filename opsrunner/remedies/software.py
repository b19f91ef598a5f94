"""Packages must be signed: yum, dnf and APT, switched on where a configuration switches it off."""

from __future__ import annotations

import re
from typing import Any

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.parse import aptsources, yumconf
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.values import flag

_MAINS = ("/etc/yum.conf", "/etc/dnf/dnf.conf")
_FOLDERS = ("/etc/yum.repos.d", "/etc/yum/repos.d", "/etc/distro.repos.d")
_APT, _APT_FOLDER = "/etc/apt/sources.list", "/etc/apt/sources.list.d"
_MAIN_FAULT = "[main] in "
_SECTION = re.compile(r"\[([^\]]*)\]")
_OPTIONS = re.compile(r"(?m)^([ \t]*deb(?:-src)?[ \t]+)\[([^\]\n]*)\][ \t]*")
_TRUSTING = frozenset(
    ("trusted", "allow-insecure", "allow-weak", "allow-downgrade-to-insecure"))
_GPGCHECK = re.compile(r"gpgcheck\s*[=:]", re.IGNORECASE)


@remedy(
    "software_gpgcheck", "bool",
    Reads(files=(*_MAINS, *(f"{folder}/*.repo" for folder in _FOLDERS), _APT,
                 f"{_APT_FOLDER}/*.list", f"{_APT_FOLDER}/*.sources"),
          facts=("repositories.unsigned",)),
    "Whether packages of every enabled repository must be signed (gpgcheck; on Debian no source "
    "is marked as trusted).",
)
def software_gpgcheck(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given true, switch signature checks on in everything that lets unsigned packages in."""
    if not flag("software_gpgcheck", wanted):
        return
    faults = draft.fact("repositories.unsigned")
    if draft.is_("debian"):
        _apt(draft, faults)
        return
    for fault in faults:
        if fault.startswith(_MAIN_FAULT):
            path = fault.removeprefix(_MAIN_FAULT)
            _check(draft, path, "main")
        else:
            _repository(draft, fault)


def _repository(draft: Draft, name: str) -> None:
    """Switch the check on in the file that defines a repository; the first one holds."""
    paths = [*_MAINS, *(path for folder in _FOLDERS for path in draft.paths(f"{folder}/"))]
    for path in paths:
        if name in yumconf.parse(draft.text(path)):
            _check(draft, path, name)
            return
    raise ByHand(f"软件源 {name} 不在常见配置文件中，请手工开启 gpgcheck",
                 f"the repository {name} stands in no usual file: set gpgcheck=1 by hand")


def _check(draft: Draft, path: str, section: str) -> None:
    text = _checked(draft.text(path), section)
    value = yumconf.parse(text).get(section, {}).get("gpgcheck")
    if yumconf.truth(value, otherwise=False) is not True:
        raise ByHand(f"{path} 的写法特殊，请手工设置 gpgcheck=1",
                     f"{path} has an odd form: set gpgcheck=1 by hand")
    if text != draft.text(path):
        draft.write(path, text)


def _checked(text: str, section: str) -> str:
    """Return a file with ``gpgcheck=1`` in a section, in place of what it said there."""
    lines = text.split("\n")
    at, current, last_option = -1, "", -1
    for number, line in enumerate(lines):
        if match := _SECTION.match(line):
            current = match.group(1).strip()
            at = number if current == section else at
        elif current == section and _GPGCHECK.match(line):
            last_option = number
    if last_option >= 0:
        lines[last_option] = "gpgcheck=1" + ("\r" if lines[last_option].endswith("\r") else "")
    elif at >= 0:
        lines.insert(at + 1, "gpgcheck=1" + ("\r" if lines[at].endswith("\r") else ""))
    else:
        lines = [f"[{section}]", "gpgcheck=1", *lines]
    return "\n".join(lines)


def _apt(draft: Draft, faults: list[str]) -> None:
    others = [fault for fault in faults if not fault.startswith("/etc/apt/sources")]
    if others:
        raise ByHand(f"请删除 apt 配置中的 {others[0]}",
                     f"remove this switch from the configuration of apt: {others[0]}")
    for path in dict.fromkeys(fault.partition(": ")[0] for fault in faults):
        modern = path.endswith(".sources")
        text = (_deb822 if modern else _one_line)(draft.text(path))
        left = (aptsources.deb822 if modern else aptsources.one_line)(text)
        if any(keys for _, keys in left):
            raise ByHand(f"{path} 的写法特殊，请手工删除信任标记",
                         f"{path} has an odd form: remove the mark of trust by hand")
        if text != draft.text(path):
            draft.write(path, text)


def _one_line(text: str) -> str:
    """Return a ``.list`` file without the options that skip checks."""

    def without(match: re.Match[str]) -> str:
        words = [word for word in match.group(2).split()
                 if word.partition("=")[0].rstrip("+-").lower() not in _TRUSTING]
        return match.group(1) + (f"[{' '.join(words)}] " if words else "")

    return _OPTIONS.sub(without, text)


def _deb822(text: str) -> str:
    """Return a ``.sources`` file without the fields that skip checks."""
    lines = text.split("\n")
    return "\n".join(line for line in lines
                     if line.partition(":")[0].strip().lower() not in _TRUSTING)
