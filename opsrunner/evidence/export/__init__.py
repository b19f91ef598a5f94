"""Hand a finished run over: a zip that sha256sum and ssh-keygen alone can prove.

Inside are the blobs as stored, readable copies of them, the run's records with the chain through
them (of other runs' records in between only the hashes), the signed head, and how to check all
of it. The same run of the same store gives the same bytes again, attached documents aside.
"""

from __future__ import annotations

import os
from pathlib import Path

from opsrunner.errors import EvidenceError, InputError
from opsrunner.evidence.chain import canonical
from opsrunner.evidence.export.archive import Archive
from opsrunner.evidence.export.contents import Contents
from opsrunner.evidence.export.readme import README
from opsrunner.evidence.faults import evidence_errors
from opsrunner.evidence.heads import signature_of
from opsrunner.evidence.signing import EXPORT
from opsrunner.evidence.store import Store

__all__ = ["export"]


def export(store: Store, run_id: str, zip_path: Path) -> Path:
    """Given a finished run and where the zip shall be, write it and return its path.

    Raise InputError when the run did not finish, EvidenceError when evidence is missing or
    changed or the zip cannot be written; no half zip is left.
    """
    run = store.run(run_id)
    if run.status != "finished":
        raise InputError(f"run {run.id} is {run.status}: nothing of it is believed")
    temporary = zip_path.with_name(f".{zip_path.name}.{os.getpid()}")
    with evidence_errors(f"write {zip_path}"):
        try:
            with Archive(temporary) as archive:
                _fill(archive, Contents(store, run))
                sums = archive.sums()
                archive.add("SHA256SUMS", sums)
                archive.add("SHA256SUMS.sig", store.books.heads.signer.sign(sums, EXPORT))
            temporary.replace(zip_path)
        finally:
            temporary.unlink(missing_ok=True)
    return zip_path


def _fill(archive: Archive, contents: Contents) -> None:
    store, last = contents.store, contents.details.last
    if last is None:
        raise EvidenceError(f"run {contents.run.id} has no end")
    signer, head = store.books.heads.signer, store.books.heads.path(last)
    archive.add("README.txt", README.encode())
    archive.add("allowed_signers", signer.allowed_signers.read_bytes())
    archive.add("signing.pub", signer.key.with_suffix(".pub").read_bytes())
    archive.add("head.json", head.read_bytes())
    archive.add("head.json.sig", signature_of(head).read_bytes())
    for sha in contents.blobs():
        archive.add(f"blobs/{sha[:2]}/{sha}.zst", store.blobs.stored(sha))
    for name, sha in contents.readable():
        archive.add(name, store.get(sha), compress=True)
    archive.stream("records.jsonl", contents.chain())
    archive.stream("documents.jsonl", contents.document_lines())
    archive.add("manifest.json", canonical(contents.manifest()).encode() + b"\n", compress=True)
