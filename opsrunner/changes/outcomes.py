"""What a host answered to a transaction's script -> the state that goes into the journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from opsrunner.changes.answer import Answer
from opsrunner.changes.answer import Outcome as Said
from opsrunner.plan.actor import Outcome
from opsrunner.plan.reasons import Why, as_data, text
from opsrunner.plan.states import State

IN_PART = "in_part"  # the member of an outcome's data that says: these targets are back
BACK = "back"  # the member of a preview's data that holds the targets that are back already
_PART = "a part was taken back, the rest stands"
_SINCE = "changed since: these would be left as they are"
_DONE = {"begin": State.BEGUN, "confirm": State.CONFIRMED, "undo": State.UNDONE}
# What a transaction on the host may be in -> what the journal calls it.
_KNOWN = {
    "applied": State.BEGUN, "confirmed": State.CONFIRMED, "undone": State.UNDONE,
    # What of it stands, stands for good. Which part was asked for, the journal knows: it asks
    # for an undo again that nobody knows the end of, and looks at the rest again.
    "undo_failed": State.FAILED, "partly_undone": State.CONFIRMED,
}


def outcome_of(host: str, answer: Answer, *, in_part: bool = False) -> Outcome:
    """Given a host and its answer to begin, confirm or undo, return what goes on record.

    ``in_part``: only some targets were to be taken back. Where these are, and nothing was in the
    way, the host is ``confirmed``: the rest of the change stands.
    """
    reasons = tuple(_reasons(answer))
    if in_part and answer.outcome is Said.PARTLY and not reasons:
        part = _outcome(host, State.CONFIRMED, answer, Why("part_undone", _PART))
        return replace(part, data={**part.data, IN_PART: True})
    return _outcome(host, _state(answer), answer, *reasons)


def outcome_of_status(host: str, answer: Answer, tx: str) -> Outcome:
    """Given a host's list of transactions, return how this one stands.

    One that the host does not know was never begun there: ``planned``, certainly untouched.
    """
    if answer.outcome is not Said.DONE:
        return _outcome(host, State.UNKNOWN, answer, *_reasons(answer))
    known = next((one for one in answer.transactions if one.tx == tx), None)
    if known is None:
        nothing = Why("not_begun", "the host knows nothing of it")
        return _outcome(host, State.PLANNED, answer, nothing)
    state = _KNOWN.get(known.state, State.UNKNOWN)
    said = f"the host says {known.state} since {known.since}"
    said += f", by {known.by}" if known.by else ""
    return _outcome(host, state, answer, Why("host_says", said))


def outcome_of_preview(host: str, answer: Answer) -> Outcome:
    """Given a host and what it says an undo would meet, return how the transaction stands.

    ``failed`` with the differences where something is not as it was left; ``unknown`` where the
    host did not say.
    """
    standing = _KNOWN.get(answer.transactions[0].state, State.UNKNOWN) if answer.transactions else (
        State.UNKNOWN)
    back = {BACK: sorted({one.target for one in answer.back})} if answer.back else {}
    if answer.outcome is Said.DRIFT and standing is State.CONFIRMED:
        said = _outcome(host, State.FAILED, answer, Why("changed_since", _SINCE))
        return replace(said, data={**said.data, **back})
    if answer.outcome in (Said.DONE, Said.DRIFT):
        said = _outcome(host, standing, answer)
        return replace(said, data={**said.data, **back})
    return _outcome(host, State.UNKNOWN, answer, *_reasons(answer))


def _outcome(host: str, state: State, answer: Answer, *reasons: Why) -> Outcome:
    return Outcome(host, state, text(reasons), as_json(answer) | as_data(*reasons))


def as_json(answer: Answer) -> dict[str, Any]:
    """Given an answer, return what reports need of it: every command, and what was refused."""
    return {
        "commands": [
            {"when": ran.when, "command": ran.command, "code": ran.code, "said": ran.said}
            for ran in answer.steps
        ],
        "differences": [
            {"target": d.target, "what": d.what, "expected": d.expected, "found": d.found}
            for d in answer.drift
        ],
        "conflicts": [
            {"target": c.target, "before": c.before, "after": c.after, "now": c.now}
            for c in answer.conflicts
        ],
        "history": [
            {"state": one.state, "since": one.since, "by": one.by} for one in answer.history
        ],
        "notes": [
            asdict(Why(note.code, note.words, note.about))
            for note in (*answer.notes, *answer.trouble)
        ],
    }


def _state(answer: Answer) -> State:
    """Return the state; where the host took itself back, that is what counts."""
    failed: Mapping[Said, State] = {
        Said.DONE: _DONE.get(answer.action, State.UNKNOWN),
        Said.PARTLY: State.FAILED,
        Said.UNDO_FAILED: State.FAILED,
        Said.INVALID: State.UNDONE,
        Said.FAILED: State.UNDONE,
        Said.DRIFT: State.REFUSED,
        Said.REFUSED: State.REFUSED,
    }
    state = failed.get(answer.outcome, State.UNKNOWN)
    if state is State.REFUSED and answer.action != "begin":
        # Nothing was touched by this script, but the transaction is still what it was.
        return _KNOWN.get(answer.history[-1].state, State.UNKNOWN) if answer.history else (
            State.UNKNOWN)
    return state


def _reasons(answer: Answer) -> Iterator[Why]:
    if answer.reason:
        yield Why("no_answer", answer.reason)
    yield from (Why(said.code, said.words, said.about) for said in answer.refused)
    yield from (Why("invalid", ran.said, ran.command) for ran in answer.invalid)
    yield from (
        Why(f"drift.{d.what}", f"{d.what} expected {d.expected}, found {d.found}", d.target)
        for d in answer.drift
    )
    for c in answer.conflicts:
        said = f"was changed since: before {c.before}, applied {c.after}, now {c.now}"
        yield Why("changed", said, c.target)
    yield from (Why(said.code, said.words, said.about) for said in answer.trouble)
