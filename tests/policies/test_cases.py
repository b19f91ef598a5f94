"""Guards over every real rule: its cases hold, there are enough of them, and it is proven."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsrunner.errors import PolicyError
from opsrunner.facts.base import probes_for, registry
from opsrunner.policy.cases import failures, load_cases
from opsrunner.policy.crosscheck import conditions
from opsrunner.policy.models import Rule
from opsrunner.policy.yaml import read
from opsrunner.sources.script import load_probes

ROOT = Path(__file__).parents[2]
RULES = sorted((ROOT / "policies" / "rules").glob("*/*.yml"))
CASES = ROOT / "tests" / "policies" / "cases"


def _rule(path: Path) -> Rule:
    value, problems = read(path)
    assert not problems, problems
    return Rule.model_validate(value)


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_every_case_of_a_rule_holds(path: Path) -> None:
    file = load_cases(CASES / path.parent.name / path.name)
    assert list(failures(path.stem, _rule(path), file)) == []


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_rule_has_a_case_for_each_verdict_it_can_give(path: Path) -> None:
    rule = _rule(path)
    verdicts = {str(c.verdict) for c in load_cases(CASES / path.parent.name / path.name).cases}
    manual = any(condition.manual for condition in conditions(rule))
    needed = {"manual"} if manual else {"pass", "fail", "unknown"}
    assert needed <= verdicts
    names = [case.name for case in load_cases(CASES / path.parent.name / path.name).cases]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_rule_reads_facts_and_probes_that_exist(path: Path) -> None:
    probes = load_probes(ROOT / "roles" / "observe_linux" / "files" / "probes")
    for condition in conditions(_rule(path)):
        if condition.fact:
            assert condition.fact in registry()
            assert probes_for(condition.fact) <= probes.keys()


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_rule_says_truly_how_far_it_is_proven(path: Path) -> None:
    file, proof = load_cases(CASES / path.parent.name / path.name), _rule(path).proven
    if proof.level == "lab":
        assert file.lab is not None
        assert proof.standin == (file.lab.standin is not None)
    else:
        assert file.lab is None
        assert proof.by, "say why the lab cannot carry it"


def test_a_case_file_belongs_to_a_rule() -> None:
    rules = {(path.parent.name, path.name) for path in RULES}
    orphans = [path for path in CASES.glob("*/*.yml") if (path.parent.name, path.name) not in rules]
    assert orphans == []


def test_a_broken_case_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "rule.yml"
    broken.write_text("cases: [{name: pass, verdict: passed}]\n", encoding="utf-8")
    with pytest.raises(PolicyError, match="verdict"):
        load_cases(broken)
