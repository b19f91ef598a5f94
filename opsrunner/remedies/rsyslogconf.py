"""rsyslog's configuration on paper: what it does, and our drop-ins in it.

Our files sort first in ``/etc/rsyslog.d``, so that no ``stop`` of a later one takes messages
away. Where nothing includes that folder, a marked block at the top of ``rsyslog.conf`` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from opsrunner.changes.draft import Draft
from opsrunner.facts.base import CannotTell
from opsrunner.models import Reason
from opsrunner.parse.rsyslog import Routes, follow
from opsrunner.remedies import marked

MAIN, FOLDER = "/etc/rsyslog.conf", "/etc/rsyslog.d"
FORWARD, RULES = f"{FOLDER}/00-opsrunner-forward.conf", f"{FOLDER}/00-opsrunner-rules.conf"
FILES = (MAIN, f"{FOLDER}/*", FORWARD, RULES)
_INCLUDE = f"$IncludeConfig {FOLDER}/00-opsrunner-*.conf"


def routes(draft: Draft) -> Routes | None:
    """Return what rsyslog does with messages, None where it is not configured.

    Raise CannotTell for an include of files elsewhere.
    """
    return _followed(draft)[0]


def _followed(draft: Draft) -> tuple[Routes | None, list[str]]:
    """Return the routes and the patterns that were included."""
    if not draft.exists(MAIN):
        return None, []
    patterns: list[str] = []

    def include(pattern: str) -> Iterator[str]:
        pattern = f"{pattern}*" if pattern.endswith("/") else pattern
        patterns.append(pattern)
        if not pattern.startswith(f"{FOLDER}/"):
            raise CannotTell(Reason.NOT_COLLECTED, pattern)
        for path in draft.paths(f"{FOLDER}/"):
            if fnmatchcase(path, pattern):
                yield draft.text(path)

    return follow(draft.text(MAIN), include), patterns


def write(draft: Draft, path: str, text: str) -> None:
    """Write one of our drop-ins and see to it that it is read."""
    draft.write(path, text)
    if not any(fnmatchcase(path, pattern) for pattern in _followed(draft)[1]):
        add_at_top(draft, _INCLUDE)
    effective(draft)


def add_at_top(draft: Draft, line: str) -> None:
    """Put a directive into the block at the top of the main file, in place of one of its name."""
    rest, lines = marked.cut(draft.text(MAIN))
    name = line.partition(" ")[0]
    kept = [other for other in lines if other.partition(" ")[0] != name]
    draft.write(MAIN, marked.put(rest, sorted([*kept, line]), at=0))


def effective(draft: Draft) -> None:
    """Have the files checked and rsyslog read them."""
    draft.validate("rsyslog")
    draft.activate("rsyslog")
