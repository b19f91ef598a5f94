"""Does the business still work? Checks that users declare, asked before and after a change.

They stand in ``policies/business/*.yml``, or beside the hosts: the inventory's variable
``ops_business`` of a host or a group holds checks by name, and all of them count.

A port or a URL is tried from the control node, a command or a query on the host itself. What is
declared here only reads; that is the declarer's word (``read_only: true``), not something a
machine can see.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, model_validator

from opsrunner.errors import PolicyError, Problem
from opsrunner.models import Subject
from opsrunner.plan.models import Name, Strict, Words
from opsrunner.plan.reasons import Why, barred_by
from opsrunner.plan.selector import Selector
from opsrunner.policy.load import read_models
from opsrunner.wording import wrong

FOLDER = "business"
VARIABLE = "ops_business"
# One statement; a backslash would be a command of the client itself.
_READING = re.compile(r"(select|show|with)\b[^;\\]*", re.IGNORECASE)
Database = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_$]{0,63}$")]  # no option


def _web(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is no http or https address")
    if parts.username or parts.password:
        raise ValueError("holds a user or a password; policies are no place for secrets")
    return url


def _query(text: str) -> str:
    query = " ".join(text.split()).rstrip("; ")  # a new line could begin a client's command, too
    if not _READING.fullmatch(query):
        raise ValueError("must be one select, show or with")
    return query


class Port(Strict):
    """A TCP port that answers; ``address`` defaults to the host's own."""

    number: Annotated[int, Field(ge=1, le=65535)]
    address: Name | None = None


class Url(Strict):
    """A page that answers with one of these codes and, if given, holds the text."""

    address: Annotated[str, AfterValidator(_web)]
    status: Annotated[tuple[int, ...], Field(min_length=1)] = (200,)
    contains: str = ""
    ca_file: Path | None = None


class Command(Strict):
    """A command on the host, not through a shell; ``user`` runs it, default who logs in."""

    argv: Annotated[tuple[str, ...], Field(min_length=1)]
    read_only: Literal[True]
    user: Name | None = None
    exit_code: int = 0
    contains: str = ""


class Sql(Strict):
    """One query by the host's own client as the operating-system user; no password anywhere."""

    engine: Literal["mysql", "postgresql", "oracle"]
    query: Annotated[str, AfterValidator(_query)]
    read_only: Literal[True]
    user: Name
    database: Database | None = None
    contains: str = ""


class Check(Strict):
    """One check and the subjects it is for. After a change it is asked until ``settle_seconds``."""

    title: Words
    subjects: Selector = Selector()
    port: Port | None = None
    url: Url | None = None
    command: Command | None = None
    sql: Sql | None = None
    timeout_seconds: Annotated[int, Field(ge=1, le=120)] = 10
    settle_seconds: Annotated[int, Field(ge=0, le=600)] = 30

    @model_validator(mode="after")
    def _one_kind(self) -> Check:
        if sum(one is not None for one in (self.port, self.url, self.command, self.sql)) != 1:
            raise ValueError("give exactly one of port, url, command, sql")
        return self


class BusinessFile(Strict):
    """One file of ``policies/business/``: checks by name."""

    checks: dict[Name, Check] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What a check said: it works, it does not, or (None) nobody could ask."""

    ok: bool | None
    detail: str

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON, as the journal keeps it."""
        return asdict(self)


def works(detail: str) -> Result:
    """Given what was seen, return that the check holds."""
    return Result(ok=True, detail=detail)


def fails(detail: str) -> Result:
    """Given what was seen, return that the check does not hold."""
    return Result(ok=False, detail=detail)


def cannot_tell(detail: str) -> Result:
    """Given why, return that nobody could ask."""
    return Result(ok=None, detail=detail)


def load_business(policies: Path) -> dict[str, Check]:
    """Given the policies folder, return its checks by name. Raise PolicyError with all problems."""
    problems: list[Problem] = []
    files = read_models(sorted((policies / FOLDER).glob("*.yml")), BusinessFile, problems)
    checks: dict[str, Check] = {}
    for path, file in files.items():
        message = "stands in another file too"
        problems += [Problem(str(path), f"checks.{n}", message) for n in file.checks if n in checks]
        checks |= file.checks
    if problems:
        raise PolicyError(problems)
    return checks


