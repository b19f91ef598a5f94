"""One approval, and whether it holds: pure, but for ssh-keygen asked about a signature.

An approval is a person's yes to the digest of a plan: their OpenSSH signature, or their signature
on paper, registered by somebody with the scan. Neither may come from the planner, by person, by
login or by key. It holds for these bytes of the plan and until the plan expires.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from opsrunner.errors import InputError, Problem
from opsrunner.plan.file import expired, moment
from opsrunner.plan.models import Line, Moment, Name, Plan, PlanId, Sha256, Strict
from opsrunner.plan.people import People
from opsrunner.plan.signature import fault, signed_by
from opsrunner.plan.signers import Signers
from opsrunner.plan.withdrawal import Withdrawal, require_standing


class Approval(Strict):
    """One yes on record.

    ``by`` is who said it, a person's id; ``login`` the account it was said or registered under,
    and ``registrar`` the person behind that account ("" when it is nobody's). A signature has
    ``principal``, ``fingerprint`` and ``signature``; paper has ``scan`` (its name) and the
    SHA-256 of its bytes.
    """

    format: Literal[1] = 1
    plan: PlanId
    digest: Sha256
    kind: Literal["signature", "paper"]
    by: Name
    name: Name
    login: Name
    registrar: Line
    at: Moment
    principal: Line = ""
    fingerprint: Line = ""
    signature: str = ""
    scan: Line = ""
    scan_sha256: Annotated[str, Field(pattern=r"^(|[0-9a-f]{64})$")] = ""


@dataclass(frozen=True, slots=True)
class Trust:
    """Who is who, by the policies of today."""

    people: People
    signers: Signers


def faults(
    approval: Approval, plan: Plan, digest: str, trust: Trust, now: datetime,
) -> list[str]:
    """Given an approval, the plan as it is now, its digest, who is who and the time.

    Return every reason why the approval does not hold, none when it does.
    """
    return list(_faults(approval, plan, digest, trust, now))


def _faults(
    approval: Approval, plan: Plan, digest: str, trust: Trust, now: datetime,
) -> Iterator[str]:
    if approval.plan != plan.id or approval.digest != digest:
        yield (
            f"it is for another digest ({approval.plan} {approval.digest[:12]}…): the plan was "
            f"changed since, or is another; it is {plan.id} {digest[:12]}… now"
        )
    if approval.at < plan.created or approval.at > plan.expires:
        yield f"it was given at {approval.at}, the plan holds {plan.created} to {plan.expires}"
    if not trust.people.may(approval.by, "approve"):
        yield f"{approval.name} ({approval.by}) has not the role 'approve' in {trust.people.file}"
    yield from _planners_own(approval, plan, trust)
    if approval.kind == "signature":
        yield from _signature(approval, digest, trust, now)
    elif not approval.scan_sha256:
        yield "the paper has no scan"
    elif not approval.registrar:
        yield f"the paper was registered under {approval.login}, which is nobody's login"


def _planners_own(approval: Approval, plan: Plan, trust: Trust) -> Iterator[str]:
    """Yield each way in which the planner would approve their own plan."""
    planner = {plan.planner, trust.people.by_login(plan.planner_login)}
    if approval.by in planner:
        yield f"{approval.name} planned it; another person must approve"
    if approval.login == plan.planner_login or approval.registrar in planner:
        yield f"the login {approval.login} is the planner's; approve under your own"
    signer = trust.signers.of_key(approval.fingerprint) if approval.fingerprint else None
    if signer and signer.person in planner and approval.by not in planner:
        yield f"the key {approval.fingerprint} is the planner's"


def _signature(approval: Approval, digest: str, trust: Trust, now: datetime) -> Iterator[str]:
    try:
        key = signed_by(approval.signature)
    except ValueError as error:
        yield f"the signature cannot be read: {error}"
        return
    signer = trust.signers.of_key(key)
    if signer and (signer.person, key) != (approval.by, approval.fingerprint):
        yield f"the signature is by {signer.person} ({key}), the record says {approval.by}"
    # Valid when it was given, and not withdrawn since.
    if said := fault(digest, approval.signature, trust.signers, (moment(approval.at), now)):
        yield said


def require_approval(
    plan: Plan, digest: str, approvals: Iterable[Approval], trust: Trust, now: datetime,
    withdrawals: Iterable[Withdrawal] = (),
) -> Sequence[Approval]:
    """Given a plan, its digest and what is on record for it, return the approvals that hold.

    Raise InputError with every reason when the plan has expired, an approval of it was withdrawn
    or none holds.
    """
    require_standing(plan.id, withdrawals)
    if late := expired(plan, now):
        raise InputError([Problem(plan.id, "expires", late, code="expired")])
    holding, problems = [], []
    for approval in approvals:
        wrong = faults(approval, plan, digest, trust, now)
        key = f"approval of {approval.at} by {approval.by}"
        problems += [Problem(plan.id, key, reason, code="not_approved") for reason in wrong]
        if not wrong:
            holding.append(approval)
    if not holding:
        said = f"nobody approved it: opsrunner approve {plan.id}"
        nobody = Problem(plan.id, "approval", said, code="not_approved")
        raise InputError(problems or [nobody])
    return holding
