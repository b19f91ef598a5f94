"""``opsrunner check``: observe hosts read-only, judge, record, report."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from opsrunner.activities.check.plan import CheckPlan, plan_check
from opsrunner.cli.context import Context, limits, load_context, open_store, playbook
from opsrunner.cli.outcome import exit_code, present, require_folder
from opsrunner.cli.progress import HostProgress
from opsrunner.evidence.store import Store
from opsrunner.models import Observation, Severity, Subject
from opsrunner.pipeline import Origin
from opsrunner.pipeline import check as run_check
from opsrunner.policy.bundle import pack
from opsrunner.report.document import Document
from opsrunner.report.summary import summarise
from opsrunner.report.writers import find_writers
from opsrunner.sources.probe import collect
from opsrunner.version import code_version

EXAMPLES = """
Examples:

  opsrunner check                                      this machine itself

  opsrunner check -i inventories/example --limit 'regulation_portal:&centos_7'

  opsrunner check -i inventories/lab --rule ssh_root_login_disabled --format html,json

  opsrunner check -i inventories/prod --fail-on high   exit 2 only for high and critical
"""


def register(app: typer.Typer) -> None:
    """Given the application, add the command ``check`` to it."""
    app.command("check", epilog=EXAMPLES)(check)


def check(
    inventory: Annotated[
        Path | None, typer.Option("-i", "--inventory", help="Inventory folder or file.")
    ] = None,
    limit: Annotated[
        str | None, typer.Option(help="Only these hosts (an Ansible pattern).")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Measure every Linux host without ops_profile by this.")
    ] = None,
    rule: Annotated[list[str] | None, typer.Option(help="Only this rule; repeatable.")] = None,
    formats: Annotated[
        str, typer.Option("--format", help="Report formats: html,xlsx,json,csv,junit.")
    ] = "html",
    output: Annotated[
        Path | None, typer.Option(help="Folder for the reports; default reports/RUN.")
    ] = None,
    fail_on: Annotated[
        Severity, typer.Option(help="The least severity that counts as a violation.")
    ] = Severity.LOW,
) -> int:
    """Check hosts against their baseline, read-only, and write reports.

    Every host gives one finding per rule; what could not be looked at is "unknown", is counted,
    and makes the exit code 4.
    """
    names = [name.strip() for name in formats.split(",") if name.strip()]
    find_writers(names)
    context = load_context(inventory, limit, profile)
    settings = context.settings
    require_folder(output or settings.reports)
    plan = plan_check(
        context.policies, context.inventory.hosts,
        only=rule or [], root=settings.root, limits=limits(settings),
    )
    document = _check(plan, context, rule or [])
    present(document, output or settings.reports / document.run.id, names, settings.language)
    return exit_code(document, fail_on)


def _check(plan: CheckPlan, context: Context, only: Sequence[str]) -> Document:
    store = open_store(context.settings)
    run_id = observe_and_judge(plan, context, store, only)
    return summarise(store, store.run(run_id), context.policies, plan.subjects)


def observe_and_judge(
    plan: CheckPlan, context: Context, store: Store, only: Sequence[str],
) -> str:
    """Given a check's plan, carry it out with progress on the terminal; return the run's id."""
    with HostProgress(len(plan.subjects)) as progress:
        return run_check(
            plan, _observe(plan, context, progress), store, _origin(context, only, store),
            context.today, progress.judged,
        )


def _observe(
    plan: CheckPlan, context: Context, progress: HostProgress,
) -> Iterator[Observation]:
    reachable = {name: kind for name, kind in plan.kinds.items() if kind.rules}
    for name in plan.kinds.keys() - reachable.keys():
        yield _without_rules(plan.subjects[name])
    yield from collect(
        playbook(context, "check.yml"),
        {name: kind.script for name, kind in reachable.items()},
        {name: kind.caps for name, kind in reachable.items()},
        limits(context.settings),
        progress.event,
    )


def _without_rules(subject: Subject) -> Observation:
    """Show a host that no rule is there for; it is not left out."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    lacking = "no selected rule is" if subject.profile else "there is no profile yet"
    reason = f"not_collected: {lacking} for platform {subject.platform}"
    return Observation(subject.id, reached=False, reason=reason, frames={}, started=now, ended=now)


def _origin(context: Context, only: Sequence[str], store: Store) -> Origin:
    return Origin(
        activity="check",
        inventory=str(context.inventory.path),
        operator=getpass.getuser(),
        code_version=code_version(),
        options={
            "inventory_sha256": context.inventory.sha256,
            "only": list(only),
        },
        inputs={"policies": store.put(pack(context.policies))},
    )
