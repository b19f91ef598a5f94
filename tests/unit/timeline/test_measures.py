"""RTO and RPO: reckoned from what was marked; what is missing makes them unmeasured, never zero."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.models import Unmeasured
from opsrunner.timeline.events import Event, Kind
from opsrunner.timeline.measures import Measured, rpo, rto


def marked(name: str, second: int, boot: str = "b", moment: str = "") -> Event:
    at = f"2026-11-21T10:{second // 60:02}:{second % 60:02}.000Z"
    data = {"name": name} | ({"moment": moment} if moment else {})
    return Event(Kind.MARK, at, second * 10**9, boot, data=data)


def test_rto_runs_from_declared_to_green_by_the_monotonic_clock() -> None:
    events = [marked("declared", 60), marked("green", 160)]
    assert rto(events, 1.2) == Measured(100.0, 1.2)


def test_across_a_start_of_the_machine_the_wall_clock_is_used_and_said() -> None:
    events = [marked("declared", 60), marked("green", 160, boot="c")]
    assert rto(events) == Measured(100.0, wall=True)


def test_rpo_is_the_incident_minus_the_newest_recovered_mark() -> None:
    events = [
        marked("incident", 600, moment="2026-11-21T10:00:00Z"),
        marked("recovered", 700, moment="2026-11-21T09:00:00Z"),
        marked("recovered", 800, moment="2026-11-21T17:45:00+08:00"),
    ]
    assert rpo(events) == Measured(900.0, wall=True)


@given(st.sets(st.sampled_from(["incident", "declared", "green", "recovered"])))
def test_a_missing_part_makes_it_unmeasured(there: set[str]) -> None:
    moments = {"recovered": 10, "incident": 20, "declared": 30, "green": 40}
    events = [marked(name, second) for name, second in moments.items() if name in there]
    assert isinstance(rto(events), Measured) == ({"declared", "green"} <= there)
    assert isinstance(rpo(events), Measured) == ({"incident", "recovered"} <= there)


@pytest.mark.parametrize(("events", "why"), [
    ([marked("green", 10), marked("declared", 20)], "green before"),
    ([], "nobody marked when the emergency"),
    ([marked("declared", 10)], "not seen green"),
])
def test_what_contradicts_itself_is_no_rto(events: list[Event], why: str) -> None:
    found = rto(events)
    assert isinstance(found, Unmeasured)
    assert why in found.reason


def test_a_mark_later_than_the_incident_is_no_rpo() -> None:
    found = rpo([marked("incident", 10), marked("recovered", 20)])
    why = "the newest recovered mark is later than the incident"
    assert found == Unmeasured(why, "recovered_after_incident")