@dataclass(frozen=True, slots=True)
class Declared:
    """All checks: those of the policies by name, and those of the inventory by subject and name.

    ``unread``: why nobody knows them; then there are none, and nothing new may be begun.
    """

    common: Mapping[str, Check]
    own: Mapping[str, Mapping[str, Check]] = field(default_factory=dict)
    unread: tuple[Why, ...] = ()

    def of(self, subject: Subject) -> dict[str, Check]:
        """Given a subject, return the checks that are for it, by name."""
        common = {n: one for n, one in self.common.items() if one.subjects.nearness(subject) >= 0}
        return common | dict(self.own.get(subject.id, {}))


def declared(policies: Path, subjects: Sequence[Subject]) -> Declared:
    """Given the policies folder and the inventory's subjects, return all business checks.

    Raise PolicyError with every problem of both, each with its file and key.
    """
    problems: list[Problem] = []
    try:
        common = load_business(policies)
    except PolicyError as error:
        common, problems = {}, [*error.problems]
    own: dict[str, dict[str, Check]] = {}
    for subject in subjects:
        for said in subject.attributes.get(VARIABLE, ()):
            found = _of_inventory(said, problems)
            mine = own.setdefault(subject.id, {})
            for name, one in found.items():
                if name in common or mine.setdefault(name, one) != one:
                    message = f"is declared otherwise for {subject.id} too; give it another name"
                    problems.append(Problem(said["file"], f"{_key(said)}.{name}", message))
    if problems:
        raise PolicyError(list(dict.fromkeys(problems)))
    return Declared(common, own)


def declared_or_not(policies: Path, subjects: Sequence[Subject]) -> Declared:
    """Given what ``declared`` is given, return the checks, or why they cannot be read.

    For what must go on all the same: settling and taking back what was changed already.
    """
    try:
        return declared(policies, subjects)
    except PolicyError as error:
        return Declared({}, unread=barred_by(error))


def _of_inventory(said: Mapping[str, Any], problems: list[Problem]) -> dict[str, Check]:
    """Given one declaration of an inventory, return its checks; what is wrong goes to problems."""
    try:
        found = BusinessFile.model_validate({"checks": said["checks"]}).checks
    except ValidationError as error:
        problems += [
            Problem(said["file"], key.replace("checks", _key(said), 1), why)
            for key, why in wrong(error)
        ]
        return {}
    message = "is for the hosts it stands beside; leave subjects out"
    problems += [
        Problem(said["file"], f"{_key(said)}.{name}.subjects", message)
        for name, one in found.items() if one.subjects != Selector()
    ]
    return found


def _key(said: Mapping[str, Any]) -> str:
    return f"{said['who']}.{VARIABLE}"


def worse(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Given one subject's results before and after, as JSON, return what became worse, in words.

    What worked must work. What did not work before is not held against the change. What could
    not be asked, or is not there, is no better than a failure.
    """
    found = []
    for name, was in before.items():
        now = after.get(name) or {"ok": None, "detail": "was not asked again"}
        if was["ok"] is not False and now["ok"] is not True:
            could = "fails" if now["ok"] is False else "could not be asked"
            found.append(f"{name} {could}: {now['detail']} (before: {was['detail']})")
    return found


def unknown(results: Mapping[str, Any]) -> list[str]:
    """Given one subject's results, return those that could not be asked, in words."""
    return [f"{name}: {one['detail']}" for name, one in results.items() if one["ok"] is None]


def settle_seconds(checks: Declared, subjects: Sequence[Subject]) -> int:
    """Given checks and subjects, return how long asking afterwards can take at most.

    The timed undo must be armed for longer than this and the change together.
    """
    return max(
        (one.settle_seconds + 2 * one.timeout_seconds
         for subject in subjects for one in checks.of(subject).values()),
        default=0,
    )
