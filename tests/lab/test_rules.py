"""Every rule that the lab can carry: set wrong it fails, set right it passes, by the real CLI."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from opsrunner.policy.cases import Lab as Proof
from opsrunner.policy.cases import load_cases
from tests.lab.cli import check, inventory
from tests.lab.fleet import faults
from tests.lab.fleet.control import Lab

pytestmark = pytest.mark.lab

# sshd as it was reloaded after the scripts. It is not: some of them would keep the check out.
RELOADED = "touch /run/sshd.pid"
CASES = Path(__file__).parents[1] / "policies" / "cases"


@cache
def proofs() -> dict[int, dict[str, Proof]]:
    """Return the lab proofs by batch and rule."""
    found: dict[int, dict[str, Proof]] = defaultdict(dict)
    for path in sorted(CASES.glob("*/*.yml")):
        lab = load_cases(path).lab
        if lab:
            found[lab.batch][path.stem] = lab
    return found


@pytest.fixture(scope="module", autouse=True)
def _reset_at_first(lab: Lab) -> None:
    lab.reset()


@pytest.fixture(autouse=True)
def _reset_afterwards(pristine: list[str], batch: int) -> None:
    pristine += sorted({f"lab-{identity}-1" for proof in proofs()[batch].values()
                        for identity in proof.hosts})


@pytest.mark.parametrize("way", ["wrong", "right"])
@pytest.mark.parametrize("batch", sorted(proofs()))
def test_rules_follow_the_host(lab: Lab, tmp_path: Path, batch: int, way: str) -> None:
    """All scripts of a batch run on one host of each identity, then one check judges them."""
    rules = proofs()[batch]
    scripts: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for rule, proof in rules.items():
        for identity in proof.hosts:
            scripts[f"lab-{identity}-1"].append((rule, getattr(proof, way)))
    failed = []
    for host, parts in scripts.items():
        for rule, script in parts:
            done = faults.run(lab, host, script)
            if done.returncode:
                failed.append(f"{rule} on {host}: the {way} script failed: {done.stderr[-300:]}")
        faults.run(lab, host, RELOADED)
    path = inventory(lab, tmp_path, scripts)
    options = [part for rule in rules for part in ("--rule", rule)]
    found = check(path, tmp_path, *options)
    wanted = "pass" if way == "right" else "fail"
    for host, parts in scripts.items():
        verdicts = found.verdicts(host)
        failed += [
            f"{rule} on {host}: not {wanted}: {_why(found.report, host, rule)}"
            for rule, _ in parts if verdicts.get(rule) != wanted
        ]
    assert not failed, "\n".join(failed)


def _why(report: dict[str, list[dict[str, object]]], host: str, rule: str) -> str:
    for finding in report["findings"]:
        if finding["subject"] == {"kind": "host", "id": host} and finding["rule"] == rule:
            said = f"{finding['verdict']} {finding['reason']} observed {finding['observed']!r}"
            return said[:400]
    return "no finding"
