"""The walk: every step once, whoever dies in between; findings are not lost and not doubled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from opsrunner.activities.drill.findings import raised, recorded
from opsrunner.activities.drill.scenario import Step
from opsrunner.activities.drill.walk import Ended, Judged, Problem, result, walk
from opsrunner.plan.models import Words
from opsrunner.timeline.events import Event, Kind, Outcome
from opsrunner.timeline.journal import FILE, TimeLine, read
from tests.unit.activities.drill.held import drill, events


class KilledError(Exception):
    """What a killed runner is to the walk."""


class Crew:
    """A moderator who answers at once and is killed at the given call (0: never)."""

    def __init__(self, killed_at: int = 0) -> None:
        self.calls, self._killed_at = 0, killed_at

    def _called(self) -> None:
        self.calls += 1
        if self.calls == self._killed_at:
            raise KilledError

    def begin(self, place: int, wanted: Step) -> str:
        """Begin."""
        self._called()
        return f"{place} {wanted.role}"

    def end(self, wanted: Step) -> Ended:
        """End."""
        self._called()
        return Ended(Outcome.DONE, wanted.id)

    def judge(self, place: int, criterion: Words) -> Judged:
        """Judge."""
        self._called()
        return Judged("partly" if place == 1 else "met", criterion.zh)

    def problems(self) -> Iterator[Problem]:
        """Find two problems."""
        for title in ("甲", "乙"):
            self._called()
            yield Problem(title, "赵敏", "2026-12-05")

    def conclude(self) -> str:
        """Conclude."""
        self._called()
        return "完成"


def told(found: tuple[Event, ...]) -> list[tuple[str, str, str]]:
    """Return what a time line says, without when and by whom it was opened."""
    return [(e.kind.value, e.step, e.text) for e in found if e.kind is not Kind.OPENED]


def test_killed_at_every_call_and_resumed_it_says_what_it_would_have_said(tmp_path: Path) -> None:
    held, whole = drill("host_failure"), Crew()
    with TimeLine.begin(tmp_path / FILE, plan="p", digest="d", run="r") as line:
        walk(held, line, whole, "张建国")
    wanted = told(read(tmp_path / FILE))
    assert wanted[-1] == ("ended", "", "完成")
    for killed_at in range(1, whole.calls + 1):
        path = tmp_path / f"{killed_at}.jsonl"
        with TimeLine.begin(path, plan="p", digest="d", run="r") as line, \
                pytest.raises(KilledError):
            walk(held, line, Crew(killed_at), "张建国")
        with TimeLine.resume(path, digest="d", run="r2") as line:
            walk(held, line, Crew(), "张建国")
        assert told(read(path)) == wanted


def test_the_result_is_the_worst_of_steps_and_criteria() -> None:
    held = drill("host_failure")
    assert result(events(held)) == "partly"
    assert result(events(held, outcomes={"rebuild": "failed"})) == "unmet"
    fine = [e for e in events(held) if e.kind is not Kind.JUDGED]
    assert result(fine) == "met"
    skipped = [e for e in events(held, outcomes={"join": "skipped"}) if e.kind is not Kind.JUDGED]
    assert result(skipped) == "partly"


def test_findings_are_numbered_and_come_back_from_the_record() -> None:
    (found,) = raised("drill-1", "系统", events(drill()))
    assert (found.id, found.owner, found.due) == ("drill-1/1", "赵敏", "2026-12-05")
    (again,) = recorded("r9", {"findings": [found.as_json()]})
    assert (again.id, again.run, again.closing) == ("drill-1/1", "r9", None)
