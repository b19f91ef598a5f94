"""The watcher of a switchover: started before anything is touched, found again after a crash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from opsrunner.activities.drill.machines import Switchover
from opsrunner.activities.drill.switchover.proof import Rows
from opsrunner.errors import EvidenceError
from opsrunner.evidence.files import write_durably
from opsrunner.secrets.store import Secret
from opsrunner.sources.watcher.accounting import Account, account
from opsrunner.sources.watcher.aim import Order, require
from opsrunner.sources.watcher.kinds.sql import Sql, SqlTarget
from opsrunner.sources.watcher.lines import Reading
from opsrunner.sources.watcher.process import Watch, start

FILE = "watch.jsonl"
ROWS = "rows.json"  # what each server itself holds, or why nobody could read it
GREEN_SECONDS = 15.0


def order_of(part: Switchover, watch: str) -> Order:
    """Given the pair and a name for the watch, return the order, through the virtual address."""
    probe = part.probe
    aim = _aim(part, part.address.partition("/")[0])
    return require({
        "watch": watch, "interval_ms": probe.interval_ms, "timeout_ms": probe.timeout_ms,
        "aim": {"kind": "sql", **aim.model_dump(mode="json")},
    })


def begin(part: Switchover, watch: str, folder: Path, password: Secret) -> Watch:
    """Given the pair, a name, the journal's folder and the password, return a watch that is green.

    Raise RunError when the watcher does not start or nothing is acknowledged: then there is
    nothing to measure. It has ended again by then.
    """
    journal = folder / FILE
    found = Watch(journal) if journal.exists() else start(
        order_of(part, watch), journal, password,
    )
    try:
        found.wait_green(GREEN_SECONDS)
    except BaseException:
        found.stop()
        raise
    return found


def rows(part: Switchover, watch: str, password: Secret) -> dict[str, Rows | str]:
    """Given the pair, the watch and the password, return the rows each server itself holds.

    A server that cannot be asked says why.
    """
    found: dict[str, Rows | str] = {}
    order = order_of(part, watch)
    for host, address in zip(
        part.hosts, (part.primary_address, part.standby_address), strict=True,
    ):
        asked = SqlTarget(_aim(part, address), order, password)
        try:
            found[host] = asked.rows()
        except Exception as error:  # noqa: BLE001 - whatever kept the rows away is what is recorded
            found[host] = f"{type(error).__name__}: {error}"[:200]
        finally:
            asked.drop()
    return found


def keep_rows(folder: Path, found: Mapping[str, Rows | str]) -> None:
    """Given the plan's folder and the rows by host, keep them there. Raise EvidenceError."""
    try:
        write_durably(folder / ROWS, json.dumps(dict(found), ensure_ascii=False).encode())
    except OSError as error:
        raise EvidenceError(f"cannot keep {folder / ROWS}: {error.strerror}") from error


def kept_rows(folder: Path) -> dict[str, Rows | str]:
    """Given the plan's folder, return the rows that were kept, none before the account."""
    path = folder / ROWS
    found: dict[str, Rows | str] = json.loads(path.read_bytes()) if path.exists() else {}
    return found


def seen(folder: Path) -> tuple[Reading | None, dict[str, Account | str]]:
    """Given the plan's folder, return what the watcher saw and what became of its rows by server.

    A text says why a server's rows could not be read. Raise EvidenceError for a broken journal.
    """
    if not (folder / FILE).exists():
        return None, {}
    reading = Watch(folder / FILE).read()
    return reading, {
        host: found if isinstance(found, str)
        else account(reading.attempts, [number for number, _ in found])
        for host, found in kept_rows(folder).items()
    }


def _aim(part: Switchover, address: str) -> Sql:
    probe = part.probe
    return Sql(
        address=address, port=part.port, user=probe.user, database=probe.database,
        table=probe.table, ca_file=probe.ca_file,
    )
