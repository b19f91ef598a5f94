"""Approvals <-> the evidence store, which is what counts; copies lie beside the plan for people.

An approval is a run of its own: activity ``approve``, one subject (the plan), the plan's bytes as
input, the approval and perhaps the scan as outputs, the chain's head signed. So it cannot be
taken back, changed or put in later unnoticed. A withdrawal is one too: activity ``withdraw``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from opsrunner.errors import EvidenceError
from opsrunner.evidence.files import write_durably
from opsrunner.evidence.records import SubjectRecord
from opsrunner.evidence.store import Store
from opsrunner.models import RunInfo
from opsrunner.plan.approval import Approval
from opsrunner.plan.models import Plan
from opsrunner.plan.withdrawal import Withdrawal
from opsrunner.version import code_version

ACTIVITY = "approve"
WITHDRAW = "withdraw"
Said = TypeVar("Said", Approval, Withdrawal)
_UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class Recorded:
    """An approval on record: its run and the chain's head after it."""

    approval: Approval
    run: str
    head: str


def record(
    store: Store, plan: Plan, data: bytes, approval: Approval, scan: bytes | None = None,
) -> Recorded:
    """Given a plan, its bytes, an approval that holds and perhaps its scan, record all of it.

    Raise EvidenceError when that cannot be done; the plan is not approved then.
    """
    blobs = {} if scan is None else {"scan": store.put(scan)}
    run, head = _record(store, plan, data, ACTIVITY, approval, blobs=blobs,
                        more={"kind": approval.kind})
    return Recorded(approval, run, head)


def withdraw(store: Store, plan: Plan, data: bytes, withdrawal: Withdrawal) -> tuple[str, str]:
    """Given a plan, its bytes and a withdrawal, record it; return the run and the chain's head.

    Raise EvidenceError when that cannot be done; the approval stands then.
    """
    return _record(store, plan, data, WITHDRAW, withdrawal, blobs={},
                   more={"reason": withdrawal.reason})


def _record(  # noqa: PLR0913 - what a run of one person's word consists of
    store: Store, plan: Plan, data: bytes, activity: str, said: Approval | Withdrawal, *,
    blobs: Mapping[str, str], more: Mapping[str, str],
) -> tuple[str, str]:
    what = "approval" if isinstance(said, Approval) else "withdrawal"
    blobs = {what: store.put(said.model_dump_json(indent=1).encode()), **blobs}
    options = {
        "plan": plan.id, "digest": said.digest, "by": said.by, "ticket": plan.ticket, **more,
    }
    with store.begin(
        activity,
        inventory=plan.inventory,
        policy_sha256=plan.policy_sha256,
        operator=said.login,
        code_version=code_version(),
        options=options,
        subjects=[plan.id],
        inputs={"plan": store.put(data)},
    ) as run:
        run.subject(SubjectRecord(
            kind="plan", id=plan.id, platform="", profile="", reached=True, reason=None,
            started=said.at, ended=said.at, rules=0, blobs=dict(blobs), tally={},
        ))
        head = run.finish(outputs={"blobs": dict(blobs)})
    return run.run.id, head


def recorded(store: Store, plan_id: str) -> list[Recorded]:
    """Given a store and a plan's id, return its approvals on record, oldest first.

    Whether they hold is not said here. Raise EvidenceError when one cannot be read.
    """
    return [
        Recorded(_read(store, run, "approval", Approval), run.id, store.details(run.id).head or "")
        for run in _finished(store, plan_id, ACTIVITY)
    ]


def withdrawals(store: Store, plan_id: str, before: str = "") -> list[Withdrawal]:
    """Given a store and a plan's id, return its withdrawals on record, oldest first.

    ``before``: only those that were begun before that run; the order of the ledger decides.
    Raise EvidenceError when one cannot be read.
    """
    return [
        _read(store, run, "withdrawal", Withdrawal)
        for run in _finished(store, plan_id, WITHDRAW, before)
    ]


def _finished(store: Store, plan_id: str, activity: str, before: str = "") -> Iterator[RunInfo]:
    for run in store.runs():
        if run.id == before:
            return
        if (run.activity, run.status) == (activity, "finished") and run.options["plan"] == plan_id:
            yield run


def _read(store: Store, run: RunInfo, what: str, model: type[Said]) -> Said:
    try:
        return model.model_validate_json(store.get(store.details(run.id).outputs["blobs"][what]))
    except (KeyError, ValidationError) as error:
        raise EvidenceError(f"run {run.id} holds no {what}: {error}") from error


def copy(
    folder: Path, run: str, said: Approval | Withdrawal, scan: bytes | None = None,
) -> Path:
    """Given the plan's folder, a run and what it recorded, write copies for people to look at.

    Return the word's file. Raise EvidenceError.
    """
    place = folder / "approvals"
    path = place / f"{run}.json"
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        write_durably(path, said.model_dump_json(indent=1).encode() + b"\n")
        if isinstance(said, Approval) and said.signature:
            write_durably(path.with_suffix(".sig"), said.signature.encode("ascii"))
        if isinstance(said, Approval) and scan is not None:
            write_durably(place / f"{run}-{_UNSAFE.sub('_', said.scan)[-80:]}", scan)
    except OSError as error:
        raise EvidenceError(f"cannot write {path}: {error.strerror}") from error
    return path
