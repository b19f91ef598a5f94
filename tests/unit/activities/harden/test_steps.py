"""A host's rules become steps: each shows its own part, and one digest binds all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from opsrunner.activities.harden.planning import merged
from opsrunner.activities.harden.steps import HostSteps, Wanted, make_steps
from opsrunner.plan.models import Danger, Words
from tests.unit.remedies import states

LOGIN_DEFS = "PASS_MAX_DAYS\t99999\nPASS_MIN_DAYS\t0\nUMASK 022\n"
WORDS = Words(zh="理由", en="why")


def wanted(rule: str, **variables: object) -> Wanted:
    """Given a rule and its variables without the role's prefix, return what is wanted."""
    named = {f"harden_linux_{name}": value for name, value in variables.items()}
    return Wanted(rule, WORDS, Danger(level="low", why=WORDS), named)


RULES = (
    wanted("password_max_days", login_defs={"PASS_MAX_DAYS": 90}),
    wanted("password_min_days", login_defs={"PASS_MIN_DAYS": 1}),
)


def made(rules: Sequence[Wanted], text: str = LOGIN_DEFS) -> HostSteps:
    """Given rules and the text of login.defs, return a host's steps."""
    state = states.host(merged(rules), files={"/etc/login.defs": text})
    return make_steps(state, rules)


def test_two_rules_share_a_file_that_is_written_once() -> None:
    found = made(RULES)
    assert [step.rule for step in found.steps] == ["password_max_days", "password_min_days"]
    assert len(found.changes.operations) == 1
    first, second = (step.changes[0] for step in found.steps)
    assert "+PASS_MAX_DAYS\t90" in first.diff
    assert "PASS_MIN_DAYS" not in [line[1:] for line in first.diff.splitlines() if line[0] == "+"]
    assert first.after_sha256 == second.before_sha256  # the second begins where the first ended


def test_a_rule_whose_remedy_finds_nothing_to_do_is_left_out_and_says_so() -> None:
    found = made(RULES, "PASS_MAX_DAYS\t60\nPASS_MIN_DAYS\t0\n")
    assert [step.rule for step in found.steps] == ["password_min_days"]
    assert [(left.rule, left.reason) for left in found.left_out] == [
        ("password_max_days", "nothing_to_do"),
    ]


def test_what_is_below_the_low_end_of_a_range_is_left_to_a_person_and_named() -> None:
    low = replace(RULES[0], lower_ends={"days": 30})
    (left,) = made((low,), "PASS_MAX_DAYS\t7\n").left_out
    assert left.reason == "nothing_to_do"
    assert "低于下限（days 30）" in left.detail.zh
    assert "below its low end (days 30)" in left.detail.en
    (plain,) = made(RULES[:1], "PASS_MAX_DAYS\t7\n").left_out  # the control
    assert "下限" not in plain.detail.zh


def test_nothing_to_change_has_no_digest() -> None:
    assert made(RULES, "PASS_MAX_DAYS 90\nPASS_MIN_DAYS 1\n").sha256 == ""


def test_the_digest_is_another_for_another_byte_of_the_host() -> None:
    assert made(RULES).sha256 == made(RULES).sha256 != made(RULES, LOGIN_DEFS + "#\n").sha256


def test_the_digest_is_another_for_another_mode() -> None:
    usual = states.host(merged(RULES), files={"/etc/login.defs": LOGIN_DEFS})
    odd = states.host(
        merged(RULES),
        files={"/etc/login.defs": states.file("/etc/login.defs", LOGIN_DEFS, mode=0o600)},
    )
    assert make_steps(usual, RULES).sha256 != make_steps(odd, RULES).sha256


@given(st.permutations(RULES))
def test_the_order_in_which_rules_are_named_does_not_matter(rules: list[Wanted]) -> None:
    assert made(rules).sha256 == made(RULES).sha256


def test_secrets_of_a_file_are_not_in_the_plan() -> None:
    found = made(RULES, LOGIN_DEFS.replace("UMASK 022", "password=hunter2-hunter2"))
    assert "hunter2" not in "".join(step.model_dump_json() for step in found.steps)
    assert b"hunter2" in (found.changes.operations[0].after.content or b"")  # type: ignore[union-attr]
