"""Login and ageing defaults: ``/etc/login.defs`` and ``/etc/default/useradd``."""

from __future__ import annotations

import re

from opsrunner.facts.base import Host, fact
from opsrunner.parse.confkeys import c_number

_AGEING = ("PASS_MAX_DAYS", "PASS_MIN_DAYS", "PASS_WARN_AGE")


@fact(probes=["login.defs"])
def defs_lines(host: Host) -> list[tuple[str, str]]:
    """Return the lines of ``/etc/login.defs`` in order as (name, value); none when it is missing.

    A value ends at a quote or with the line: what looks like a trailing comment belongs to it.
    Source: shadow-utils ``lib/getdef.c``.
    """
    text = host.files("login.defs").text("/etc/login.defs") or ""
    found = []
    for line in text.split("\n"):
        name, *rest = line.strip().split(None, 1)[:2] or [""]
        if rest and not name.startswith("#"):
            found.append((name, rest[0].lstrip(' "\t').partition('"')[0].strip()))
    return found


@fact(probes=["login.defs"], facts=["login.defs_lines"])
def defs(host: Host) -> dict[str, str]:
    """Return the settings of ``/etc/login.defs``; of a key set twice the last one wins.

    Shape: ``{"PASS_MAX_DAYS": "99999", ...}``. EL does not read ``login.defs.d``.
    Source: login.defs(5), shadow-utils ``lib/getdef.c``.
    """
    return dict(host.get("login.defs_lines"))


@fact(probes=["login.defs"], facts=["login.defs"])
def ageing(host: Host) -> dict[str, int]:
    """Return the ageing that new accounts get, in days.

    Shape: ``{"PASS_MAX_DAYS": 90, "PASS_MIN_DAYS": 0, "PASS_WARN_AGE": 7}``; -1 (no limit) when
    it is not set or shadow-utils cannot read the number (``90 # days``). Source: login.defs(5).
    """
    values = host.get("login.defs")
    numbers = {name: c_number(values.get(name, "")) for name in _AGEING}
    return {name: -1 if number is None else number for name, number in numbers.items()}


@fact(probes=["login.useradd"])
def inactive(host: Host) -> int:
    """Return the days after an expired password that a new account of useradd stays usable.

    -1: for ever, also when it is not set or not a plain number. The last line wins.
    Source: useradd(8), shadow-utils ``src/useradd.c``.
    """
    text = host.files("login.useradd").text("/etc/default/useradd") or ""
    values = [line.removeprefix("INACTIVE=") for line in text.split("\n")
              if line.startswith("INACTIVE=")]
    number = c_number(values[-1]) if values else None
    return -1 if number is None else number


@fact(probes=["login.defs"], facts=["login.defs"])
def default_umask(host: Host) -> str:
    """Return UMASK of ``/etc/login.defs`` in four octal digits, ``0022`` when it is not set.

    It makes home folders, and pam_umask gives it to logins without a shell. Source: login.defs(5).
    """
    text = host.get("login.defs").get("UMASK", "")
    number = int(text, 8) if re.fullmatch(r"[0-7]{1,4}", text) else 0o022
    return f"{number & 0o777:04o}"
