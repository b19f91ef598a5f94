"""``policies/people.yml``: who may plan, approve and apply, and under which login of this machine.

Who is at the keyboard is what the kernel says (the login that sudo and su keep), never ``$USER``.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from opsrunner.errors import InputError, PolicyError, Problem
from opsrunner.plan.models import Line, Name, Strict
from opsrunner.policy.load import read_models

FILE = "people.yml"
Role = Literal["plan", "approve", "apply"]
PersonId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]
# A name in allowed_signers is a pattern there: what could match others is refused.
Principal = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+@-]{0,127}$")]
Duty = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]  # a role of a drill
Login = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*[$]?$")]
_NO_LOGIN = 2**32 - 1  # nobody logged in: a service, a container


class Person(Strict):
    """One person. Without ``principal`` they sign on paper only; without a login, elsewhere.

    ``roles`` are what they may do here; ``duties`` what they answer for in an emergency.
    """

    name: Name
    organisation: Line = ""
    contact: Line = ""
    principal: Principal | None = None
    logins: tuple[Login, ...] = ()
    roles: tuple[Role, ...] = ()
    duties: tuple[Duty, ...] = ()

    @model_validator(mode="after")
    def _logins(self) -> Person:
        if not self.roles and not self.duties:
            raise ValueError("has neither roles nor duties; give one of them")
        if not self.logins and {"plan", "apply"} & set(self.roles):
            raise ValueError("who plans or applies does so under a login; give logins")
        return self


class PeopleFile(Strict):
    """Everybody by id; no login, principal or name is two people's."""

    people: dict[PersonId, Person]

    @model_validator(mode="after")
    def _unique(self) -> PeopleFile:
        taken: dict[tuple[str, str], str] = {}
        for person_id, person in self.people.items():
            marks = [("name", person.name), ("principal", person.principal or "")]
            for mark in {*marks, *(("login", login) for login in person.logins)}:
                first = taken.setdefault(mark, person_id)
                if mark[1] and first != person_id:
                    raise ValueError(f"{mark[0]} {mark[1]} is both {first}'s and {person_id}'s")
        return self


@dataclass(frozen=True, slots=True)
class People:
    """The people of one file, found by what they are known by."""

    file: str
    people: Mapping[str, Person]

    def by_login(self, login: str) -> str | None:
        """Given a login, return the id of the person it belongs to."""
        return self._first(lambda person: login in person.logins)

    def by_principal(self, principal: str) -> str | None:
        """Given a principal of allowed_signers, return the id of the person."""
        return self._first(lambda person: person.principal == principal)

    def by_name(self, name: str) -> str:
        """Given a name or an id, return the id. Raise InputError, with the names there are."""
        found = name if name in self.people else self._first(lambda person: person.name == name)
        if found is None:
            known = ", ".join(f"{key} ({person.name})" for key, person in self.people.items())
            raise InputError([Problem(self.file, name, f"no such person; there are: {known}")])
        return found

    def _first(self, wanted: Callable[[Person], bool]) -> str | None:
        return next((key for key, person in self.people.items() if wanted(person)), None)

    def with_duty(self, duty: str) -> list[str]:
        """Given a duty, return the ids of those who have it, in the file's order."""
        return [key for key, person in self.people.items() if duty in person.duties]

    def may(self, person_id: str, role: Role) -> bool:
        """Given a person's id and a role, return whether they have it."""
        return person_id in self.people and role in self.people[person_id].roles

    def require(self, login: str, role: Role) -> str:
        """Given a login, return the person's id. Raise InputError when they may not do that."""
        person = self.by_login(login)
        if person is None:
            message = "is nobody's login; add it to the logins of a person with that role"
        elif not self.may(person, role):
            message = f"{self.people[person].name} has not the role {role!r}"
        else:
            return person
        raise InputError([Problem(self.file, f"login {login}", message, code="no_role")])


def load_people(policies: Path) -> People:
    """Given the policies folder, return its people. Raise PolicyError with every problem."""
    path = policies / FILE
    problems: list[Problem] = []
    found = read_models([path], PeopleFile, problems)
    if problems:
        raise PolicyError(problems)
    return People(str(path), found[path].people)


def this_login() -> str:
    """Return the account somebody logged in with; sudo and su do not change it.

    Without one (a service), the account the process runs as.
    """
    number = os.getuid()
    with suppress(OSError, ValueError):
        kept = int(Path("/proc/self/loginuid").read_text("ascii"))
        number = number if kept == _NO_LOGIN else kept
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid-{number}"
