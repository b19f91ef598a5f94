"""The final table of a run on the operator's terminal. It says what was not seen, first of all.

Host text reaches the terminal as ``rich.text.Text`` (no markup) with control characters made
visible, so no host can move the cursor, set colours or retitle the window.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from opsrunner.models import Severity, Verdict
from opsrunner.report.document import Document, SubjectRow
from opsrunner.report.text import visible

_WIDEST = 1000  # to measure in: the table as if there was room enough
HOSTS_SHOWN = 40  # more would scroll the totals away; the reports list every host
_STYLES: Mapping[Verdict, str] = {
    Verdict.PASS: "green",
    Verdict.FAIL: "red",
    Verdict.UNKNOWN: "magenta",
    Verdict.MANUAL: "blue",
    Verdict.NOT_APPLICABLE: "dim",
}


def print_summary(document: Document, console: Console) -> None:
    """Given a finished report and a console, print hosts and totals; plain when not a terminal.

    Where the whole table is too wide, names of hosts come first: platforms stand in the reports.
    """
    table = _host_table(document)
    wide = console.options.update(max_width=_WIDEST)
    if console.measure(table, options=wide).maximum > console.width:
        table = _narrow_table(document)
    console.print(Group(table, *_totals(document)))


def _host_table(document: Document) -> Table:
    table = _table("host", "platform", "state", gap=2)
    for row in _shown(document):
        name, platform = Text(visible(row.id)), Text(row.platform)
        table.add_row(name, platform, _state(row), *_numbers(row), Text(row.tally.score_text))
    return table


def _narrow_table(document: Document) -> Table:
    """Leave out the platform, and say in the place of the score that a host was not reached."""
    table = _table("host", gap=1)
    for row in _shown(document):
        score = Text(row.tally.score_text) if row.reached else _state(row)
        table.add_row(Text(visible(row.id)), *_numbers(row), score)
    return table


def _table(*names: str, gap: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    for name in names:
        table.add_column(name, overflow="fold", no_wrap=name != "host", min_width=4)
    for name in ("pass", "fail", "waived", "unknown", "manual", "n/a", "score"):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _numbers(row: SubjectRow) -> Iterator[Text]:
    counts = [row.tally.verdicts.get(verdict, 0) for verdict in Verdict]
    passed, failed, skipped, manual, unknown = counts
    yield _number(passed, Verdict.PASS)
    yield _number(failed, Verdict.FAIL)
    yield Text(str(row.tally.waived))
    yield _number(unknown, Verdict.UNKNOWN)
    yield _number(manual, Verdict.MANUAL)
    yield Text(str(skipped))


def _shown(document: Document) -> list[SubjectRow]:
    """Return the hosts to list: all, or in a large fleet those that need a look, worst first."""
    if len(document.subjects) <= HOSTS_SHOWN:
        return list(document.subjects)
    return sorted(document.subjects, key=_trouble)[:HOSTS_SHOWN]


def _trouble(row: SubjectRow) -> tuple[bool, int, int, int]:
    verdicts = row.tally.verdicts
    unknown, failed = verdicts.get(Verdict.UNKNOWN, 0), verdicts.get(Verdict.FAIL, 0)
    return (row.reached, -unknown, -row.high_risk, -failed)


def _state(row: SubjectRow) -> Text:
    if row.reached:
        return Text("reached", style="green")
    return Text("not reached", style="magenta")


def _number(count: int, verdict: Verdict) -> Text:
    return Text(str(count), style=_STYLES[verdict] if count else "dim")


def _totals(document: Document) -> Iterator[Text]:
    tally, hosts = document.tally, len(document.subjects)
    if hosts > HOSTS_SHOWN:
        yield Text(f"... and {hosts - HOSTS_SHOWN} more hosts; the reports list them all")
    unreached = hosts - document.reached
    yield Text("")
    for row in [row for row in _shown(document) if not row.reached]:
        why = visible(row.reason or "no reason given").replace("\n", " ")
        yield Text(f"not reached: {visible(row.id)}: {why}", style="magenta")
    line = Text(f"{hosts} hosts: {document.reached} reached, ")
    yield line.append(f"{unreached} not reached", style="magenta" if unreached else "")
    if document.run.status != "finished":
        yield Text(f"the run is {document.run.status}; its results are not complete", style="red")
    yield Text(
        f"{tally.total} findings: "
        + ", ".join(f"{tally.verdicts.get(v, 0)} {v.value.replace('_', ' ')}" for v in Verdict),
    )
    levels = [f"{tally.failing.get(level, 0)} {level.value}" for level in reversed(Severity)]
    yield Text(f"failing: {', '.join(levels)}; {tally.waived} of them waived")
    if unknown := tally.verdicts.get(Verdict.UNKNOWN, 0):
        yield Text(f"{unknown} unknown: not looked at is not passed", style="magenta")
    judged = tally.verdicts.get(Verdict.PASS, 0) + tally.verdicts.get(Verdict.FAIL, 0)
    yield Text(f"score: {tally.score_text} (from {judged} of {tally.total} findings)", style="bold")
