"""What the papers of a large hardening run cost: each format in a process of its own.

``python -m tests.bench.papers FORMAT FOLDER`` writes all papers of that run in one format.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from opsrunner.report.papers import FORMATS, ready, write_papers
from tests.bench.figures import Figure, figure
from tests.bench.measure import run
from tests.reports import paper_sample

ROOT = Path(__file__).parents[2]
HOSTS, RULES, KINDS = 116, 40, 10  # 14,000 commands; ten platforms with settings of their own
MIB = 1024 * 1024


def paper_figures(folder: Path) -> list[Figure]:
    """Given a folder, write the papers in each format; return seconds and peak memory."""
    found = []
    for name in FORMATS:
        command = [sys.executable, "-m", __name__, name, str(folder / name)]
        cost = run(command, os.environ, ROOT)
        if cost.code:
            raise RuntimeError(f"{name}: exit {cost.code}\n{cost.output[-2000:]}")
        what = f"papers of {HOSTS} hosts x {RULES} items as {name.upper()}"
        found += [
            figure(f"{what}: wall", cost.wall, 30, "s"),
            figure(f"{what}: peak memory", cost.peak / MIB, 300, "MiB"),
        ]
    return found


def main(name: str, folder: str) -> None:
    """Given a format and a folder, write all papers of the run in it."""
    papers = paper_sample.papers(paper_sample.fleet(HOSTS, RULES, KINDS))
    write_papers(papers, Path(folder), ready([name]), "zh")


if __name__ == "__main__":
    main(*sys.argv[1:])
