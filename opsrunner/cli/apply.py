"""``opsrunner apply``, ``resume``, ``undo``: carry an approved plan out, go on, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from opsrunner.cli.carrying import Manner, carry
from opsrunner.cli.case import Case, approved, load_case, require_hosts
from opsrunner.cli.paperwork import Formats, Output, Template, prepare
from opsrunner.cli.rehearsing import foresee, rehearse
from opsrunner.errors import InputError, Problem
from opsrunner.plan.batches import Pace
from opsrunner.plan.execute import Ending, Work, execute
from opsrunner.plan.execute import resume as go_on
from opsrunner.plan.execute import undo as take_back
from opsrunner.plan.reasons import Why, barred_by
from opsrunner.settings import load_settings

EXAMPLES = """
Examples:

  opsrunner apply harden-20261121-3fa9c1 --check             would it be done now? changes nothing

  opsrunner apply harden-20261121-3fa9c1                     one host first, then 10 % at a time

  opsrunner apply harden-20261121-3fa9c1 --canary web1 --batch 5 --stop-after-failures 2

  opsrunner apply harden-20261121-3fa9c1 --undo-failed       what fails its re-check goes back

  opsrunner resume harden-20261121-3fa9c1                    after a crash: asks the hosts first

  opsrunner resume harden-20261121-3fa9c1 --retry-refused    refused hosts, once they are mended

  opsrunner undo harden-20261121-3fa9c1 --check              what would be put back; changes nothing

  opsrunner undo harden-20261121-3fa9c1 --limit web1         back to the bytes before

  opsrunner undo harden-20261121-3fa9c1 --rule usb_storage_off --reason "a backup disk"
"""
Ref = Annotated[
    str, typer.Argument(metavar="PLAN", help="Plan id, its beginning, or an apply run's id."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Canary = Annotated[str, typer.Option(help="The host that goes first; default the plan's first.")]
Batch = Annotated[str, typer.Option(help="Hosts at a time after it: a number or a percentage.")]
Failures = Annotated[
    int,
    typer.Option("--stop-after-failures",
                 help="Begin nothing new once so many hosts failed, went back or are unknown."),
]
UndoAfter = Annotated[
    int, typer.Option(min=30, max=3600, help="Seconds until a host takes itself back, unconfirmed.")
]
UndoFailed = Annotated[
    bool,
    typer.Option("--undo-failed", help="Take back a host whose re-check fails; without it, it "
                                       "stays as changed and is named."),
]


def register(app: typer.Typer) -> None:
    """Given the application, add ``apply``, ``resume`` and ``undo``."""
    app.command("apply", epilog=EXAMPLES)(apply)
    app.command("resume", epilog=EXAMPLES)(resume)
    app.command("undo", epilog=EXAMPLES)(undo)


def apply(
    plan: Ref,
    canary: Canary = "",
    batch: Batch = "10%",
    failures: Failures = 1,
    undo_after: UndoAfter = 300,
    undo_failed: UndoFailed = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only read and compare with the plan; change nothing.")
    ] = False,
    output: Output = None,
    formats: Formats = "",
    template: Template = None,
    as_json: AsJson = False,
) -> int:
    """Carry an approved plan out: snapshot, timed undo, change, fresh login, re-check, per host.

    Refused before any host is touched: no approval that holds, expired, edited, other policies,
    a closed window, a freeze, another applier. Exit 2 when a host failed, 4 when one is unknown.
    """
    papers = prepare(load_settings(), formats, output, template)
    case = load_case(plan)
    approved(case)
    if check:
        return rehearse(case, undo_after, as_json=as_json)
    manner = Manner(Pace(canary, batch, failures), undo_after, papers, new=True, as_json=as_json,
                    undo_failed=undo_failed)
    return carry(case, manner, execute)


def resume(
    plan: Ref,
    retry_refused: Annotated[
        bool, typer.Option("--retry-refused", help="Begin hosts that were refused once more.")
    ] = False,
    batch: Batch = "10%",
    failures: Failures = 1,
    undo_after: UndoAfter = 300,
    undo_failed: UndoFailed = False,
    output: Output = None,
    formats: Formats = "",
    template: Template = None,
    as_json: AsJson = False,
) -> int:
    """Go on after a crash: ask every host whose state is open, finish it, then the rest.

    The rest only while the plan is still approved and its window open.
    """
    papers = prepare(load_settings(), formats, output, template)
    case = load_case(plan, begun=True)
    require_hosts(case, [subject.id for subject in case.plan.subjects if subject.steps])
    barred: tuple[Why, ...] = ()
    try:
        approved(case)
    except InputError as error:  # what is open must be settled all the same
        barred = barred_by(error)
    barred += case.business.unread
    manner = Manner(Pace("", batch, failures), undo_after, papers, as_json=as_json, barred=barred,
                    undo_failed=undo_failed)

    def on(work: Work) -> Ending:
        return go_on(work, retry_refused=retry_refused)

    return carry(case, manner, on)


def undo(
    plan: Ref,
    limit: Annotated[str, typer.Option(help="Only these hosts, separated by commas.")] = "",
    rule: Annotated[
        list[str] | None, typer.Option(help="Only what this rule changed; repeatable.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Only say what would be put back; change nothing.")
    ] = False,
    undo_after: UndoAfter = 300,
    output: Output = None,
    formats: Formats = "",
    template: Template = None,
    as_json: AsJson = False,
) -> int:
    """Take a carried-out plan back, to the bytes, modes and states before it.

    What somebody changed since is refused and shown: before, applied, now.
    """
    papers = prepare(load_settings(), formats, output, template)
    case = load_case(plan, begun=True)
    names, only = _chosen(case, limit, rule or [])
    if check:
        return foresee(case, names, only, as_json=as_json)
    why = reason or f"undo asked for by {case.operator}"

    def back(work: Work) -> Ending:
        return take_back(work, names, why, only)

    manner = Manner(
        Pace(), undo_after, papers, as_json=as_json, named=tuple(names), verb="undo",
    )
    return carry(case, manner, back)


def _chosen(case: Case, limit: str, rules: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the hosts that are meant and the steps, none when all are. Raise InputError."""
    known = [
        subject.id for subject in case.plan.subjects
        if any(not rules or step.rule in rules for step in subject.steps)
    ]
    names = [name.strip() for name in limit.split(",") if name.strip()] or known
    _undoable(case, names, rules)
    wrong = [Problem("--limit", name, "is no host of the plan with such a step") for name in names
             if name not in known]
    if wrong:
        raise InputError(wrong)
    require_hosts(case, names)
    return names, sorted({step.id for subject in case.plan.subjects for step in subject.steps
                          if step.rule in rules})


def _undoable(case: Case, hosts: Sequence[str], rules: Sequence[str]) -> None:
    """Refuse rules the plan does not hold, and what its activity cannot take back."""
    problems = [
        Problem("--rule", name, "is no rule of the plan") for name in rules
        if not any(step.rule == name for subject in case.plan.subjects for step in subject.steps)
    ]
    problems += case.activity.undoable(case.plan, hosts, rules)
    if problems:
        raise InputError(problems)
