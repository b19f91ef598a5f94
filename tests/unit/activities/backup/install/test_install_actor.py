"""Installing over a fleet that stands in: what does not open is taken back, no digest is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import pytest

from opsrunner.activities.backup.install.access import ask_access
from opsrunner.activities.backup.install.actor import InstallActor
from opsrunner.activities.backup.install.steps import REPOSITORIES, Wanted
from opsrunner.activities.backup.jobs import FILES, MARIADB
from opsrunner.changes.fleet import Fleet
from opsrunner.changes.operations import Changes
from opsrunner.errors import InputError
from opsrunner.plan.actor import Outcome
from opsrunner.plan.asking import HostAnswer, HostCommand
from opsrunner.plan.models import Words
from opsrunner.plan.states import State
from opsrunner.secrets.store import Secret
from tests.unit.plan.plans import plan, step, subject

JOB = Wanted(FILES, "shop/files/web1", Words(zh="文件", en="Files"), {
    "backup_files_repository": "/srv/r", "backup_files_password": "<secret shop/restic>",
}, initialize=True)
DIGEST = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"


class Engine:
    """Takes the place of the fleet: every change is begun and taken back as asked."""

    def __init__(self) -> None:
        """Begin with nothing taken back."""
        self.undone: list[str] = []

    def begin(self, changes: Mapping[str, Changes]) -> Iterator[Outcome]:
        """Begin each."""
        for name in changes:
            yield Outcome(name, State.BEGUN, data={"commands": [{"said": f"sum {DIGEST}"}]})

    def undo(self, hosts: Sequence[str]) -> Iterator[Outcome]:
        """Take each back; say a digest, as the engine does of what was changed since."""
        self.undone += hosts
        for name in hosts:
            yield Outcome(name, State.UNDONE, f"was {DIGEST}", {"conflicts": [{"now": DIGEST}]})


def actor(
    code: int | None, said: str = "", *steps: str, asked: list[HostCommand] | None = None,
) -> tuple[InstallActor, Engine]:
    """Given what every host answers and more steps, return an actor over an engine."""
    every = (step("backup_files", wanted=JOB.as_json()), *(step(name) for name in steps))
    engine = Engine()

    def ask(commands: Sequence[HostCommand]) -> Iterable[HostAnswer]:
        for one in commands:
            if asked is not None:
                asked.append(one)
            yield HostAnswer(one.subject, one.name, code, said)

    found = InstallActor(
        plan(activity="backup_install", subjects=(subject("web1", steps=every),)),
        cast("Fleet", engine), ask, lambda name: Secret(name, "line\nbreak"), Path("roles"),
    )
    found._changes["web1"] = Changes()  # noqa: SLF001 - as read() leaves it
    return found, engine


def test_what_opens_is_begun_and_no_digest_is_told() -> None:
    installing, engine = actor(0)
    (found,) = installing.begin(["web1"])
    assert (found.state, engine.undone) == (State.BEGUN, [])
    assert DIGEST not in str(found)
    assert "<digest>" in str(found), "the control: there was one"


@pytest.mark.parametrize(("code", "said", "words"), [
    (1, "the repository's password is wrong", "password is wrong"), (None, "", "nobody can tell"),
])
def test_what_does_not_open_is_taken_back(code: int | None, said: str, words: str) -> None:
    installing, engine = actor(code, said)
    (found,) = installing.begin(["web1"])
    assert (found.state, engine.undone, words in found.reason) == (State.UNDONE, ["web1"], True)
    assert DIGEST not in str(found)


def test_a_repository_is_made_only_by_its_own_step_and_never_while_verifying() -> None:
    for steps, makes in (((), False), ((REPOSITORIES["backup_files"],), True)):
        asked: list[HostCommand] = []
        installing, _ = actor(0, "", *steps, asked=asked)
        list(installing.begin(["web1"]))
        list(installing.verify(["web1"], {}))
        begin, verify = ("if true &&" in one.stdin for one in asked)
        assert (begin, verify) == (makes, False)


def test_a_database_and_each_repository_are_asked_by_themselves() -> None:
    job = Wanted(MARIADB, "shop/db/web1/app", Words(zh="库", en="Database"), {
        "backup_mariadb_offsite_repository": "rest:https://b.example/x",
    })
    asked: list[HostCommand] = []

    def ask(commands: Sequence[HostCommand]) -> Iterable[HostAnswer]:
        asked.extend(commands)
        return [HostAnswer(one.subject, one.name, int(one.name.endswith("offsite")), "no route")
                for one in commands]

    said = ask_access(ask, {"web1": [JOB, job]}, initialize=False)["web1"]
    assert said == {"backup_files": "", "backup_mariadb": "", "backup_mariadb_offsite": "no route"}
    assert [one.stdin.split()[1] for one in asked] == [
        "/etc/opsrunner/backup-files.conf", "/etc/opsrunner/backup-mariadb.conf",
        "/etc/opsrunner/backup-mariadb-offsite.conf",
    ]


@pytest.mark.parametrize(("code", "state"), [
    (0, State.VERIFIED), (1, State.FAILED), (None, State.UNKNOWN),
])
def test_verified_is_what_opens(code: int | None, state: State) -> None:
    (found,) = actor(code)[0].verify(["web1"], {})
    assert found.state is state


def test_a_secret_that_no_file_can_hold_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="shop/restic: holds a line break") as error:
        actor(0)[0]._revealed(JOB.variables)  # noqa: SLF001 - where a secret is revealed
    assert "line\nbreak" not in str(error.value)
