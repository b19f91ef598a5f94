"""``opsrunner backup verify``: what is refused before a host is touched, what is only said."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from opsrunner.activities.backup.answer import judge, unreached
from opsrunner.activities.backup.due import asked
from opsrunner.cli import backup
from opsrunner.cli.verifying import exit_code
from opsrunner.errors import ExitCode, InputError
from opsrunner.evidence.store import Store
from opsrunner.models import Frame
from opsrunner.policy.backup import Level
from tests.unit.activities.backup.shop import DB, NOW, policy, verification

ROOT = Path(__file__).parents[3]
ITEM = "item_management/mysql/item-centos-03/sx_item"
FILES = "item_management_files/files/item-centos-07"


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("OPSRUNNER_STORE", str(tmp_path / "store"))


def call(*arguments: str) -> tuple[int, str]:
    application = typer.Typer()
    backup.register(application)
    application.callback()(lambda: None)
    done = CliRunner().invoke(
        application, ["backup", "verify", "-i", "inventories/example", *arguments],
        standalone_mode=False,
    )
    if done.exception:
        raise done.exception
    return int(done.return_value), done.stdout


def test_a_check_says_what_would_be_verified_and_touches_nothing(tmp_path: Path) -> None:
    code, said = call("--check", "--set", ITEM, "--set", FILES, "--level", "L3")
    assert code == ExitCode.COMPLIANT
    assert f"{ITEM}: local copy to L3 on item-centos-03: asked for" in said
    assert f"{FILES}: local copy to L3 on item-centos-07, reads part 1/4 of all data" in said
    assert Store.open(tmp_path / "store").runs() == []


def test_what_is_due_names_its_reason_for_each_copy() -> None:
    _, said = call("--check", "--due", "--limit", "item-centos-03")
    assert "offsite copy to L4 on item-centos-03: the copy elsewhere was not restored in" in said
    assert "local copy to L4 on item-centos-03: L4 was not proven in" in said
    assert "item-centos-04" not in said


def test_bad_input_is_one_message_with_all_of_it() -> None:
    with pytest.raises(InputError) as error:
        call("--set", ITEM[:-1], "--set", "regulation_platform/oracle/reg-rhel-01/JG01")
    lines = "\n".join(error.value.lines())
    assert "no such backup set; near it: item_management/mysql/item-centos-03/sx_item" in lines
    assert "is made by others" in lines
    with pytest.raises(InputError, match="no host item-centos-03 here"):
        call("--set", ITEM, "--limit", "item-centos-04")
    with pytest.raises(InputError, match="no host of it has a backup set made by opsrunner"):
        call("--limit", "reg-rhel-01")


def test_a_set_that_the_inventory_does_not_know_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "policies").symlink_to(ROOT / "policies")
    hosts = tmp_path / "hosts.yml"
    hosts.write_text(yaml.safe_dump({"all": {"hosts": {
        "item-centos-03": {"ops_platform": "centos-7", "ansible_host": "198.18.4.3"}}}}))
    monkeypatch.chdir(ROOT)
    _, said = call("-i", str(hosts), "--check")
    assert f"left out: {FILES}: not in this inventory: item-centos-07" in said


def test_unknown_wins_over_damage_and_less_than_wanted_is_no_success() -> None:
    one = asked(policy().sets[DB], "local", [], NOW)
    gone = unreached(one, "unreachable: no route", "", "")
    damaged = judge(one, Frame("verify.0", 0, b""), ("", ""), {})
    good, short = verification(NOW), verification(NOW, Level.L3)
    none = verification(NOW, None)
    assert exit_code([good]) == ExitCode.COMPLIANT
    assert exit_code([good, none]) == exit_code([short]) == ExitCode.VIOLATIONS
    assert exit_code([none, gone]) == exit_code([good, damaged]) == ExitCode.UNKNOWN
