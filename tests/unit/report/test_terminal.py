"""The final table is honest and no host can act on the operator's terminal."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

from rich.console import Console

from opsrunner.report.document import Document
from opsrunner.report.terminal import HOSTS_SHOWN, print_summary
from tests.reports import fleet, sample
from tests.reports.hostile import HOSTILE
from tests.unit.report.conftest import Maker


def _shown(document: Document, *, terminal: bool = False, width: int = 100) -> str:
    out = StringIO()
    print_summary(document, Console(file=out, force_terminal=terminal, width=width))
    return out.getvalue()


def test_it_says_what_was_not_reached_and_not_known() -> None:
    shown = _shown(sample.document())
    assert "7 hosts: 6 reached, 1 not reached" in shown
    assert "not reached: legacy-06: unreachable: connect to 10.1.9.6" in shown.replace("\n", " ")
    assert "35 unknown: not looked at is not passed" in shown
    assert "failing: 5 critical, 8 high, 8 medium, 2 low; 1 of them waived" in shown
    assert "score: 67.1% (from 70 of 114 findings)" in shown


def test_nothing_judged_is_no_score(make: Maker) -> None:
    assert "score: — (from 0 of 0 findings)" in _shown(make())


def test_an_interrupted_run_says_so() -> None:
    document = sample.document()
    broken = replace(document, run=replace(document.run, status="interrupted"))
    assert "not complete" in _shown(broken)
    assert "not complete" not in _shown(document)


def test_plain_without_a_terminal_and_coloured_on_one() -> None:
    assert "\x1b" not in _shown(sample.document())
    assert "\x1b[" in _shown(sample.document(), terminal=True)


def test_hosts_cannot_act_on_the_terminal(hostile: Document) -> None:
    shown = _shown(hostile, width=400)
    assert not set(shown) & set("\x1b\x07\x9b\u202e\u2028\x00\r")
    assert "[red]x[/red]" in shown  # rich's own markup is text too
    # Control: the same text printed as it came does act.
    out = StringIO()
    Console(file=out, width=400).print(HOSTILE[3] + HOSTILE[15])
    assert "\u202e" in out.getvalue()


def test_a_large_fleet_shows_the_worst_and_says_how_many_more() -> None:
    shown = _shown(fleet.document(HOSTS_SHOWN + 5, 3))
    assert "... and 5 more hosts" in shown


def test_eighty_columns_hold_a_line_for_each_host() -> None:
    document = sample.document()
    long = replace(document.subjects[0], id="regulation-portal-cluster-web-01")
    document = replace(document, subjects=[long, *document.subjects[1:]])
    lines = [line.rstrip() for line in _shown(document, width=80).splitlines()]
    assert [line.split()[0] for line in lines[1:8]] == [row.id for row in document.subjects]
    assert lines[1].split()[1:] == ["9", "5", "0", "0", "1", "1", "64.3%"]
    unreached = next(line for line in lines if line.startswith("legacy-06"))
    assert unreached.endswith("0 not reached")
    assert "centos7" not in lines[1]
    wide = _shown(document, width=120).splitlines()
    assert wide[1].split()[:3] == ["regulation-portal-cluster-web-01", "centos7", "reached"]
