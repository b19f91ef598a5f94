"""Write the samples anew: ``python -m tests.reports.regenerate [FOLDER]``.

The folder is ``reports/samples`` unless another is given; the golden test compares the two.
"""

from __future__ import annotations

import sys
from pathlib import Path

from opsrunner.report import formats, write_reports
from tests.reports import sample

SAMPLES = Path(__file__).parents[2] / "reports" / "samples"


def main(arguments: list[str]) -> None:
    """Given the command line's arguments, write every format of the sample."""
    write_reports(sample.document(), Path(*arguments) if arguments else SAMPLES, formats())


if __name__ == "__main__":
    main(sys.argv[1:])
