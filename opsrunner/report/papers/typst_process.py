"""Typst in a process of its own: ``python typst_process.py SOURCE TARGET SECONDS``.

A compilation keeps a quarter of a gigabyte that the process would never give back, for each
paper anew. SECONDS is the document's time since the epoch. What is wrong with the source goes to
standard error, and the exit code is 1.
"""

from __future__ import annotations

import sys

import typst


def main(source: str, target: str, seconds: str) -> int:
    """Given a source, a target and the document's time, write the PDF; return the exit code."""
    try:
        typst.compile(
            source, output=target, format="pdf", font_paths=typst.Fonts(),
            timestamp=int(seconds), pdf_tags=False,
        )
    except typst.TypstError as error:
        sys.stderr.write(error.message)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
