"""Making backups over hosts that answer, are silent, fail: what each comes to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from opsrunner.activities.backup.run.actor import BACKUPS, RunActor
from opsrunner.plan.actor import MAY_SAY, Outcome
from opsrunner.plan.asking import HostAnswer, HostCommand
from opsrunner.plan.states import State
from tests.unit.plan.plans import plan, step, subject

DONE = 'marker 100\ncode 0\nstatus {"result": "done", "began": 100, "bytes": 5}'
FAILED = 'marker 100\ncode 1\nstatus {"result": "failed", "reason": "disk full", "began": 101}'
OLD = 'marker 100\ncode 0\nstatus {"result": "done", "began": 99}'
OVERLAP = 'marker 100\ncode 75\nstatus {"result": "done", "began": 99}'


class Hosts:
    """A host with one job, which answers each question in turn; None: it is silent."""

    def __init__(self, *answers: str | None) -> None:
        """Given the answers, keep them; the last one is given for ever."""
        self.answers = list(answers)
        self.asked: list[str] = []

    def ask(self, commands: Sequence[HostCommand]) -> Iterable[HostAnswer]:
        """Answer each command."""
        for one in commands:
            self.asked.append(one.stdin.split("\n", 1)[0].removeprefix("action="))
            said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            yield HostAnswer(one.subject, one.name, None if said is None else 0, said or "silent")


def actor(hosts: Hosts) -> RunActor:
    job = step("backup_files", wanted={"role": "backup_files", "set": "shop/files/web1"})
    found = plan(activity="backup_run", subjects=(subject("web1", steps=(job,)),))
    minutes = iter(range(0, 10**9, 60))
    return RunActor(found, hosts.ask, clock=minutes.__next__, sleep=lambda _: None)


def only(outcomes: Iterable[Outcome]) -> Outcome:
    (found,) = outcomes
    return found


@pytest.mark.parametrize(("said", "state", "words"), [
    ("ready", State.PLANNED, ""), ("busy", State.REFUSED, "exit code 75"),
    ("problem it is not installed", State.REFUSED, "not installed"),
    (None, State.REFUSED, "said nothing"),
])
def test_read(said: str | None, state: State, words: str) -> None:
    found = only(actor(Hosts(said)).read(["web1"]))
    assert (found.state, words in found.reason) == (state, True)


@pytest.mark.parametrize(("said", "state"), [
    ("started", State.BEGUN), ("busy", State.REFUSED), ("problem x", State.REFUSED),
    (None, State.UNKNOWN), ("", State.UNKNOWN),
])
def test_begin(said: str | None, state: State) -> None:
    found = only(actor(Hosts(said)).begin(["web1"]))
    assert found.state is state
    assert found.state in MAY_SAY["begin"]


@pytest.mark.parametrize(("answers", "state", "words"), [
    (["marker 100\nruns", None, "marker 100\nruns", DONE], State.CONFIRMED, ""),
    (["marker 100\nruns", FAILED], State.FAILED, "disk full"),
    ([OLD], State.UNKNOWN, "left no status"), ([OVERLAP], State.FAILED, "exit code 75"),
    (["marker 100\nruns"], State.UNKNOWN, "still runs"), ([None], State.UNKNOWN, "said nothing"),
    (["none"], State.FAILED, "was not started"), (["marker 1"], State.UNKNOWN, "no status"),
])
def test_waiting(answers: list[str | None], state: State, words: str) -> None:
    found = only(actor(Hosts(*answers)).confirm(["web1"]))
    assert (found.state, words in found.reason) == (state, True), found
    assert found.state in MAY_SAY["confirm"]


def test_what_is_verified_has_its_status_and_is_then_forgotten() -> None:
    hosts = Hosts(DONE)
    outcomes = actor(hosts).verify(["web1"], {})
    found = next(iter(outcomes))
    assert (found.state, found.data[BACKUPS]["backup_files"]["status"]["bytes"]) == (
        State.VERIFIED, 5)
    assert hosts.asked == ["look"], "until it is on record the host must remember"
    assert (list(outcomes), hosts.asked) == ([], ["look", "forget"])


@pytest.mark.parametrize(("said", "state"), [
    ("none", State.PLANNED), ("marker 100\nruns", State.BEGUN), (DONE, State.CONFIRMED),
    (FAILED, State.FAILED), (None, State.UNKNOWN),
])
def test_a_restart_finds_out(said: str | None, state: State) -> None:
    assert only(actor(Hosts(said)).status(["web1"])).state is state


def test_nothing_is_taken_back() -> None:
    found = only(actor(Hosts(DONE)).undo(["web1"]))
    assert (found.state, "is kept" in found.reason) == (State.CONFIRMED, True)
