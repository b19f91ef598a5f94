"""Write the samples anew: ``python -m tests.reports.regenerate [FOLDER]``.

The folder is ``reports/samples`` unless another is given; the golden test compares the two.
"""

from __future__ import annotations

import sys
from pathlib import Path

from opsrunner.report import formats, write_reports
from opsrunner.report.papers import ready, write_papers
from tests.reports import backup_sample, paper_sample, sample

PAPERS = {"harden": paper_sample.papers, "backup": backup_sample.papers}  # by their folder
SAMPLES = Path(__file__).parents[2] / "reports" / "samples"


def main(arguments: list[str]) -> None:
    """Given the command line's arguments, write every format of the samples."""
    folder = Path(*arguments) if arguments else SAMPLES
    write_reports(sample.document(), folder, formats())
    for name, papers in PAPERS.items():
        write_papers(papers(), folder / name, ready(), "zh")


if __name__ == "__main__":
    main(sys.argv[1:])
