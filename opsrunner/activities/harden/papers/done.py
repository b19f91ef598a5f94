"""实施记录: what was done on which host, when and by whom, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from opsrunner.activities.harden.papers.changing import settings
from opsrunner.activities.harden.papers.story import Story
from opsrunner.activities.harden.papers.words import at, came_of, names
from opsrunner.plan.models import Step
from opsrunner.plan.states import State
from opsrunner.report.paper import Block, Cell, Say, Table, same

_DONE = (Say("主机", "Host"), Say("项", "Item"), Say("加固前", "Before"),
         Say("加固后", "After"), Say("操作人", "Operator"), Say("复核人", "Reviewer"),
         Say("时间", "Time (UTC+8)"), Say("回退点", "Undo point"), Say("结果", "Result"))


def done(story: Story) -> Iterator[Block]:
    """Given what was carried out, yield each item: on pages once for hosts alike."""
    rows = [(subject.id, _row(story, subject.id, step)) for subject, step in story.steps()]
    alike: dict[tuple[Cell, ...], list[str]] = {}
    for host, cells in rows:
        alike.setdefault(cells, []).append(host)
    yield Table(
        heads=_DONE, widths=(15, 12, 19, 19, 6, 6, 8, 8, 7), wide=True,
        rows=[
            [Cell(names(hosts, story.planned)), *cells[:5], Cell(_span(story, hosts)), *cells[5:]]
            for cells, hosts in alike.items()
        ],
    )
    yield Table(
        heads=_DONE, widths=(11, 13, 20, 20, 6, 6, 8, 8, 8), sheet=Say("实施记录", "Done"),
        only_sheet=True,
        rows=[[Cell(same(host)), *cells[:5], Cell(_span(story, [host])), *cells[5:]]
              for host, cells in rows],
    )


def _row(story: Story, host: str, step: Step) -> tuple[Cell, ...]:
    return (
        Cell(same(step.rule)), Cell(settings(step.changes, "before")),
        Cell(_after(story, host, step)), Cell(same(story.operator_of(host))),
        Cell(same(story.reviewer)), Cell(same(story.plan.id)),
        Cell(*came_of(story, host, step)),
    )


def _after(story: Story, host: str, step: Step) -> Say:
    """Return how the host is after: only what was really done to it is told as done."""
    state = story.ended(host, step)
    if state in (State.PLANNED, State.REFUSED):
        return Say("（未变更）", "(not changed)")
    if state is State.UNDONE:
        return Say("（已回退至加固前）", "(taken back to before)")
    wanted = settings(step.changes, "after")
    if state in (State.CONFIRMED, State.VERIFIED):
        return wanted
    return Say(f"（计划值，未证实）\n{wanted.zh}", f"(as planned, not proven)\n{wanted.en}")


def _span(story: Story, hosts: Sequence[str]) -> Say:
    """Return when these hosts got their last line: one time, or from and to."""
    times = sorted(at(lines[-1].at).zh for host in hosts if (lines := story.touched(host)))
    return same("-" if not times else " - ".join(dict.fromkeys((times[0], times[-1]))))


def by_host(story: Story) -> Table:
    """Given what was carried out, return when each host was changed and how it ended."""
    rows = []
    for subject in story.plan.subjects:
        lines = story.touched(subject.id)
        if not subject.steps:
            continue
        rows.append([
            Cell(same(subject.id)), Cell(same(subject.platform)), Cell(same(len(subject.steps))),
            Cell(at(lines[0].at) if lines else same("-")),
            Cell(at(lines[-1].at) if lines else same("-")),
            Cell(*came_of(story, subject.id)),
            Cell(story.reason(subject.id)),
        ])
    return Table(
        heads=(Say("主机", "Host"), Say("平台", "Platform"), Say("项数", "Items"),
               Say("开始", "Begun (UTC+8)"), Say("结束", "Ended (UTC+8)"),
               Say("结果", "Result"), Say("说明", "Detail")),
        rows=rows, widths=(15, 11, 6, 13, 13, 12, 30), sheet=Say("各主机结果", "Hosts"),
        caption=Say("各主机实施时间与结果", "Each host: when, and how it ended"), wide=True,
    )
