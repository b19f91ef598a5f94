"""The ledger on the operator's terminal: one sign for each week, what is overdue last."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from opsrunner.activities.backup.ledger import Cell, Ledger, Row
from opsrunner.policy.backup import Level
from opsrunner.report.text import visible
from opsrunner.schedule.duration import show_duration
from opsrunner.schedule.settle import State

ROWS_SHOWN = 40  # more would scroll the totals away; the files list every set
_COUNT = 7  # " 52/52" and a mark
_LEAST = 12  # characters of a name that still tell sets apart
LEGEND = "0-5 level proven, 3 and above recoverable; x missed; - open; blank not due"


def print_ledger(ledger: Ledger, console: Console) -> None:
    """Given the ledger and a console, print as many of the newest weeks as fit; worst rows only.

    In a fleet of more than ROWS_SHOWN sets those that are overdue or short come first.
    """
    shown = sorted(ledger.rows, key=_trouble)[:ROWS_SHOWN]
    kept = {row.set.id for row in shown}
    weeks = min(len(ledger.weeks), max(1, console.width - _LEAST - _COUNT - 1))
    name = max(_LEAST, console.width - weeks - _COUNT - 1)
    span = f"{ledger.weeks[-weeks]} to {ledger.weeks[-1]}" if ledger.weeks else ""
    console.print(Text(f"{'':{name}} {span}", style="bold"))
    system = ""
    for row in (row for row in ledger.rows if row.set.id in kept):
        if row.set.system_id != system:
            system = row.set.system_id
            console.print(Text(visible(f"{system}  {row.set.system.title.zh}"), style="bold"))
        console.print(_line(row, name, weeks))
    for line in _below(ledger, len(shown)):
        console.print(line)


def _trouble(row: Row) -> tuple[bool, int, int]:
    return (not row.overdue, -row.short, row.recoverable)


def _line(row: Row, width: int, weeks: int) -> Text:
    text = Text(_fitted(row.set.id.partition("/")[2], width) + " ")
    for cell in row.cells[-weeks:]:
        text.append(*_sign(cell))
    count = f"{row.recoverable:>3}/{row.due}"
    text.append(f"{count:<{_COUNT - 1}}", style="green" if not row.short else "red")
    return text.append("!" if row.overdue else " ", style="bold red")


def _fitted(name: str, width: int) -> str:
    """Given a name, return it in that many characters; what is cut is its beginning."""
    name = visible(name)
    return f"{name:<{width}}" if len(name) <= width else f"…{name[len(name) - width + 1:]}"


def _sign(cell: Cell) -> tuple[str, str]:
    if cell.level is not None:
        return str(int(cell.level)), "green" if cell.level.recoverable else "yellow"
    if cell.state is State.MISSED:
        return "x", "red"
    return ("-", "magenta") if cell.state is State.OPEN else (" ", "")


def _below(ledger: Ledger, shown: int) -> Iterator[Text]:
    yield Text(LEGEND, style="dim")
    if len(ledger.rows) > shown:
        yield Text(f"... and {len(ledger.rows) - shown} more backup sets; the files list them all")
    late = ledger.overdue
    for row in late[:ROWS_SHOWN]:
        what = ", ".join(f"{one.duty} {one.missed[-1]}" for one in row.overdue)
        yield Text(f"overdue: {visible(row.set.id)}: {what}", style="red")
    if len(late) > ROWS_SHOWN:
        yield Text(f"... and {len(late) - ROWS_SHOWN} more are overdue", style="red")
    unread = [row for row in ledger.rows if row.unread]
    for row in unread[:ROWS_SHOWN]:
        what = ", ".join(f"{source} {one.parts_read}/{one.parts} parts within "
                         f"{show_duration(one.within)}" for source, one in row.unread.items())
        yield Text(f"not all read: {visible(row.set.id)}: {what}", style="yellow")
    if len(unread) > ROWS_SHOWN:
        yield Text(f"... and {len(unread) - ROWS_SHOWN} more are not all read", style="yellow")
    for refused in ledger.refused:
        yield Text(f"not accepted: {visible(refused)}", style="magenta")
    sets = len(ledger.rows)
    whole = sum(row.short == 0 and row.due > 0 for row in ledger.rows)
    yield Text(
        f"{sets} backup sets: {len(late)} overdue, {whole} recoverable ({Level.L3.name} and above) "
        "in all weeks that were due", style="bold",
    )
