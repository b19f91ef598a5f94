"""The workbook and the JSON: shape, marks, and hostile text that stays text."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import openpyxl

from opsrunner.ledger.as_json import write_json
from opsrunner.ledger.as_xlsx import write_xlsx
from opsrunner.ledger.build import build
from opsrunner.ledger.model import Ledger
from opsrunner.ledger.observed import LISTENERS, HostFacts, Observed
from opsrunner.models import Subject
from opsrunner.subjects.inventory import Inventory

HOSTILE = ('=HYPERLINK("http://x")', "+1+1", "-2", "@SUM(A1)", "http://x/", "\x1b[2J<b>\u202e")


def ledger() -> Ledger:
    host = Subject("host", "web", "rhel-8", "", (), {"system": "=1+1", "address": "a", "cpu": 4})
    rows = [
        {"protocol": "tcp", "address": text, "port": number, "process": text}
        for number, text in enumerate(HOSTILE, 1)
    ]
    seen = Observed("R1", "2026-11-21T07:00:00Z", {"web": HostFacts({LISTENERS: rows})})
    return build(Inventory(Path("inv"), "00", (host,)), seen, "2026-11-21T08:00:00Z")


def test_sheets_heads_filters_and_print_setup(tmp_path: Path) -> None:
    write_xlsx(ledger(), tmp_path / "l.xlsx")
    book = openpyxl.load_workbook(tmp_path / "l.xlsx")
    names = ["说明", "操作系统台账", "数据库台账", "基础软件台账", "网络策略台账"]
    assert [name.split()[0] for name in book.sheetnames] == names
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.print_title_rows == "$1:$1"
        for head in sheet[1]:
            chinese, english = str(head.value).split("\n")
            assert chinese
            assert english.isascii()
        assert sheet.column_dimensions["A"].width > 10
    assert book.worksheets[1]["J2"].value == 4  # numbers are numbers, to be summed


def test_no_text_is_a_formula_a_link_or_a_control_character(tmp_path: Path) -> None:
    write_xlsx(ledger(), tmp_path / "l.xlsx")
    book = openpyxl.load_workbook(tmp_path / "l.xlsx")
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    texts = {str(cell.value) for cell in cells}
    assert set(HOSTILE[:5]) <= texts  # the control: they did get there
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert not any("\x1b" in text or "\u202e" in text for text in texts)
    with zipfile.ZipFile(tmp_path / "l.xlsx") as archive:
        sheets = [archive.read(name) for name in archive.namelist() if "sheet" in name]
    assert not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)


def test_same_ledger_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_xlsx(ledger(), tmp_path / name)
    first, second = ((tmp_path / name).read_bytes() for name in ("a", "b"))
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


def test_json_tells_missing_from_empty(tmp_path: Path) -> None:
    write_json(ledger(), tmp_path / "l.json")
    data = json.loads((tmp_path / "l.json").read_bytes())
    assert (data["format"], data["run"], data["hosts"]) == (1, "R1", 1)
    system = data["ledgers"]["systems"]["rows"][0]
    assert (system["cpu"], system["owner"]) == (4, None)
    assert system["os_observed"] == {
        "value": None,
        "mark": "not_observed",
        "reason": "not_collected",
    }
    columns = {c["key"]: c for c in data["ledgers"]["network"]["columns"]}
    assert columns["listens_on"]["observed"] is True
    assert columns["host"]["observed"] is False
