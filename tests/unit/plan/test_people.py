"""Who may do what: people.yml, allowed_signers, and who is at the keyboard."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from opsrunner.errors import InputError, PolicyError
from opsrunner.plan.people import load_people, this_login
from opsrunner.plan.signers import load_signers
from tests.unit.plan.plans import PEOPLE, make_key, signer_line, write_people

SHIPPED = Path(__file__).parents[3] / "policies"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: make_key(folder, name) for name in ("zhang", "li")}


def test_what_is_shipped_is_valid_and_nobodys() -> None:
    people = load_people(SHIPPED)
    assert load_signers(SHIPPED, people).signers == ()
    assert {role for person in people.people.values() for role in person.roles} == {
        "plan", "approve", "apply",
    }


def test_people_are_found_by_login_principal_name_and_id(tmp_path: Path) -> None:
    people = load_people(write_people(tmp_path))
    assert people.by_login("zhang-adm") == "zhang"
    assert people.by_login("nobody-here") is None
    assert people.by_principal("li@example.cn") == "li"
    assert people.by_name("王五") == people.by_name("wang") == "wang"
    with pytest.raises(InputError, match=r"no such person.*wang \(王五\)"):
        people.by_name("钱七")


def test_a_role_is_needed_and_the_refusal_says_where_to_write_it(tmp_path: Path) -> None:
    people = load_people(write_people(tmp_path))
    assert people.require("li", "apply") == "li"
    with pytest.raises(InputError, match="李四 has not the role 'plan'"):
        people.require("li", "plan")
    with pytest.raises(InputError, match=r"people\.yml: login root: is nobody's login"):
        people.require("root", "plan")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"qian": {"name": "张三", "roles": ["approve"]}}, "name 张三 is both"),
        ({"qian": {"name": "钱", "roles": ["apply"]}}, "give logins"),
        ({"qian": {"name": "钱", "roles": []}}, "people.qian: has neither roles nor duties"),
        ({"qian": {"name": "钱", "roles": ["root"]}}, "people.qian.roles.0"),
        ({"qian": {"name": "钱", "roles": ["apply"], "logins": ["li"]}}, "login li is both"),
        ({"qian": {"name": "钱", "roles": ["approve"], "principal": "*"}}, "people.qian.principal"),
        ({"qian": {"name": "钱", "roles": ["approve"], "principal": "a,b"}}, "people.qian.princ"),
        ({"qian": {"name": "钱", "roles": ["approve"], "password": "x"}}, "unknown key"),
    ],
)
def test_people_that_cannot_be_meant_are_refused(
    tmp_path: Path, change: Mapping[str, Any], said: str,
) -> None:
    with pytest.raises(PolicyError, match=said):
        load_people(write_people(tmp_path, people={**PEOPLE, **change}))


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"people\.yml: cannot be read"):
        load_people(tmp_path)
    (tmp_path / "people.yml").write_text(yaml.safe_dump(["x"]))
    with pytest.raises(PolicyError, match=r"people\.yml"):
        load_people(tmp_path)


def test_keys_belong_to_people(tmp_path: Path, keys: Mapping[str, Path]) -> None:
    lines = [
        signer_line("zhang@example.cn", keys["zhang"]),
        signer_line("li@example.cn", keys["li"], 'namespaces="git,opsrunner-plan"'),
    ]
    policies = write_people(tmp_path, lines)
    signers = load_signers(policies, load_people(policies))
    assert [signer.person for signer in signers.signers] == ["zhang", "li"]
    assert all(signers.of_key(one.fingerprint) is one for one in signers.signers)
    assert signers.of_key("SHA256:another") is None


@pytest.mark.parametrize(
    ("principal", "options", "said"),
    [
        ("*", 'namespaces="opsrunner-plan"', "principal of nobody"),
        ("qian@example.cn", 'namespaces="opsrunner-plan"', "principal of nobody"),
        ("zhang@example.cn,li@example.cn", 'namespaces="opsrunner-plan"', "principal of nobody"),
        ("li@example.cn", "", "says nothing of plans"),
        ("li@example.cn", 'namespaces="git"', "says nothing of plans"),
        ("li@example.cn", 'namespaces="opsrunner-*"', "says nothing of plans"),
        ("li@example.cn", 'cert-authority,namespaces="opsrunner-plan"', "cert-authority"),
    ],
)
def test_lines_that_let_in_more_than_one_person_are_refused(
    tmp_path: Path, keys: Mapping[str, Path], principal: str, options: str, said: str,
) -> None:
    policies = write_people(tmp_path, [signer_line(principal, keys["li"], options)])
    with pytest.raises(PolicyError, match=f"line 2: .*{said}"):
        load_signers(policies, load_people(policies))


def test_all_bad_lines_are_listed(tmp_path: Path, keys: Mapping[str, Path]) -> None:
    lines = [
        signer_line("zhang@example.cn", keys["zhang"]), "li@example.cn", "",
        'li@example.cn namespaces="opsrunner-plan" ssh-ed25519 !!!!',
        signer_line("li@example.cn", keys["zhang"]),
    ]
    policies = write_people(tmp_path, lines)
    with pytest.raises(PolicyError) as caught:
        load_signers(policies, load_people(policies))
    assert [(one.key, one.message) for one in caught.value.problems] == [
        ("line 3", 'must be: PRINCIPAL namespaces="opsrunner-plan" KEYTYPE KEY'),
        ("line 5", "the key is no base64"),
        ("line 6", "is zhang's key too: line 2"),
    ]


def test_the_environment_does_not_say_who_somebody_is(monkeypatch: pytest.MonkeyPatch) -> None:
    really = this_login()
    monkeypatch.setenv("LOGNAME", "li")
    monkeypatch.setenv("USER", "li")
    assert getpass.getuser() == "li"  # what would have been believed
    assert this_login() == really != "li"
