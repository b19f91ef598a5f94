"""The ledgers as JSON (``format: 1``), for other tools; a missing value is null with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from opsrunner.ledger.model import Cell, Ledger, Mark, Table

NAME = "ledger.json"


def write_json(ledger: Ledger, path: Path) -> None:
    """Given the ledgers and a path, write the file."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    path.write_bytes(orjson.dumps(as_json(ledger), option=options))


def as_json(ledger: Ledger) -> dict[str, Any]:
    """Given the ledgers, return their JSON form."""
    return {
        "format": 1,
        "inventory": ledger.inventory,
        "inventory_sha256": ledger.inventory_sha256,
        "generated": ledger.generated,
        "hosts": ledger.hosts,
        "observed_hosts": ledger.observed_hosts,
        "run": ledger.run,
        "taken": ledger.taken,
        "ledgers": {table.key: _table(table) for table in ledger.tables},
    }


def _table(table: Table) -> dict[str, Any]:
    keys = [column.key for column in table.columns]
    return {
        "title": {"zh": table.label.zh, "en": table.label.en},
        "columns": [
            {"key": c.key, "zh": c.label.zh, "en": c.label.en, "observed": c.observed}
            for c in table.columns
        ],
        "rows": [dict(zip(keys, map(_cell, row), strict=True)) for row in table.rows],
    }


def _cell(cell: Cell) -> Any:  # noqa: ANN401 - a JSON value
    """Given a cell, return its value; a marked one as an object that says the mark."""
    if cell.mark is Mark.PLAIN:
        return cell.value
    marked = {"value": cell.value, "mark": cell.mark.value}
    return {**marked, "reason": cell.reason} if cell.reason else marked
