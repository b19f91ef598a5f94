"""``opsrunner approve``: another person than the planner says yes to exactly these bytes."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from opsrunner.cli.approving import (
    Case,
    by_key,
    by_paper,
    by_signature,
    read_whole,
    refuse_early,
    withdrawal,
    write_digest,
)
from opsrunner.cli.context import open_store
from opsrunner.cli.table import echo_table
from opsrunner.errors import InputError, Problem
from opsrunner.evidence.store import Store
from opsrunner.plan import approvals, journal
from opsrunner.plan.approval import Approval, Trust, faults
from opsrunner.plan.entries import fold
from opsrunner.plan.file import find, load, require_own, reread
from opsrunner.plan.outline import outline
from opsrunner.plan.people import load_people, this_login
from opsrunner.plan.signers import load_signers
from opsrunner.plan.withdrawal import require_standing, require_use
from opsrunner.settings import Settings, load_settings

EXAMPLES = """
Examples:

  opsrunner approve harden-20261121-3fa9c1             with the key of your agent or ~/.ssh

  opsrunner approve harden-20261121-3fa9c1 --key ~/.ssh/approver

  opsrunner approve harden-20261121-3fa9c1 --signature plan.digest.sig --by 李四

  opsrunner approve harden-20261121-3fa9c1 --paper 签字扫描件.pdf --by 李四

  opsrunner approve harden-20261121-3fa9c1 --withdraw --reason 业务高峰提前
"""

LINE = 200  # characters; as long as a line of a record may be
_HIGH = "{subject}: {zh} / {en}: {why}; acknowledged: {acknowledged}"
Ref = Annotated[str, typer.Argument(metavar="PLAN", help="Id, its beginning, or plan.json.")]
Key = Annotated[Path | None, typer.Option(help="Your SSH key, or a public key your agent holds.")]
SignatureFile = Annotated[
    Path | None, typer.Option(help="Register a signature made on another machine.")
]
Scan = Annotated[Path | None, typer.Option(help="Register a signature on paper: the scan.")]
By = Annotated[str | None, typer.Option(help="Whose --signature or --paper it is.")]
DigestFile = Annotated[
    Path | None, typer.Option(help="Only write what is to be signed on another machine.")
]
Withdraw = Annotated[bool, typer.Option("--withdraw", help="Take an approval back, for good.")]
Reason = Annotated[str, typer.Option(help="Why it is withdrawn.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask on the terminal.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Given the application, add the command ``approve``."""
    app.command("approve", epilog=EXAMPLES)(approve)


