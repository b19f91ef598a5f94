"""SSH server: what ``sshd -T`` says it would do, and what Match blocks may change of it."""

from __future__ import annotations

import fnmatch
import re
from typing import Any

from opsrunner.facts.base import CannotTell, Files, Host, fact
from opsrunner.models import Reason
from opsrunner.parse.sshd import match_values, tokens

_MAIN = "/etc/ssh/sshd_config"
_WEAK_CIPHER = re.compile(r"cbc|3des|arcfour|rc4|blowfish|cast128|^des|^none$")
_WEAK_MAC = re.compile(r"md5|-96|sha1(?!\d)|^none$")
_WEAK_KEX = re.compile(r"group1-|group14-sha1|group-exchange-sha1|^kexguess|rsa1024")
# What a banner must not give away: getty's escapes and the names and numbers of systems.
_LEAK = re.compile(
    r"\\[mrsvnl]|\\S|centos|red ?hat|kylin|debian|ubuntu|openeuler|openssh|kernel|\bel\d|linux",
    re.IGNORECASE,
)
_MODERN = (7, 0)  # from here on the built-in lists are printed by -T and hold no arcfour


@fact(probes=["ssh.effective"])
def options(host: Host) -> dict[str, str]:
    """Return sshd's effective options for root from an unexpected address, keys in lower case.

    Shape: ``{"permitrootlogin": "no", "maxauthtries": "6", ...}``; an option that may come
    several times is joined with blanks. Source: sshd(8), ``-T`` and ``-C``.
    """
    values: dict[str, list[str]] = {}
    for line in host.text("ssh.effective").splitlines():
        key, _, value = line.strip().partition(" ")
        if key:
            values.setdefault(key.lower(), []).append(value.strip())
    if "permitrootlogin" not in values or "port" not in values:
        raise CannotTell(Reason.UNPARSABLE, "sshd -T gave no option list")
    return {key: " ".join(items) for key, items in values.items()}


@fact(probes=["ssh.daemon"])
def present(host: Host) -> bool:
    """Return whether there is an SSH server: a binary, a running process or a service."""
    sections = dict(host.sections("ssh.daemon"))
    return any(sections.get(name, "").strip() for name in ("binary", "process", "unit"))


@fact(probes=["ssh.files"], facts=["ssh.options"])
def values(host: Host) -> dict[str, list[str]]:
    """Return by option every value that may hold: the effective one, then those of Match blocks.

    Shape: ``{"permitrootlogin": ["no", "yes"], ...}``: any connection may meet any of them.
    """
    files = host.files("ssh.files")
    text = files.text(_MAIN)
    if text is None:
        raise CannotTell(Reason.UNPARSABLE, f"{_MAIN} is missing")
    try:
        matched = match_values(text, lambda pattern: _included(files, pattern))
    except ValueError as error:
        raise CannotTell(Reason.UNPARSABLE, str(error)) from None
    effective = host.get("ssh.options")
    return {key: [value, *matched.get(key, [])] for key, value in effective.items()}


def _included(files: Files, pattern: str) -> list[str]:
    """Return the texts that an Include pattern names, in order. Raise CannotTell for one unread."""
    full = pattern if pattern.startswith("/") else f"/etc/ssh/{pattern}"
    paths = [path for path in files.states if "*" not in path]
    texts = [files.text(path) for path in sorted(paths) if fnmatch.fnmatchcase(path, full)]
    if not texts and full not in files.states and "*" not in full:
        raise CannotTell(Reason.NOT_COLLECTED, f"Include {full}")
    return [text for text in texts if text is not None]


@fact(probes=["ssh.daemon"])
def version(host: Host) -> list[int]:
    """Return OpenSSH's version as ``[major, minor]``. Raise CannotTell when it does not say."""
    said = dict(host.sections("ssh.daemon")).get("version", "")
    match = re.search(r"OpenSSH_(\d+)\.(\d+)", said)
    if not match:
        raise CannotTell(Reason.UNPARSABLE, f"no OpenSSH version in {said.strip()[:80]!r}")
    return [int(match.group(1)), int(match.group(2))]


@fact(facts=["ssh.version"])
def protocol_selectable(host: Host) -> bool:
    """Return whether this OpenSSH still has protocol 1 (removed from the server in 7.4)."""
    return bool(host.get("ssh.version") < [7, 4])


