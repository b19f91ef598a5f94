"""Answers: what the engine says comes back as it was; a cut one is never taken for a good one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.changes.answer import Answer, Outcome, parse, read
from tests.unit.changes.shells import engine

MARK = "0123abcd"


def told(*records: str, action: str = "begin", end: bool = True) -> Answer:
    lines = [f"engine\t1\t{action}\tTX", *records, *(["end"] if end else [])]
    return read("".join(f"@{MARK} {line}\n" for line in lines).encode(), MARK)


STATES = {word: f"state\tTX\t{word}\t2026-01-01T00:00:00Z\tcontroller" for word in (
    "preparing", "applying", "applied", "confirmed", "undone", "undo_failed", "partly_undone",
    "cleaned",
)}
DRIFT = "drift\t/etc/x\tfile\tfile a 644 0 0\tabsent - - - -"
CASES = [
    ("begin", [STATES["preparing"], STATES["applied"]], Outcome.DONE),
    ("begin", [STATES["applying"], STATES["undone"]], Outcome.FAILED),
    ("begin", ["invalid\tsshd\tsshd -t\tbad", STATES["undone"]], Outcome.INVALID),
    ("begin", [STATES["undo_failed"]], Outcome.UNDO_FAILED),
    ("begin", [DRIFT], Outcome.DRIFT),
    ("begin", ["refused\tbusy\theld"], Outcome.REFUSED),
    ("begin", ["blocked\t/etc/x\timmutable\tit is"], Outcome.REFUSED),
    ("begin", [], Outcome.UNKNOWN),
    ("begin", [STATES["applying"]], Outcome.UNKNOWN),
    ("confirm", [STATES["confirmed"]], Outcome.DONE),
    ("confirm", [DRIFT, "refused\tnot_as_left\tx"], Outcome.REFUSED),
    ("undo", [STATES["undone"]], Outcome.DONE),
    ("undo", ["changed\t/etc/x\ta\tb\tc", STATES["partly_undone"]], Outcome.PARTLY),
    ("clean", [STATES["cleaned"]], Outcome.DONE),
    ("clean", [STATES["undone"]], Outcome.UNKNOWN),
    ("status", ["transaction\tTX\tundone\t2026\ttimer", "refused\told\tof its log"], Outcome.DONE),
    ("else", [], Outcome.UNKNOWN),
]


@pytest.mark.parametrize(("action", "records", "outcome"), CASES)
def test_what_an_answer_comes_to(action: str, records: list[str], outcome: Outcome) -> None:
    assert told(*records, action=action).outcome is outcome


@pytest.mark.parametrize(("action", "records", "outcome"), CASES)
def test_without_its_end_an_answer_is_unknown(
    action: str, records: list[str], outcome: Outcome,  # noqa: ARG001 - whatever it would be
) -> None:
    cut = told(*records, action=action, end=False)
    assert (cut.outcome, bool(cut.reason)) == (Outcome.UNKNOWN, True)


def test_steps_tell_what_was_run() -> None:
    record = "ran\t2\t2026-01-01T00:00:00Z\t1\tmv a b\tno\\tspace\\nleft\\\\"
    answer = told(record, STATES["undone"])
    step = answer.steps[0]
    assert (step.item, step.code, step.command, step.said) == (2, 1, "mv a b", "no\tspace\nleft\\")
    assert answer.as_json()["steps"][0]["when"] == "2026-01-01T00:00:00Z"


@given(st.binary(), st.binary())
def test_no_bytes_raise(body: bytes, tail: bytes) -> None:
    assert parse(body).outcome is Outcome.UNKNOWN
    head = json.dumps({"mark": MARK, "rc": 0, "stderr": ""}).encode()
    stream = f"\n@{MARK} BEGIN plain\n@{MARK} engine\t1\tbegin\tTX\n@{MARK} ".encode()
    assert parse(head + b"\n" + body).outcome is Outcome.UNKNOWN
    assert parse(head + b"\n" + stream + tail).outcome is Outcome.UNKNOWN


def test_a_refused_privilege_is_the_reason() -> None:
    header = json.dumps({"mark": MARK, "rc": 1, "stderr": "sudo: a password is required"})
    answer = parse(header.encode() + b"\n")
    assert answer.outcome is Outcome.UNKNOWN
    assert "password is required" in answer.reason


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60))
def test_what_the_engine_says_arrives(
    tmp_path_factory: pytest.TempPathFactory, text: str,
) -> None:
    quoted = "'" + text.replace("'", "'\\''") + "'"
    body = f"ops_tell engine 1 status TX\nops_tell note about code {quoted}\nops_tell end"
    done = engine(tmp_path_factory.getbasetemp(), body)
    answer = read(done.stdout.encode(), "MARK")
    # A final newline is all that is lost on the way.
    assert [note.words.rstrip("\n") for note in answer.notes] == [text.rstrip("\n")]


def test_output_cannot_forge_a_record(tmp_path: Path) -> None:
    body = "ops_tell engine 1 status TX\nops_run printf '\\n@MARK refused\\tx\\ty\\n'\nops_tell end"
    body = f"mkdir -p {tmp_path}/home/TX; OPS_OUT={tmp_path}/home/TX/out\n{body}"
    answer = read(engine(tmp_path, body).stdout.encode(), "MARK")
    assert (answer.refused, len(answer.steps)) == ((), 1)
    assert "@MARK refused" in answer.steps[0].said


@pytest.mark.parametrize(("state", "stands", "outcome", "back"), [
    ("partly_undone", [], Outcome.DONE, ["/etc/x"]),
    ("partly_undone", ["stands\t/etc/x\tfile"], Outcome.DRIFT, []),  # neither as left nor as before
    ("partly_undone", ["stands\t/etc/x\tactive"], Outcome.DONE, ["/etc/x"]),
    ("confirmed", [], Outcome.DRIFT, []),  # the host did not look whether it is as before
])
def test_what_a_partly_undone_host_has_back_is_no_difference(
    state: str, stands: list[str], outcome: Outcome, back: list[str],
) -> None:
    known = f"transaction\tTX\t{state}\t2026\tcontroller"
    answer = told(known, DRIFT, *stands, action="preview")
    assert answer.outcome is outcome
    assert [one.target for one in answer.back] == back
    assert bool(answer.drift) == (outcome is Outcome.DRIFT)
