"""Syslog filters as sets of (facility, severity): which messages of this host they take.

A set is one integer, bit ``facility * 8 + severity``. Of a condition on anything else (program,
text) nobody can know, so a filter is two sets: messages it surely takes, and those it may take.
Source: rsyslog.conf(5), RainerScript documentation, rsyslog ``runtime/conf.c``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FACILITIES = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
    "ftp", "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4",
    "local5", "local6", "local7",
)
SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
_ALIASES = {"panic": "emerg", "error": "err", "warn": "warning", "security": "auth"}
_PART = re.compile(r"([\w*]+(?:,[\w*]+)*)\.([!=]*[\w*]+)(?:[;,]+|$)")
ALL = (1 << len(FACILITIES) * 8) - 1
_LOCAL = frozenset(("127.0.0.1", "::1", "localhost"))
_OWN_INPUTS = frozenset(("imuxsock", "imjournal", "imklog"))
_TOKEN = re.compile(
    r"""\s*(?:(\(|\))|(prifilt)\s*\(\s*["']([^"']*)["']\s*\)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'"""
    r"""|(==|!=|<>|<=|>=|<|>|!(?=\s*\()|&|\+)|([$\w.!-]+)|(.))""",
)


@dataclass(frozen=True, slots=True)
class Filter:
    """``sure``: messages that are surely taken; ``perhaps``: those that may be, ``sure`` too."""

    sure: int = ALL
    perhaps: int = ALL

    def __and__(self, other: Filter) -> Filter:
        """Return what both take."""
        return Filter(self.sure & other.sure, self.perhaps & other.perhaps)

    def __or__(self, other: Filter) -> Filter:
        """Return what at least one takes."""
        return Filter(self.sure | other.sure, self.perhaps | other.perhaps)

    def __invert__(self) -> Filter:
        """Return what is not taken."""
        return Filter(ALL & ~self.perhaps, ALL & ~self.sure)


EVERYTHING = Filter()
NOTHING = Filter(0, 0)
SOME = Filter(0, ALL)


def bits(facility: str, severities: range = range(7)) -> int:
    """Given a facility, return the set of its messages: info and above unless told otherwise."""
    start = FACILITIES.index(facility) * 8
    return sum(1 << (start + severity) for severity in severities)


def selector(text: str) -> Filter:
    """Given ``auth,authpriv.*;mail.none``, return its filter. Raise ValueError when it is none."""
    taken, rest = 0, text.strip().rstrip(";,")
    while rest:
        match = _PART.match(rest)
        if match is None:
            raise ValueError(f"no selector: {text}")
        whole = 0
        for name in match.group(1).split(","):
            whole |= _facility(name.lower())
        taken = _add(taken, whole, match.group(2).lower())
        rest = rest[match.end() :]
    return Filter(taken, taken)


def _facility(name: str) -> int:
    if name == "*":
        return ALL
    name = _ALIASES.get(name, name)
    if name == "mark":
        return 0
    if name not in FACILITIES:
        raise ValueError(f"no facility: {name}")
    return bits(name, range(8))


def _add(taken: int, whole: int, level: str) -> int:
    if level in ("none", "!*"):
        return taken & ~whole
    drop = level.startswith("!")
    level = level.removeprefix("!")
    only = level.startswith("=")
    level = level.removeprefix("=")
    if level == "*":
        chosen = ALL
    else:
        number = _severity(level)
        chosen = _levels(range(number, number + 1) if only else range(number + 1))
    return taken & ~(whole & chosen) if drop else taken | (whole & chosen)


def _severity(name: str) -> int:
    name = _ALIASES.get(name, name)
    if name.isdigit() and int(name) < len(SEVERITIES):
        return int(name)
    if name not in SEVERITIES:
        raise ValueError(f"no severity: {name}")
    return SEVERITIES.index(name)


def _levels(severities: range) -> int:
    return sum(bits(name, severities) for name in FACILITIES)


def expression(text: str) -> Filter:
    """Given a RainerScript condition, return its filter; what is not understood is ``SOME``."""
    return _Expression(text).whole()


class _Expression:
    """A reader of ``or`` over ``and`` over ``not`` over comparisons."""

    def __init__(self, text: str) -> None:
        self._tokens = [match for match in _TOKEN.finditer(text) if match.group(0).strip()]
        self._at = 0

    def whole(self) -> Filter:
        found = self._either()
        return found if self._at == len(self._tokens) else SOME

    def _word(self) -> str:
        if self._at < len(self._tokens):
            return self._tokens[self._at].group(0).strip().lower()
        return ""

    def _either(self) -> Filter:
        found = self._both()
        while self._word() == "or":
            self._at += 1
            found |= self._both()
        return found

    def _both(self) -> Filter:
        found = self._one()
        while self._word() == "and":
            self._at += 1
            found &= self._one()
        return found

    def _one(self) -> Filter:
        word = self._word()
        if word in ("not", "!"):
            self._at += 1
            return ~self._one()
        if word == "(":
            self._at += 1
            found = self._either()
            if self._word() != ")":
                return SOME
            self._at += 1
            return found
        if word.startswith("prifilt"):
            text = self._tokens[self._at].group(3)
            self._at += 1
            return selector(text or "")
        return self._comparison()

    def _comparison(self) -> Filter:
        start = self._at
        while self._word() not in ("", "and", "or", ")"):
            self._at += 1
        parts = self._tokens[start : self._at]
        if len(parts) != 3:  # noqa: PLR2004 - name, operator, value
            return SOME
        value = next((part for part in parts[2].groups()[3:7] if part is not None), "")
        return compared(parts[0].group(0).strip().lower(), parts[1].group(0).strip(), value)


def compared(name: str, operator: str, value: str) -> Filter:
    """Given a comparison, return its filter; what is not understood is ``SOME``."""
    found = SOME
    try:
        if name == "$syslogfacility-text" and operator in ("==", "!=", "<>"):
            whole = _facility(value.lower())
            found = Filter(whole, whole)
        elif name in ("$syslogseverity", "$syslogseverity-text"):
            return _by_severity(operator, _severity(value.lower()))
        elif name in ("$fromhost-ip", "$fromhost") and operator in ("==", "!=", "<>"):
            found = EVERYTHING if value in _LOCAL else NOTHING
        elif name == "$inputname" and operator in ("==", "!=", "<>"):
            found = SOME if value in _OWN_INPUTS else NOTHING
    except ValueError:
        return SOME
    return ~found if operator in ("!=", "<>") else found


def _by_severity(operator: str, number: int) -> Filter:
    ranges = {
        "==": range(number, number + 1), "<=": range(number + 1), "<": range(number),
        ">=": range(number, 8), ">": range(number + 1, 8),
    }
    if operator in ("!=", "<>"):
        return ~_by_severity("==", number)
    if operator not in ranges:
        return SOME
    whole = _levels(ranges[operator])
    return Filter(whole, whole)
