"""Kernel modules: whether one can get into the running kernel."""

from __future__ import annotations

import re
from collections.abc import Mapping

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason

# Arguments change nothing, unless the shell that runs the line takes them for another command.
_HARMLESS = re.compile(r"((/usr)?(/bin/)?(true|false)|:)(\s[^;&|`$<>(){}]*)?")
_FILESYSTEMS = ("cramfs", "freevxfs", "jffs2", "hfs", "hfsplus")
_PROTOCOLS = ("dccp", "sctp", "rds", "tipc")


@fact(probes=["modules.states"])
def states(host: Host) -> dict[str, str]:
    """Return the state of each module the rules name.

    ``disabled`` (its install command does nothing), ``not available`` (this kernel has none),
    ``loaded``, ``built in``, ``loadable`` (a blacklist does not stop a load by name or as a
    dependency), ``not disabled`` (nothing disables it, and the kernel's module folder is out of
    sight, as in a container), or ``runs COMMAND``. Source: modprobe(8) ``-n -v``, modprobe.d(5).
    """
    sections = dict(host.sections("modules.states"))
    loaded = set(sections.get("loaded", "").split())
    built_in = set(sections.get("builtin", "").split())
    tree = "present" in sections.get("tree", "")
    found = {}
    for words, body in sections.items():
        kind, _, module = words.partition(" ")
        if kind != "module":
            continue
        name = module.replace("-", "_")
        if name in loaded:
            found[module] = "loaded"
        elif name in built_in:
            found[module] = "built in"
        else:
            found[module] = _planned(body, module, tree=tree)
    return found


def _planned(said: str, module: str, *, tree: bool) -> str:
    lines = [line.strip() for line in said.strip().splitlines()] or [""]
    # Soft dependencies stand before and after, each with its own line.
    own = re.compile(rf"insmod (\S*/)?{re.sub('[-_]', '[-_]', module)}\.ko(\.(xz|gz|zst))?(\s.*)?")
    if any(own.fullmatch(line) for line in lines):
        return "loadable"
    for line in lines:
        command = line.removeprefix("install ").strip()
        if line.startswith("install ") and not _HARMLESS.fullmatch(command):
            return f"runs {command}"
    last = lines[-1]
    if last.startswith("install "):
        return "disabled"
    if last.startswith("insmod "):
        return "loadable"
    if last.startswith("builtin "):
        return "built in"
    if "not found" in last:
        return "not available" if tree else "not disabled"
    raise CannotTell(Reason.UNPARSABLE, f"modprobe -n -v {module}: {last[:80] or 'no output'}")


def _of(host: Host, names: tuple[str, ...]) -> Mapping[str, str]:
    found: Mapping[str, str] = host.get("modules.states")
    if any(name not in found for name in names):
        raise CannotTell(Reason.NOT_COLLECTED, "a module")
    return {name: found[name] for name in names}


@fact(facts=["modules.states"])
def filesystems(host: Host) -> Mapping[str, str]:
    """Return the state of the file systems hardly anyone uses; never squashfs, vfat or udf."""
    return _of(host, _FILESYSTEMS)


@fact(facts=["modules.states"])
def protocols(host: Host) -> Mapping[str, str]:
    """Return the state of the network protocols hardly anyone uses."""
    return _of(host, _PROTOCOLS)


@fact(facts=["modules.states"])
def usb_storage(host: Host) -> Mapping[str, str]:
    """Return the state of the driver that every USB disk needs (uas depends on it)."""
    return _of(host, ("usb-storage",))
