"""What a check after the change comes to: passed, still failing, not known, waiting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import pytest

from opsrunner.activities.harden.actor import HardenActor, drift
from opsrunner.changes.describing import describe
from opsrunner.changes.fleet import Fleet
from opsrunner.changes.operations import Changes, SetFile, digest
from opsrunner.changes.state import ABSENT, REGULAR, FileState
from opsrunner.plan.actor import Outcome
from opsrunner.plan.models import Danger, LeftOut, Plan, Step, SubjectPlan, Words
from opsrunner.plan.reasons import reasons_of
from opsrunner.plan.states import State

WORDS = Words(zh="理由", en="why")


def step(rule: str, *reboot: str) -> Step:
    """Return one rule's step."""
    return Step(id=rule, rule=rule, title=WORDS, danger=Danger(level="low", why=WORDS),
                reboot=reboot)


def _plan(subject: SubjectPlan) -> Plan:
    return Plan(
        id="harden-20261121-3fa9c1", activity="harden", planner="li", planner_login="li",
        created="2026-11-21T08:00:00Z", expires="2026-11-28T08:00:00Z", inventory="inventory",
        source_run="run", policy_sha256="0" * 64, code_version="1", subjects=(subject,),
    )


def verified(undone: tuple[str, ...] = (), /, **verdicts: str) -> Outcome:
    """Given the verdicts after, return what a plan of three rules comes to on its host.

    ``boot`` waits for a reboot, ``part`` is partly done by hand, ``plain`` is neither.
    """
    subject = SubjectPlan(
        id="web1", platform="centos-7", profile="p",
        steps=(step("boot", "kernel arguments audit=1"), step("part"), step("plain")),
        left_out=(LeftOut(rule="part", title=WORDS, reason="by_hand", detail=WORDS),),
    )
    plan = _plan(subject)
    after = {rule: verdicts.get(rule, "pass") for rule in ("boot", "part", "plain")}
    actor = HardenActor(plan, cast("Fleet", None), lambda _hosts, _rules: {"web1": after})
    (outcome,) = actor.verify(["web1"], {"web1": undone})
    return outcome


def test_all_pass() -> None:
    assert (verified().state, verified().reason) == (State.VERIFIED, "")


@pytest.mark.parametrize(
    ("rule", "why"), [("boot", "reboot: kernel arguments audit=1"), ("part", "by_hand")],
)
def test_what_waits_for_a_reboot_or_a_person_may_fail_and_is_named(rule: str, why: str) -> None:
    outcome = verified(**{rule: "fail"})
    assert outcome.state is State.VERIFIED
    assert outcome.reason == f"{rule} still fails ({why})"
    assert outcome.data["waits"] == {rule: why}


def test_any_other_failure_counts() -> None:
    outcome = verified(plain="fail", boot="fail")
    assert (outcome.state, outcome.reason) == (State.FAILED, "still failing: plain")


@pytest.mark.parametrize("rule", ["boot", "part", "plain"])
def test_what_could_not_be_looked_at_is_unknown(rule: str) -> None:
    assert verified(**({"plain": "fail"} | {rule: "unknown"})).state is State.UNKNOWN


def test_drift_tells_two_contents_of_one_size_apart() -> None:
    def setting(before: bytes | None) -> SetFile:
        there = FileState("/etc/x", REGULAR, 0o644, 0, 0, before) if before else (
            FileState("/etc/x", ABSENT))
        return SetFile(there, FileState("/etc/x", REGULAR, 0o644, 0, 0, b"new\n"))

    planned = step("plain").model_copy(update={"changes": (describe(setting(b"one\n")),)})
    subject = SubjectPlan(id="web1", platform="centos-7", profile="p", steps=(planned,))
    assert drift(subject, Changes((setting(b"one\n"),))) == []  # the control
    (row,) = drift(subject, Changes((setting(b"two\n"),)))
    size = "4 bytes, mode 0644, 0:0"
    new = f"{size} (SHA-256 {digest(b'new' + bytes([10]))[:12]}…)"
    assert row["target"] == "file /etc/x"
    for key, content in (("planned", b"one\n"), ("now", b"two\n")):
        assert row[key] == f"{size} (SHA-256 {digest(content)[:12]}…) -> {new}"
    (gone,) = drift(subject, Changes((setting(None),)))
    assert gone["now"] == f"absent -> {new}"
    (left,) = drift(subject, Changes())
    assert left["now"] == "nothing"


def test_what_was_taken_back_on_purpose_may_fail_and_is_named() -> None:
    outcome = verified(("plain",), plain="fail")
    assert (outcome.state, outcome.reason) == (
        State.VERIFIED, "plain still fails (taken back on purpose)",
    )
    assert outcome.data["waits"] == {"plain": "taken back on purpose"}  # so it does not count
    (why,) = reasons_of(outcome.reason, outcome.data)
    assert why.code == "recheck_back"
    other = verified(("boot",), plain="fail")
    assert (other.state, other.reason) == (State.FAILED, "still failing: plain")


class _Fleet:
    """Answers every question about a host with one text: it could not be read."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def read(self, reads: Mapping[str, object]) -> Iterator[tuple[str, str]]:
        self.asked += reads
        yield from ((name, "timeout") for name in reads)


@pytest.mark.parametrize(
    ("variable", "second", "taken_on", "refused"),
    [
        ("harden_linux_sshd_options", "", "", True),
        ("harden_linux_sshd_options", "opsadm", "", False),
        ("harden_linux_sshd_options", "", "console", False),
        ("harden_linux_umask", "", "", False),
    ],
)
def test_a_host_that_could_be_cut_off_is_not_even_read(
    variable: str, second: str, taken_on: str, *, refused: bool,
) -> None:
    """Plans made before this was asked for hold such steps; they are refused, too."""
    subject = SubjectPlan(
        id="web1", platform="centos-7", profile="p", without_second_way=taken_on,
        steps=(step("plain").model_copy(update={"wanted": {variable: {}}}),),
    )
    fleet = _Fleet()
    actor = HardenActor(
        _plan(subject), cast("Fleet", fleet), lambda _hosts, _rules: {},
        second={"web1": second} if second else {},
    )
    (outcome,) = actor.read(["web1"])
    assert outcome.state is State.REFUSED
    (why,) = reasons_of(outcome.reason, outcome.data)
    assert why.code == ("no_second_way" if refused else "unread")
    assert fleet.asked == ([] if refused else ["web1"])
