"""(rule, facts) -> finding. Pure: no clock, no file, no log.

Three-valued: a condition that cannot be known leaves the whole unknown, unless another one
settles it (one certain failure fails ``all``, one certain success passes ``any``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from opsrunner.facts.base import CannotTell, Host, provisos_of
from opsrunner.facts.overdue import SECONDS, Overdue, at_most
from opsrunner.judge.operators import OPERATORS, prepare
from opsrunner.models import Finding, Reason, Subject, Verdict
from opsrunner.policy.crosscheck import conditions, parameter_of
from opsrunner.policy.models import Check
from opsrunner.policy.resolve import Selected

_SHOWN = 20  # items of a list, and
_LENGTH = 300  # characters of a text that a finding shows; the evidence holds the rest


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a condition came to: a verdict, why it is unknown, what was seen and wanted."""

    verdict: Verdict
    reason: str | None = None
    observed: Any = None
    expected: Any = None


def judge(selected: Selected, subject: Subject, host: Host, evidence: str | None) -> Finding:
    """Given a selected rule, a subject, its facts and the evidence's hash, return the finding."""
    return finding(selected, subject, outcome_of(selected, host), evidence)


def outcome_of(selected: Selected, host: Host, seconds: float = SECONDS) -> Outcome:
    """Given a selected rule and a host's facts, return what it comes to, cut to what is shown.

    It never raises and always ends: a rule that crashes is ``unknown: rule_crashed``, one that
    computes for more than ``seconds`` is ``unknown: timeout``.
    """
    try:
        with at_most(seconds):
            outcome = _outcome(selected, host)
            shown = shorten(outcome.observed)
            return Outcome(outcome.verdict, outcome.reason, shown, outcome.expected)
    except CannotTell as cannot:
        return _unknown(cannot)
    except Overdue as overdue:
        return _unknown(CannotTell(Reason.TIMEOUT, f"the rule {overdue}"))
    except Exception as fault:  # noqa: BLE001 - the one per-rule boundary, and it records it
        detail = f"{Reason.RULE_CRASHED}: {type(fault).__name__}: {fault}"
        return Outcome(Verdict.UNKNOWN, detail[:_LENGTH])


def unreached(selected: Selected, subject: Subject, reason: str) -> Finding:
    """Given a rule and a subject nobody could look at, return its ``unknown`` finding."""
    return finding(selected, subject, Outcome(Verdict.UNKNOWN, reason), None)


def finding(
    selected: Selected, subject: Subject, outcome: Outcome, evidence: str | None,
) -> Finding:
    """Given what a rule came to on a subject, return the finding."""
    return Finding(
        kind=subject.kind,
        subject=subject.id,
        rule=selected.id,
        severity=selected.rule.severity,
        verdict=outcome.verdict,
        reason=outcome.reason,
        observed=outcome.observed,
        expected=outcome.expected,
        clauses=selected.clauses,
        waived=None,
        evidence=evidence,
    )


def _outcome(selected: Selected, host: Host) -> Outcome:
    rule, parameters = selected.rule, selected.parameters
    if rule.applies_when:
        applies = evaluate(rule.applies_when, host, parameters)
        if applies.verdict is Verdict.UNKNOWN:
            return applies
        if applies.verdict is not Verdict.PASS:
            return Outcome(Verdict.NOT_APPLICABLE, None, applies.observed, applies.expected)
    outcome = evaluate(rule.check, host, parameters)
    if outcome.verdict is Verdict.MANUAL and rule.context:
        return Outcome(outcome.verdict, None, _context(rule.context, host), outcome.expected)
    if outcome.verdict is Verdict.PASS:
        for check in conditions(rule):
            for proviso in provisos_of(check.fact) if check.fact else ():
                host.get(proviso)  # one that cannot be known leaves the pass unknown
    return outcome


def _context(facts: Iterable[str], host: Host) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for name in facts:
        try:
            seen[name] = host.get(name)
        except CannotTell as cannot:
            seen[name] = f"unknown: {cannot}"
    return seen


def evaluate(check: Check, host: Host, parameters: Mapping[str, Any]) -> Outcome:
    """Given a condition, facts and parameters, return what it comes to."""
    if check.manual is not None:
        return Outcome(Verdict.MANUAL, None, None, check.manual.zh)
    if check.all:
        return _all([evaluate(inner, host, parameters) for inner in check.all])
    if check.any:
        return _any([evaluate(inner, host, parameters) for inner in check.any])
    try:
        return _single(check, host, parameters)
    except CannotTell as cannot:
        return _unknown(cannot)
    except (TypeError, ValueError) as error:
        return Outcome(Verdict.UNKNOWN, f"{Reason.UNPARSABLE}: {check.fact}: {error}"[:_LENGTH])


