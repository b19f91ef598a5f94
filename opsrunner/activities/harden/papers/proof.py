"""What proves it, and what is left: re-check, business before and after, residual risk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsrunner.activities.harden.papers.story import Story
from opsrunner.activities.harden.papers.words import (
    LEFT,
    STATES,
    VERDICTS,
    WORKS,
    for_hosts,
    say,
)
from opsrunner.plan.business import worse
from opsrunner.plan.execute import BUSINESS, BUSINESS_AFTER
from opsrunner.plan.models import Step, Words
from opsrunner.plan.states import State
from opsrunner.report.paper import Cell, Say, Table, same

_ACCEPTED = Say("没有，已确认接受", "none, acknowledged")
_BACK = Say("按要求单项回退，其余保留", "taken back on purpose, the rest stands")


def recheck(story: Story) -> Table:
    """Given what was carried out, return each rule before and after, by the re-check."""
    rows = for_hosts(((subject.id, _looked(story, subject.id, step))
                      for subject, step in story.steps()), story.planned)
    return Table(
        heads=(Say("规则", "Rule"), Say("项目", "Title"), Say("加固前", "Before"),
               Say("复测", "Re-check"), Say("主机", "Hosts")),
        rows=rows, widths=(22, 32, 10, 10, 26), sheet=Say("复测对比", "Re-check"),
    )


def _looked(story: Story, host: str, step: Step) -> tuple[Cell, ...]:
    after = story.recheck(host).get(step.rule, "")
    text, mark = VERDICTS.get(after, (Say("未复测", "not re-checked"), "bad"))
    return (Cell(same(step.rule)), Cell(say(step.title)), Cell(VERDICTS["fail"][0], "bad"),
            Cell(text, mark))


def business(story: Story) -> Table:
    """Given what was carried out, return what business checks said before and after."""
    rows = for_hosts((
        (subject.id, _checked(name, result, _results(story, subject.id, BUSINESS_AFTER).get(name)))
        for subject in story.plan.subjects
        for name, result in _results(story, subject.id, BUSINESS).items()
    ), story.planned)
    return Table(
        heads=(Say("业务检查", "Check"), Say("变更前", "Before"), Say("变更后", "After"),
               Say("结论", "Verdict"), Say("主机", "Hosts")),
        rows=rows, widths=(22, 24, 24, 12, 18), sheet=Say("业务验证", "Business"),
        empty=Say("未声明业务检查（policies/business，或资产清单中的 ops_business）。",
                  "No business check is declared (policies/business, or ops_business)."),
    )


def _results(story: Story, host: str, key: str) -> Mapping[str, Mapping[str, Any]]:
    return story.data(host, key) or {}


def _checked(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any] | None,
) -> tuple[Cell, ...]:
    title = before.get("title")
    said = Say(f"{title['zh']}（{name}）", f"{title['en']} ({name})") if title else same(name)
    if after is None:
        verdict = Cell(Say("变更后未检查", "not asked after"), "warn")
    elif worse({name: before}, {name: after}):
        verdict = Cell(Say("变差", "worse"), "bad")
    else:
        verdict = Cell(Say("未变差", "no worse"), "good")
    return Cell(said), _answer(before), _answer(after) if after else Cell(same("-")), verdict


def _answer(result: Mapping[str, Any]) -> Cell:
    words, mark = WORKS[result.get("ok")]
    detail = result.get("detail", "")
    return Cell(Say(f"{words.zh}（{detail}）", f"{words.en} ({detail})"), mark)


def residual(story: Story) -> Table:
    """Given what was carried out, return what is not done, waits, or was accepted as a risk."""
    rows: list[tuple[str, tuple[Cell, ...]]] = []
    for subject in story.plan.subjects:
        state = story.states.get(subject.id, State.PLANNED)
        back = [step for step in subject.steps if story.stays_back(subject.id, step)]
        if subject.steps and state is not State.VERIFIED:
            rows.append((subject.id, (Cell(_standing(len(subject.steps), len(back))),
                                      Cell(*STATES[state]), Cell(story.reason(subject.id)))))
        rows += [
            (subject.id, (_item(step.rule, step.title), Cell(*STATES[State.UNDONE]),
                          Cell(_BACK)))
            for step in back
        ]
        if subject.without_second_way:
            rows.append((subject.id, (
                Cell(Say("第二登录通道", "second way in")), Cell(_ACCEPTED, "warn"),
                Cell(same(subject.without_second_way)))))
        waits = story.waits(subject.id)
        rows += [
            (subject.id, (_item(step.rule, step.title),
                          Cell(Say("复测仍不符合", "still failing"), "warn"),
                          Cell(_waiting(waits[step.rule]))))
            for step in subject.steps if step.rule in waits
        ]
        rows += [
            (subject.id, (_item(left.rule, left.title),
                          Cell(LEFT[left.reason], "bad" if left.reason == "unknown" else "warn"),
                          Cell(say(left.detail))))
            for left in subject.left_out
        ]
    return Table(
        heads=(Say("项目", "Item"), Say("状态", "State"), Say("说明", "Detail"),
               Say("主机", "Hosts")),
        rows=for_hosts(rows, len(story.plan.subjects)), widths=(26, 14, 38, 22),
        sheet=Say("遗留风险", "Residual risk"),
    )


def _standing(steps: int, back: int) -> Say:
    """Given how many steps a host has and how many of them were taken back, name the others."""
    if back:
        return Say(f"其余 {steps - back} 项", f"the other {steps - back} items")
    return Say(f"全部 {steps} 项", f"all {steps} items")


def _item(rule: str, title: Words) -> Cell:
    return Cell(Say(f"{title.zh}（{rule}）", f"{title.en} ({rule})"))


def _waiting(why: str) -> Say:
    """Given what a rule waits for (``reboot: ...`` or a reason of a plan), return it in words."""
    return LEFT.get(why, Say(why.replace("reboot: ", "重启后生效：", 1), why))
