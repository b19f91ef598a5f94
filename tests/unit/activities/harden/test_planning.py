"""A plan never says "nothing to do" of what nobody looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from opsrunner.activities.harden.planning import Basis, Cause, make_plan, tasks_of
from opsrunner.models import Finding, Severity, Subject, Verdict
from opsrunner.plan.file import canonical, digest
from opsrunner.plan.models import Plan
from opsrunner.plan.outline import outline
from opsrunner.policy.load import load_policies
from opsrunner.policy.resolve import select

POLICIES = load_policies(Path(__file__).parents[4] / "policies", date(2026, 11, 21))
RULES = POLICIES.rules
WEB = Subject("host", "web1", "rhel-8", "l3_el")
NAMES = ("umask", "shell_timeout", "dormant_accounts")
EXPECTED = {"web1": select("l3_el8", POLICIES, "rhel-8", NAMES)}


def found(rule: str, verdict: Verdict = Verdict.PASS) -> Finding:
    """Return a finding of web1."""
    return Finding("host", "web1", rule, Severity.LOW, verdict, None, None, None, (), None, None)


def left(subject: Subject, *findings: Finding, looked: bool = True) -> list[tuple[str, str]]:
    """Return what is left out of a host's task as (rule, reason)."""
    by_host = {subject.id: findings} if looked else {}
    (task,) = tasks_of([subject], Basis(by_host, EXPECTED, RULES), {}, {})
    assert not task.wanted
    return [(entry.rule, entry.reason) for entry in task.left_out]


def test_what_was_judged_and_passes_is_not_named() -> None:
    assert left(WEB, found("umask"), found("shell_timeout")) == []


def test_a_rule_with_a_remedy_that_the_run_did_not_judge_is_unknown() -> None:
    assert left(WEB, found("umask")) == [("shell_timeout", "unknown")]


def test_a_host_that_the_run_did_not_look_at_is_unknown_as_a_whole() -> None:
    assert left(WEB, looked=False) == [("", "unknown")]


def test_a_host_without_a_profile_is_named() -> None:
    assert left(Subject("host", "win1", "windows-2019", ""), looked=False) == [("", "unknown")]


def test_a_rule_that_is_gone_since_the_run_is_unknown() -> None:
    every = [found(rule) for rule in NAMES]
    assert left(WEB, *every, found("no_such_rule", Verdict.FAIL)) == [("no_such_rule", "unknown")]


def test_a_task_wants_what_the_profile_of_its_host_overrides() -> None:
    profile = POLICIES.profiles["l3_el8"].model_copy(
        update={"parameters": {"shell_timeout": {"seconds": [1, 300]}}})
    stricter = replace(POLICIES, profiles={**POLICIES.profiles, "l3_el8": profile})
    expected = {"web1": select("l3_el8", stricter, "rhel-8", NAMES),
                "web2": EXPECTED["web1"]}
    failed = {host: [replace(found("shell_timeout", Verdict.FAIL), subject=host)]
              for host in expected}
    tasks = tasks_of([WEB, replace(WEB, id="web2")], Basis(failed, expected, RULES), {}, {})
    assert [dict(task.wanted[0].variables) for task in tasks] == [
        {"harden_linux_shell_timeout": 300}, {"harden_linux_shell_timeout": 600},
    ]


SSHD = "ssh_max_auth_tries"


def tasks(host: Subject, **without: str) -> tuple[list[str], dict[str, str], str]:
    """Given a host that fails two rules, return what is mended, what is not, what was taken on."""
    failed = {"web1": [found("umask", Verdict.FAIL), found(SSHD, Verdict.FAIL)]}
    (task,) = tasks_of([host], Basis(failed, {}, RULES), {}, without)
    left_out = {entry.rule: str(entry.reason) for entry in task.left_out}
    return [item.rule for item in task.wanted], left_out, task.without_second_way


def test_what_could_cut_access_needs_a_second_way_in_and_what_could_not_does_not() -> None:
    assert tasks(WEB) == (["umask"], {SSHD: "no_second_way"}, "")
    assert tasks(WEB, web2="agreed") == (["umask"], {SSHD: "no_second_way"}, "")
    declared = replace(WEB, attributes={"ops_second_login": "opsadm"})
    assert tasks(declared) == (["umask", SSHD], {}, "")
    assert tasks(declared, web1="agreed") == (["umask", SSHD], {}, "")  # it will be tried


def test_a_person_may_do_without_and_the_plan_says_so_where_it_matters() -> None:
    assert tasks(WEB, web1="console") == (["umask", SSHD], {}, "console")
    (task,) = tasks_of(
        [WEB], Basis({"web1": [found("umask", Verdict.FAIL)]}, {}, RULES), {}, {"web1": "console"},
    )
    assert task.without_second_way == ""  # nothing in it could cut the host off


def test_the_plan_carries_what_was_taken_on_and_its_digest_binds_it() -> None:
    made = [_plan(why) for why in ("console", "KVM")]
    assert [plan.subjects[0].without_second_way for plan in made] == ["console", "KVM"]
    assert len({digest(canonical(plan)) for plan in made}) == 2
    told = outline(made[0], digest(canonical(made[0])))
    assert told["without_second_way"] == {"web1": "console"}


def _plan(why: str) -> Plan:
    failed = {"web1": [found(SSHD, Verdict.FAIL)]}
    tasks = tasks_of([WEB], Basis(failed, {}, RULES), {}, {"web1": why})
    cause = Cause("li", "li", "inventory", "run", "0" * 64, "1")
    made = make_plan(tasks, {}, cause, datetime(2026, 11, 21, tzinfo=UTC)).plan
    return made.model_copy(update={"id": "harden-20261121-3fa9c1"})
