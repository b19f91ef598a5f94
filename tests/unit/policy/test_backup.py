"""What may stand in ``policies/backup``, and what it comes to."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from opsrunner.errors import PolicyError
from opsrunner.policy.backup import BackupPolicy, Level, load_backup
from opsrunner.subjects.backup_sets import backup_subjects, system_subjects, unknown_to
from opsrunner.subjects.inventory import load_inventory

ROOT = Path(__file__).parents[3]


def file() -> dict[str, Any]:
    backup = {
        "title": {"zh": "数据库", "en": "databases"},
        "made_by": "opsrunner",
        "databases": {"db1": ["orders", "users"]},
        "cadence": {"every": "daily"},
        "retention": {"daily": 7},
        "targets": {
            "local": {"location": "/backup"},
            "offsite": {"location": "sftp://b@h/x", "append_only": True},
        },
        "encryption": {"secret": "backup/shop"},
        "verification": {"level": "L4", "cadence": {"every": "weekly"}},
    }
    system = {
        "title": {"zh": "商城", "en": "shop"}, "importance": "core", "rto": "4h", "rpo": "24h",
        "backups": {"db": backup},
    }
    return {"since": "2026-01-01", "systems": {"shop": system}}


def loaded(folder: Path, **files: dict[str, Any]) -> BackupPolicy:
    (folder / "backup").mkdir(exist_ok=True)
    for name, value in files.items():
        text = yaml.safe_dump(value, allow_unicode=True)
        (folder / "backup" / f"{name}.yml").write_text(text, "utf-8")
    return load_backup(folder)


def spoiled(keys: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - any YAML
    """Given keys down to a place of the file, return the file with the value there (None: gone)."""
    made = file()
    *path, last = keys.split(".")
    place = made
    for key in path:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return made


DB = "systems.shop.backups.db"


def test_every_instance_and_every_hosts_paths_are_a_set(tmp_path: Path) -> None:
    made = file()
    paths = copy.deepcopy(made["systems"]["shop"]["backups"]["db"])
    del paths["databases"]
    made["systems"]["shop"]["backups"]["files"] = {**paths, "paths": {"web1": ["/srv", "/etc/x"]}}
    policy = loaded(tmp_path, one=made)
    assert list(policy.sets) == ["shop/db/db1/orders", "shop/db/db1/users", "shop/files/web1"]
    assert policy.sets["shop/files/web1"].content == ("/srv", "/etc/x")
    subjects = backup_subjects(policy)
    assert [(one.kind, one.platform, one.profile) for one in subjects[:1]] == [
        ("backup_set", "opsrunner", "L4"),
    ]
    (system,) = system_subjects(policy)
    assert (system.kind, system.id, system.attributes["rpo"]) == ("system", "shop", "1d")


@pytest.mark.parametrize(
    ("keys", "value", "said"),
    [
        ("systems.shop.rto", "4 hours", "a number and m, h or d, such as 4h"),
        ("systems.shop.rpo", "1h", "1d can be lost, the RPO is 1h"),
        ("systems.shop.importance", "vital", "must be one of 'core', 'important', 'general'"),
        ("systems.shop.backups", {}, "must have 1 or more entries"),
        (f"{DB}.databases", None, "give paths or databases"),
        (f"{DB}.paths", {"web1": ["/srv"]}, "give paths or databases"),
        (f"{DB}.made_by", "external", "job goes with made_by: external"),
        (f"{DB}.job", "rman", "job goes with made_by: external"),
        (f"{DB}.volumes", {"db1": ["d-1"]}, "volumes go with job: cloud_snapshot"),
        (f"{DB}.volumes", {"db9": ["d-1"]}, "volumes of db9, of which nothing is backed up"),
        (f"{DB}.job", "tape", "must be one of"),
        (f"{DB}.targets.offsite", None, f"{DB}.targets.offsite: missing"),
        (f"{DB}.targets.offsite.append_only", False, "append_only must be true"),
        (f"{DB}.targets.local.location", "sftp://b:hunter2@h/x", "holds a password"),
        (f"{DB}.encryption", None, "encryption: missing"),
        (f"{DB}.encryption.secret", "hunter2 !", "must look like"),
        (f"{DB}.encryption.password", "hunter2", "unknown key"),
        (f"{DB}.retention", {"daily": 0}, "keeps nothing"),
        (f"{DB}.verification.level", "L6", "must be one of"),
        (f"{DB}.verification.cadence", {"every": "monthly"},
         "'monthly' cannot give a proof in 52 weeks of a year"),
        (f"{DB}.cadence.every", "hourly", "must look like"),
        ("timezone", "Asia/Nowhere", "this machine knows no time zone"),
        ("since", None, "since: missing"),
        ("systems.Shop", {}, "systems.Shop"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    tmp_path: Path, keys: str, value: object, said: str,
) -> None:
    with pytest.raises(PolicyError) as error:
        loaded(tmp_path, one=spoiled(keys, value))
    assert said in str(error.value)
    assert "hunter2" not in str(error.value)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    one, two = spoiled("systems.shop.rto", "soon"), spoiled(f"{DB}.job", "rman")
    with pytest.raises(PolicyError) as error:
        loaded(tmp_path, one=one, two=two)
    assert [Path(problem.file).name for problem in error.value.problems] == ["one.yml", "two.yml"]


def test_a_system_stands_in_one_file(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"two\.yml: systems\.shop: stands in another file too"):
        loaded(tmp_path, one=file(), two=file())


def test_logs_make_up_for_a_backup_that_is_seldom(tmp_path: Path) -> None:
    made = spoiled("systems.shop.rpo", "15m")
    made["systems"]["shop"]["backups"]["db"]["logs"] = "15m"
    assert loaded(tmp_path, one=made).systems["shop"].rpo.total_seconds() == 900


def test_no_policy_is_no_backup_set(tmp_path: Path) -> None:
    assert load_backup(tmp_path).sets == {}


def test_the_hash_is_of_the_bytes(tmp_path: Path) -> None:
    first = loaded(tmp_path, one=file()).sha256
    assert loaded(tmp_path, one=file()).sha256 == first
    assert loaded(tmp_path, one=spoiled("systems.shop.rto", "5h")).sha256 != first


def test_levels_are_ordered_and_recoverable_from_three() -> None:
    assert sorted(Level) == [Level.L0, Level.L1, Level.L2, Level.L3, Level.L4, Level.L5]
    assert [level.recoverable for level in Level] == [False, False, False, True, True, True]


def test_the_example_is_of_the_example_inventory(tmp_path: Path) -> None:
    hosts = load_inventory(ROOT / "inventories" / "example").hosts
    shipped = load_backup(ROOT / "policies")
    assert unknown_to(shipped, hosts, "example") == []
    assert len(shipped.systems) == 4
    other = spoiled(f"{DB}.databases", {"db1": ["x"], "item-centos-02": ["sx_item", "nope"],
                                        "reg-rhel-01": ["JG01"]})
    other["systems"]["shop"]["backups"]["db"] |= {"made_by": "external", "job": "mysqldump"}
    said = [str(one) for one in unknown_to(loaded(tmp_path, one=other), hosts, "example")]
    assert said == [
        "example: shop/db/db1/x: the inventory has no host db1",
        (
            "example: shop/db/item-centos-02/nope: item-centos-02 declares no instance nope; "
            "it has: sx_item"
        ),
        "example: shop/db/reg-rhel-01/JG01: JG01 is oracle; job mysqldump is of mysql, mariadb",
    ]


def test_a_snapshots_set_knows_its_hosts_volumes(tmp_path: Path) -> None:
    made = file()
    made["systems"]["shop"]["backups"]["db"] |= {
        "made_by": "external", "job": "cloud_snapshot", "volumes": {"db1": ["d-1", "d-2"]}}
    policy = loaded(tmp_path, one=made)
    assert policy.sets["shop/db/db1/orders"].volumes == ("d-1", "d-2")
    assert loaded(tmp_path, one=file()).sets["shop/db/db1/orders"].volumes == ()
