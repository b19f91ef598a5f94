"""A process that writes a journal as fast as it can, to be killed: says which states are durable.

Arguments: the journal, how many subjects, and perhaps a limit of the file's size in bytes.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from opsrunner.errors import EvidenceError
from opsrunner.plan.journal import Journal, Note
from opsrunner.plan.states import State

STATES = (State.BEGINNING, State.BEGUN, State.CONFIRMING, State.CONFIRMED, State.VERIFIED)


def write(path: Path, subjects: list[str]) -> None:
    """Given a journal and its subjects, take each through all states; print what is durable."""
    with Journal.begin(path, plan="p", digest="d", run="r1", subjects=subjects) as journal:
        print("ready", flush=True)  # noqa: T201 - read by the test
        for subject in subjects:
            for state in STATES:
                journal.append([Note(subject, state, "原因" * 20, {"n": "x" * 100})])
                print(subject, state, flush=True)  # noqa: T201 - read by the test


if __name__ == "__main__":
    if len(sys.argv) > 3:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
    try:
        write(Path(sys.argv[1]), [f"h{n}" for n in range(int(sys.argv[2]))])
    except EvidenceError as error:
        sys.exit(f"EvidenceError: {error}")
