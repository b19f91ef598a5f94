"""Which findings are mended, and why the others are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from opsrunner.activities.harden.select import choose, site_value
from opsrunner.models import Finding, Severity, Subject, Verdict
from opsrunner.policy.load import load_policies
from opsrunner.subjects.templates import WITHHELD

RULES = load_policies(Path(__file__).parents[4] / "policies", date(2026, 11, 21)).rules
HOST = Subject("host", "web1", "rhel-8", "l3_el", attributes={})


def finding(rule: str, verdict: Verdict = Verdict.FAIL, **more: object) -> Finding:
    """Given a rule and a verdict, return the finding of one host."""
    fields: dict[str, object] = {
        "kind": "host", "subject": "web1", "rule": rule, "severity": Severity.HIGH,
        "verdict": verdict, "reason": None, "observed": None, "expected": None, "clauses": (),
        "waived": None, "evidence": None,
    }
    return Finding(**(fields | more))  # type: ignore[arg-type]


def reasons(*findings: Finding, agreed: bool = False) -> tuple[list[str], dict[str, str]]:
    """Return the rules to mend, and by rule why the others are left out."""
    acknowledged = {(f.rule, "web1"): "agreed" for f in findings} if agreed else {}
    wanted, left = choose(HOST, findings, RULES, acknowledged)
    return [item.rule for item in wanted], {entry.rule: entry.reason for entry in left}


def test_a_failure_with_a_remedy_is_mended() -> None:
    assert reasons(finding("umask")) == (["umask"], {})


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.MANUAL])
def test_what_does_not_fail_is_left_alone(verdict: Verdict) -> None:
    assert reasons(finding("umask", verdict)) == ([], {})


def test_an_unknown_verdict_is_never_mended_and_is_named() -> None:
    assert reasons(finding("umask", Verdict.UNKNOWN, reason="timeout")) == (
        [], {"umask": "unknown"},
    )


def test_a_waived_failure_is_left_out() -> None:
    assert reasons(finding("umask", waived={"reason": "old client"})) == ([], {"umask": "waived"})


def test_high_danger_needs_an_acknowledgement_for_this_host() -> None:
    rule = finding("ssh_root_login_disabled")
    assert reasons(rule) == ([], {"ssh_root_login_disabled": "danger"})
    assert reasons(rule, agreed=True) == (["ssh_root_login_disabled"], {})
    elsewhere = {("ssh_root_login_disabled", "web2"): "agreed"}
    assert choose(HOST, [rule], RULES, elsewhere)[0] == []


def test_a_rule_without_a_remedy_says_what_a_person_does() -> None:
    _, left = choose(HOST, [finding("dormant_accounts")], RULES, {})
    assert [entry.reason for entry in left] == ["no_remedy"]
    assert left[0].detail.zh == RULES["dormant_accounts"].remediation.text.zh


def test_the_parameters_of_the_profile_are_what_is_wanted() -> None:
    rule = finding("password_max_days")
    wanted, _ = choose(HOST, [rule], RULES, {}, {"password_max_days": {"days": [1, 60]}})
    assert wanted[0].variables == {"harden_linux_login_defs": {"PASS_MAX_DAYS": 60}}
    own, _ = choose(HOST, [rule], RULES, {})  # the control
    assert own[0].variables == {"harden_linux_login_defs": {"PASS_MAX_DAYS": 90}}


def test_the_low_end_of_a_range_is_known_where_something_can_be_below_it() -> None:
    rule = finding("password_max_days")
    for low, known in ((30, {"days": 30}), (1, {})):
        chosen = {"password_max_days": {"days": [low, 60]}}
        assert choose(HOST, [rule], RULES, {}, chosen)[0][0].lower_ends == known


def test_a_plan_names_the_values_of_the_profile() -> None:
    chosen = {"password_max_days": {"days": [1, 60]}}
    wanted, _ = choose(HOST, [finding("password_max_days")], RULES, {}, chosen)
    assert wanted[0].title.zh == "新账户口令最长有效期不超过 60 天"
    own, _ = choose(HOST, [finding("password_max_days")], RULES, {})  # the control
    assert own[0].title.en == "Passwords of new accounts expire after at most 90 days"


def test_the_site_still_decides_over_a_parameter() -> None:
    site = replace(HOST, attributes={"harden_linux_login_defs": {"PASS_MAX_DAYS": 45}})
    wanted, _ = choose(site, [finding("password_max_days")], RULES, {})
    assert wanted[0].variables == {"harden_linux_login_defs": {"PASS_MAX_DAYS": 45}}


@pytest.mark.parametrize("value", ["{{ servers }}", ["192.0.2.1", "{{ second }}"], WITHHELD])
def test_what_the_inventory_gives_as_a_template_is_left_out_as_unknown(value: object) -> None:
    name = "harden_linux_time_servers"
    rule = finding("time_synchronised")
    agreed = {("time_synchronised", "web1"): "agreed"}
    site = replace(HOST, attributes={name: value})
    wanted, left = choose(site, [rule], RULES, agreed)
    assert wanted == []
    assert [(entry.rule, entry.reason) for entry in left] == [("time_synchronised", "unknown")]
    assert name in left[0].detail.en
    assert name in left[0].detail.zh
    plain = replace(HOST, attributes={name: ["192.0.2.1"]})  # the control
    assert [one.variables for one in choose(plain, [rule], RULES, agreed)[0]] == [
        {name: ["192.0.2.1"]},
    ]


def test_a_template_leaves_out_only_the_rules_that_rest_on_it() -> None:
    site = replace(HOST, attributes={"harden_linux_sshd_options": {
        "LoginGraceTime": "{{ grace }}", "MaxAuthTries": "3"}})
    found = [finding("ssh_login_grace_time"), finding("ssh_max_auth_tries")]
    wanted, left = choose(site, found, RULES, {})
    assert [one.variables for one in wanted] == [{"harden_linux_sshd_options": {
        "MaxAuthTries": "3"}}]
    assert [entry.rule for entry in left] == ["ssh_login_grace_time"]


def test_the_site_decides_but_only_what_the_rule_is_about() -> None:
    assert site_value({"A": 1}, {"A": 2, "B": 3}) == {"A": 2}
    assert site_value("", "10.0.0.9") == "10.0.0.9"
    assert site_value(5, None) == 5
