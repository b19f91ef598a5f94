"""What a host answers becomes a state; where it is not certain, never a good one."""

from __future__ import annotations

import pytest

from opsrunner.changes.answer import Answer, Conflict, Difference, Known, Outcome, Said
from opsrunner.changes.outcomes import outcome_of, outcome_of_preview, outcome_of_status
from opsrunner.plan.states import State

GOOD = {State.BEGUN, State.CONFIRMED, State.UNDONE, State.VERIFIED, State.PLANNED}


@pytest.mark.parametrize(("action", "state"), [
    ("begin", State.BEGUN), ("confirm", State.CONFIRMED), ("undo", State.UNDONE),
])
def test_what_was_asked_for_and_done(action: str, state: State) -> None:
    assert outcome_of("h", Answer(action, "t", Outcome.DONE)).state is state


@pytest.mark.parametrize("action", ["begin", "confirm", "undo", ""])
@pytest.mark.parametrize("reason", ["", "cut"])
@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.UNDO_FAILED])
def test_what_is_not_known_or_failed_is_never_good(
    action: str, outcome: Outcome, reason: str,
) -> None:
    for in_part in (False, True):
        said = outcome_of("h", Answer(action, "t", outcome, reason=reason), in_part=in_part)
        assert said.state not in GOOD
        assert said.reason == reason


@pytest.mark.parametrize("outcome", [Outcome.DRIFT, Outcome.REFUSED])
def test_begin_refused_touched_nothing(outcome: Outcome) -> None:
    drift = (Difference("/etc/x", "file", "a", "b"),)
    said = outcome_of("h", Answer("begin", "t", outcome, drift=drift))
    assert said.state is State.REFUSED
    assert "expected a, found b" in said.reason


@pytest.mark.parametrize("action", ["confirm", "undo"])
def test_a_refusal_later_on_is_not_untouched(action: str) -> None:
    refused = (Said("not_as_left", "the host is not as the change left it"),)
    said = outcome_of("h", Answer(action, "t", Outcome.REFUSED, refused=refused))
    assert said.state is State.UNKNOWN


@pytest.mark.parametrize("outcome", [Outcome.INVALID, Outcome.FAILED])
def test_a_host_that_took_itself_back_is_undone(outcome: Outcome) -> None:
    assert outcome_of("h", Answer("begin", "t", outcome)).state is State.UNDONE


def test_a_part_that_was_asked_for_and_is_back_leaves_the_rest_confirmed() -> None:
    answer = Answer("undo", "t", Outcome.PARTLY)
    assert outcome_of("h", answer, in_part=True).state is State.CONFIRMED
    assert outcome_of("h", answer).state is State.FAILED  # the whole was asked for


def test_a_part_that_was_in_the_way_of_somebody_elses_change_failed() -> None:
    conflict = (Conflict("/etc/x", "a", "b", "c"),)
    answer = Answer("undo", "t", Outcome.PARTLY, conflicts=conflict)
    said = outcome_of("h", answer, in_part=True)
    assert said.state is State.FAILED
    assert "before a, applied b, now c" in said.reason


@pytest.mark.parametrize(("on_host", "state"), [
    ("applied", State.BEGUN), ("confirmed", State.CONFIRMED), ("undone", State.UNDONE),
    ("undo_failed", State.FAILED), ("partly_undone", State.CONFIRMED),
    ("preparing", State.UNKNOWN), ("applying", State.UNKNOWN), ("undoing", State.UNKNOWN),
])
def test_status(on_host: str, state: State) -> None:
    answer = Answer("status", "t", Outcome.DONE, transactions=(Known("t", on_host, "1", "timer"),))
    assert outcome_of_status("h", answer, "t").state is state


def test_status_of_a_host_that_knows_nothing_of_it() -> None:
    other = (Known("other", "applied", "1", ""),)
    answer = Answer("status", "t", Outcome.DONE, transactions=other)
    assert outcome_of_status("h", answer, "t").state is State.PLANNED


def test_status_that_did_not_come_whole_is_not_untouched() -> None:
    assert outcome_of_status("h", Answer("", "", Outcome.UNKNOWN), "t").state is State.UNKNOWN


@pytest.mark.parametrize(("outcome", "stands", "state"), [
    (Outcome.DONE, "confirmed", State.CONFIRMED),
    (Outcome.DRIFT, "confirmed", State.FAILED),
    (Outcome.DRIFT, "applied", State.BEGUN),  # nobody confirmed it: all of it goes back
    (Outcome.REFUSED, "", State.UNKNOWN),
    (Outcome.UNKNOWN, "confirmed", State.UNKNOWN),
])
def test_what_an_undo_would_meet(outcome: Outcome, stands: str, state: State) -> None:
    drift = (Difference("/etc/x", "file", "a", "b"),) if outcome is Outcome.DRIFT else ()
    known = (Known("t", stands, "2026-11-21T00:00:00Z", "controller"),) if stands else ()
    said = outcome_of_preview("h", Answer("preview", "t", outcome, drift=drift, transactions=known))
    assert said.state is state
    assert len(said.data["differences"]) == len(drift)
