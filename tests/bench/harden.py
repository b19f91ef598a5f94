"""Hardening 12 hosts: ours against a role with a task per setting, a second run, one host's undo.

Both do what ``plan harden`` selects on pristine hosts; hosts are reset between measurements.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from opsrunner.activities.harden.planning import merged
from opsrunner.activities.harden.steps import Wanted
from opsrunner.cli.fleet import findings_of
from opsrunner.evidence.store import Store
from opsrunner.models import Verdict
from opsrunner.plan.models import Danger, Plan, Words
from tests.bench.approved import approve, bench_policies
from tests.bench.figures import Figure, figure
from tests.bench.transaction import snapshot_and_undo
from tests.lab.fleet.control import Lab

ROOT = Path(__file__).parents[2]
SETTINGS = Path(__file__).parent / "settings"
HOSTS = 12
IDENTITIES = "centos7,rhel8,kylinv10,debian12"  # those with a Python, which the other role needs
ROUNDS = 3
_RECAP = re.compile(r"changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)")
_NONE = Words(zh="无", en="none")
_NO_WAY = ("--without-second-way", "all=hosts of the lab")
Passing = frozenset[tuple[str, str]]  # (host, rule)


@dataclass
class Bench:
    """One lab, its inventories and the environment of every command."""

    folder: Path
    lab: Lab
    environ: dict[str, str]
    plan: Plan = field(init=False)

    @property
    def inventory(self) -> Path:
        """Return the lab's inventory, which wants nothing."""
        return self.folder / "lab.yml"

    @property
    def wanted(self) -> Path:
        """Return the inventory with what every host is to be given."""
        return self.folder / "wanted.yml"

    @property
    def store(self) -> Path:
        """Return the evidence store."""
        return self.folder / "store"

    def opsrunner(self, *arguments: str) -> tuple[float, str]:
        """Given arguments, run the command line; return seconds and what it printed."""
        return self._timed([sys.executable, "-m", "opsrunner", *arguments], self.environ, (0, 2, 4))

    def play(self, playbook: Path, inventory: Path, config: Path) -> tuple[float, int]:
        """Given a playbook, an inventory and Ansible's settings, run it on fresh connections.

        Return seconds and how many hosts were changed. Raise RuntimeError when one failed.
        """
        with tempfile.TemporaryDirectory(prefix="ob") as connections:
            environ = {**self.environ, "ANSIBLE_CONFIG": str(config),
                       "ANSIBLE_SSH_CONTROL_PATH_DIR": connections}
            command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory),
                       str(playbook)]
            seconds, said = self._timed(command, environ, (0,))
        counts = [tuple(map(int, found)) for found in _RECAP.findall(said)]
        if len(counts) != HOSTS or any(lost or failed for _, lost, failed in counts):
            raise RuntimeError(f"{playbook}\n{said[-2000:]}")
        return seconds, sum(changed > 0 for changed, _, _ in counts)

    def _timed(
        self, command: list[str], environ: Mapping[str, str], good: tuple[int, ...],
    ) -> tuple[float, str]:
        start = time.monotonic()
        done = subprocess.run(
            command, cwd=ROOT, env=dict(environ), capture_output=True, text=True, check=False,
        )
        seconds = time.monotonic() - start
        if done.returncode not in good:
            said = (done.stdout + done.stderr)[-2000:]
            raise RuntimeError(f"{command}: exit {done.returncode}\n{said}")
        return seconds, done.stdout

    def check(self) -> float:
        """Check all hosts with all rules; return seconds."""
        reports = str(self.folder / "out")
        return self.opsrunner(
            "check", "-i", str(self.inventory), "--format", "json", "--output", reports,
        )[0]

    def passing(self) -> Passing:
        """Return which rules of the plan passed on which host in the newest check."""
        store = Store.open(self.store)
        run = next(run for run in reversed(store.runs()) if run.activity == "check")
        planned = planned_rules(self.plan)
        return frozenset(
            (host, row.rule) for host, rows in findings_of(store, run.id).items() for row in rows
            if (host, row.rule) in planned and row.verdict is Verdict.PASS
        )


