"""Policy and inventory -> jobs: what is installed where, what is left out and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from opsrunner.activities.backup.jobs import jobs_of
from opsrunner.models import Subject
from opsrunner.policy.backup import BackupSet
from tests.unit.activities.backup.shop import DB, FILES, policy


def host(**attributes: Any) -> Subject:  # noqa: ANN401 - an inventory's variables
    declared = {"databases": [{"name": "orders", "product": "mariadb"}]}
    return Subject("host", "web1", "debian-12", "p", (), {**declared, **attributes})


def sets(*names: str, **changes: Any) -> list[BackupSet]:  # noqa: ANN401 - any YAML
    found = policy(**changes).sets
    return [found[name] for name in names]


def test_each_kind_gets_its_roles_variables_and_names_of_secrets() -> None:
    jobs, left = jobs_of(host(backup_mariadb_calendar="*-*-* 03:00:00"), sets(DB, FILES))
    assert left == []
    database, files = (job.variables for job in jobs)
    assert database["backup_mariadb_directory"] == "/backup"
    assert (database["backup_mariadb_keep"], database["backup_mariadb_user"]) == (7, "")
    assert database["backup_mariadb_calendar"] == "*-*-* 03:00:00"
    assert files["backup_files_password"] == "<secret backup/shop>"  # noqa: S105 - its name
    assert files["backup_files_paths"] == ["/srv"]
    elsewhere = sets(FILES)[0].backup.targets.offsite.location
    for role, variables in (("backup_mariadb", database), ("backup_files", files)):
        assert variables[f"{role}_offsite_repository"] == elsewhere
        assert variables[f"{role}_offsite_password"] == "<secret backup/shop>"


def test_an_address_that_holds_a_password_is_a_secret_by_name() -> None:
    one = sets(FILES)[0]
    offsite = one.backup.targets.offsite.model_copy(update={"address": "backup/shop/address"})
    targets = one.backup.targets.model_copy(update={"offsite": offsite})
    named = replace(one, backup=one.backup.model_copy(update={"targets": targets}))
    (job,), _ = jobs_of(host(), [named])
    assert job.variables["backup_files_offsite_repository"] == "<secret backup/shop/address>"


def test_a_login_is_of_a_database_and_names_its_secret() -> None:
    one = sets(DB)[0]
    backup = one.backup.model_validate({
        **one.backup.model_dump(exclude_none=True, exclude={"paths", "report_within", "cadence",
                                                            "verification"}),
        "cadence": {"every": "daily"}, "login": {"user": "saver", "secret": "backup/saver"},
        "verification": {"level": "L4", "cadence": {"every": "weekly"}},
    })
    changed = BackupSet(one.id, one.host, one.content, one.system_id, one.system, backup, one.zone,
                        one.since)
    (job,), _ = jobs_of(host(), [changed])
    assert job.variables["backup_mariadb_password"] == "<secret backup/saver>"  # noqa: S105 - its name


@pytest.mark.parametrize(("changes", "attributes", "words"), [
    ({"made_by": "external", "job": "mysqldump"}, {}, "others make it (mysqldump)"),
    ({}, {"databases": []}, "declares no instance orders"),
    ({}, {"databases": [{"name": "orders", "product": "oracle"}]}, "only MariaDB and MySQL"),
    ({}, {"backup_mariadb_keep": "{{ x }}"}, ""),
    ({}, {"backup_mariadb_calendar": "{{ x }}"}, "a template or encrypted"),
])
def test_left_out(changes: dict[str, Any], attributes: dict[str, Any], words: str) -> None:
    jobs, left = jobs_of(host(**attributes), sets(DB, **changes))
    if not words:  # the policy's own word is laid over the inventory's
        assert len(jobs) == 1
        return
    assert (jobs, words in left[0].detail.en) == ([], True)


def test_two_sets_of_one_kind_are_one_too_many() -> None:
    one = sets(FILES)[0]
    other = BackupSet("shop/more/web1", one.host, ("/opt",), one.system_id, one.system, one.backup,
                      one.zone, one.since)
    jobs, left = jobs_of(host(), [one, other])
    assert ([job.set_id for job in jobs], "has shop/files/web1" in left[0].detail.en) == (
        [FILES], True)
