"""A change in the words of a paper: the setting before and after, not the size of its file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from opsrunner.plan.models import Change
from opsrunner.report.paper import Say, same

Side = Literal["before", "after"]
_FILE = re.compile(r"(\d+) bytes, (mode (\d+), (\d+:\d+))")
_KINDS = {"file": "文件", "directory": "目录", "absent": "不存在", "link": "链接", "other": "其他"}
_FOUND = re.compile(rf"\b({'|'.join(_KINDS)}) (-|[0-9a-f]{{64}}) (\S+) (\S+) (\S+)")
_SIGN = {"before": "-", "after": "+"}
_MANY = 8  # lines of a file in one cell of a table; the plan shows all of them
_NOTHING: dict[Side, Say] = {
    "before": Say("（无此设置）", "(not set)"), "after": Say("（已删除）", "(removed)"),
}


def told(change: Change, side: Side) -> Say:
    """Given a change and a side, return how the target is on it, without a file's lines."""
    text = change.before if side == "before" else change.after
    if text == "absent":
        return Say("不存在", "absent")
    found = _FILE.fullmatch(text)
    return Say(f"权限 {found[3]}，属主 {found[4]}", found[2]) if found else same(text)


def in_words(text: str) -> Say:
    """Given states as plans and hosts write them, return them in words; other text stays."""
    chinese = _FILE.sub(r"\1 字节，权限 \3，属主 \4", text)
    chinese = _FOUND.sub(_found, chinese)
    return Say({"absent": "不存在", "nothing": "无变更"}.get(chinese, chinese), text)


def _found(match: re.Match[str]) -> str:
    kind, sha, mode, user, group = match.groups()
    if kind == "absent":
        return "不存在"
    digest = "" if sha == "-" else f" SHA-256 {sha}"
    return f"{_KINDS[kind]}{digest}，权限 {mode}，属主 {user}:{group}"


def settings(changes: Sequence[Change], side: Side) -> Say:
    """Given changes and a side, return each target with its setting: of a file, what differs."""
    texts = [_setting(change, side) for change in changes]
    return Say("\n".join(text.zh for text in texts), "\n".join(text.en for text in texts))


def _setting(change: Change, side: Side) -> Say:
    says = told(change, side)
    if change.diff and (change.before if side == "before" else change.after) != "absent":
        says = _differing(_lines(change.diff, side), side)
        if _stays(change):
            owner = told(change, side)
            says = Say(f"{says.zh}\n{owner.zh}", f"{says.en}\n{owner.en}")
    if says.zh.startswith(f"{change.target} "):  # kernel parameters name themselves
        return says
    return Say(f"{change.target}：\n{says.zh}", f"{change.target}:\n{says.en}")


def _stays(change: Change) -> bool:
    """Return whether the file is there on both sides, and not with the same mode and owner."""
    return "absent" not in (change.before, change.after) and (
        told(change, "before") != told(change, "after"))


def _differing(lines: Sequence[str], side: Side) -> Say:
    if not lines:
        return _NOTHING[side]
    more = len(lines) > _MANY
    shown = "\n".join(lines[:_MANY])
    return Say(
        shown + f"\n……（共 {len(lines)} 行）" * more, shown + f"\n... ({len(lines)} lines)" * more,
    )


def _lines(diff: str, side: Side) -> Sequence[str]:
    """Given a diff, return what only that side sets: no heads, no comments, one space for many."""
    lines = (line[1:].split() for line in diff.splitlines()[2:] if line.startswith(_SIGN[side]))
    return [" ".join(words) for words in lines if words and not words[0].startswith("#")]
