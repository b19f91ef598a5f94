"""The strength of a new password that pam_pwquality and pam_cracklib insist on.

``minlen`` counts points, not characters: each positive credit makes an accepted password
shorter by up to that many. What is judged is the shortest password that can pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from opsrunner.parse.confkeys import pairs, scanned, strict
from opsrunner.parse.pam import Handler

_CREDITS = ("dcredit", "ucredit", "lcredit", "ocredit")
_CLASSES = 4
_CRACKLIB_LEAST = 5
_PWQUALITY_LEAST = 6
_FLAGS = frozenset(("enforce_for_root", "local_users_only"))
_TEXTS = frozenset(("badwords", "dictpath"))
_NUMBERS = frozenset(
    (*_CREDITS, "difok", "minlen", "minclass", "maxrepeat", "maxclassrepeat", "maxsequence",
     "gecoscheck"),
)
_LATER_NUMBERS = frozenset(("dictcheck", "usercheck", "usersubstr", "enforcing", "retry"))


@dataclass(frozen=True, slots=True)
class Strength:
    """Shortest password accepted, kinds of character it must have, and whether root is bound."""

    shortest: int
    classes: int
    root: bool


@dataclass(frozen=True, slots=True)
class Version:
    """What a libpwquality knows: its built-in values, settings and the ``conf.d`` folder."""

    minlen: int
    credit: int
    later: bool  # 1.3 and later: conf.d, enforcing, flags in the file

    def reads(self, name: str) -> bool:
        """Return whether the file may hold this setting; another one ends the reading."""
        known = _NUMBERS | _TEXTS
        return name in (known | _LATER_NUMBERS | _FLAGS if self.later else known)


OLD = Version(minlen=9, credit=1, later=False)  # 1.2.3 of EL 7, and pam_cracklib
NEW = Version(minlen=8, credit=0, later=True)  # 1.4 of EL 8, Kylin, Debian


def pwquality(handler: Handler, files: Iterable[str], version: Version) -> Strength:
    """Given a pam_pwquality line and its files' texts in reading order, return what it demands.

    Source: libpwquality ``settings.c`` (a line it cannot understand ends the reading of all
    files), ``pam_pwquality.c`` (arguments stand above the files), pwquality.conf(5).
    """
    values = {"minlen": version.minlen, "minclass": 0, "enforcing": 1}
    values |= dict.fromkeys(_CREDITS, version.credit)
    for name, value in (pair for text in files for pair in pairs(text)):
        if not _set(values, name.lower(), value, version):
            break
    for arg in handler.args:
        name, _, value = arg.partition("=")
        _set(values, name.lower(), value, NEW if name == "enforce_for_root" else version)
    if not values["enforcing"]:
        return Strength(0, 0, root=False)
    return _strength(values, _PWQUALITY_LEAST)


def _set(values: dict[str, int], name: str, value: str, version: Version) -> bool:
    if not version.reads(name):
        return False
    if name in _FLAGS:
        values[name] = 1
    elif name not in _TEXTS:
        number = strict(value)
        if number is None:
            return False
        values[name] = number
    return True


def cracklib(handler: Handler) -> Strength:
    """Given a pam_cracklib line, return what it demands. Source: pam_cracklib(8)."""
    values = {"minlen": OLD.minlen, "minclass": 0} | dict.fromkeys(_CREDITS, OLD.credit)
    for arg in handler.args:
        name, _, value = arg.partition("=")
        number = scanned(value)
        if name in values and number is not None:
            values[name] = number
        elif name == "enforce_for_root":
            values[name] = 1
    return _strength(values, _CRACKLIB_LEAST)


def _strength(values: dict[str, int], least: int) -> Strength:
    bonus = sum(max(values[name], 0) for name in _CREDITS)
    demanded = sum(values[name] < 0 for name in _CREDITS)
    classes = max(min(values["minclass"], _CLASSES), demanded)
    shortest = max(values["minlen"], least) - bonus
    return Strength(max(shortest, 0), classes, bool(values.get("enforce_for_root")))
