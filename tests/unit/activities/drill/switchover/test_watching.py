"""What the plan's folder keeps of a watch, read back: attempts, and the account of their rows."""

from __future__ import annotations

import shutil
from pathlib import Path

from opsrunner.activities.drill.switchover.watching import FILE, keep_rows, seen
from opsrunner.sources.watcher.accounting import Account
from opsrunner.sources.watcher.lines import parse

RECORDED = Path(__file__).parents[1] / "watch.jsonl"


def test_the_rows_that_were_kept_are_accounted_for_by_server(tmp_path: Path) -> None:
    shutil.copy(RECORDED, tmp_path / FILE)
    attempts = parse(RECORDED.read_bytes(), "w").attempts
    acked = [(one.n, one.by) for one in attempts if one.acknowledged]
    keep_rows(tmp_path, {"db1": acked, "db2": acked[:-2], "db3": "access denied"})
    watch, rows = seen(tmp_path)
    assert watch
    assert len(watch.attempts) == len(attempts)
    whole, short = rows["db1"], rows["db2"]
    assert isinstance(whole, Account)
    assert whole.intact
    assert isinstance(short, Account)
    assert len(short.lost) == 2
    assert rows["db3"] == "access denied"


def test_nothing_was_seen_where_nothing_is_kept(tmp_path: Path) -> None:
    assert seen(tmp_path) == (None, {})
    shutil.copy(RECORDED, tmp_path / FILE)
    assert seen(tmp_path)[1] == {}
