"""Days and moments as Oracle's tools print them, in English and in Chinese."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from opsrunner.sources.imports.result import When, moment, whole_day

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_CLOCK = r"(?:[ :T]+(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d))?"
# NLS_DATE_FORMAT decides; what is ambiguous (02/03/2026) is not read.
_FORMS = (
    rf"(?P<d>\d{{1,2}})-(?P<mon>[A-Z]{{3}})-(?P<y>\d{{4}}|\d\d){_CLOCK}",
    rf"(?P<d>\d{{1,2}})-(?P<mo>\d{{1,2}})月 ?-(?P<y>\d{{4}}|\d\d){_CLOCK}",
    rf"(?P<y>\d{{4}})[-/](?P<mo>\d\d)[-/](?P<d>\d\d){_CLOCK}",
    rf"(?P<d>\d\d)\.(?P<mo>\d\d)\.(?P<y>\d{{4}}){_CLOCK}",
)
DATE = re.compile("|".join(
    re.sub(r"\(\?P<(\w+)>", lambda found, n=n: f"(?P<{found[1]}{n}>", form)  # type: ignore[misc]
    for n, form in enumerate(_FORMS)
))
# Sat Mar 16 03:14:49 2019; 星期日 4月 25 13:47:13 2021
_LONG = re.compile(
    r"(?:[A-Z][a-z]{2} (?P<mon>[A-Z][a-z]{2})|星期. (?P<mo>\d{1,2})月) +(?P<d>\d{1,2}) "
    r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d) (?P<y>\d{4})",
)
# Thursday, 01 April, 2010 10:29:17; 星期六, 18 9月, 2010 10:38:13
_OLD = re.compile(
    r"(?:[A-Z][a-z]+|星期.), (?P<d>\d{1,2}) (?:(?P<mon>[A-Z][a-z]+)|(?P<mo>\d{1,2})月),? "
    r"(?P<y>\d{4}) +(?P<h>\d{1,2}):(?P<m>\d\d):(?P<s>\d\d)",
)


def read_date(text: str, zone: ZoneInfo) -> When | None:
    """Given what RMAN prints for a day or a moment, return it, None when it is not certain."""
    found = DATE.fullmatch(text.strip())
    if found is None:
        return None
    parts = {name[:-1]: value for name, value in found.groupdict().items() if value is not None}
    naive = _naive(parts)
    if naive is None:
        return None
    return moment(naive, zone) if "h" in parts else whole_day(naive, zone)


def read_long(text: str) -> datetime | None:
    """Given a text with a moment as Data Pump prints it, return the wall clock, or None."""
    found = _LONG.search(text) or _OLD.search(text)
    return _naive({k: v for k, v in found.groupdict().items() if v is not None}) if found else None


def _naive(parts: dict[str, str]) -> datetime | None:
    month = parts.get("mo")
    if month is None:
        name = parts["mon"][:3].upper()
        month = str(_MONTHS.index(name) + 1) if name in _MONTHS else "0"
    year = int(parts["y"]) + (2000 if len(parts["y"]) == len("26") else 0)
    hour, minute, second = (int(parts.get(part, "0")) for part in ("h", "m", "s"))
    try:
        return datetime(year, int(month), int(parts["d"]), hour, minute, second)  # noqa: DTZ001 - a wall clock
    except ValueError:
        return None