def _single(check: Check, host: Host, parameters: Mapping[str, Any]) -> Outcome:
    value = host.get(str(check.fact))
    name = parameter_of(check.expected)
    wanted = parameters[name] if name is not None else check.expected
    shown = _wanted(str(check.operator), wanted)
    if check.key is not None:
        if not isinstance(value, Mapping):  # a text "has" the key as a part of it, a list never
            raise TypeError(f"a key goes into a mapping, not {type(value).__name__}")
        if check.key not in value:
            if check.missing == "unknown":
                raise CannotTell(Reason.UNPARSABLE, f"{check.fact} has no {check.key}")
            return Outcome(Verdict(check.missing), None, None, shown)
        value = value[check.key]
    operator = OPERATORS[str(check.operator)]
    if check.each:
        offenders = _offenders(check, value, wanted)
        verdict = Verdict.FAIL if offenders else Verdict.PASS
        return Outcome(verdict, None, offenders or value, shown)
    return Outcome(Verdict.PASS if operator(value, wanted) else Verdict.FAIL, None, value, shown)


def _wanted(operator: str, wanted: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return what a report shows as expected: ``{"none_of": [...]}`` must not read as a wish."""
    if wanted is None:
        return operator
    return wanted if operator == "equals" else {operator: shorten(wanted)}


def _offenders(check: Check, value: Any, wanted: Any) -> Any:  # noqa: ANN401 - any JSON value
    if not isinstance(value, (Mapping, list, tuple)):
        raise TypeError(f"each goes over a list or a mapping, not {value!r}")
    operator = OPERATORS[str(check.operator)]
    prepared = prepare(wanted) if check.operator in ("one_of", "none_of") else wanted

    def holds(item: Any) -> bool:  # noqa: ANN401
        return operator(item[check.field] if check.field else item, prepared)

    if isinstance(value, Mapping):
        return {key: item for key, item in value.items() if not holds(item)}
    return [item for item in value if not holds(item)]


def _all(outcomes: list[Outcome]) -> Outcome:
    for verdict in (Verdict.FAIL, Verdict.UNKNOWN, Verdict.MANUAL):
        decisive = [outcome for outcome in outcomes if outcome.verdict is verdict]
        if decisive:
            return _joined(verdict, decisive)
    passed = [outcome for outcome in outcomes if outcome.verdict is Verdict.PASS]
    return _joined(Verdict.PASS if passed else Verdict.NOT_APPLICABLE, passed or outcomes)


def _any(outcomes: list[Outcome]) -> Outcome:
    for verdict in (Verdict.PASS, Verdict.UNKNOWN, Verdict.MANUAL):
        decisive = [outcome for outcome in outcomes if outcome.verdict is verdict]
        if decisive:
            return _joined(verdict, decisive[:1] if verdict is Verdict.PASS else decisive)
    failed = [outcome for outcome in outcomes if outcome.verdict is Verdict.FAIL]
    return _joined(Verdict.FAIL if failed else Verdict.NOT_APPLICABLE, failed or outcomes)


def _joined(verdict: Verdict, outcomes: list[Outcome]) -> Outcome:
    if len(outcomes) == 1:
        only = outcomes[0]
        return Outcome(verdict, only.reason, only.observed, only.expected)
    reasons = [outcome.reason for outcome in outcomes if outcome.reason]
    return Outcome(
        verdict,
        "; ".join(dict.fromkeys(reasons))[:_LENGTH] or None,
        [outcome.observed for outcome in outcomes],
        [outcome.expected for outcome in outcomes],
    )


def _unknown(cannot: CannotTell) -> Outcome:
    return Outcome(Verdict.UNKNOWN, str(cannot)[:_LENGTH])


def shorten(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Given a JSON-like value, return it cut to what a report can show, saying what was cut."""
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        return value if len(value) <= _LENGTH else f"{value[:_LENGTH]}… ({len(value)} characters)"
    if isinstance(value, (list, tuple, set, frozenset)):
        listed = sorted(value) if isinstance(value, (set, frozenset)) else value
        items_ = [shorten(item) for item in listed[:_SHOWN]]
        return items_ + ([f"… {len(listed) - _SHOWN} more"] if len(listed) > _SHOWN else [])
    if isinstance(value, Mapping):
        items = {str(key): shorten(item) for key, item in islice(value.items(), _SHOWN)}
        return items | ({"…": f"{len(value) - _SHOWN} more"} if len(value) > _SHOWN else {})
    return value
