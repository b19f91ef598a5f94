"""The ledger's formats: hostile names stay text, wide fleets stay readable, same in same out."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path

import openpyxl
from rich.console import Console

from opsrunner.activities.backup.ledger import Ledger
from opsrunner.policy.backup import Level
from opsrunner.report.backup import as_html, as_json, as_xlsx
from opsrunner.report.backup.terminal import ROWS_SHOWN, print_ledger
from tests.unit.activities.backup.shop import ledger, weekly

HOSTILE = "run x: \x1b[2J<script>\u202e"


def made() -> Ledger:
    return replace(ledger([*weekly(range(3, 9)), *weekly(range(1, 2), Level.L1)]),
                   refused=(HOSTILE,))


def shown(one: Ledger, width: int = 80) -> str:
    out = io.StringIO()
    print_ledger(one, Console(file=out, width=width, soft_wrap=True, highlight=False))
    return out.getvalue()


def test_the_page_escapes_and_makes_visible(tmp_path: Path) -> None:
    as_html.write(made(), tmp_path / "l.html")
    page = (tmp_path / "l.html").read_text("utf-8")
    assert "商城 &lt;b&gt;" in page
    assert "\\x1b[2J&lt;script&gt;\\u202e" in page
    assert "<b>" not in page.replace("<div><b>", "").replace('class="bad"><b>', "")
    assert "default-src &#39;none&#39;" in page
    assert page.count('class="w missed"') >= 40


def test_the_workbook_holds_no_formula(tmp_path: Path) -> None:
    as_xlsx.write(made(), tmp_path / "l.xlsx")
    book = openpyxl.load_workbook(tmp_path / "l.xlsx")
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert any("商城 <b>" in str(cell.value) for cell in cells)


def test_same_ledger_same_bytes(tmp_path: Path) -> None:
    for writer in (as_html, as_json, as_xlsx):
        for name in ("a", "b"):
            writer.write(made(), tmp_path / name)
        first, second = ((tmp_path / name).read_bytes() for name in ("a", "b"))
        assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


def test_json_tells_a_gap_from_a_week_that_is_not_due(tmp_path: Path) -> None:
    as_json.write(made(), tmp_path / "l.json")
    data = json.loads((tmp_path / "l.json").read_bytes())
    one = next(item for item in data["sets"] if item["id"].endswith("orders"))
    states = [(cell["state"], cell["level"]) for cell in one["cells"]]
    assert states[0] == (None, None)
    assert states[-1] == ("open", None)
    assert states[-2:-5:-1] == [("proven", "L1"), ("missed", None), ("proven", "L4")]
    assert (one["recoverable_weeks"], one["due_weeks"]) == (6, 45)


def test_the_terminal_shows_what_fits_and_nothing_that_acts() -> None:
    said = shown(made())
    assert "\x1b" not in said
    assert "not accepted: run x: \\x1b[2J<script>\\u202e" in said
    orders = next(line for line in said.splitlines() if line.startswith("db/db1/orders"))
    assert orders.endswith("444444x1-  6/45!")
    assert len(orders) == 80
    narrow = next(line for line in shown(made(), 40).splitlines() if "/orders" in line)
    assert narrow.endswith("444444x1-  6/45!")
    assert len(narrow) == 40


def test_a_large_fleet_shows_the_worst_and_counts_the_rest() -> None:
    one = made()
    rows = tuple(
        replace(one.rows[1], set=replace(one.rows[1].set, id=f"shop/db/h{n}"), duties=())
        for n in range(200)
    )
    said = shown(replace(one, rows=(*rows, one.rows[0])))
    assert said.count("db/h") == ROWS_SHOWN - 1
    assert "files/web1" in said  # the one that is overdue
    assert f"... and {201 - ROWS_SHOWN} more backup sets" in said


def test_what_is_not_all_read_in_its_period_is_shown_and_told(tmp_path: Path) -> None:
    one = made()
    assert "not all read: shop/files/web1: local 0/4 parts within 28d, offsite 0/1" in shown(one)
    as_json.write(one, tmp_path / "l.json")
    sets = json.loads((tmp_path / "l.json").read_bytes())["sets"]
    read = {item["id"]: item["data_read"] for item in sets}
    assert read["shop/db/db1/orders"] == {}, "a dump is read whole each time"
    assert read["shop/files/web1"]["local"] == {
        "parts": 4, "parts_read": 0, "within": "28d", "all_since": None,
    }
