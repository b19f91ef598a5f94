"""The ledger of recoverability as JSON (``format: 1``), for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from opsrunner.activities.backup.ledger import Ledger, Row
from opsrunner.policy.backup import Level
from opsrunner.schedule.duration import show_duration

NAME = "backup-ledger.json"


def write(ledger: Ledger, path: Path) -> None:
    """Given the ledger and a path, write the file. Raise OSError."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    path.write_bytes(orjson.dumps(as_json(ledger), option=options))


def as_json(ledger: Ledger) -> dict[str, Any]:
    """Given the ledger, return its JSON form; an empty cell has ``level: null``."""
    return {
        "format": 1,
        "generated": ledger.generated,
        "policy_sha256": ledger.policy_sha256,
        "head": ledger.head,
        "recoverable_from": Level.L3.name,
        "overdue": [row.set.id for row in ledger.overdue],
        "refused": list(ledger.refused),
        "weeks": list(ledger.weeks),
        "sets": [_row(row) for row in ledger.rows],
    }


def _row(row: Row) -> dict[str, Any]:
    system, backup = row.set.system, row.set.backup
    return {
        "id": row.set.id,
        "system": {
            "id": row.set.system_id, "title": system.title.model_dump(),
            "importance": system.importance, "owner": system.owner,
            "rto": show_duration(system.rto), "rpo": show_duration(system.rpo),
        },
        "title": backup.title.model_dump(),
        "host": row.set.host,
        "content": list(row.set.content),
        "made_by": row.set.kind,
        "wanted": backup.verification.level,
        "recoverable_weeks": row.recoverable,
        "due_weeks": row.due,
        "weeks_a_year": backup.verification.weeks_a_year,
        "short": row.short,
        "newest_copy": row.newest.isoformat() if row.newest else None,
        "data_read": {
            source: {"parts": one.parts, "parts_read": one.parts_read,
                     "within": show_duration(one.within),
                     "all_since": one.all_since.isoformat() if one.all_since else None}
            for source, one in row.reading.items()
        },
        "duties": [
            {"duty": done.duty.value, "every": done.every, "proven": done.proven,
             "missed": list(done.missed), "overdue": done.overdue}
            for done in row.duties
        ],
        "cells": [
            {"week": cell.week, "state": cell.state.value if cell.state else None,
             "level": None if cell.level is None else cell.level.name, "run": cell.run or None}
            for cell in row.cells
        ],
    }
