"""One place where the faults of disk, database and tools become an ``EvidenceError``."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from opsrunner.errors import EvidenceError


@contextmanager
def evidence_errors(doing: str) -> Iterator[None]:
    """Given what is being done ("open the store"), turn a fault of the machine inside the block.

    Raise EvidenceError saying what could not be done and why.
    """
    try:
        yield
    except (OSError, SQLAlchemyError, subprocess.SubprocessError) as error:
        raise EvidenceError(f"cannot {doing}: {plain(error)}") from error


def plain(error: BaseException) -> str:
    """Given an error, return its cause in one line, without the SQL and its parameters."""
    cause: object = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(cause).split()) or type(error).__name__
