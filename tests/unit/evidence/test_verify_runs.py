"""Which runs are accepted: those that ``verify`` has nothing against, and no others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from opsrunner.evidence.store import Store
from opsrunner.evidence.verify import verify
from opsrunner.evidence.verify.runs import Accepted, accepted_runs
from tests.unit.evidence.clock import at
from tests.unit.evidence.recording import alter, attempt, begin, flip, subject

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def recorded(store: Store, moment: datetime, activity: str = "backup-verify") -> str:
    with at(moment), begin(store, ["a", "b"], activity=activity) as run:
        for name in ("a", "b"):
            run.subject(subject(store, name, raw=run.run.id.encode()))
        run.finish(outputs={})
    return run.run.id


def accepted(store: Store, now: datetime = NOW) -> Accepted:
    return accepted_runs(store, ["backup-verify"], f"{now:%Y-%m-%dT%H:%M:%S.%f}Z")


@pytest.fixture
def runs(store: Store) -> list[str]:
    return [recorded(store, NOW - days * DAY) for days in (21, 14, 7)]


def test_sound_runs_of_the_activity_are_accepted_with_when_they_were_recorded(
    store: Store, runs: list[str],
) -> None:
    recorded(store, NOW - DAY, "check")
    found = accepted(store)
    assert [run.id for run in found.runs] == runs
    assert found.refused == ()
    assert found.runs[0].recorded == "2026-10-31T08:00:00.000000Z"
    assert [one.id for one in found.runs[0].subjects] == ["a", "b"]
    assert verify(store).ok


def test_runs_that_did_not_finish_are_not_accepted(store: Store, runs: list[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        attempt(
            store, ["a"], subject(store, "a"), error=KeyboardInterrupt(), activity="backup-verify",
        )
    with begin(store, ["a"], activity="backup-verify") as open_run:
        open_run.subject(subject(store, "a"))
        open_run.flush()
        assert [run.id for run in accepted(store, datetime.now(UTC)).runs] == runs
        open_run.finish(outputs={})
    assert len(accepted(store, datetime.now(UTC)).runs) == 4  # the control


def _blob(store: Store, run: str) -> None:
    sha = next(store.subject_records(run)).blobs["stable"]
    flip(store.blobs.path(sha), 9)


def _missing_blob(store: Store, run: str) -> None:
    store.blobs.path(next(store.subject_records(run)).blobs["stable"]).unlink()


def _head(store: Store, run: str) -> None:
    flip(store.books.heads.path(store.details(run).last or 0), 12)


@pytest.mark.parametrize("damage", [_blob, _missing_blob, _head])
def test_damage_to_what_a_run_rests_on_refuses_that_run_alone(
    store: Store, runs: list[str], damage: Callable[[Store, str], None],
) -> None:
    damage(store, runs[1])
    found = accepted(store)
    assert [run.id for run in found.runs] == [runs[0], runs[2]]
    assert len(found.refused) == 1
    assert runs[1] in found.refused[0]
    assert not verify(store).ok  # the two agree


def test_a_changed_record_refuses_every_run_that_ended_after_it(
    store: Store, runs: list[str],
) -> None:
    number = (store.details(runs[1]).first or 0) + 1
    alter(store, "UPDATE records SET body = replace(body, 'redhat8', 'centos7') WHERE seq = ?",
          number)
    found = accepted(store)
    assert found.runs == ()  # the file is not the one that was sealed, either
    assert any("was changed" in line for line in found.refused)
    assert not verify(store).ok


def test_a_removed_record_is_noticed(store: Store, runs: list[str]) -> None:
    alter(store, "DELETE FROM records WHERE seq = ?", store.details(runs[0]).first)
    found = accepted(store)
    assert found.runs == ()
    assert found.refused


def test_a_clock_set_back_makes_a_run_no_older_than_what_was_recorded_before_it(
    store: Store, runs: list[str],
) -> None:
    recorded(store, NOW - 60 * DAY)
    found = accepted(store)
    assert len(found.runs) == len(runs) + 1
    assert found.runs[-1].recorded == found.runs[-2].recorded == "2026-11-14T08:00:00.000000Z"


def test_a_run_of_the_future_is_refused_and_does_not_move_the_others(store: Store) -> None:
    early = recorded(store, NOW - 7 * DAY)
    strange = recorded(store, NOW + 400 * DAY)
    late = recorded(store, NOW - DAY)
    found = accepted(store)
    assert [run.id for run in found.runs] == [early, late]
    assert found.runs[-1].recorded == "2026-11-20T08:00:00.000000Z"
    assert strange in found.refused[0]
    assert "yet to come" in found.refused[0]
