"""Kernel parameters: what holds now, and what the next boot would set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from opsrunner.facts.base import CannotTell, Files, Host, fact
from opsrunner.models import Reason
from opsrunner.parse.sysctlconf import Settings, as_number, assigned, dotted, merge, patterns

View = Mapping[str, Any]  # key as sysctl(8) prints it -> int, or text where it is no number

_FOLDERS = ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")  # the first hides the others
_GLOBS_SINCE = 245  # systemd
_BACKUPS = ("~", ".bak", ".orig", ".rpmnew", ".rpmorig", ".rpmsave")  # EL 6 initscripts skip them
_BUILT_IN = {  # what the kernel starts with where that is the same in all of them
    "net/ipv4/ip_forward": "0",
    "net/ipv4/tcp_syncookies": "1",
    "net/ipv4/icmp_echo_ignore_broadcasts": "1",
    "net/ipv4/icmp_ignore_bogus_error_responses": "1",
    "kernel/randomize_va_space": "2",
    "kernel/kptr_restrict": "0",
    "kernel/core_pattern": "core",
    "fs/suid_dumpable": "0",
}
# Of an interface: the built-in value of "all" and of "default".
_INTERFACE = {
    "ipv4": {
        "forwarding": ("0", "0"), "accept_redirects": ("1", "1"), "send_redirects": ("1", "1"),
        "accept_source_route": ("0", "1"), "rp_filter": ("0", "0"), "log_martians": ("0", "0"),
    },
    "ipv6": {
        "forwarding": ("0", "0"), "accept_redirects": ("1", "1"),
        "accept_source_route": ("0", "0"), "disable_ipv6": ("0", "0"),
    },
}
_FORWARD = ("net/ipv4/ip_forward", "net/ipv4/conf/all/forwarding")  # two names of one switch
_LINE = re.compile(r"^([a-z][^\s:]*?)(?: = |:)(.*)$", re.MULTILINE)
_NOT_SET = "not set"


@fact(probes=["sysctl.live"])
def live(host: Host) -> dict[str, Any]:
    """Return the values that hold now, by key (``net.ipv4.conf.all.rp_filter``).

    A key that is not in the mapping is not in this kernel. Source: sysctl(8), ``/proc/sys``.
    """
    sections = dict(host.sections("sysctl.live"))
    view = {}
    for part in ("kernel", "network"):
        for key, value in _LINE.findall(sections.get(part, "")):
            view[dotted(key) if "/" in key.partition(".")[0] else key] = _value(value)
    if "net.ipv4.ip_forward" not in view or "net.ipv4.conf.all.rp_filter" not in view:
        raise CannotTell(Reason.UNPARSABLE, "the kernel's network parameters are not there")
    return view


@fact(probes=["sysctl.files"], facts=["sysctl.live"])
def boot(host: Host) -> dict[str, Any]:
    """Return the values the next boot would set, by key, for the interfaces there are now.

    Where no file sets a key it is the kernel's own value, and ``not set`` where that depends
    on how the kernel was built. Source: sysctl.d(5), systemd-sysctl(8); EL 6 rc.sysinit.
    """
    settings, globs, about = _settings(host)
    known_patterns = patterns(settings) if globs else []

    def value(path: str, otherwise: str | None = None) -> Any:  # noqa: ANN401 - int or text
        return _value(assigned(settings, path, known_patterns) or otherwise or _NOT_SET)

    now = host.get("sysctl.live")
    view = {
        key: value(dotted(key), _BUILT_IN.get(dotted(key))) for key in now if ".conf." not in key
    }
    if "dmesg" in about:  # the running kernel was built with this restriction
        view["kernel.dmesg_restrict"] = value("kernel/dmesg_restrict", "1")
    if host.platform.endswith("-6"):  # whether 2.6.32 turned SYN cookies on is not certain
        view["net.ipv4.tcp_syncookies"] = value("net/ipv4/tcp_syncookies")
    forward = [value(path) for path in settings if path in _FORWARD][-1:]
    for family, names in _INTERFACE.items():
        stem = f"net/{family}/conf"
        paths = {name: f"{stem}/{dotted(name)}/" for name in interfaces_of(now, family)}
        for name, (for_all, for_default) in names.items():
            whole = value(f"{stem}/all/{name}", for_all)
            if name == "forwarding" and family == "ipv4" and forward:
                whole = view["net.ipv4.ip_forward"] = forward[0]
            passed_on = name in ("forwarding", "disable_ipv6") and whole != _value(for_all)
            new = value(f"{stem}/default/{name}", str(whole) if passed_on else for_default)
            known, otherwise = {"all": whole, "default": new}, str(new)
            for interface, path in paths.items():
                key = f"net.{family}.conf.{interface}.{name}"
                own = interface not in known
                view[key] = value(path + name, otherwise) if own else known[interface]
    return view


def _settings(host: Host) -> tuple[Settings, bool, list[str]]:
    """Return what files assign in order, whether patterns count, and words about the boot."""
    sections = host.sections("sysctl.files")
    if any(words.startswith("denied ") for words, _ in sections):
        raise CannotTell(Reason.DENIED, "a file of sysctl.d")
    files, about = Files(sections), dict(sections).get("boot", "").split()
    if host.platform.endswith("-6"):
        return _of_initscripts(files, folder="folder" in about), False, about
    if "masked" in about:
        return {}, False, about
    chosen: dict[str, str] = {}
    for folder in reversed(_FOLDERS):
        for path, state in files.states.items():
            parent, _, name = path.rpartition("/")
            if parent == f"{folder}/sysctl.d" and name.endswith(".conf") and "*" not in name:
                chosen[name] = path if state == "file" else ""
    numbers = [re.search(r"-(\d+)", word) for word in about]
    version = max((int(number.group(1)) for number in numbers if number), default=0)
    texts = (files.text(chosen[name]) or "" for name in sorted(chosen) if chosen[name])
    return merge(texts), version >= _GLOBS_SINCE, about


def _of_initscripts(files: Files, *, folder: bool) -> Settings:
    """EL 6: sysctl.conf, and sysctl.d where its scripts read it; a conflict stays visible."""
    main = merge([_or_empty(files, "/etc/sysctl.conf")])
    if not folder:
        return main
    texts = {path: text for path, text in files.texts.items() if path.startswith("/etc/sysctl.d/")}
    more = merge(texts[path] for path in sorted(texts) if not path.endswith(_BACKUPS))
    both = {
        path: f"either {main[path]} or {more[path]}"
        for path in main.keys() & more.keys() if main[path] != more[path]
    }
    return main | more | both


def _or_empty(files: Files, path: str) -> str:
    return "" if files.states.get(path) == "masked" else files.text(path) or ""


def _value(text: str) -> int | str:
    number = as_number(text)
    return text.strip() if number is None else number


def interfaces_of(view: View, family: str) -> list[str]:
    """Given a view and ``ipv4`` or ``ipv6``, return its interfaces, ``all`` and ``default`` too."""
    start = f"net.{family}.conf."
    return list(dict.fromkeys(key.split(".", 4)[3] for key in view if key.startswith(start)))


def at_boot(values: Mapping[str, Any]) -> dict[str, Any]:
    """Given values of the next boot by key, return them marked so, for those who read reports."""
    return {f"{key} at boot": value for key, value in values.items()}


@fact(probes=["sysctl.routes"])
def default_routes(host: Host) -> list[str]:
    """Return the interfaces that have an IPv4 default route. Source: ``/proc/net/route``."""
    return host.text("sysctl.routes").split()
