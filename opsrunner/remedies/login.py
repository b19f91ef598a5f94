"""Defaults of new accounts: ``/etc/login.defs`` and ``/etc/default/useradd``."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from opsrunner.changes.draft import Draft
from opsrunner.parse.confkeys import c_number
from opsrunner.parse.hashmethods import strong_methods
from opsrunner.remedies import marked
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.lines import added, edited, parted, split
from opsrunner.remedies.values import mapping, refused

DEFS, USERADD = "/etc/login.defs", "/etc/default/useradd"
_DEF = re.compile(r"(\s*)([^\s#]\S*)(\s+)(\S.*)")
_INACTIVE = "INACTIVE="
_READ_BY_PAM = ("ENCRYPT_METHOD", "UMASK")  # whose modules take the first line, in any case
_NAME, _VALUE = re.compile(r"[A-Z][A-Z0-9_]*"), re.compile(r"[\w./:,+-]+", re.ASCII)
_DAYS = ("PASS_MAX_DAYS", "PASS_MIN_DAYS", "PASS_WARN_AGE")


@remedy("login_defs", "dict", Reads(files=(DEFS,)),
        "Settings of /etc/login.defs by name; a stricter age, hash or UMASK that is there stays.")
def login_defs(draft: Draft, wanted: Mapping[str, Any]) -> None:
    """Set keys where they stand, and in a block at the end those that are missing."""
    _refuse_nonsense(wanted)
    text = draft.text(DEFS)
    for name in sorted(wanted):
        text = _with(text, name, str(wanted[name]), strong_methods(draft.state.platform))
    if text != draft.text(DEFS):
        draft.write(DEFS, text)


def umask_of_new_homes(draft: Draft, mask: str) -> None:
    """Make UMASK of login.defs as strict as a mask; pam_umask gives it to logins, too."""
    login_defs(draft, {"UMASK": mask})


def _refuse_nonsense(wanted: Mapping[str, Any]) -> None:
    problems = []
    for name, value in mapping("login_defs", wanted).items():
        number = c_number(str(value))
        if not _NAME.fullmatch(str(name)):
            problems.append((name, "is no name of login.defs"))
        elif name in _DAYS and (number is None or number < 0):
            problems.append((name, f"{value!r} is no number of days"))
        elif name == "UMASK" and not re.fullmatch(r"[0-7]{3,4}", str(value)):
            problems.append((name, f"{value!r} is no octal mask; write it in quotes"))
        elif not _VALUE.fullmatch(str(value)):
            problems.append((name, f"{value!r} is no single word"))
    if problems:
        raise refused("login_defs", [f"{name}: {said}" for name, said in problems])


def _with(text: str, name: str, value: str, strong: Collection[str]) -> str:
    """Return the text with a key as strict as a value: of its lines, those that count."""
    lines = split(text)
    names = [_named(parted(line)[0]) for line in lines]
    if name in _READ_BY_PAM:
        counting = [index for index, there in enumerate(names) if there.upper() == name]
    else:  # shadow-utils: the last line of the exact name
        counting = [index for index, there in enumerate(names) if there == name][-1:]
    for index in counting:
        body, ending = parted(lines[index])
        lines[index] = _changed(body, name, value, strong) + ending
    if counting:
        return "".join(lines)
    rest, ours = marked.cut(text)
    return marked.put(rest, sorted([*ours, f"{name}\t{value}"]))


def _named(body: str) -> str:
    match = _DEF.fullmatch(body)
    return match[2] if match else ""


def _changed(body: str, name: str, value: str, strong: Collection[str]) -> str:
    match = _DEF.fullmatch(body)
    if match is None:
        return body
    now = match[4].lstrip(' "\t').partition('"')[0].strip()
    better = _stricter(name, now, value, strong)
    return body if better == now and match[2] == name else f"{match[1]}{name}{match[3]}{better}"


def _stricter(name: str, now: str, value: str, strong: Collection[str]) -> str:
    """Return what there is when it is as strict as what is wanted, else that."""
    if name == "UMASK":
        return _masked(now, value)
    if name == "ENCRYPT_METHOD":
        return now if now in strong and value in strong else value
    keeps: dict[str, Callable[[int, int], bool]] = {
        "PASS_MAX_DAYS": lambda held, most: 1 <= held <= most,
        "PASS_MIN_DAYS": lambda held, least: held >= least,
        "PASS_WARN_AGE": lambda held, least: held >= least,
    }
    held, number = c_number(now), c_number(value)
    if name in keeps and held is not None and number is not None and keeps[name](held, number):
        return now
    return value


def _masked(now: str, value: str) -> str:
    if not re.fullmatch(r"[0-7]{1,4}", now):
        return value
    both = int(now, 8) | int(value, 8)
    return now if both == int(now, 8) else f"{both:03o}"


@remedy("useradd", "dict", Reads(files=(USERADD,)),
        "Defaults of useradd; INACTIVE: days after an expired password until a new account ends.")
def useradd(draft: Draft, wanted: Mapping[str, Any]) -> None:
    """Set INACTIVE in /etc/default/useradd, unless it is as short already; accounts stay."""
    days = c_number(str(wanted.get("INACTIVE")))
    if set(wanted) != {"INACTIVE"} or days is None or days < 0:
        raise refused("useradd", [f"must be INACTIVE and a number of days, not {wanted!r}"])
    text = draft.text(USERADD)
    values = [body.removeprefix(_INACTIVE) for body, _ in map(parted, split(text))
              if body.startswith(_INACTIVE)]
    now = c_number(values[-1]) if values else None
    if now is not None and 0 <= now <= days:
        return
    line = f"{_INACTIVE}{days}"
    draft.write(USERADD, edited(text, lambda body: line if body.startswith(_INACTIVE) else None)
                if values else added(text, [line]), mode=0o600)
