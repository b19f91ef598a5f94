"""The engine: three-valued, one finding whatever happens, nothing unknown ever passes."""

from __future__ import annotations

from typing import Any

import pytest

from opsrunner.facts.base import Host
from opsrunner.judge.engine import judge, shorten, unreached
from opsrunner.models import Frame, Subject, Verdict
from opsrunner.policy.models import Rule
from opsrunner.policy.resolve import Selected

SUBJECT = Subject("host", "web01", "rhel-8", "l3_el8")
YES = {"fact": "ssh.options", "key": "usepam", "operator": "equals", "expected": "yes"}
NO = {"fact": "ssh.options", "key": "usepam", "operator": "equals", "expected": "no"}
LOST = {"fact": "accounts.group", "operator": "not_empty"}
BAD = {"fact": "ssh.options", "key": "usepam", "operator": "at_least", "expected": 1}
ASK = {"manual": {"zh": "请提供证据", "en": "attach a document"}}


def rule(check: dict[str, Any], **more: Any) -> Selected:  # noqa: ANN401
    """Given a check, return a selected rule around it."""
    text = {"zh": "标题", "en": "title"}
    model = Rule.model_validate(
        {
            "catalogue": "LNX-AC-04", "title": text, "severity": "high", "rationale": text,
            "applies_to": ["linux"], "check": check, "remediation": {"text": text},
            "danger": {"level": "none"}, "proven": {"level": "recorded", "by": "a unit test"},
            **more,
        },
    )
    return Selected("a_rule", "ssh", model, model.parameters, ("8.1.4.2.b",))


def verdict(check: dict[str, Any], **more: Any) -> tuple[Verdict, str | None]:  # noqa: ANN401
    """Given a check, return verdict and reason on a host with ``usepam yes`` and no login.defs."""
    out = b"port 22\npermitrootlogin no\nusepam yes\n"
    host = Host("rhel-8", {"ssh.effective": Frame("ssh.effective", 0, out)})
    found = judge(rule(check, **more), SUBJECT, host, "sha")
    return found.verdict, found.reason


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (YES, "pass"), (NO, "fail"), (LOST, "unknown"), (BAD, "unknown"), (ASK, "manual"),
        ({"all": [YES, YES]}, "pass"), ({"all": [YES, NO]}, "fail"),
        ({"all": [YES, LOST]}, "unknown"), ({"all": [NO, LOST]}, "fail"),
        ({"all": [YES, ASK]}, "manual"), ({"all": [LOST, ASK]}, "unknown"),
        ({"any": [NO, YES]}, "pass"), ({"any": [NO, LOST]}, "unknown"),
        ({"any": [LOST, YES]}, "pass"), ({"any": [NO, NO]}, "fail"),
        ({"any": [NO, ASK]}, "manual"),
    ],
)
def test_three_valued_logic(check: dict[str, Any], expected: str) -> None:
    assert verdict(check)[0] == expected


def test_the_reason_names_what_was_missing() -> None:
    assert verdict(LOST) == (Verdict.UNKNOWN, "not_collected: accounts.group")
    assert verdict(BAD)[1] == "unparsable: ssh.options: not a number: 'yes'"


@pytest.mark.parametrize(
    ("missing", "expected"),
    [("unknown", "unknown"), ("fail", "fail"), ("pass", "pass"),
     ("not_applicable", "not_applicable")],
)
def test_a_missing_key_means_what_the_rule_says(missing: str, expected: str) -> None:
    check = {**YES, "key": "nosuchkey", "missing": missing}
    assert verdict(check)[0] == expected


def test_a_key_of_something_that_is_no_mapping_is_unknown_and_never_missing() -> None:
    frames = {"accounts.group": Frame("accounts.group", 0, b"\x1efile /etc/group\na:x:1:\n")}
    check = {"fact": "accounts.group", "key": "a", "missing": "pass", "operator": "equals",
             "expected": "x"}
    found = judge(rule(check), SUBJECT, Host("rhel-8", frames), None)
    assert (found.verdict, (found.reason or "").partition(":")[0]) == ("unknown", "unparsable")


def test_a_rule_that_does_not_apply_says_so_and_one_that_cannot_tell_too() -> None:
    assert verdict(YES, applies_when=NO)[0] is Verdict.NOT_APPLICABLE
    assert verdict(YES, applies_when=LOST)[0] is Verdict.UNKNOWN


def test_a_crashing_fact_is_a_finding_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_self: Host, _name: str) -> object:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(Host, "get", crash)
    found, reason = verdict(YES)
    assert found is Verdict.UNKNOWN
    assert reason == "rule_crashed: ZeroDivisionError: boom"


def test_each_reports_the_offenders() -> None:
    check = {"fact": "accounts.shadow", "each": True, "field": "max", "operator": "between",
             "expected": {"parameter": "days"}}
    frame = Frame("accounts.shadow", 0, b"root:$6$:1:0:90:7::\nbob:$6$:1:0:99999:7::\n")
    host = Host("rhel-8", {"accounts.shadow": frame})
    found = judge(rule(check, parameters={"days": [1, 90]}), SUBJECT, host, None)
    assert found.verdict is Verdict.FAIL
    assert list(found.observed) == ["bob"]
    assert found.expected == {"between": [1, 90]}


def test_each_goes_over_members_never_over_letters() -> None:
    each = {"fact": "ssh.options", "key": "usepam", "each": True}
    assert verdict({**each, "operator": "not_equals", "expected": "yes"})[0] is Verdict.UNKNOWN
    assert verdict({**each, "operator": "none_of", "expected": ["yes"]})[0] is Verdict.UNKNOWN


def test_an_unreached_subject_still_has_its_finding() -> None:
    found = unreached(rule(YES), SUBJECT, "unreachable: no route")
    assert (found.verdict, found.reason, found.evidence) == (
        Verdict.UNKNOWN, "unreachable: no route", None,
    )


def test_what_is_cut_says_so() -> None:
    assert shorten("x" * 400).endswith("(400 characters)")
    assert shorten(list(range(30)))[-1] == "… 10 more"
    assert shorten({str(n): n for n in range(25)})["…"] == "5 more"
