"""Write the samples anew: ``python -m tests.reports.regenerate [FOLDER]``.

The folder is ``reports/samples`` unless another is given; the golden test compares the two.
"""

from __future__ import annotations

import sys
from pathlib import Path

from opsrunner.report import formats, write_reports
from opsrunner.report.papers import ready, write_papers
from tests.reports import paper_sample, sample

HARDEN = "harden"  # the folder of its papers
SAMPLES = Path(__file__).parents[2] / "reports" / "samples"


def main(arguments: list[str]) -> None:
    """Given the command line's arguments, write every format of the samples."""
    folder = Path(*arguments) if arguments else SAMPLES
    write_reports(sample.document(), folder, formats())
    write_papers(paper_sample.papers(), folder / HARDEN, ready(), "zh")


if __name__ == "__main__":
    main(sys.argv[1:])
