"""What callers give to the store and get back from it; all frozen, all with a JSON form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from opsrunner.errors import EvidenceError
from opsrunner.evidence.chain import Record
from opsrunner.evidence.schema import RecordType
from opsrunner.models import RunInfo

_BEGIN = ("activity", "inventory", "policy_sha256", "operator", "code_version", "options")
ENDS = {
    RecordType.RUN_END: "finished",
    RecordType.RUN_FAILED: "failed",
    RecordType.RUN_INTERRUPTED: "interrupted",
}


@dataclass(frozen=True, slots=True)
class SubjectRecord:
    """One subject of a run: whether it was reached, when, and the blobs its findings rest on.

    ``blobs`` maps a label ("stable", "volatile", "findings") to a hash; ``tally`` is any JSON.
    """

    kind: str
    id: str
    platform: str
    profile: str
    reached: bool
    reason: str | None
    started: str
    ended: str
    rules: int
    blobs: Mapping[str, str]
    tally: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return the record's body."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_record(cls, record: Record) -> SubjectRecord:
        """Given a ``subject`` record, return what it says. Raise EvidenceError when changed."""
        return cls(**record.data)


@dataclass(frozen=True, slots=True)
class AttachedDocument:
    """A document by which a person answers for a rule or a clause.

    ``subject`` None means all subjects; ``attached`` is when, ``record`` the chain's hash of it.
    """

    file: str
    sha256: str
    size: int
    subject: str | None
    rule: str | None
    clause: str | None
    verdict: str
    by: str
    note: str
    valid_until: date | None
    attached: str = ""
    record: str = ""

    def valid_on(self, day: date) -> bool:
        """Given a day, return whether the document still answers then."""
        return self.valid_until is None or day <= self.valid_until

    def as_json(self) -> dict[str, Any]:
        """Return the record's body."""
        body = asdict(self)
        del body["attached"], body["record"]
        return body | {"valid_until": self.valid_until and self.valid_until.isoformat()}

    @classmethod
    def from_record(cls, record: Record) -> AttachedDocument:
        """Given a ``document`` record, return what it says. Raise EvidenceError when changed."""
        body = record.data
        until = body.pop("valid_until")
        day = None if until is None else date.fromisoformat(until)
        return cls(**body, valid_until=day, attached=record.time, record=record.hash)


@dataclass(frozen=True, slots=True)
class RunDetails:
    """What the ledger holds of a run besides ``RunInfo``.

    ``inputs`` maps a name ("policies") to a blob; ``subjects`` is the blob with the list of the
    targeted ids; ``recorded`` counts the subject records of a finished run; ``reason`` says why
    the run failed or was interrupted; ``head`` is the hash of its last record, None while it is
    running; ``first`` and ``last`` are record numbers.
    """

    inputs: Mapping[str, str]
    subjects: str
    outputs: Mapping[str, Any]
    recorded: int
    reason: str | None
    head: str | None
    first: int
    last: int | None


def run_info(begin: Record, end: Record | None, *, alive: bool) -> RunInfo:
    """Given a run's first record, its last if it has one, and whether a process records it.

    Return the run. Raise EvidenceError when a record was changed.
    """
    body = begin.data
    if end:
        end.check()
    dead = "running" if alive else "interrupted"
    return RunInfo(
        id=begin.run_id,
        started=begin.time,
        ended=end.time if end else None,
        status=ENDS[RecordType(end.type)] if end else dead,
        **{name: body[name] for name in _BEGIN},
    )


def run_details(begin: Record, end: Record | None) -> RunDetails:
    """Given a run's first record and its last if it has one, return the details."""
    body, closing = begin.data, end.data if end else {}
    return RunDetails(
        inputs=body["inputs"],
        subjects=body["subjects"]["blob"],
        outputs=closing.get("outputs", {}),
        recorded=closing.get("recorded", 0),
        reason=closing.get("reason"),
        head=end.hash if end else None,
        first=begin.seq,
        last=end.seq if end else None,
    )


def references(record: Record) -> Iterator[tuple[str, str]]:
    """Given a sound record, yield label and hash of every blob it names.

    In a run's outputs the member ``blobs`` holds such a mapping; the rest is free. Raise
    EvidenceError when the record was changed or has not the form of its type.
    """
    yield from references_in(record, record.data)


def references_in(record: Record, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Given a sound record and its body, yield the same; for who has the body already."""
    try:
        yield from _references(record.type, body)
    except (KeyError, TypeError, AttributeError) as error:
        raise EvidenceError(f"{record.name} has not the form of its type: {error!r}") from error


def _references(kind: str, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    match kind:
        case RecordType.RUN_BEGIN:
            yield from body["inputs"].items()
            yield "subjects", body["subjects"]["blob"]
        case RecordType.SUBJECT:
            yield from body["blobs"].items()
        case RecordType.RUN_END:
            yield from body["outputs"].get("blobs", {}).items()
        case RecordType.DOCUMENT:
            yield "document", body["sha256"]


def check_labels(blobs: Mapping[str, str], what: str) -> None:
    """Given blobs by label, raise EvidenceError for a label that could not name a file."""
    for label in blobs:
        plain = label.replace("-", "").replace("_", "")
        if not (plain.isascii() and plain.isalnum() and len(label) <= 40):  # noqa: PLR2004 - a file name
            raise EvidenceError(f"{what}: {label!r} is no label (letters, digits, - and _)")
