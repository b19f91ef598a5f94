"""A rule's check in words, Chinese first: what the reference says instead of YAML."""

from __future__ import annotations

import json
from collections.abc import Iterator

from opsrunner.models import Verdict
from opsrunner.policy.crosscheck import parameter_of
from opsrunner.policy.models import Check, Text
from opsrunner.report.labels import VERDICTS

OPERATORS = {
    "equals": "等于 is",
    "not_equals": "不等于 is not",
    "one_of": "属于 is one of",
    "none_of": "不属于 is none of",
    "at_least": "不小于 is at least",
    "at_most": "不大于 is at most",
    "between": "介于（含两端） lies between (both included)",
    "empty": "为空 is empty",
    "not_empty": "不为空 is not empty",
    "contains_all": "包含全部 has all of",
    "contains_any": "至少包含其一 has one of",
    "contains_none": "不包含 has none of",
    "subset_of": "非空且都属于 is not empty and has nothing but",
    "matches": "匹配 matches",
}


def both(text: Text) -> str:
    """Given a text, return it in both languages on one line."""
    return f"{text.zh} / {text.en}"


def value(of: object) -> str:
    """Given a JSON value, return it as code; a vertical bar would end a cell of a table."""
    return f"`{json.dumps(of, ensure_ascii=False)}`".replace("|", "\\|")


def describe(check: Check, depth: int = 0) -> Iterator[str]:
    """Given a check, yield the lines of a nested Markdown list that say what it asks."""
    mark = f"{'  ' * depth}- "
    if check.manual is not None:
        yield f"{mark}由人判定 A person decides: {both(check.manual)}"
    elif check.all or check.any:
        word = "全部成立 All of these hold" if check.all else "任一成立 One of these holds"
        yield f"{mark}{word}:"
        for inner in (*check.all, *check.any):
            yield from describe(inner, depth + 1)
    else:
        yield mark + condition(check)


def condition(check: Check) -> str:
    """Given a condition over one fact, return it in words."""
    parts = [f"`{check.fact}`"]
    if check.key is not None:
        parts.append(f"`{check.key}`")
    if check.each:
        parts.append("每一项 every member")
    if check.field is not None:
        parts.append(f"`{check.field}`")
    words = [" · ".join(parts), f"**{OPERATORS[str(check.operator)]}**", expected(check)]
    if check.missing != "unknown":
        words.append(f"（没有该项时 when it is not there: {VERDICTS[Verdict(check.missing)]}）")
    return " ".join(word for word in words if word)


def expected(check: Check) -> str:
    """Given a condition, return what it wants, empty when its operator wants nothing."""
    parameter = parameter_of(check.expected)
    if parameter is not None:
        return f"参数 parameter `{parameter}`"
    return "" if check.expected is None else value(check.expected)
