"""How a person says yes or no to a plan: by their key, a signature made elsewhere, or on paper."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from opsrunner.errors import InputError, Problem
from opsrunner.evidence.blobs import MAX_OUTPUT
from opsrunner.evidence.files import write_durably
from opsrunner.plan.approval import Approval, Trust
from opsrunner.plan.file import expired, utc
from opsrunner.plan.models import Plan
from opsrunner.plan.signature import message, own_key, sign, signed_by
from opsrunner.plan.withdrawal import Withdrawal

_SIGNATURE = 64 << 10  # bytes; the largest RSA key's is under 4 KiB


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be approved, by whom it could be, and under which login this runs."""

    plan: Plan
    digest: str
    trust: Trust
    login: str


def refuse_early(case: Case) -> None:
    """Refuse what no signature could mend, before anybody is asked for a passphrase."""
    problems = []
    if late := expired(case.plan, datetime.now(UTC)):
        problems.append(Problem(case.plan.id, "expires", late))
    if not any(subject.steps for subject in case.plan.subjects):
        problems.append(Problem(case.plan.id, "", "has no step: there is nothing to approve"))
    if case.login == case.plan.planner_login:
        said = f"the login {case.login} is the planner's; another person must approve"
        problems.append(Problem(case.plan.id, "approval", said))
    if problems:
        raise InputError(problems)


def by_key(case: Case, key: Path | None) -> Approval:
    """Given a case and perhaps a key, have ssh-keygen sign here; return the approval."""
    with tempfile.TemporaryDirectory(prefix="opsrunner-approve-") as scratch:
        used = key or own_key(case.trust.signers, Path.home(), Path(scratch))
        signature = sign(case.digest, used)
    return _signed(case, signature, Problem("--key", str(used), ""))


def by_signature(case: Case, file: Path, by: str) -> Approval:
    """Given a case, a signature made on another machine and whose it is, return the approval.

    Raise InputError when the key is nobody's or another's. Whether the signature holds is judged
    as for one that is made here.
    """
    person = case.trust.people.by_name(by)
    try:
        signature = read_whole(file, "--signature", _SIGNATURE).decode("ascii")
        signed_by(signature)
    except ValueError as error:
        said = "it is no text" if isinstance(error, UnicodeDecodeError) else str(error)
        raise InputError([Problem("--signature", str(file), said)]) from None
    approval = _signed(case, signature, Problem("--signature", str(file), ""))
    if approval.by != person:
        said = f"is by {approval.name} ({approval.by}), not by {by}"
        raise InputError([Problem("--signature", str(file), said)])
    return approval


def _signed(case: Case, signature: str, where: Problem) -> Approval:
    people, signers = case.trust.people, case.trust.signers
    fingerprint = signed_by(signature)
    signer = signers.of_key(fingerprint)
    if signer is None:
        said = f"a stranger's: {fingerprint} is in no line of {signers.path}"
        raise InputError([Problem(where.file, where.key, said)])
    return Approval(
        plan=case.plan.id, digest=case.digest, kind="signature",
        by=signer.person, name=people.people[signer.person].name,
        login=case.login, registrar=people.by_login(case.login) or "", at=utc(datetime.now(UTC)),
        principal=signer.principal, fingerprint=fingerprint, signature=signature,
    )


def by_paper(case: Case, paper: Path, scan: bytes, by: str) -> Approval:
    """Given a case, a scan, its bytes and who signed it, return the approval."""
    people = case.trust.people
    person = people.by_name(by)
    return Approval(
        plan=case.plan.id, digest=case.digest, kind="paper",
        by=person, name=people.people[person].name,
        login=case.login, registrar=people.by_login(case.login) or "", at=utc(datetime.now(UTC)),
        scan=paper.name, scan_sha256=hashlib.sha256(scan).hexdigest(),
    )


def withdrawal(case: Case, reason: str) -> Withdrawal:
    """Given a case and why, return an approver's no. Raise InputError for anybody else.

    The planner may say it, too, if they are an approver: it only keeps a host from being touched.
    """
    person = case.trust.people.require(case.login, "approve")
    return Withdrawal(
        plan=case.plan.id, digest=case.digest, by=person,
        name=case.trust.people.people[person].name, login=case.login,
        at=utc(datetime.now(UTC)), reason=reason,
    )


def read_whole(path: Path, option: str, limit: int = MAX_OUTPUT) -> bytes:
    """Given a file that an option names, return its bytes. Raise InputError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        said = f"cannot be read: {error.strerror}"
        raise InputError([Problem(option, str(path), said)]) from error
    if not data or len(data) > limit:
        most = f"{limit >> 20} MiB" if limit >> 20 else f"{limit >> 10} KiB"
        said = f"must hold 1 byte to {most}; it has {len(data)} bytes"
        raise InputError([Problem(option, str(path), said)])
    return data


def write_digest(path: Path, digest: str) -> None:
    """Given a file and a plan's digest, write what is signed on another machine.

    Raise InputError when something else is there already or it cannot be written.
    """
    data = message(digest)
    try:
        if path.exists() and path.read_bytes() != data:
            said = "is there already and holds something else"
            raise InputError([Problem("--digest-file", str(path), said)])
        write_durably(path, data)
    except OSError as error:
        said = f"cannot be written: {error.strerror}"
        raise InputError([Problem("--digest-file", str(path), said)]) from error

