"""Findings of a run -> what shall be mended on each host, and what is left out, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from opsrunner.activities.harden.steps import Wanted
from opsrunner.models import Finding, Subject, Verdict
from opsrunner.plan.models import Danger, LeftOut, Words
from opsrunner.policy.models import Rule
from opsrunner.policy.parameters import lower_ends, remedy_variables
from opsrunner.policy.texts import filled
from opsrunner.remedies.base import cuts_access
from opsrunner.subjects.templates import is_unfilled

Acknowledged = Mapping[tuple[str, str], str]  # (rule, host) -> the reason a person gave
Parameters = Mapping[str, Mapping[str, Any]]  # rule -> its parameters, as the profile has them


def choose(
    subject: Subject,
    findings: Iterable[Finding],
    rules: Mapping[str, Rule],
    acknowledged: Acknowledged,
    parameters: Parameters | None = None,
) -> tuple[list[Wanted], list[LeftOut]]:
    """Given a host, its findings, the rules and acknowledgements, return what to mend and what not.

    ``parameters`` are those of the host's profile; a rule that is not named there has its own.
    Only a failure is mended. One that is waived, has no remedy for a machine, is of high danger
    without an acknowledgement for this very host, or rests on a template of the inventory is left
    out and says so; so is a rule with a remedy whose verdict is unknown.
    """
    wanted: list[Wanted] = []
    left: list[LeftOut] = []
    for finding in findings:
        rule = rules.get(finding.rule)
        if rule is None:  # an older run, judged by other policies
            why = "the policies of today have no such rule"
            left.append(unseen(finding.rule, "今天的策略中已没有这条规则", why))
            continue
        chosen = (parameters or {}).get(finding.rule, rule.parameters)
        rule = filled(rule, chosen)
        if finding.verdict is Verdict.UNKNOWN and rule.remediation.role:
            said = str(finding.reason)
            left.append(_left(finding.rule, rule, "unknown", f"检查结果未知：{said}", said))
        elif finding.verdict is Verdict.FAIL:
            reason = acknowledged.get((finding.rule, subject.id), "")
            item = _wanted(finding.rule, rule, chosen, subject, reason)
            refusal = _refusal(finding, rule, reason) or _template(item, rule)
            if refusal:
                left.append(refusal)
            else:
                wanted.append(item)
    return wanted, left


def harmless(wanted: Iterable[Wanted]) -> tuple[list[Wanted], list[LeftOut]]:
    """Given what shall be mended on a host without a second way in, return what may be, what not.

    What could cut everybody off waits until there is such a way, or a person does without it.
    """
    safe: list[Wanted] = []
    barred: list[LeftOut] = []
    for item in wanted:
        if cuts_access(item.variables):
            detail = Words(
                zh="可能切断登录，而该主机未声明第二登录账户；请在清单中写明 ops_second_login，"
                   '或编制方案时加 --without-second-way 主机="理由"',
                en="it could cut access, and the host has no second way in: set ops_second_login in"
                   ' the inventory, or plan with --without-second-way HOST="why"',
            )
            barred.append(LeftOut(
                rule=item.rule, title=item.title, reason="no_second_way", detail=detail,
            ))
        else:
            safe.append(item)
    return safe, barred


def unseen(rule: str, zh: str, en: str) -> LeftOut:
    """Given a rule ("" for the whole host) nobody looked at, return it as unknown, and why."""
    title = Words(zh=rule or "整台主机", en=rule or "the whole host")
    return LeftOut(rule=rule, title=title, reason="unknown", detail=Words(zh=zh, en=en))


def _refusal(finding: Finding, rule: Rule, acknowledged: str) -> LeftOut | None:
    name, text = finding.rule, rule.remediation.text
    danger = _why(rule)
    if finding.waived:
        why = finding.waived.get("reason", "")
        return _left(name, rule, "waived", f"已豁免：{why}", f"waived: {why}")
    if not rule.remediation.role or not rule.remediation.variables:
        return _left(name, rule, "no_remedy", text.zh, text.en)
    if rule.danger.level == "high" and not acknowledged:
        option = f'--acknowledge {name}@HOST="..."'  # alike on all hosts: one line of a paper
        return _left(
            name, rule, "danger",
            f"高风险，未确认（{danger.zh}）；确认请加 {option}",
            f"high danger, not acknowledged ({danger.en}); to do it: {option}",
        )
    return None


def _template(item: Wanted, rule: Rule) -> LeftOut | None:
    """Leave a rule out as unknown when the inventory says what is wanted as a template only.

    Filled in here it could carry a secret into the plan; and what the site wants is not ours to
    replace by what the rule says.
    """
    names = [name for name, value in item.variables.items() if is_unfilled(value)]
    if not names:
        return None
    said = "、".join(names)
    return _left(
        item.rule, rule, "unknown",
        f"清单中的 {said} 是模板或 vault 加密值，其取值未知；请直接写出取值",
        f"the inventory gives {', '.join(names)} as a template or encrypted: write the plain value",
    )


def _wanted(
    name: str, rule: Rule, parameters: Mapping[str, Any], subject: Subject, acknowledged: str,
) -> Wanted:
    return Wanted(
        rule=name,
        title=Words(zh=rule.title.zh, en=rule.title.en),
        danger=Danger(level=rule.danger.level, why=_why(rule)),
        variables={
            variable: site_value(value, subject.attributes.get(variable))
            for variable, value in remedy_variables(rule, parameters).items()
        },
        acknowledged=acknowledged,
        lower_ends=lower_ends(rule, parameters),
    )


def _why(rule: Rule) -> Words:
    why = rule.danger.why
    return Words(zh=why.zh, en=why.en) if why else Words(zh="", en="")


def site_value(rule_value: Any, site: Any) -> Any:  # noqa: ANN401 - a variable's own type
    """Given what a rule wants and what the inventory says of it, return what counts.

    The site decides; of a mapping only the keys that the rule is about.
    """
    if site is None:
        return rule_value
    if isinstance(rule_value, Mapping) and isinstance(site, Mapping):
        return {key: site.get(key, value) for key, value in rule_value.items()}
    return site


def _left(
    name: str,
    rule: Rule,
    reason: Literal["waived", "danger", "no_remedy", "unknown"],
    zh: str,
    en: str,
) -> LeftOut:
    return LeftOut(
        rule=name,
        title=Words(zh=rule.title.zh, en=rule.title.en),
        reason=reason,
        detail=Words(zh=zh, en=en),
    )
