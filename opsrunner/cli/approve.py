"""``opsrunner approve``: another person than the planner says yes to exactly these bytes."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from opsrunner.cli.context import open_store
from opsrunner.cli.table import echo_table
from opsrunner.errors import InputError, Problem
from opsrunner.evidence.blobs import MAX_OUTPUT
from opsrunner.plan import approvals
from opsrunner.plan.approval import Approval, Trust, faults
from opsrunner.plan.file import digest, expired, find, load, utc
from opsrunner.plan.models import Plan
from opsrunner.plan.outline import outline
from opsrunner.plan.people import load_people, this_login
from opsrunner.plan.signature import own_key, sign, signed_by
from opsrunner.plan.signers import load_signers
from opsrunner.settings import load_settings

EXAMPLES = """
Examples:

  opsrunner approve harden-20261121-3fa9c1             with the key of your agent or ~/.ssh

  opsrunner approve harden-20261121-3fa9c1 --key ~/.ssh/approver

  opsrunner approve harden-20261121-3fa9c1 --paper 签字扫描件.pdf --by 李四
"""

_HIGH = "{subject}: {zh} / {en}: {why}; acknowledged: {acknowledged}"


@dataclass(frozen=True, slots=True)
class _Case:
    """What is to be approved, by whom it could be, and under which login this runs."""

    plan: Plan
    digest: str
    trust: Trust
    login: str


def register(app: typer.Typer) -> None:
    """Given the application, add the command ``approve``."""
    app.command("approve", epilog=EXAMPLES)(approve)


def approve(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="Id, its beginning, or plan.json.")],
    key: Annotated[
        Path | None, typer.Option(help="Your SSH key, or a public key your agent holds.")
    ] = None,
    paper: Annotated[
        Path | None, typer.Option(help="Register a signature on paper: the scan.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who signed the paper.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask on the terminal.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Approve a plan: sign its digest with your SSH key, or register a signature on paper.

    Who may approve stands in policies/people.yml, whose key is whose in policies/allowed_signers.
    The planner cannot approve. Any change of the plan afterwards voids the approval.
    """
    settings = load_settings()
    _options(key, paper, by)
    path = find(plan, settings.store)
    people = load_people(settings.policies)
    trust = Trust(people, load_signers(settings.policies, people))
    case = _Case(*load(path), trust, this_login())
    _refuse_early(case)
    if not as_json:
        _show(case)
    if sys.stdin.isatty() and not yes and not typer.confirm("Approve exactly this plan?"):
        raise InputError([Problem(case.plan.id, "approval", "you said no; nothing is recorded")])
    scan = None if paper is None else _read(paper)
    approval = _by_paper(case, paper, scan, by) if paper and scan is not None and by else (
        _by_signature(case, key))
    if wrong := faults(approval, case.plan, case.digest, trust, datetime.now(UTC)):
        raise InputError([Problem(case.plan.id, "approval", reason) for reason in wrong])
    done = approvals.record(open_store(settings), case.plan, _same(path, case), approval, scan)
    _tell(case, done, approvals.copy(path.parent, done, scan), as_json=as_json)


def _same(path: Path, case: _Case) -> bytes:
    """Return the plan's bytes, which must still be those that were shown and signed."""
    data = path.read_bytes()
    if digest(data) != case.digest:
        raise InputError([Problem(str(path), "", "was changed while it was being approved")])
    return data


def _options(key: Path | None, paper: Path | None, by: str | None) -> None:
    problems = []
    if (paper is None) != (by is None):
        problems.append(Problem("--paper, --by", "", "go together: the scan and who signed it"))
    if key is not None and paper is not None:
        problems.append(Problem("--key, --paper", "", "give one: a signature by key or on paper"))
    if by is not None and not by.strip():
        problems.append(Problem("--by", "", "is empty"))
    if problems:
        raise InputError(problems)


