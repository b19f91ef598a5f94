"""One host's jobs on paper: what is planned, what the plan says of secrets, what is sent."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from opsrunner.activities.backup.install.steps import (
    REPOSITORIES,
    SYSTEMD,
    Made,
    Wanted,
    exact,
    make_steps,
    reads_of,
)
from opsrunner.activities.backup.jobs import FILES, MARIADB
from opsrunner.changes.operations import Changes, SetFile
from opsrunner.changes.state import ABSENT, DIRECTORY, REGULAR, FileState, HostState, UnitState
from opsrunner.facts.base import CannotTell
from opsrunner.models import Reason
from opsrunner.plan.models import Words

MAKES = REPOSITORIES["backup_files"]
ROLES = Path(__file__).parents[5] / "roles"
SECRET = "hunter2"  # noqa: S105 - a test's
PASSWORD = "/etc/opsrunner/backup-files.password"  # noqa: S105 - a path
TITLE = Words(zh="文件", en="Files")
FILES_JOB = Wanted(FILES, "shop/files/web1", TITLE, {
    "backup_files_repository": "/srv/r", "backup_files_paths": ["/etc"],
    "backup_files_password": "<secret shop/restic>", "backup_files_initialize": False,
}, initialize=True)
DATABASE = Wanted(MARIADB, "shop/db/web1/app", TITLE, {
    "backup_mariadb_user": "saver", "backup_mariadb_password": "<secret shop/saver>",
})


def host(*present: str, **content: bytes) -> HostState:
    """Given what is there (and files with content, ``_`` for ``/``), return a host with systemd."""
    reads = reads_of([FILES_JOB, DATABASE], ROLES)
    files: dict[str, FileState | CannotTell] = {
        path: FileState(path, ABSENT) for path in (*reads.files, *reads.stats)
    }
    files[SYSTEMD] = FileState(SYSTEMD, DIRECTORY, 0o755, 0, 0)
    for path in ("/usr/bin/restic", "/usr/bin/mariadb", *present):
        files[path] = FileState(path, REGULAR, 0o755, 0, 0)
    for name, data in content.items():
        path = PASSWORD if name == "password" else name
        files[path] = FileState(path, REGULAR, 0o600, 0, 0, data)
    units = {name: UnitState(name, present=False) for name in reads.units}
    return HostState("web1", "debian-12", ("linux", "debian"), files, units=units)


def planned(state: HostState) -> Made:
    return make_steps(state, [FILES_JOB, DATABASE], ROLES)


def sent(state: HostState, secret: str = SECRET) -> Changes:
    def reveal(given: dict[str, object]) -> dict[str, object]:
        return {k: secret if str(v).startswith("<secret ") else v for k, v in given.items()}

    return exact(planned(state).changes, state, [FILES_JOB, DATABASE], ROLES, reveal)  # type: ignore[arg-type]  # Mapping in, dict out


def test_programs_settings_secrets_timers_and_the_repository_are_steps() -> None:
    made = planned(host())
    assert [step.id for step in made.steps] == ["backup_files", MAKES, "backup_mariadb"]
    first, repository, _ = made.steps
    assert repository.danger.level == "medium"
    kinds = {(change.kind, change.target) for change in first.changes}
    assert ("unit", "opsrunner-backup-files.timer") in kinds
    assert ("secret", PASSWORD) in kinds
    (secret,) = (change for change in first.changes if change.kind == "secret")
    assert secret.after.startswith("secret shop/restic, mode 0600")
    assert (secret.diff, secret.before_sha256, secret.after_sha256) == ("", "", "")
    assert made.changes.activate == ("systemd",)


def test_neither_secret_nor_its_digest_is_in_a_plan_and_both_are_sent() -> None:
    for state in (host(), host(password=f"{SECRET}\n".encode())):
        made = planned(state)
        text = json.dumps([step.model_dump(mode="json") for step in made.steps]) + made.sha256
        for data in (SECRET, f"{SECRET}\n"):
            assert data not in text
            assert hashlib.sha256(data.encode()).hexdigest() not in text
        contents = {op.target: op.after.content for op in sent(state).operations
                    if isinstance(op, SetFile)}
        assert contents[PASSWORD] == f"{SECRET}\n".encode(), "the control"


def test_what_a_plan_binds_does_not_depend_on_a_secret_but_on_its_file_being_there() -> None:
    absent = planned(host())
    one, two = (planned(host(password=data)) for data in (b"one\n", b"two\n"))
    assert one.sha256 == two.sha256
    assert absent.sha256 != one.sha256
    (operation,) = (op for op in sent(host(password=b"one\n")).operations
                    if isinstance(op, SetFile) and op.target == PASSWORD)
    assert operation.before.content == b"one\n", "the host compares the bytes that it has"


def test_a_repository_that_is_there_is_not_made_and_one_that_is_not_is_asked_for() -> None:
    there = planned(host("/srv/r/config"))
    assert MAKES not in [step.id for step in there.steps]
    asked = Wanted(FILES, "s", TITLE, FILES_JOB.variables)
    made = make_steps(host(), [asked], ROLES)
    assert made.steps == ()
    assert "--initialize" in made.left_out[0].detail.en
    assert make_steps(host("/srv/r/config"), [asked], ROLES).steps, "the control"


def test_copies_elsewhere_are_installed_and_made_like_those_at_hand() -> None:
    jobs = [
        replace(job, initialize=True, variables={
            **job.variables, f"{job.kind.role}_offsite_repository": place,
            f"{job.kind.role}_offsite_password": "<secret shop/restic>",
        })
        for job, place in ((FILES_JOB, "/mnt/o"), (DATABASE, "<secret shop/address>"))
    ]
    reads = reads_of(jobs, ROLES)
    assert {"/srv/r/config", "/mnt/o/config"} <= {*reads.stats}
    state = host()
    more = {path: FileState(path, ABSENT) for path in (*reads.files, *reads.stats)}
    state = replace(state, files={**more, **state.files}, units={
        name: UnitState(name, present=False) for name in reads.units})
    made = make_steps(state, jobs, ROLES)
    assert [step.id for step in made.steps] == [
        "backup_files", MAKES, "backup_mariadb", REPOSITORIES["backup_mariadb"],
    ]
    assert [change.target for change in made.steps[1].changes] == ["/srv/r", "/mnt/o"]
    secret = {change.target.removeprefix("/etc/opsrunner/")
              for step in made.steps for change in step.changes if change.kind == "secret"}
    assert {"backup-files-offsite.password", "backup-mariadb-offsite.password",
            "backup-mariadb-offsite.repository"} <= secret
    asked = [replace(job, initialize=False) for job in jobs]
    left = make_steps(state, asked, ROLES).left_out
    assert "no repository at /srv/r" in left[0].detail.en
    bare = {**state.files, "/usr/bin/restic": FileState("/usr/bin/restic", ABSENT)}
    assert make_steps(replace(state, files=bare), jobs[1:], ROLES).steps == ()


def test_a_missing_tool_leaves_its_set_out_and_the_other_in() -> None:
    state = host()
    files = {**state.files, "/usr/bin/restic": FileState("/usr/bin/restic", ABSENT)}
    made = planned(HostState("web1", "x", (), files, units=state.units))
    assert [step.id for step in made.steps] == ["backup_mariadb"]
    assert (made.left_out[0].reason, "restic" in made.left_out[0].detail.en) == (
        "precondition", True)


def test_what_cannot_be_read_is_unknown_and_writes_nothing() -> None:
    state = host()
    files = {**state.files, PASSWORD: CannotTell(Reason.DENIED, "no")}
    made = make_steps(HostState("web1", "x", (), files, units=state.units), [FILES_JOB], ROLES)
    assert (made.steps, made.left_out[0].reason, bool(made.changes)) == ((), "unknown", False)


def test_a_secret_goes_where_a_link_leads_and_never_its_name() -> None:
    state = host()
    real = FileState("/data/opsrunner/backup-files.password", REGULAR, 0o600, 0, 0, b"old\n")
    files = {**state.files, PASSWORD: real, real.path: real}
    linked = HostState("web1", "x", (), files, units=state.units)
    made = planned(linked)
    (secret,) = (change for step in made.steps for change in step.changes
                 if change.target == real.path)
    assert (secret.kind, secret.diff) == ("secret", "")
    (operation,) = (op for op in sent(linked).operations if op.target == real.path)
    assert isinstance(operation, SetFile)
    assert (operation.before.content, operation.after.content) == (
        b"old\n", f"{SECRET}\n".encode())
