"""The ledger of recoverability as one self-contained page, both languages, printable."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from pathlib import Path

from jinja2 import Template
from markupsafe import Markup

from opsrunner.activities.backup.ledger import Ledger
from opsrunner.report.backup.words import (
    DUTIES,
    IMPORTANCE,
    LEVELS,
    MISSED,
    NOT_DUE,
    OPEN,
    TITLE,
    cell_label,
    overdue_label,
)
from opsrunner.report.html_shell import asset, environment, policy
from opsrunner.schedule.duration import show_duration

NAME = "backup-ledger.html"


def write(ledger: Ledger, path: Path) -> None:
    """Given the ledger and a path, write the page. Raise OSError."""
    style, script = asset("paper.css") + asset("backup.css"), asset("paper.js")
    pieces = _template().generate(
        ledger=ledger,
        systems=[
            (rows[0].set, rows) for rows in (
                list(found) for _, found in groupby(ledger.rows, lambda row: row.set.system_id)
            )
        ],
        years=[(year, len(list(weeks))) for year, weeks in groupby(w[:4] for w in ledger.weeks)],
        title=TITLE, levels=LEVELS, missed=MISSED, open=OPEN, not_due=NOT_DUE, duties=DUTIES,
        importance=IMPORTANCE,
        policy=policy(style, script),
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
    )
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(pieces)


@cache
def _template() -> Template:
    made = environment()
    made.filters["label"] = cell_label
    made.filters["overdue"] = overdue_label
    made.filters["length_of_time"] = show_duration
    return made.get_template("backup.html.j2")
