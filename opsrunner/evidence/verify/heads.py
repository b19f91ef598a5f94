"""Check the signed heads against the chain, and tell what became of an expected one."""

from __future__ import annotations

import json
import re
from pathlib import Path

from opsrunner.errors import EvidenceError
from opsrunner.evidence.books import Books
from opsrunner.evidence.faults import plain
from opsrunner.evidence.heads import Heads, signature_of
from opsrunner.evidence.signing import EVIDENCE
from opsrunner.evidence.verify.chain import ChainWalk
from opsrunner.evidence.verify.report import VerifyReport

_NAME = re.compile(r"(\d+)\.json")


def check(books: Books, walk: ChainWalk, report: VerifyReport) -> None:
    """Given what the chain holds, report every head that is missing, changed or left over."""
    pending = books.heads.pending()
    for seq, digest in walk.signed.items():
        if seq in pending and not books.heads.path(seq).exists():
            report.notes.append(f"the head of record {seq} gets its name at the next opening")
            continue
        report.heads += 1
        if fault := fault_of(books.heads, seq, digest):
            report.add(f"heads/{seq}.json", fault)
    for seq in sorted(_numbers(books.heads.folder) - walk.signed.keys()):
        if fault := _left_over(books, seq, walk):
            report.add(f"heads/{seq}.json", fault)


def fault_of(heads: Heads, seq: int, digest: str) -> str | None:
    """Given the number and hash of a record that has a signed head, return why it does not hold."""
    path = heads.path(seq)
    try:
        data = path.read_bytes()
    except OSError as error:
        return f"cannot be read: {plain(error)}"
    if fault := heads.signer.fault(data, signature_of(path), EVIDENCE):
        return f"its signature does not hold: {fault}"
    said = _hash(data)
    return None if said == digest else f"signs hash {said}, record {seq} has {digest}"


def _left_over(books: Books, seq: int, walk: ChainWalk) -> str | None:
    try:
        if walk.newest < seq <= books.ledger.last().seq:
            return None  # recorded while this verification ran
    except EvidenceError:
        pass  # the ledger cannot be read; that was reported
    if seq > walk.newest:
        return f"signs record {seq}, but the ledger ends at {walk.newest}: records were removed"
    return f"signs record {seq}, which is no sound end of a run and no document"


def what_became_of(expect: str, heads: Heads, walk: ChainWalk) -> str:
    """Given an expected head that is not in the chain, return what can be told of it."""
    for seq in sorted(_numbers(heads.folder)):
        try:
            known = _hash(heads.path(seq).read_bytes())
        except OSError:
            continue
        if known == expect and seq > walk.newest:
            return f"was record {seq}; records after {walk.newest} were removed"
        if known == expect:
            return f"was record {seq}; that record, or one before it, was rewritten or removed"
    return (
        f"{expect} is in no record of the chain: since it was noted, records were removed from "
        "the end, or the chain was rewritten"
    )


def _numbers(folder: Path) -> set[int]:
    if not folder.is_dir():
        return set()
    names = (_NAME.fullmatch(path.name) for path in folder.iterdir())
    return {int(name[1]) for name in names if name}


def _hash(data: bytes) -> object:
    try:
        return json.loads(data)["hash"]
    except (ValueError, KeyError, TypeError):
        return None