@fact(facts=["ssh.values", "ssh.version"])
def idle_session_ends(host: Host) -> bool:
    """Return whether an unanswered session is ever ended.

    ClientAliveInterval 0 sends nothing; ClientAliveCountMax 0 ended the session at once before
    OpenSSH 8.2 and never ends it since. Source: release notes of OpenSSH 8.2.
    """
    found = host.get("ssh.values")
    if not {"clientaliveinterval", "clientalivecountmax"} <= found.keys():
        raise CannotTell(Reason.UNPARSABLE, "sshd -T gave no ClientAlive options")
    if "0" in found["clientaliveinterval"]:
        return False
    counts = found["clientalivecountmax"]
    return "0" not in counts or bool(host.get("ssh.version") < [8, 2])


@fact(facts=["ssh.options"])
def max_startups(host: Host) -> dict[str, int]:
    """Return MaxStartups as ``{"start", "rate", "full"}``; a single number refuses all above it."""
    text = host.get("ssh.options").get("maxstartups", "")
    numbers = [int(word) for word in re.findall(r"\d+", text)]
    if re.fullmatch(r"\d+:\d+:\d+", text):
        return dict(zip(("start", "rate", "full"), numbers, strict=True))
    if re.fullmatch(r"\d+", text):
        return {"start": numbers[0], "rate": 100, "full": numbers[0]}
    raise CannotTell(Reason.UNPARSABLE, f"maxstartups {text!r}")


def _weak(host: Host, option: str, pattern: re.Pattern[str]) -> list[str]:
    listed = host.get("ssh.options").get(option, "")
    if listed in ("", "(null)", "default"):
        major, minor = host.get("ssh.version")
        if (major, minor) < _MODERN:
            return [f"built-in list of OpenSSH {major}.{minor}"]
        raise CannotTell(Reason.UNPARSABLE, f"sshd -T gave no {option}")
    return [name for name in listed.split(",") if pattern.search(name.strip().lower())]


@fact(facts=["ssh.options", "ssh.version"])
def weak_ciphers(host: Host) -> list[str]:
    """Return the accepted ciphers that are CBC, 3DES, RC4, Blowfish or CAST."""
    return _weak(host, "ciphers", _WEAK_CIPHER)


@fact(facts=["ssh.options", "ssh.version"])
def weak_macs(host: Host) -> list[str]:
    """Return the accepted MACs that use MD5, SHA-1 or 96 bits."""
    return _weak(host, "macs", _WEAK_MAC)


@fact(facts=["ssh.options", "ssh.version"])
def weak_kex(host: Host) -> list[str]:
    """Return the accepted key exchanges over group 1 or with SHA-1 on classic groups."""
    return _weak(host, "kexalgorithms", _WEAK_KEX)


@fact(facts=["ssh.options"])
def allow_list(host: Host) -> list[str]:
    """Return the users and groups that AllowUsers and AllowGroups let in.

    An entry that lets everybody in (``*``, ``*@*``) makes the whole list none. Source:
    sshd_config(5), AllowUsers: once there is one, everybody else is refused.
    """
    found = host.get("ssh.options")
    lists = [found.get(key, "").split() for key in ("allowusers", "allowgroups")]
    closed = [words for words in lists if words and not {"*", "*@*", "*@"} & set(words)]
    return [word for words in closed for word in words]


@fact(probes=["ssh.banner"], facts=["ssh.values"])
def banner(host: Host) -> dict[str, Any]:
    """Return what a client is shown before login: ``{"path", "length", "leaks": [...]}``.

    ``path`` is None and ``length`` 0 when some connection is shown nothing.
    """
    paths = host.get("ssh.values").get("banner", ["none"])
    files = host.files("ssh.banner")
    shown: dict[str, Any] = {"path": paths[0], "length": 0, "leaks": []}
    for path in paths:
        text = None if path.lower() == "none" else files.text(path)
        if text is None or not text.strip():
            return {"path": None, "length": 0, "leaks": []}
        shown["length"] = len(text.strip())
        shown["leaks"] += sorted({word.group(0).lower() for word in _LEAK.finditer(text)})
    return shown


@fact(probes=["ssh.files"], facts=["ssh.options"])
def two_factor_hints(host: Host) -> dict[str, Any]:
    """Return what points to a second factor: AuthenticationMethods and what the files require.

    Shape: ``{"authenticationmethods": str, "combined": bool, "lines": [...]}``; ``combined``
    when every listed method joins at least two with a comma. For the person who decides.
    """
    methods = host.get("ssh.options").get("authenticationmethods", "any")
    text = host.files("ssh.files").text(_MAIN) or ""
    wanted = ("authenticationmethods", "challengeresponseauthentication",
              "kbdinteractiveauthentication")
    lines = [" ".join(words) for line in text.splitlines() if (words := tokens(line))
             and words[0] in wanted]
    combined = methods != "any" and all("," in item for item in methods.split())
    return {"authenticationmethods": methods, "combined": combined, "lines": lines}
