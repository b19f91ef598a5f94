"""Who a policy speaks of."""

from __future__ import annotations

from fnmatch import fnmatchcase

from opsrunner.models import Subject
from opsrunner.plan.models import Strict


class Selector(Strict):
    """Which subjects something is for: by name (shell pattern), group or system; empty: all."""

    hosts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()

    def nearness(self, subject: Subject) -> int:
        """Given a subject, return how closely it is meant.

        3 by name, 2 by group, 1 by system, 0 as one of all, -1 not at all.
        """
        if any(fnmatchcase(subject.id, pattern) for pattern in self.hosts):
            return 3
        if set(self.groups) & set(subject.groups):
            return 2
        if subject.attributes.get("system") in self.systems:
            return 1
        return -1 if self.hosts or self.groups or self.systems else 0
