"""How carrying a plan out ends for whoever typed it: exit code, and what to type next."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsrunner.cli.ending import exit_of, foreseen, name_open, present
from opsrunner.cli.paperwork import Written
from opsrunner.errors import ExitCode
from opsrunner.plan.actor import Outcome
from opsrunner.plan.execute import STOPPED, Ending
from opsrunner.plan.journal import Journal, Note
from opsrunner.plan.states import State
from tests.unit.plan.plans import plan

WRITTEN, UNWRITTEN = Written(()), Written((), failed=True)
_S = State


@pytest.mark.parametrize(
    ("stopped", "states", "written", "code"),
    [
        ("", [_S.VERIFIED], WRITTEN, ExitCode.COMPLIANT),
        ("", [_S.VERIFIED], UNWRITTEN, ExitCode.INTERNAL),
        ("", [_S.VERIFIED, _S.REFUSED], UNWRITTEN, ExitCode.VIOLATIONS),
        ("", [_S.FAILED], WRITTEN, ExitCode.VIOLATIONS),
        ("outside its window", [_S.PLANNED], WRITTEN, ExitCode.VIOLATIONS),
        (STOPPED, [_S.VERIFIED, _S.PLANNED], WRITTEN, ExitCode.STOPPED),
        (STOPPED, [_S.REFUSED, _S.PLANNED], WRITTEN, ExitCode.STOPPED),
        (STOPPED, [_S.UNDONE, _S.PLANNED], WRITTEN, ExitCode.VIOLATIONS),
        (STOPPED, [_S.UNKNOWN, _S.PLANNED], WRITTEN, ExitCode.UNKNOWN),
        ("", [_S.VERIFIED, _S.BEGUN], WRITTEN, ExitCode.UNKNOWN),
    ],
)
def test_exit_code(stopped: str, states: list[State], written: Written, code: ExitCode) -> None:
    ending = Ending(stopped, {f"web{n}": state for n, state in enumerate(states)})
    assert exit_of(ending, written) is code


@pytest.mark.parametrize(("other", "code"), [
    (_S.REFUSED, ExitCode.COMPLIANT), (_S.FAILED, ExitCode.COMPLIANT),
    (_S.UNKNOWN, ExitCode.UNKNOWN), (_S.BEGUN, ExitCode.UNKNOWN),
])
def test_hosts_that_were_not_asked_for_make_no_failure_of_an_undo(
    other: State, code: ExitCode,
) -> None:
    ending = Ending("", {"asked": _S.UNDONE, "other": other})
    assert exit_of(ending, WRITTEN, ("asked",)) is code
    if code is ExitCode.COMPLIANT:  # the control: who asks for all of it hears of it
        assert exit_of(ending, WRITTEN) is ExitCode.VIOLATIONS
        assert exit_of(ending, WRITTEN, ("asked", "other")) is ExitCode.VIOLATIONS
    assert exit_of(Ending("stands", ending.states), WRITTEN, ("asked",)) is not ExitCode.COMPLIANT


def test_a_host_that_went_back_instead_of_being_changed_is_a_failure() -> None:
    ending = Ending("", {"a": _S.UNDONE, "b": _S.VERIFIED})
    assert exit_of(ending, WRITTEN, None, ("a",)) is ExitCode.VIOLATIONS
    assert exit_of(ending, WRITTEN) is ExitCode.COMPLIANT  # it went back in an earlier run


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return a journal in which a was begun and nothing came of b yet."""
    found = Journal.begin(tmp_path / "j", plan="p", digest="d", run="r", subjects=["a", "b"])
    found.append([Note("a", State.BEGINNING)])
    found.close()
    return found


def test_each_state_says_what_to_type_next(
    journal: Journal, capsys: pytest.CaptureFixture[str],
) -> None:
    given = plan()
    ending = Ending("stopped after failures: b (failed)", {
        "a": State.UNKNOWN, "b": State.FAILED, "c": State.REFUSED, "d": State.PLANNED,
        "e": State.VERIFIED,
    })
    present(given, "r", journal, ending, WRITTEN, as_json=False)
    said = capsys.readouterr().out
    for line in (
        f"unknown  a: find out with  opsrunner resume {given.id}\n",
        f"failed   b: take it back with  opsrunner undo {given.id} --limit b\n",
        f"opsrunner resume {given.id} --retry-refused  ; what drifted is planned again\n",
        f"waiting  1 host(s), untouched: go on with  opsrunner resume {given.id}\n",
    ):
        assert line in said
    present(given, "r", journal, Ending("", {"e": State.VERIFIED}), WRITTEN, as_json=False)
    assert "opsrunner" not in capsys.readouterr().out  # the control


def test_what_breaks_off_names_who_is_open(
    journal: Journal, capsys: pytest.CaptureFixture[str],
) -> None:
    given = plan()
    name_open(given, journal)
    said = capsys.readouterr()
    assert said.err == f"unknown  a (beginning): find out with  opsrunner resume {given.id}\n"
    assert said.out == ""


@pytest.mark.parametrize(("state", "kept", "code"), [
    (_S.CONFIRMED, (), ExitCode.COMPLIANT),
    (_S.FAILED, ("/etc/ssh/sshd_config",), ExitCode.VIOLATIONS),
    (_S.UNKNOWN, (), ExitCode.UNKNOWN),
    (_S.UNDONE, (), ExitCode.COMPLIANT),
    (_S.BEGUN, (), ExitCode.COMPLIANT),
])
def test_what_an_undo_would_do_is_said_before(
    state: State, kept: tuple[str, ...], code: ExitCode, capsys: pytest.CaptureFixture[str],
) -> None:
    differences = [{"target": name, "what": "file", "expected": "b", "found": "c"} for name in kept]
    outcome = Outcome("web1", state, "", {"differences": differences})
    assert foreseen(plan("web1", "web2"), [outcome], ()) is code
    said = capsys.readouterr().out
    back = state in (_S.CONFIRMED, _S.BEGUN)
    assert ("back     web1: /etc/ssh/sshd_config" in said) == back
    assert ("stays    web1: /etc/ssh/sshd_config" in said) == bool(kept)


def test_what_is_back_already_is_said_to_be_and_neither_goes_nor_stays(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = "/etc/ssh/sshd_config"
    outcome = Outcome("web1", _S.CONFIRMED, "", {"differences": [], "back": [path]})
    assert foreseen(plan("web1"), [outcome], ()) is ExitCode.COMPLIANT
    said = capsys.readouterr().out
    assert f"is back  web1: {path}: as before the change" in said
    assert "back     web1" not in said
    assert "stays" not in said
    # changed in two ways, of which one is back: it stays
    row = {"target": path, "what": "active", "expected": "b", "found": "c"}
    outcome = Outcome("web1", _S.FAILED, "", {"differences": [row], "back": [path]})
    assert foreseen(plan("web1"), [outcome], ()) is ExitCode.VIOLATIONS
    said = capsys.readouterr().out
    assert f"stays    web1: {path}" in said
    assert "is back" not in said