def harden_figures(folder: Path) -> list[Figure]:
    """Given a folder for store and reports, measure hardening on a lab of its own."""
    folder.mkdir(exist_ok=True)
    with _bench(folder) as bench:
        _plan_first(bench)
        ours, again = bench.play(ROOT / "playbooks" / "harden.yml", bench.wanted, _OURS)[0], []
        changed = bench.play(ROOT / "playbooks" / "harden.yml", bench.wanted, _OURS)[1]
        for _ in range(ROUNDS):
            seconds = bench.play(ROOT / "playbooks" / "harden.yml", bench.wanted, _OURS)[0]
            again.append(seconds / bench.check())
        after_ours = bench.passing()
        kept, undone = snapshot_and_undo(bench.inventory, _wanted_by_host(bench.plan))
        bench.lab.reset()
        theirs = bench.play(SETTINGS.with_suffix(".yml"), bench.inventory, _THEIRS)[0]
        bench.check()
        after_theirs = bench.passing()
        bench.lab.reset()
        applied = _apply(bench, after_ours)
        return [
            figure(f"harden {HOSTS} hosts: wall / a task per setting", ours / theirs, 0.2, "x"),
            figure(f"the same by plan and apply ({applied:.0f} s)", applied / theirs, None, "x"),
            figure(f"a task per setting, {HOSTS} hosts", theirs, None, "s"),
            figure("hosts that a second run changes", changed, 0, "hosts"),
            figure("second run: wall / check", sorted(again)[ROUNDS // 2], 2, "x"),
            figure("snapshot of one host, login included", kept, 3, "s"),
            figure("undo of one host, login included", undone, 3, "s"),
            *_same(bench.plan, after_ours, after_theirs),
        ]


_OURS = ROOT / "ansible.cfg"
_THEIRS = SETTINGS / "ansible.cfg"


@contextmanager
def _bench(folder: Path) -> Iterator[Bench]:
    """Boot a lab; give the bench; take the lab down."""
    name = f"harden{os.getpid()}"
    lab = [sys.executable, str(ROOT / "tests" / "lab" / "lab.py")]
    policies = bench_policies(ROOT / "policies", folder / "policies")
    environ = {
        **os.environ, "OPSRUNNER_ROOT": str(ROOT), "OPSRUNNER_STORE": str(folder / "store"),
        "OPSRUNNER_POLICIES": str(policies),
    }
    subprocess.run(
        [*lab, "up", "--name", name, "--hosts", str(HOSTS), "--identities", IDENTITIES,
         "--inventory", str(folder / "lab.yml")], check=True,
    )
    try:
        yield Bench(folder, Lab(name), environ)
    finally:
        subprocess.run([*lab, "down", "--name", name], check=True)


def _plan_first(bench: Bench) -> None:
    """Plan on pristine hosts, which warms everything up, and write down what each is to get."""
    said = bench.opsrunner("plan", "harden", "-i", str(bench.inventory), "--json", *_NO_WAY)[1]
    bench.plan = Plan.model_validate(json.loads(said)["plan"])
    inventory: dict[str, Any] = yaml.safe_load(bench.inventory.read_text(encoding="utf-8"))
    for host, wanted in _wanted_by_host(bench.plan).items():
        for group in inventory["linux"]["children"].values():
            if host in group["hosts"]:
                group["hosts"][host].update(wanted)
    text = yaml.safe_dump(inventory, allow_unicode=True)
    bench.wanted.write_text(text, encoding="utf-8")


def _wanted_by_host(plan: Plan) -> dict[str, dict[str, object]]:
    """Given a plan, return the variables of each host, those of all its rules united."""
    return {
        subject.id: merged(
            Wanted(step.rule, step.title, Danger(level="none", why=_NONE), step.wanted)
            for step in subject.steps
        )
        for subject in plan.subjects
    }


def planned_rules(plan: Plan) -> Passing:
    """Given a plan, return which rules it mends on which host."""
    return frozenset((one.id, step.rule) for one in plan.subjects for step in one.steps)


def _apply(bench: Bench, mended: Passing) -> float:
    """Plan and apply what passes without a reboot, on pristine hosts; return seconds."""
    rules = sorted(
        {rule for _, rule in planned_rules(bench.plan)}
        - {rule for _, rule in planned_rules(bench.plan) - mended}
    )
    start = bench.opsrunner(
        "plan", "harden", "-i", str(bench.inventory), "--json", "--from", bench.plan.source_run,
        *_NO_WAY, *(part for rule in rules for part in ("--rule", rule)),
    )
    made = json.loads(start[1])
    approve(bench.store, Path(made["path"]))
    seconds, said = bench.opsrunner("apply", made["plan"]["id"], "--batch", "100%", "--json")
    ending = json.loads(said)
    if set(ending["states"].values()) != {"verified"}:
        raise RuntimeError(f"apply: {ending}")
    return start[0] + seconds


def _same(plan: Plan, ours: Passing, theirs: Passing) -> list[Figure]:
    """Given what passes after each, return in how much of the plan they differ; print in what."""
    planned = planned_rules(plan)
    for name, only in (("only ours", ours - theirs), ("only a task per setting", theirs - ours),
                       ("neither", planned - ours - theirs)):
        print(f"    {name}: {', '.join(sorted({rule for _, rule in only})) or 'nothing'}")
    return [
        figure("planned rules that only one of both made pass",
               100 * len(ours ^ theirs) / len(planned), 5, "%"),
    ]