def approve(
    plan: Ref,
    key: Key = None,
    signature: SignatureFile = None,
    paper: Scan = None,
    by: By = None,
    digest_file: DigestFile = None,
    withdraw: Withdraw = False,
    reason: Reason = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Approve a plan: sign its digest with your SSH key, or register a signature.

    Who may approve stands in policies/people.yml, whose key is whose in policies/allowed_signers.
    The planner cannot approve. Any change of the plan afterwards voids the approval.
    """
    settings = load_settings()
    ways = {"--key": key, "--signature": signature, "--paper": paper,
            "--digest-file": digest_file, "--withdraw": withdraw or None}
    _options([name for name, value in ways.items() if value is not None], by, reason, paper)
    if digest_file is not None:
        write_digest(digest_file, load(find(plan, settings.store))[1])
        typer.echo(f"digest   {digest_file}")
        return
    case, path, store = _load(plan, settings)
    if withdraw:
        _withdraw(case, path, store, reason, as_json=as_json)
        return
    refuse_early(case)
    if not as_json:
        _show(case)
    if sys.stdin.isatty() and not yes and not typer.confirm("Approve exactly this plan?"):
        raise InputError([Problem(case.plan.id, "approval", "you said no; nothing is recorded")])
    scan = read_whole(paper, "--paper") if paper else None
    if paper and scan and by:
        approval = by_paper(case, paper, scan, by)
    else:
        approval = by_signature(case, signature, by) if signature and by else by_key(case, key)
    _tell(case, *_record(case, path, store, approval, scan), as_json=as_json)


def _load(plan: str, settings: Settings) -> tuple[Case, Path, Store]:
    """Given what names the plan, return it with who is who; refuse a copy and a withdrawn one."""
    path = find(plan, settings.store)
    people = load_people(settings.policies)
    case = Case(*load(path), Trust(people, load_signers(settings.policies, people)), this_login())
    require_own(path, case.plan, settings.store)
    store = open_store(settings)
    require_standing(case.plan.id, approvals.withdrawals(store, case.plan.id))
    return case, path, store


def _record(
    case: Case, path: Path, store: Store, approval: Approval, scan: bytes | None,
) -> tuple[approvals.Recorded, Path]:
    """Record an approval that holds; return it and its copy. Raise InputError with all faults."""
    if wrong := faults(approval, case.plan, case.digest, case.trust, datetime.now(UTC)):
        raise InputError([Problem(case.plan.id, "approval", one) for one in wrong])
    done = approvals.record(store, case.plan, reread(path, case.digest), approval, scan)
    return done, approvals.copy(path.parent, done.run, done.approval, scan)


def _options(ways: list[str], by: str | None, reason: str, paper: Path | None) -> None:
    """Given the ways that were asked for and what belongs to some, refuse what cannot be meant."""
    problems = []
    if len(ways) > 1:
        problems.append(Problem(", ".join(ways), "", "give one of these"))
    named = sorted({"--paper", "--signature"} & set(ways))
    if named and by is None:
        problems.append(Problem(named[0], "", "and --by go together: say who signed it"))
    if by is not None and not named:
        problems.append(Problem("--by", "", "and --paper or --signature go together"))
    if by is not None and not by.strip():
        problems.append(Problem("--by", "", "is empty"))
    if ("--withdraw" in ways) != bool(reason.strip()):
        problems.append(Problem("--withdraw, --reason", "", "go together: say why"))
    line = f"must be one line of at most {LINE} characters"
    if not _is_line(reason):
        problems.append(Problem("--reason", "", line))
    if paper and not _is_line(paper.name):
        problems.append(Problem("--paper", "", f"the name of the scan {line}; rename the file"))
    if problems:
        raise InputError(problems)


def _is_line(text: str) -> bool:
    return len(text) <= LINE and text.isprintable()


def _withdraw(case: Case, path: Path, store: Store, reason: str, *, as_json: bool) -> None:
    """Record an approver's no; what is being carried out already is not touched."""
    said = withdrawal(case, reason.strip())
    if not approvals.recorded(store, case.plan.id):
        raise InputError([Problem(case.plan.id, "withdraw", "nobody approved it yet")])
    place = path.parent / journal.FILE
    require_use(case.plan.id, fold(journal.read(place)) if place.exists() else {})
    run, head = approvals.withdraw(store, case.plan, reread(path, case.digest), said)
    file = approvals.copy(path.parent, run, said)
    going = [one.id for one in store.runs()
             if one.status == "running" and one.options.get("plan") == case.plan.id]
    if as_json:
        found = {"withdrawal": said.model_dump(mode="json"), "run": run, "head": head,
                 "file": str(file), "running": going}
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    rows = [("reason", said.reason), ("run", run), ("head", head), ("file", str(file))]
    rows += [("not touched", f"run {one} is under way; Ctrl-C there stops it") for one in going]
    echo_table(("withdrawn by", f"{said.name} ({said.by})"), rows)


def _show(case: Case) -> None:
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
        *(("NO SECOND WAY IN", f"{host}: {why}")
          for host, why in found["without_second_way"].items()),
        *(("HIGH DANGER", _HIGH.format(**one)) for one in found["high_danger"]),
    ]
    echo_table(("digest", case.digest), rows)


def _tell(case: Case, done: approvals.Recorded, path: Path, *, as_json: bool) -> None:
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
