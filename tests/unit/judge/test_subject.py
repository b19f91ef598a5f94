"""One subject: waivers mark, documents answer, equal frames are judged once, nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from opsrunner.evidence.records import AttachedDocument
from opsrunner.facts.base import Fact, Host, registry
from opsrunner.judge import engine
from opsrunner.judge.memo import Memo
from opsrunner.judge.subject import Yardstick, judge_subject
from opsrunner.models import Finding, Frame, Subject, Verdict
from opsrunner.policy.models import Waiver
from opsrunner.policy.resolve import Selected
from tests.unit.judge.test_engine import ASK, NO, YES, rule

TODAY = date(2026, 11, 21)
WEB = Subject("host", "web01", "rhel-8", "l3_el8")
FRAME = Frame("ssh.effective", 0, b"port 22\npermitrootlogin no\nusepam yes\n")


def yardstick(
    rules: list[Selected], waivers: list[Waiver] = [], documents: list[AttachedDocument] = [],  # noqa: B006 - never changed
    seconds: float = 10,
) -> Yardstick:
    return Yardstick(
        rules=rules, labels={r.id: "stable" for r in rules},
        memo=Memo(seconds), clauses=[], asked={}, waivers=waivers, documents=documents, today=TODAY,
    )


def judged(by: Yardstick, subject: Subject = WEB, frame: Frame = FRAME) -> Finding:
    found = judge_subject(subject, {"ssh.effective": frame}, None, {"stable": "sha"}, by)
    assert len(found.findings) == len(by.rules)
    return found.findings[0]


def waiver(
    subjects: tuple[str, ...], expires: date, approved: date = date(2026, 1, 1),
) -> Waiver:
    return Waiver(
        rule="a_rule", subjects=subjects, reason="a bastion", owner="somebody",
        compensating="console only", approved=approved, expires=expires,
    )


def document(verdict: str, **more: object) -> AttachedDocument:
    fields: dict[str, object] = {
        "file": "proof.pdf", "sha256": "d0c", "size": 1, "subject": None, "rule": "a_rule",
        "clause": None, "verdict": verdict, "by": "li", "note": "", "valid_until": None,
    }
    return AttachedDocument(**{**fields, **more})  # type: ignore[arg-type]  # a test's shorthand


@pytest.mark.parametrize(
    ("subjects", "expires", "marked"),
    [
        (("web*",), date(2026, 12, 1), True), (("web01",), TODAY, True),
        (("db*",), date(2026, 12, 1), False), (("web*",), date(2026, 11, 20), False),
    ],
)
def test_a_waiver_marks_a_failure_and_never_passes_it(
    subjects: tuple[str, ...], expires: date, *, marked: bool,
) -> None:
    found = judged(yardstick([rule(NO)], [waiver(subjects, expires)]))
    assert found.verdict is Verdict.FAIL
    assert (found.waived is not None) is marked


def test_a_waiver_marks_nothing_before_the_day_it_was_approved() -> None:
    for approved, marked in ((TODAY, True), (date(2026, 11, 22), False)):
        by = yardstick([rule(NO)], [waiver(("web01",), date(2027, 1, 1), approved)])
        assert (judged(by).waived is not None) is marked


def test_a_waiver_does_not_touch_a_pass() -> None:
    assert judged(yardstick([rule(YES)], [waiver(("*",), date(2027, 1, 1))])).waived is None


@pytest.mark.parametrize(
    ("stated", "expected"),
    [("pass", "pass"), ("fail", "fail"), ("符合", "pass"), ("部分符合", "fail"),
     ("不适用", "not_applicable")],
)
def test_a_document_answers_a_manual_rule(stated: str, expected: str) -> None:
    found = judged(yardstick([rule(ASK)], documents=[document(stated)]))
    assert (found.verdict, found.evidence) == (expected, "d0c")


@pytest.mark.parametrize(
    "more", [{"subject": "db01"}, {"valid_until": date(2026, 11, 20)}, {"rule": "another"}],
)
def test_a_document_of_another_host_or_day_does_not(more: dict[str, object]) -> None:
    found = judged(yardstick([rule(ASK)], documents=[document("pass", **more)]))
    assert found.verdict is Verdict.MANUAL


def test_a_hosts_own_document_counts_before_a_newer_one_for_all() -> None:
    documents = [document("fail", subject="web01"), document("pass")]
    assert judged(yardstick([rule(ASK)], documents=documents)).verdict is Verdict.FAIL


def test_a_document_never_answers_what_a_machine_judges() -> None:
    found = judged(yardstick([rule(NO)], documents=[document("pass")]))
    assert found.verdict is Verdict.FAIL


def test_equal_frames_are_judged_once_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    compute = Host._compute  # noqa: SLF001 - counts what is computed

    def counted(self: Host, name: str) -> object:
        calls.extend([name] if name == "ssh.options" else [])
        return compute(self, name)

    monkeypatch.setattr(Host, "_compute", counted)
    by = yardstick([rule(YES)])
    assert judged(by).verdict is Verdict.PASS
    assert judged(by, Subject("host", "web02", "rhel-8", "l3_el8")).subject == "web02"
    assert len(calls) == 1
    other = Frame("ssh.effective", 0, FRAME.stdout.replace(b"usepam yes", b"usepam no"))
    assert judged(by, frame=other).verdict is Verdict.FAIL
    cut = Frame("ssh.effective", 0, FRAME.stdout, truncated=True)
    assert judged(by, frame=cut).reason == "truncated: ssh.effective"
    assert len(calls) == 3


def test_a_host_on_which_a_fact_crashes_does_not_speak_for_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def crashing(host: Host) -> dict[str, str]:
        return {"usepam": {"yes": "yes"}[host.text("ssh.effective")]}

    declared = Fact("ssh.options", frozenset({"ssh.effective"}), frozenset(), crashing)
    monkeypatch.setitem(registry(), "ssh.options", declared)
    by = yardstick([rule(YES)])
    said = [judged(by, frame=Frame("ssh.effective", 0, text)) for text in (b"boom", b"yes")]
    assert [found.verdict for found in said] == [Verdict.UNKNOWN, Verdict.PASS]


def test_a_fact_that_never_ends_is_unknown_and_the_rest_is_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[str] = []

    def endless(host: Host) -> bool:
        calls.append(host.text("ssh.effective"))
        while b"no" in host.frame("ssh.effective").stdout:
            pass
        return True

    declared = Fact("test.endless", frozenset({"ssh.effective"}), frozenset(), endless)
    monkeypatch.setitem(registry(), "test.endless", declared)
    stuck = {"fact": "test.endless", "operator": "equals", "expected": True}
    rules = [replace(rule(check), id=name) for name, check in (
        ("stuck", stuck), ("settled", {"any": [stuck, YES]}), ("other", YES), ("again", stuck),
    )]
    by = yardstick(rules, seconds=0.2)
    found = judge_subject(WEB, {"ssh.effective": FRAME}, None, {"stable": "sha"}, by).findings
    why = "timeout: the fact test.endless did not end within 0.2 s of computing"
    assert [(f.verdict.value, f.reason) for f in found] == [
        ("unknown", why), ("pass", None), ("pass", None), ("unknown", why),
    ]
    assert len(calls) == 1, "waited for more than once"
    good = Frame("ssh.effective", 0, FRAME.stdout.replace(b"login no", b"login yes"))
    assert judged(by, Subject("host", "web02", "rhel-8", "l3_el8"), good).verdict is Verdict.PASS


def test_an_operator_that_never_ends_is_unknown() -> None:
    slow = {**YES, "operator": "matches", "expected": "(y+)+$"}
    text = FRAME.stdout.replace(b"usepam yes", b"usepam " + b"y" * 40 + b"!")
    frame = Frame("ssh.effective", 0, text)
    found = judged(yardstick([rule(slow)], seconds=0.2), frame=frame)
    assert found.verdict is Verdict.UNKNOWN
    assert found.reason == "timeout: the rule did not end within 0.2 s of computing"


def test_a_crash_is_not_remembered_as_anything_else() -> None:
    assert engine.outcome_of(rule(YES), Host("rhel-8", {})).verdict is Verdict.UNKNOWN
