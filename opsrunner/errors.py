"""The whole exception tree on one screen, and the exit codes that go with it.

Raise for what stops everything; what concerns one host or one rule is an ``unknown`` finding.
The kind of an error says who can fix it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """What the process answers; documented in README.md."""

    COMPLIANT = 0
    VIOLATIONS = 2
    BAD_INPUT = 3
    UNKNOWN = 4  # something could not be looked at; wins over VIOLATIONS
    INTERNAL = 5
    STOPPED = 130  # by Ctrl-C or a signal; what a shell expects


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: which file, which key in it, what and how to mend it.

    ``code``: its name in ``opsrunner/plan/reasons.py``, where it may bar a change.
    """

    file: str
    key: str
    message: str
    code: str = ""

    def __str__(self) -> str:
        """Given itself, return ``file: key: message``, leaving out what is empty."""
        return ": ".join(part for part in (self.file, self.key, self.message) if part)


class OpsrunnerError(Exception):
    """Base of everything opsrunner raises on purpose; its text is one sentence for the operator."""

    exit_code = ExitCode.INTERNAL


class InputError(OpsrunnerError):
    """Bad input; carries every problem found, not only the first. No host has been touched."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        if isinstance(problems, str):
            problems = [Problem("", "", problems)]
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def lines(self) -> list[str]:
        """Return what to print: a line for each problem, those that differ by key alone as one.

        A fleet without its groups is one sentence with its hosts, not that sentence for each host.
        """
        keys: dict[tuple[str, str], list[str]] = {}
        for problem in self.problems:
            keys.setdefault((problem.file, problem.message), []).append(problem.key)
        return [str(Problem(file, ", ".join(filter(None, named)), message))
                for (file, message), named in keys.items()]


class SettingsError(InputError):
    """An option, an environment variable or a settings file."""


class PolicyError(InputError):
    """A rule, control, profile, waiver or another file under ``policies/``."""


class InventoryError(InputError):
    """The inventory: unreadable, empty, or a host in no platform."""


class RunError(OpsrunnerError):
    """The run as a whole could not be carried out (Ansible missing, no space left)."""


class EvidenceError(OpsrunnerError):
    """Evidence could not be written or does not verify; a run must not go on without it."""
