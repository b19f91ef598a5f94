"""``opsrunner rules``: list, explain and check the rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from opsrunner.activities.drill.scenario import load_scenarios
from opsrunner.cli.context import today
from opsrunner.cli.table import echo_table
from opsrunner.errors import InputError, PolicyError, Problem
from opsrunner.plan.business import load_business
from opsrunner.plan.calendar import load_calendar
from opsrunner.plan.people import FILE as PEOPLE
from opsrunner.plan.people import load_people
from opsrunner.plan.signers import Signers, load_signers
from opsrunner.policy.backup import load_backup
from opsrunner.policy.cases import failures, load_cases
from opsrunner.policy.load import Policies, load_policies
from opsrunner.policy.models import Rule
from opsrunner.policy.texts import filled
from opsrunner.settings import load_settings

EXAMPLES = """
Examples:

  opsrunner rules                          all rules, a line each

  opsrunner rules --json                   for machines

  opsrunner rules explain ssh_max_auth_tries

  opsrunner rules check --cases tests/policies/cases
"""


def register(app: typer.Typer) -> None:
    """Given the application, add the command group ``rules`` to it."""
    group = typer.Typer(help="List, explain and check the rules.", epilog=EXAMPLES)
    group.callback(invoke_without_command=True)(list_rules)
    group.command("explain")(explain)
    group.command("check")(check_rules)
    app.add_typer(group, name="rules")


def _policies() -> Policies:
    return load_policies(load_settings().policies, today())


def clauses_of(policies: Policies) -> dict[str, list[str]]:
    """Given policies, return the clauses that ask for each rule."""
    found: dict[str, list[str]] = {name: [] for name in policies.rules}
    for control in policies.controls.values():
        for clause in control.clauses:
            for rule in clause.rules:
                found[rule].append(clause.id)
    return found


def entry(name: str, rule: Rule, clauses: list[str], policies: Policies) -> dict[str, Any]:
    """Given a rule, return what ``rules --json`` says of it."""
    tags = set(rule.applies_to)
    return {
        "id": name,
        "catalogue": rule.catalogue,
        "title": filled(rule).title.model_dump(),
        "severity": rule.severity.value,
        "clauses": clauses,
        "platforms": sorted(
            platform for platform, item in policies.platforms.items()
            if tags & {platform, *item.family}
        ),
        "danger": rule.danger.level,
        "proven": rule.proven.level,
        "standin": rule.proven.standin,
        "topic": policies.topics[name],
    }


def list_rules(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List all rules: id, catalogue number, severity, how far proven, title."""
    if context.invoked_subcommand:
        return
    policies = _policies()
    clauses = clauses_of(policies)
    rows = [entry(name, rule, clauses[name], policies) for name, rule in policies.rules.items()]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    columns = ("id", "catalogue", "severity", "danger", "proven")
    echo_table(
        (*columns, "title"), ((*(row[key] for key in columns), row["title"]["zh"]) for row in rows),
    )
    left_out = [n for control in policies.controls.values() for n in control.left_out]
    typer.echo(f"{len(rows)} rules; catalogue numbers left out: {', '.join(left_out) or 'none'}")


def explain(rule_id: Annotated[str, typer.Argument(metavar="ID", help="A rule's id.")]) -> None:
    """Explain one rule: why, how it is judged, how to mend it, how dangerous that is."""
    policies = _policies()
    rule = policies.rules.get(rule_id)
    if rule is None:
        raise PolicyError([Problem("rules explain", rule_id, "no such rule; see opsrunner rules")])
    rule, clauses = filled(rule), clauses_of(policies)[rule_id]
    lines = [
        f"{rule_id}  ({rule.catalogue}, {rule.severity.value})",
        rule.title.zh,
        rule.title.en,
        "",
        f"Why        {rule.rationale.zh}",
        f"           {rule.rationale.en}",
        f"Clauses    {', '.join(clauses) or 'none'}",
        f"Applies to {', '.join(rule.applies_to)}",
        f"Check      {rule.check.model_dump_json(exclude_defaults=True)}",
        f"Parameters {json.dumps(rule.parameters, ensure_ascii=False)}",
        f"Mend       {rule.remediation.text.zh}",
        f"           {rule.remediation.text.en}",
        f"Danger     {rule.danger.level}" + (f": {rule.danger.why.zh}" if rule.danger.why else ""),
        f"Proven     {rule.proven.level}" + (" (stand-in)" if rule.proven.standin else "")
        + (f": {rule.proven.by}" if rule.proven.by else ""),
    ]
    typer.echo("\n".join([*lines, *([f"Notes      {rule.notes}"] if rule.notes else [])]))


def check_rules(
    cases: Annotated[
        Path, typer.Option(help="Folder with a case file for each rule.")
    ] = Path("tests/policies/cases"),
) -> None:
    """Check every policy file and run every rule's cases; exit 3 with all problems."""
    settings = load_settings()
    policies = load_policies(settings.policies, today())
    folder = cases if cases.is_absolute() else settings.root / cases
    problems = _others(settings.policies)
    count = 0
    for name, rule in policies.rules.items():
        path = folder / policies.topics[name] / f"{name}.yml"
        if not path.is_file():
            problems.append(Problem(str(path), name, "the rule has no case file; write one"))
            continue
        try:
            file = load_cases(path)
        except InputError as error:
            problems += error.problems
            continue
        count += len(file.cases)
        problems += [Problem(str(path), "case", said) for said in failures(name, rule, file)]
    if problems:
        raise PolicyError(problems)
    typer.echo(f"{len(policies.rules)} rules, {count} cases, all hold")


def _others(policies: Path) -> list[Problem]:
    """Given the policies folder, return what is wrong with who may change what, and when."""
    problems: list[Problem] = []
    loads = [load_calendar, load_business, load_backup, load_scenarios]
    if (policies / PEOPLE).exists():  # rules alone can be checked without anybody
        loads += [load_people, _signers]
    for load in loads:
        try:
            load(policies)
        except InputError as error:
            problems += [one for one in error.problems if one not in problems]
    return problems


def _signers(policies: Path) -> Signers:
    return load_signers(policies, load_people(policies))
