"""``make bench``: every figure the project must reach, as ratios measured in this one run.

The table is printed and written to ``reports/bench/latest.json`` as a list of
``{"name", "value", "limit", "unit", "holds"}``; the exit code is 1 when one does not hold.
``python -m tests.bench harden`` (or ``backup``, ``papers``) measures that alone and writes nothing;
``throughput``, which takes longer than all others, is measured only so.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from opsrunner.activities.check.plan import CheckPlan, plan_check
from opsrunner.evidence.store import Store
from opsrunner.models import Frame
from opsrunner.policy.bundle import pack
from opsrunner.policy.load import Policies, load_policies
from opsrunner.sources.codec import STABLE, VOLATILE, decode
from opsrunner.sources.limits import Limits
from opsrunner.subjects.inventory import load_inventory
from tests.bench.backup import backup_figures
from tests.bench.figures import Figure, figure
from tests.bench.fleet import floor, targets
from tests.bench.harden import harden_figures
from tests.bench.measure import Cost, run
from tests.bench.papers import paper_figures
from tests.bench.simulate import simulated_run, store_size
from tests.bench.throughput import throughput_figures

ROOT = Path(__file__).parents[2]
HOSTS = 12
MIB = 1024 * 1024


def main() -> int:
    """Measure everything, or what is asked for; return 0 when all holds."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the labs come down all the same
    alone = {"harden": harden_figures, "backup": backup_figures, "papers": paper_figures,
             "throughput": throughput_figures}
    if sys.argv[1:]:
        with tempfile.TemporaryDirectory(prefix="opsrunner-bench-") as folder:
            return 0 if all(one.holds for one in alone[sys.argv[1]](Path(folder))) else 1
    policies = load_policies(ROOT / "policies", datetime.now(UTC).astimezone().date())
    with tempfile.TemporaryDirectory(prefix="opsrunner-bench-", dir=ROOT / "reports") as folder:
        figures = [
            *fleet_figures(policies, Path(folder)),
            *scale_figures(policies, Path(folder)),
            *backup_figures(Path(folder) / "backup"),
            *harden_figures(Path(folder) / "harden"),
            *paper_figures(Path(folder) / "papers"),
        ]
    target = ROOT / "reports" / "bench" / "latest.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps([asdict(f) for f in figures], indent=1) + "\n", encoding="utf-8")
    print(target)
    return 0 if all(f.holds for f in figures) else 1


def opsrunner(folder: Path, *arguments: str) -> Cost:
    """Given a folder for store and reports, run the command line; return its cost."""
    environ = {**os.environ, "OPSRUNNER_STORE": str(folder / "store")}
    command = [sys.executable, "-m", "opsrunner", *arguments, "--output", str(folder / "out")]
    cost = run(command, environ, ROOT)
    if cost.code not in (0, 2, 4):
        raise RuntimeError(f"{arguments}: exit {cost.code}\n{cost.output[-2000:]}")
    return cost


def fleet_figures(policies: Policies, folder: Path) -> list[Figure]:
    """Measure the check of 12 lab hosts against plain ssh, and what a second check adds."""
    inventory = folder / "lab.yml"
    lab = [sys.executable, str(ROOT / "tests" / "lab" / "lab.py")]
    name = ["--name", f"bench{os.getpid()}"]
    subprocess.run(
        [*lab, "up", *name, "--hosts", str(HOSTS), "--inventory", str(inventory)], check=True,
    )
    try:
        return _fleet(policies, folder, inventory)
    finally:
        subprocess.run([*lab, "down", *name], check=True)


def _fleet(policies: Policies, folder: Path, inventory: Path) -> list[Figure]:
    plan = _plan(policies, inventory)
    hosts = targets(inventory)
    scripts = {name: kind.script for name, kind in plan.kinds.items()}
    floor(hosts, scripts, HOSTS)  # warm-up: page cache and key exchange libraries
    rounds = []
    for _ in range(3):
        lowest = floor(hosts, scripts, HOSTS)
        cost = opsrunner(folder, "check", "-i", str(inventory), "--format", "json")
        rounds.append((cost, lowest))
    ratio = sorted(cost.wall / lowest for cost, lowest in rounds)[1]
    cpu = _cpu_a_host([cost for cost, _ in rounds], folder, inventory, _one_of_each(plan))
    before = store_size(folder / "store")
    opsrunner(folder, "check", "-i", str(inventory), "--format", "json")
    growth = (store_size(folder / "store") - before) / HOSTS / 1000
    return [
        figure(f"check of {HOSTS} hosts: wall / plain ssh", ratio, 1.3, "x"),
        figure("controller CPU a host beyond start-up", cpu, 40, "ms"),
        figure("second check of an unchanged fleet adds, a host", growth, 10, "KB"),
    ]


def _cpu_a_host(
    whole: Sequence[Cost], folder: Path, inventory: Path, first: Sequence[str],
) -> float:
    """Given the costs of whole checks, return the CPU (ms) of a host beyond start-up.

    Start-up is what one host of each platform costs: Ansible, policies, each platform's rules.
    Both are medians of as many runs: one start-up alone varies by more than the limit.
    """
    alone = ["check", "-i", str(inventory), "--format", "json", "--limit", ",".join(first)]
    start = [opsrunner(folder, *alone) for _ in whole]
    spent = median(cost.cpu for cost in whole) - median(cost.cpu for cost in start)
    return spent / (HOSTS - len(first)) * 1000


def _one_of_each(plan: CheckPlan) -> list[str]:
    return list({subject.platform: name for name, subject in plan.subjects.items()}.values())


def _plan(policies: Policies, inventory: Path) -> CheckPlan:
    profiles = {p: name for name, item in policies.profiles.items() for p in item.platforms}
    hosts = load_inventory(inventory, profiles=profiles).hosts
    return plan_check(policies, hosts, only=[], root=ROOT, limits=Limits())


def scale_figures(policies: Policies, folder: Path) -> list[Figure]:
    """Measure judging, recording and reporting of 1,000 and 10,000 stored hosts."""
    frames, volatile = _recorded(Store.open(folder / "store"))
    costs = {}
    for count in (1000, 10_000):
        place = folder / f"hosts{count}"
        store = Store.open(place / "store")
        run_id = simulated_run(store, pack(policies), frames, volatile, count)
        costs[count] = opsrunner(place, "judge", run_id, "--format", "json,html")
        shutil.rmtree(place)
    large, small = costs[10_000], costs[1000]
    return [
        figure("10,000 hosts: judge + record + JSON + HTML", large.wall, 60, "s"),
        figure("10,000 hosts: peak memory", large.peak / MIB, 500, "MiB"),
        figure("time(10,000) / time(1,000)", large.wall / small.wall, 11, "x"),
    ]


def _recorded(store: Store) -> tuple[dict[str, Frame], frozenset[str]]:
    """Return the frames of a recorded RHEL 8 host, and which of them are volatile."""
    latest = next(run for run in reversed(store.runs()) if run.activity == "check")
    for record in store.subject_records(latest.id):
        if record.platform == "rhel-8" and record.reached:
            parts = {
                label: decode([store.get(record.blobs[label])] if label in record.blobs else [])
                for label in (STABLE, VOLATILE)
            }
            return parts[STABLE] | parts[VOLATILE], frozenset(parts[VOLATILE])
    raise RuntimeError("no recorded RHEL 8 host to simulate others from")


if __name__ == "__main__":
    sys.exit(main())