def _refuse_early(case: _Case) -> None:
    """Refuse what no signature could mend, before anybody is asked for a passphrase."""
    problems = []
    if late := expired(case.plan, datetime.now(UTC)):
        problems.append(Problem(case.plan.id, "expires", late))
    if not any(subject.steps for subject in case.plan.subjects):
        problems.append(Problem(case.plan.id, "", "has no step: there is nothing to approve"))
    if case.login == case.plan.planner_login:
        message = f"the login {case.login} is the planner's; another person must approve"
        problems.append(Problem(case.plan.id, "approval", message))
    if problems:
        raise InputError(problems)


def _read(paper: Path) -> bytes:
    try:
        data = paper.read_bytes()
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise InputError([Problem("--paper", str(paper), message)]) from error
    if not data or len(data) > MAX_OUTPUT:
        message = f"must hold 1 byte to {MAX_OUTPUT >> 20} MiB; it has {len(data)} bytes"
        raise InputError([Problem("--paper", str(paper), message)])
    return data


def _by_signature(case: _Case, key: Path | None) -> Approval:
    people, signers = case.trust.people, case.trust.signers
    with tempfile.TemporaryDirectory(prefix="opsrunner-approve-") as scratch:
        used = key or own_key(signers, Path.home(), Path(scratch))
        signature = sign(case.digest, used)
    fingerprint = signed_by(signature)
    signer = signers.of_key(fingerprint)
    if signer is None:
        message = f"a stranger's: {fingerprint} is in no line of {signers.path}"
        raise InputError([Problem("--key", str(used), message)])
    return Approval(
        plan=case.plan.id, digest=case.digest, kind="signature",
        by=signer.person, name=people.people[signer.person].name,
        login=case.login, registrar=people.by_login(case.login) or "", at=utc(datetime.now(UTC)),
        principal=signer.principal, fingerprint=fingerprint, signature=signature,
    )


def _by_paper(case: _Case, paper: Path, scan: bytes, by: str) -> Approval:
    people = case.trust.people
    person = people.by_name(by)
    return Approval(
        plan=case.plan.id, digest=case.digest, kind="paper",
        by=person, name=people.people[person].name,
        login=case.login, registrar=people.by_login(case.login) or "", at=utc(datetime.now(UTC)),
        scan=paper.name, scan_sha256=hashlib.sha256(scan).hexdigest(),
    )


def _show(case: _Case) -> None:
    """Print what the approver says yes to."""
    found = outline(case.plan, case.digest)
    subjects, danger = found["subjects"], found["danger"]
    rows = [
        ("plan", f"{found['plan']} ({found['activity']})"),
        ("planned by", f"{found['planner']} (login {found['planner_login']}), {found['created']}"),
        ("expires", found["expires"]),
        ("ticket", found["ticket"] or "-"),
        ("special period", found["period"] or "-"),
        ("emergency", found["emergency"] or "-"),
        (f"{len(subjects)} subject(s)", ", ".join(subjects)),
        ("steps", f"{found['steps']} ({found['by_hand']} by hand), {found['changes']} changes"),
        ("danger", ", ".join(f"{level} {count}" for level, count in danger.items())),
        ("restarts", ", ".join(found["restarts"]) or "-"),
        ("reboots", ", ".join(found["reboots"]) or "-"),
        ("left out", ", ".join(f"{why} {n}" for why, n in found["left_out"].items()) or "-"),
        *(("HIGH DANGER", _HIGH.format(**one)) for one in found["high_danger"]),
    ]
    echo_table(("digest", case.digest), rows)


def _tell(case: _Case, done: approvals.Recorded, path: Path, *, as_json: bool) -> None:
    approval = done.approval
    if as_json:
        found = {
            **outline(case.plan, case.digest),
            "approval": approval.model_dump(mode="json"),
            "run": done.run, "head": done.head, "file": str(path),
        }
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    how = approval.fingerprint or f"on paper, {approval.scan} (SHA-256 {approval.scan_sha256})"
    echo_table(("approved by", f"{approval.name} ({approval.by}), {how}"),
               [("run", done.run), ("head", done.head), ("file", str(path))])
