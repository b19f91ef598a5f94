"""The rule reference for people, ``docs/rules/``, written from the rules and controls.

``python -m opsrunner.policy.reference`` writes it: an index by clause and a page for each topic.
A test keeps it true.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from opsrunner.facts.base import probes_for, registry
from opsrunner.policy.crosscheck import conditions
from opsrunner.policy.load import Policies, load_policies
from opsrunner.policy.models import Clause, Control, Proof, Rule
from opsrunner.policy.texts import filled
from opsrunner.policy.words import both, describe, value
from opsrunner.report.labels import COVERAGE, DANGERS, SEVERITIES

FOLDER = Path("docs") / "rules"
COMMAND = "python -m opsrunner.policy.reference"
PROOFS = {
    "lab": "实验主机 lab host",
    "recorded": "记录的输出 recorded output",
    "none": "未证明 not proven",
}
_HEAD = "| 主题 Topic | 规则 Rules | 实验主机 Lab | 替身 Stand-in | 记录 Recorded | 未证明 None |"
_STANDINS = """\
替身：实验主机上代替该工具的程序，其结果已标明。
A stand-in takes the place of a tool that the lab cannot have, see
[tests/lab](../../tests/lab/README.md); it counts as lab as well."""
_NOTICE = f"<!-- Written by `{COMMAND}` from policies/; do not edit. -->"


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule with what the other files say of it."""

    id: str
    topic: str
    rule: Rule
    clauses: tuple[str, ...]
    platforms: tuple[str, ...]

    @property
    def link(self) -> str:
        """Return the Markdown link from the index to the rule."""
        return f"[{self.id}]({self.topic}.md#{self.id})"


def pages(policies: Policies) -> dict[str, str]:
    """Given policies, return every page of the reference by file name."""
    entries = _entries(policies)
    topics = sorted({entry.topic for entry in entries})
    found = {"README.md": _text(_index(policies, entries))}
    for topic in topics:
        found[f"{topic}.md"] = _text(_topic(topic, [e for e in entries if e.topic == topic]))
    return found


