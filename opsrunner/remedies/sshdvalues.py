"""Options of sshd_config that may be set, and which of two values is the stricter one."""

from __future__ import annotations

import re
from collections.abc import Callable

from opsrunner.parse.sshd import seconds

LISTS = {"ciphers": "Ciphers", "macs": "MACs", "kexalgorithms": "KexAlgorithms"}
WHO = {"allowgroups": "AllowGroups", "allowusers": "AllowUsers"}
_WORDS = {name.lower(): name for name in (
    "AllowAgentForwarding", "AllowTcpForwarding", "GatewayPorts", "HostbasedAuthentication",
    "IgnoreRhosts", "PermitEmptyPasswords", "PermitTunnel",
    "PermitUserEnvironment", "Protocol", "PubkeyAuthentication", "StrictModes", "X11Forwarding",
)}
_OTHERS = {name.lower(): name for name in (
    "Banner", "ClientAliveCountMax", "ClientAliveInterval", "LoginGraceTime", "MaxAuthTries",
    "MaxSessions", "MaxStartups", "PermitRootLogin",
)}
SPELLING = {**LISTS, **WHO, **_WORDS, **_OTHERS}
_ROOT = ("no", "forced-commands-only", "prohibit-password", "without-password", "yes")
_STARTUPS = re.compile(r"(\d+)(?::(\d+):(\d+))?", re.ASCII)
_SHAPES: dict[str, str] = {
    **dict.fromkeys(LISTS, r"[\w@.,+-]+"), **dict.fromkeys(WHO, r"[\w@.,*?!/\\: -]*"),
    **dict.fromkeys(_WORDS, r"[\w-]+"), "banner": r"/[\w./-]+|none", "protocol": "2",
    "clientalivecountmax": r"\d+", "clientaliveinterval": r"(\d+[smhdw]?)+",
    "logingracetime": r"(\d+[smhdw]?)+", "maxauthtries": r"[1-9]\d*", "maxsessions": r"\d+",
    "maxstartups": _STARTUPS.pattern, "permitrootlogin": "|".join(_ROOT),
}
# OpenSSH's version that brought an algorithm; those not named here are older than 5.3.
_SINCE: tuple[tuple[str, tuple[int, int]], ...] = (
    (r"sntrup761.*", (8, 5)), (r"curve25519-sha256", (7, 4)), (r"curve25519-.*", (6, 5)),
    (r"diffie-hellman-group(14-sha256|16-.*|18-.*)", (7, 3)), (r"chacha20-.*", (6, 5)),
    (r".*-etm@openssh\.com|umac-128.*|aes\d+-gcm@.*", (6, 2)), (r"ecdh-sha2-.*", (5, 7)),
)
# From this version on a count of 0 no longer ends a session that does not answer.
COUNT_OF_NONE = (8, 2)


def is_value(option: str, text: str) -> bool:
    """Given an option in lower case, return whether a text may be written as its value."""
    return re.fullmatch(_SHAPES[option], text, re.ASCII | re.IGNORECASE) is not None


def known_to(version: tuple[int, int], algorithms: str) -> str:
    """Given OpenSSH's version and a list of algorithms, return the list of those it has."""
    return ",".join(name for name in algorithms.split(",") if _since(name) <= version)


def _since(name: str) -> tuple[int, int]:
    return next((at for pattern, at in _SINCE if re.fullmatch(pattern, name)), (0, 0))


def meets(option: str, now: str, wanted: str, version: tuple[int, int]) -> bool:
    """Given an option in lower case and two values, return whether the one is as strict."""
    now, wanted = now.strip().strip('"'), wanted.strip()
    if option in _AT_MOST:
        return _AT_MOST[option](now, wanted, version)
    if option == "permitrootlogin":
        return now.lower() in _ROOT and _rank(now) <= _rank(wanted)
    if option in LISTS:
        return set(now.split(",")) <= set(wanted.split(","))
    return now.lower() == wanted.lower()


def _rank(word: str) -> int:
    # "prohibit-password" and "without-password" are one thing under two names.
    return _ROOT.index(word.lower().replace("without-", "prohibit-"))


def _number(now: str, wanted: str, least: int) -> bool:
    held, most = seconds(now), seconds(wanted)
    return held.isdigit() and most.isdigit() and (
        least <= int(held) <= int(most) or int(held) == int(most))


def _startups(now: str, wanted: str) -> bool:
    held, most = _STARTUPS.fullmatch(now), _STARTUPS.fullmatch(wanted)
    if held is None or most is None:
        return False
    start, rate, full = (int(text) for text in (held[1], held[2] or "100", held[3] or held[1]))
    top, least, limit = (int(text) for text in (most[1], most[2] or "100", most[3] or most[1]))
    return 1 <= start <= top and rate >= least and full <= limit


_AT_MOST: dict[str, Callable[[str, str, tuple[int, int]], bool]] = {
    "clientalivecountmax": lambda now, most, version: _number(now, most, version >= COUNT_OF_NONE),
    "clientaliveinterval": lambda now, most, _: _number(now, most, 1),  # 0 is off
    "logingracetime": lambda now, most, _: _number(now, most, 1),  # 0 is for ever
    "maxauthtries": lambda now, most, _: _number(now, most, 1),
    "maxsessions": lambda now, most, _: _number(now, most, 0),
    "maxstartups": lambda now, most, _: _startups(now, most),
}
