"""Ask business checks: ports and pages from here, commands and queries through the activity."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from opsrunner.errors import EvidenceError, OpsrunnerError
from opsrunner.models import Subject
from opsrunner.plan import business
from opsrunner.plan.business import Check, Declared, Result, cannot_tell
from opsrunner.plan.probing import client, judged, page, port

_THREADS = 16
_PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class HostCommand:
    """What is to be run on a host: no shell, standard input as given, cut after the time."""

    subject: str
    name: str
    argv: tuple[str, ...]
    user: str | None
    stdin: str
    seconds: int


@dataclass(frozen=True, slots=True)
class HostAnswer:
    """What a command said; ``exit_code`` None: it could not be run, ``output`` says why."""

    subject: str
    name: str
    exit_code: int | None
    output: str


# Supplied by the activity: one round trip for all commands of all hosts.
RunOnHosts = Callable[[Sequence[HostCommand]], Iterable[HostAnswer]]


@dataclass(frozen=True, slots=True)
class Asker:
    """The business checks of some subjects; what ``execute`` calls before and after.

    ``address`` gives the address of a subject for a port check that names none.
    """

    checks: Declared
    subjects: Mapping[str, Subject]
    run_on_hosts: RunOnHosts
    address: Callable[[str], str]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def before(self, subjects: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Given subjects, return their results as JSON, each check asked once."""
        return self._ask({s: self._of(s) for s in subjects})

    def unknown(self, results: Mapping[str, Any]) -> list[str]:
        """Given one subject's results, return what could not be asked."""
        return business.unknown(results)

    def worse(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
        """Given one subject's results before and after, return what became worse."""
        return business.worse(before, after)

    def after(
        self, subjects: Sequence[str], before: Mapping[str, Mapping[str, Any]],
    ) -> dict[str, dict[str, Any]]:
        """Given subjects and their results from before, ask again until it is as good.

        A service that restarts gets each check's ``settle_seconds``. Return the last results.
        """
        began = self.clock()
        found: dict[str, dict[str, Any]] = {}
        # Also what is no longer declared: the results before say what has to be asked again.
        open_ = {s: {n: c for n, c in self._of(s).items() if n in before[s]} for s in subjects}
        while any(open_.values()):
            for subject, results in self._ask(open_).items():
                found[subject] = found.get(subject, {}) | results
            took = self.clock() - began
            open_ = {
                s: {n: c for n, c in checks.items() if took < c.settle_seconds
                    and business.worse({n: before[s][n]}, found[s])}
                for s, checks in open_.items()
            }
            if any(open_.values()):
                self.sleep(_PAUSE)
        return {s: found.get(s, {}) for s in subjects}

    def _of(self, subject: str) -> dict[str, Check]:
        return self.checks.of(self.subjects[subject])

    def _ask(self, wanted: Mapping[str, Mapping[str, Check]]) -> dict[str, dict[str, Any]]:
        pairs = [(s, n, c) for s, checks in wanted.items() for n, c in checks.items()]
        here = [pair for pair in pairs if pair[2].port or pair[2].url]
        with ThreadPoolExecutor(_THREADS) as pool:
            results = dict(zip(
                [(s, n) for s, n, _ in here], pool.map(self._from_here, here), strict=True,
            ))
        results |= self._on_hosts([pair for pair in pairs if not (pair[2].port or pair[2].url)])
        return {
            s: {n: results[s, n].as_json() | {"title": c.title.model_dump()}
                for n, c in checks.items()}
            for s, checks in wanted.items()
        }

    def _from_here(self, pair: tuple[str, str, Check]) -> Result:
        subject, _, check = pair
        if check.port:
            address = check.port.address or self.address(subject)
            return port(check.port, address, check.timeout_seconds)
        assert check.url is not None  # noqa: S101 - only ports and pages come here
        return page(check.url, check.timeout_seconds)

    def _on_hosts(
        self, pairs: Sequence[tuple[str, str, Check]],
    ) -> dict[tuple[str, str], Result]:
        results = {(s, n): cannot_tell("the host said nothing of it") for s, n, _ in pairs}
        # A subject that is no host itself (a system) is asked on the one that stands for it.
        where = {(self.subjects[s].id, n): (s, n, c) for s, n, c in pairs}
        commands = list(_commands((self.subjects[s].id, n, c) for s, n, c in pairs))
        try:
            for answer in self.run_on_hosts(commands) if pairs else ():
                subject, name, check = where[answer.subject, answer.name]
                results[subject, name] = judged(check, answer.exit_code, answer.output)
        except EvidenceError:
            raise
        except OpsrunnerError as error:
            missing = [key for key, one in results.items() if one.ok is None]
            results |= dict.fromkeys(missing, cannot_tell(str(error)))
        return results


@dataclass(frozen=True, slots=True)
class Unasked:
    """What is called instead of an ``Asker`` where nobody knows what to ask: all is unknown."""

    why: str

    def before(self, subjects: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Given subjects, return for each that nobody could ask: it is not put at risk."""
        return {s: {"business": cannot_tell(self.why).as_json()} for s in subjects}

    def unknown(self, results: Mapping[str, Any]) -> list[str]:
        """Given one subject's results, return what could not be asked."""
        return business.unknown(results)

    def worse(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
        """Given one subject's results before and after, return what became worse."""
        return business.worse(before, after)

    def after(
        self, subjects: Sequence[str], before: Mapping[str, Mapping[str, Any]],
    ) -> dict[str, dict[str, Any]]:
        """Given subjects and their results from before, return each of these as unknown."""
        said = cannot_tell(self.why).as_json()
        return {s: {name: {**was, **said} for name, was in before[s].items()} for s in subjects}


def _commands(pairs: Iterable[tuple[str, str, Check]]) -> Iterator[HostCommand]:
    for subject, name, check in pairs:
        if check.command:
            argv, user, stdin = check.command.argv, check.command.user, ""
        else:
            assert check.sql is not None  # noqa: S101 - a check is one of four
            argv, user, stdin = client(check.sql)
        yield HostCommand(subject, name, argv, user, stdin, check.timeout_seconds)