def write(root: Path) -> list[Path]:
    """Given the project's root, write the reference, drop pages of no topic; return the files."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pages(load_policies(root / "policies", date.min))
    for path in folder.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in wanted]


def _text(lines: Iterator[str]) -> str:
    return "\n".join([*lines, ""])


def _entries(policies: Policies) -> list[Entry]:
    asked: dict[str, list[str]] = {}
    for control in policies.controls.values():
        for clause in control.clauses:
            for rule in clause.rules:
                asked.setdefault(rule, []).append(clause.id)
    return [
        Entry(
            name, policies.topics[name], filled(rule), tuple(asked.get(name, ())),
            tuple(sorted(
                platform for platform, item in policies.platforms.items()
                if set(rule.applies_to) & {platform, *item.family}
            )),
        )
        for name, rule in sorted(policies.rules.items())
    ]


def _index(policies: Policies, entries: list[Entry]) -> Iterator[str]:
    yield from ("# 规则参考 Rule reference", "", _NOTICE, "")
    yield (
        f"{len(entries)} 条规则 rules。条款要求的文件由人提供；「需提供证据」的条款机器不能判定。"
        " Where a clause needs a document, a person attaches it (`opsrunner evidence add`)."
    )
    for control in policies.controls.values():
        yield from _control(control, {entry.id: entry for entry in entries})
    yield from _statistics(entries)
    for control in policies.controls.values():
        yield from _left_out(control)


def _control(control: Control, entries: dict[str, Entry]) -> Iterator[str]:
    yield from ("", f"## {control.title.zh}", "", control.title.en, "")
    counted = Counter[str](clause.coverage for clause in control.clauses)
    words = [f"{label} {counted[name]}" for name, label in COVERAGE.items()]
    yield f"{len(control.clauses)} 个条款 clauses：{'，'.join(words)}。"
    yield from (
        "",
        "| 条款 Clause | 要求 Requirement | 判定方式 Coverage | 规则 Rules | 需附文件 Document |",
        "| --- | --- | --- | --- | --- |",
    )
    for clause in control.clauses:
        yield _clause(clause, [entries[name] for name in clause.rules])


def _clause(clause: Clause, rules: list[Entry]) -> str:
    risk = f"<br>‼ 高风险 high risk: {clause.high_risk}" if clause.high_risk else ""
    links = "<br>".join(entry.link for entry in rules) or "—"
    document = both(clause.evidence) if clause.evidence else "—"
    requirement = f"{clause.point.zh}：{clause.requirement.zh}<br>{clause.requirement.en}{risk}"
    return f"| {clause.id} | {requirement} | {COVERAGE[clause.coverage]} | {links} | {document} |"


def _statistics(entries: list[Entry]) -> Iterator[str]:
    yield from ("", "## 证明程度 How far the rules are proven", "")
    yield _HEAD
    yield "| --- | --: | --: | --: | --: | --: |"
    topics = sorted({entry.topic for entry in entries})
    for topic in topics:
        mine = [entry.rule.proven for entry in entries if entry.topic == topic]
        yield f"| [{topic}]({topic}.md) | {_counts(mine)} |"
    yield f"| 合计 Total | {_counts([entry.rule.proven for entry in entries])} |"
    yield from ("", _STANDINS)


def _counts(proofs: list[Proof]) -> str:
    by_level = Counter(proof.level for proof in proofs)
    standins = sum(proof.standin for proof in proofs)
    cells = [len(proofs), by_level["lab"], standins, by_level["recorded"], by_level["none"]]
    return " | ".join(map(str, cells))


def _left_out(control: Control) -> Iterator[str]:
    if not control.left_out:
        return
    yield from ("", "## 未实现的目录编号 Catalogue numbers left out", "")
    yield from ("| 编号 Number | 原因 Reason |", "| --- | --- |")
    for number, reason in sorted(control.left_out.items()):
        yield f"| {number} | {both(reason)} |"


def _topic(topic: str, entries: list[Entry]) -> Iterator[str]:
    yield from (f"# {topic}", "", _NOTICE, "", "[规则参考 Rule reference](README.md)")
    for entry in entries:
        yield from _rule(entry)
    yield from ("", "## 依据的事实 Facts read here", "")
    yield from ("| 事实 Fact | 含义 What it is | 探针 Probes |", "| --- | --- | --- |")
    for name in sorted({fact for entry in entries for fact in _facts(entry.rule)}):
        said = (registry()[name].compute.__doc__ or "").strip().partition("\n")[0]
        probes = ", ".join(f"`{probe}`" for probe in sorted(probes_for(name)))
        yield f"| `{name}` | {said.replace('|', chr(92) + '|')} | {probes} |"


def _facts(rule: Rule) -> list[str]:
    return [c.fact for c in conditions(rule) if c.fact] + list(rule.context)


def _rule(entry: Entry) -> Iterator[str]:
    rule = entry.rule
    yield from ("", f"## {entry.id}", "", f"**{rule.title.zh}**  ", rule.title.en, "")
    yield f"{rule.rationale.zh}  "
    yield from (rule.rationale.en, "", "| | |", "| --- | --- |")
    yield f"| 目录编号 Catalogue | {rule.catalogue} |"
    yield f"| 条款 Clauses | {', '.join(entry.clauses) or '—'} |"
    yield f"| 严重程度 Severity | {SEVERITIES[rule.severity]} |"
    yield f"| 适用平台 Applies to | {', '.join(entry.platforms)} |"
    for name, default in rule.parameters.items():
        apart = rule.remediation.not_followed.get(name)
        why = f"<br>整改不随之改变 The remedy does not follow it: {both(apart)}" if apart else ""
        yield f"| 参数 Parameter `{name}` | {value(default)}{why} |"
    yield f"| 证明 Proven | {_proven(rule.proven)} |"
    if rule.applies_when is not None:
        yield from ("", "适用条件 It applies only when:", "", *describe(rule.applies_when))
    yield from ("", "判定 Check:", "", *describe(rule.check))
    yield from ("", f"整改 Mend: {rule.remediation.text.zh}  ", rule.remediation.text.en)
    yield from ("", _danger(rule))
    if rule.notes:
        yield from ("", f"说明 Notes: {rule.notes}")


def _proven(proof: Proof) -> str:
    standin = "（替身 stand-in）" if proof.standin else ""
    return PROOFS[proof.level] + standin + (f": {proof.by}" if proof.by else "")


def _danger(rule: Rule) -> str:
    why = f" — {both(rule.danger.why)}" if rule.danger.why else ""
    return f"整改风险 Danger of mending: {DANGERS[rule.danger.level]}{why}"


if __name__ == "__main__":
    write(Path.cwd())
