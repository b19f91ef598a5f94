"""Approvals <-> the evidence store, which is what counts; copies lie beside the plan for people.

An approval is a run of its own: activity ``approve``, one subject (the plan), the plan's bytes as
input, the approval and perhaps the scan as outputs, the chain's head signed. So it cannot be
taken back, changed or put in later unnoticed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from opsrunner.errors import EvidenceError
from opsrunner.evidence.files import write_durably
from opsrunner.evidence.records import SubjectRecord
from opsrunner.evidence.store import Store
from opsrunner.plan.approval import Approval
from opsrunner.plan.models import Plan
from opsrunner.version import code_version

ACTIVITY = "approve"
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
    said = approval.model_dump_json(indent=1).encode()
    blobs = {"approval": store.put(said)} | ({} if scan is None else {"scan": store.put(scan)})
    options = {
        "plan": plan.id, "digest": approval.digest, "by": approval.by, "kind": approval.kind,
        "ticket": plan.ticket,
    }
    with store.begin(
        ACTIVITY,
        inventory=plan.inventory,
        policy_sha256=plan.policy_sha256,
        operator=approval.login,
        code_version=code_version(),
        options=options,
        subjects=[plan.id],
        inputs={"plan": store.put(data)},
    ) as run:
        run.subject(SubjectRecord(
            kind="plan", id=plan.id, platform="", profile="", reached=True, reason=None,
            started=approval.at, ended=approval.at, rules=0, blobs=blobs, tally={},
        ))
        head = run.finish(outputs={"blobs": blobs})
    return Recorded(approval, run.run.id, head)


def recorded(store: Store, plan_id: str) -> list[Recorded]:
    """Given a store and a plan's id, return its approvals on record, oldest first.

    Whether they hold is not said here. Raise EvidenceError when one cannot be read.
    """
    found = []
    for run in store.runs():
        if run.activity != ACTIVITY or run.status != "finished" or run.options["plan"] != plan_id:
            continue
        details = store.details(run.id)
        try:
            said = store.get(details.outputs["blobs"]["approval"])
            found.append(Recorded(Approval.model_validate_json(said), run.id, details.head or ""))
        except (KeyError, ValidationError) as error:
            raise EvidenceError(f"run {run.id} holds no approval: {error}") from error
    return found


def copy(folder: Path, one: Recorded, scan: bytes | None = None) -> Path:
    """Given the plan's folder and a recorded approval, write copies for people to look at.

    Return the approval's file. Raise EvidenceError.
    """
    approval, place = one.approval, folder / "approvals"
    path = place / f"{one.run}.json"
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        write_durably(path, approval.model_dump_json(indent=1).encode() + b"\n")
        if approval.signature:
            write_durably(path.with_suffix(".sig"), approval.signature.encode("ascii"))
        if scan is not None:
            write_durably(place / f"{one.run}-{_UNSAFE.sub('_', approval.scan)[-80:]}", scan)
    except OSError as error:
        raise EvidenceError(f"cannot write {path}: {error.strerror}") from error
    return path
