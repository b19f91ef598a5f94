"""Roles read as data: what they leave on a host, secrets to the byte, nothing half understood."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.changes.role_tasks import outcome_of
from opsrunner.errors import InputError

ROLES = Path(__file__).parents[3] / "roles"
FILES = {"backup_files_repository": "/srv/r", "backup_files_paths": ["/etc", "/srv/a b"],
         "backup_files_password": "p"}
PASSWORD = "/etc/opsrunner/backup-files.password"  # noqa: S105 - a path
LOGIN = "/etc/opsrunner/backup-mariadb.cnf"


def test_files_with_systemd_and_with_cron() -> None:
    found = outcome_of(ROLES / "backup_files", FILES, lambda _: True)
    assert found.units == {"opsrunner-backup-files.timer": True}
    assert found.files[PASSWORD] == ("p\n", 0o600)
    assert found.files["/etc/opsrunner/backup-files.paths"] == ("/etc\n/srv/a b\n", 0o600)
    program = (ROLES / "backup_files" / "files" / "backup-files.sh").read_text("utf-8")
    assert found.files["/usr/local/lib/opsrunner/backup-files"] == (program, 0o755)
    assert "/etc/systemd/system/opsrunner-backup-files.service" in found.files
    cron = outcome_of(ROLES / "backup_files", FILES, lambda _: False)
    assert cron.units == {}
    job, _ = cron.files["/etc/cron.d/opsrunner-backup-files"]
    assert "\n30 1 * * * root " in job
    assert not [path for path in cron.files if "systemd" in path]


def test_a_database_with_an_account_and_without() -> None:
    account = {"backup_mariadb_user": "saver", "backup_mariadb_password": 'a"b\\c'}
    found = outcome_of(ROLES / "backup_mariadb", account, lambda _: True)
    assert 'password = "a\\"b\\\\c"\n' in found.files[LOGIN][0]
    assert LOGIN not in found.removed
    alone = outcome_of(ROLES / "backup_mariadb", {}, lambda _: True)
    assert (LOGIN in alone.removed, LOGIN in alone.files) == (True, False)


@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1))
def test_a_secret_arrives_as_it_is(secret: str) -> None:
    found = outcome_of(
        ROLES / "backup_files", {**FILES, "backup_files_password": secret}, lambda _: True,
    )
    assert found.files[PASSWORD][0] == f"{secret}\n"


@pytest.mark.parametrize("secret", ["0123", "1_000", "'abc'", "[1]", "{{ x }}", "None"])
def test_a_secret_that_looks_like_something_else_arrives_as_it_is(secret: str) -> None:
    found = outcome_of(
        ROLES / "backup_files", {**FILES, "backup_files_password": secret}, lambda _: True,
    )
    assert found.files[PASSWORD][0] == f"{secret}\n"


@pytest.mark.parametrize("name", ["backup_files", "backup_mariadb"])
def test_every_option_of_the_role_may_be_given(name: str) -> None:
    text = (ROLES / name / "meta" / "argument_specs.yml").read_text("utf-8")
    options = yaml.safe_load(text)["argument_specs"]["main"]["options"]
    given = {key: one.get("default", "x") for key, one in options.items()}
    given["backup_files_paths"] = ["/etc"]
    for there in (True, False):
        found = outcome_of(ROLES / name, given, {"/run/systemd/system": there}.__getitem__)
        assert all("{{" not in text or path.startswith("/usr/local") for path, (text, _)
                   in found.files.items())


def test_a_task_that_is_not_understood_is_a_fault(tmp_path: Path) -> None:
    tasks = [{"ansible.builtin.import_tasks": "a.yml"}]
    for folder, content in (("defaults", {}), ("tasks", tasks)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "main.yml").write_text(yaml.safe_dump(content))
    (tmp_path / "tasks" / "a.yml").write_text(
        yaml.safe_dump([{"name": "Odd", "ansible.builtin.lineinfile": {"path": "/x"}}]))
    with pytest.raises(InputError, match="lineinfile is not understood"):
        outcome_of(tmp_path, {}, lambda _: True)
