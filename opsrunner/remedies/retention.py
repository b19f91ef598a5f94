"""How long logs are kept: logrotate's blocks for the system's logs, edited where they stand.

A site's period stays; the number of kept logs is raised until they reach back far enough. Only
blocks that name a log which is kept too short are touched.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.facts.base import CannotTell
from opsrunner.models import Reason
from opsrunner.parse import logrotate
from opsrunner.remedies import rsyslogconf
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.onpaper import OnPaper
from opsrunner.remedies.values import mapping, refused

_MAIN, _FOLDER = "/etc/logrotate.conf", "/etc/logrotate.d"
_PERIODS = {"daily": 1, "weekly": 7, "monthly": 30}
_SCRIPT = re.compile(r"\s*(prerotate|postrotate|firstaction|lastaction|preremove)\b")
_WORD = re.compile(r"\s*([a-z]+)")
_MOST = 9999


@dataclass(frozen=True, slots=True)
class _Goal:
    period: str
    days: int


@remedy(
    "log_retention", "dict",
    Reads(files=(_MAIN, f"{_FOLDER}/*", *rsyslogconf.FILES),
          facts=("retention.unclear_rotation",)),
    "How long system logs are kept: period (daily, weekly, monthly) with days, or with rotate "
    "(how many); longer retention stays, and so does another period of the same length in days.",
)
def log_retention(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given a period and a number of days or of logs, keep each system log as long at least."""
    goal = _goal(mapping("log_retention", wanted))
    draft.fact("retention.unclear_rotation")  # raises CannotTell for what is not certain
    if rsyslogconf.routes(draft) is None:
        raise ByHand("没有 rsyslog，日志仅在 journald 中按大小保留，请安装 rsyslog",
                     "there is no rsyslog: the journal is kept by size, not by time")
    short = _short(draft, goal)
    for path in short:
        for file in (_MAIN, *draft.paths(f"{_FOLDER}/")):
            if _rotations(draft).of(path) is not None:
                _edit(draft, file, path, goal)
    left = _short(draft, goal)
    if left:
        raise ByHand(f"logrotate 的全局设置使 {left[0]} 保留不足，请手工调整",
                     f"a global setting of logrotate keeps {left[0]} too short: change it by hand")
    if short:
        draft.validate("logrotate")


def _goal(value: dict[str, Any]) -> _Goal:
    wrong = [f"{key!r} is not known; there are period, days and rotate" for key in value
             if key not in ("period", "days", "rotate")]
    period = value.get("period")
    if period not in _PERIODS:
        wrong.append(f"period must be one of {', '.join(_PERIODS)}, not {period!r}")
    amounts = {key: value[key] for key in ("days", "rotate") if key in value}
    if len(amounts) != 1:
        wrong.append("give either days or rotate")
    wrong += [f"{key} must be a number from 1 to {_MOST}, not {amount!r}"
              for key, amount in amounts.items()
              if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount <= _MOST]
    if wrong:
        raise refused("log_retention", wrong)
    days = amounts.get("days") or _PERIODS[str(period)] * amounts["rotate"]
    return _Goal(str(period), days)


def _rotations(draft: Draft) -> logrotate.Rotations:
    def include(path: str) -> Iterator[tuple[str, str]]:
        if path.rstrip("/") != _FOLDER:
            raise CannotTell(Reason.NOT_COLLECTED, path)
        for name in draft.paths(f"{_FOLDER}/"):
            yield name, draft.text(name)

    return logrotate.read(draft.text(_MAIN), include)


def _short(draft: Draft, goal: _Goal) -> list[str]:
    host = OnPaper(draft, {
        "logging.routes": rsyslogconf.routes(draft), "retention.rotations": _rotations(draft),
    })
    kept: dict[str, float] = host.judged("retention.kept_days")
    return [path for path, days in kept.items() if days < goal.days and path.startswith("/")]


def _edit(draft: Draft, file: str, log: str, goal: _Goal) -> None:
    """Change the block of a file that names a log, when it has one and that keeps it too short."""
    now = _rotations(draft).of(log)
    if now is None or now.kept >= goal.days:
        return
    lines = draft.text(file).split("\n")
    span = _block(lines, log)
    if span is None:
        return
    first, end = span
    body = lines[first:end]
    by_size = now.days is None or now.maxsize
    period = _PERIODS[goal.period] if now.days is None or by_size else now.days
    wanted = {"rotate": str(math.ceil(goal.days / period))}
    if by_size:
        wanted[goal.period] = ""
    if now.maxage is not None and now.maxage < goal.days:
        wanted["maxage"] = str(goal.days)
    drop = {"size", "maxsize", "hourly", *_PERIODS, "yearly"} if by_size else set()
    draft.write(file, "\n".join((*lines[:first], *_changed(body, wanted, drop), *lines[end:])))


def _block(lines: list[str], log: str) -> tuple[int, int] | None:
    """Return the first block that names a log: its first line after the brace, and its end."""
    names, start, script = "", -1, False
    for number, raw in enumerate(lines):
        line = raw.strip()
        if script:
            script = line != "endscript"
        elif not line or line.startswith("#"):
            continue
        elif start < 0 and (names or line[0] in "/\"'"):
            names, brace, rest = f"{names} {line}".partition("{")
            if brace:
                patterns = [a or b or c for a, b, c in
                            re.findall(r"\"([^\"]*)\"|'([^']*)'|(\S+)", names)]
                named = any(pattern == log or (pattern.count("/") == log.count("/")
                            and fnmatchcase(log, pattern)) for pattern in patterns)
                start = number + 1 if named and not rest.strip() else 0
                names = ""
        elif _SCRIPT.match(line):
            script = True
        elif start >= 0 and line.startswith("}"):
            if start > 0:
                return start, number
            start = -1
    return None


def _changed(body: list[str], wanted: dict[str, str], drop: set[str]) -> list[str]:
    """Return a block's lines with the wanted directives, in place of those of their name."""
    kept: list[str] = []
    left, script = dict(wanted), False
    for line in body:
        match = _WORD.match(line)
        word = match.group(1) if match and not script else ""
        script = line.strip() != "endscript" if script else bool(_SCRIPT.match(line))
        if word in left:
            kept.append(f"{_indent(line)}{word} {left.pop(word)}".rstrip(" "))
        elif word not in drop and word not in wanted:
            kept.append(line)
    indent = next((_indent(line) for line in body if line.strip()), "    ")
    new = [f"{indent}{word} {value}".rstrip(" ") for word, value in left.items()]
    return [*new, *kept]


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
