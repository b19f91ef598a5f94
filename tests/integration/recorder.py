"""Record one run in a process of its own, which the fault tests kill, fill and starve.

Called with the store's root, the number of subjects and a seed; prints a line after each batch.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from opsrunner.errors import EvidenceError
from opsrunner.evidence import run as run_module
from opsrunner.evidence.store import Store
from tests.unit.evidence.recording import begin, subject

WRITE_FAILED = 9


def main(root: str, count: str, seed: str) -> None:
    """Record a run whose subjects all differ by the seed."""
    run_module.BATCH_RECORDS = 5
    store = Store.open(Path(root))
    names = [f"host-{number:04}" for number in range(int(count))]
    with begin(store, names) as run:
        print(run.run.id, flush=True)  # noqa: T201 - the test reads it
        for name in names:
            raw = random.Random(seed + name).randbytes(4000)  # noqa: S311 - test data
            run.subject(subject(store, name, raw=raw))
            print(name, flush=True)  # noqa: T201 - the test reads it
        run.finish(outputs={})
        print("finished", flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except EvidenceError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the test reads it
        sys.exit(WRITE_FAILED)
