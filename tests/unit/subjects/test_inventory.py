"""Inventories as files, read by the real Ansible: what comes out, and every refusal."""

from __future__ import annotations

import json
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.errors import ExitCode, InventoryError, Problem
from opsrunner.secrets.store import Secret
from opsrunner.subjects.inventory import load_inventory
from opsrunner.subjects.templates import WITHHELD, is_unfilled

Write = Callable[[dict[str, str]], Path]
CANARY = "Canary-8d21-must-not-show"

TWO_GROUPS = """\
    centos_7:
      vars: {ops_platform: centos-7}
      hosts: {web-02: {}, web-01: {ansible_host: 198.18.0.1}}
    windows:
      children:
        windows_2019:
          vars: {ops_platform: windows-2019}
          hosts: {ad-01: {}}
    """


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes ``{relative path: text}`` as an inventory folder."""

    def written(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / "inventory" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        return tmp_path / "inventory"

    return written


def problems_of(path: Path, limit: str | None = None) -> tuple[Problem, ...]:
    """Return the problems that loading this inventory raises; fail when it raises none."""
    with pytest.raises(InventoryError) as error:
        load_inventory(path, limit=limit)
    assert error.value.exit_code is ExitCode.BAD_INPUT
    return error.value.problems


def test_hosts_come_sorted_with_platform_groups_and_address(write: Write) -> None:
    inventory = load_inventory(write({"hosts.yml": TWO_GROUPS}))
    assert [(h.kind, h.id, h.platform) for h in inventory.hosts] == [
        ("host", "ad-01", "windows-2019"),
        ("host", "web-01", "centos-7"),
        ("host", "web-02", "centos-7"),
    ]
    assert inventory.hosts[0].groups == ("windows", "windows_2019")
    assert [h.attributes["address"] for h in inventory.hosts] == ["ad-01", "198.18.0.1", "web-02"]


def test_a_single_file_reads_the_group_vars_beside_it(write: Write) -> None:
    path = write(
        {"fleet.yml": "web: {hosts: {a: {}}}", "group_vars/web.yml": "ops_platform: rhel-8"}
    )
    whole, single = load_inventory(path), load_inventory(path / "fleet.yml")
    assert single.hosts == whole.hosts
    assert single.hosts[0].platform == "rhel-8"
    assert single.sha256 == whole.sha256


def test_profile_by_platform_unless_set_and_none_is_named(write: Write) -> None:
    path = write({"hosts.yml": TWO_GROUPS, "host_vars/web-02.yml": "ops_profile: strict"})
    inventory = load_inventory(path, profiles={"centos-7": "level3-el"})
    assert [(h.id, h.profile) for h in inventory.with_profile] == [
        ("web-01", "level3-el"),
        ("web-02", "strict"),
    ]
    assert [h.id for h in inventory.without_profile] == ["ad-01"]
    assert len(inventory.hosts) == 3
    with pytest.raises(InventoryError, match=r"web-02\.ops_profile: unknown profile 'strict'"):
        load_inventory(path, profile_names={"level3-el"})


def test_child_group_overrides_parent_and_host_overrides_groups(write: Write) -> None:
    text = """\
        all:
          vars: {ops_platform: debian-12}
          children:
            el:
              vars: {ops_platform: rhel-7}
              hosts: {parent: {}, own: {ops_platform: kylin-v10}}
              children:
                el8: {vars: {ops_platform: rhel-8}, hosts: {child: {}}}
          hosts: {top: {}}
        """
    platforms = {h.id: h.platform for h in load_inventory(write({"h.yml": text})).hosts}
    assert platforms == {
        "parent": "rhel-7",
        "own": "kylin-v10",
        "child": "rhel-8",
        "top": "debian-12",
    }


def test_ledger_fields_are_defaults_under_own_and_nothing_else(write: Write) -> None:
    inventory = load_inventory(
        write(
            {
                "hosts.yml": TWO_GROUPS,
                "group_vars/centos_7.yml": f"""\
                    ops_ledger_defaults: {{system: 门户, owner: 系统岗, cpu: 4}}
                    ansible_password: {CANARY}
                    db_password: {CANARY}
                    """,
                "host_vars/web-01.yml": """\
                    ops_ledger:
                      cpu: 8
                      databases: [{name: APP, product: mysql, version: "8.0", port: 3306}]
                    """,
            }
        )
    )
    web_01, web_02 = inventory.hosts[1:]
    assert web_01.attributes == {
        "address": "198.18.0.1",
        "system": "门户",
        "owner": "系统岗",
        "cpu": 8,
        "databases": [{"name": "APP", "product": "mysql", "version": "8.0", "port": 3306}],
        "software": [],
    }
    assert web_02.attributes["cpu"] == 4
    assert all(type(value) in (str, int, list) for value in web_01.attributes.values())
    assert CANARY not in repr(inventory)


def test_all_problems_at_once_each_with_file_and_key(write: Write) -> None:
    path = write(
        {
            "hosts.yml": """\
                nowhere: {hosts: {lost: {}}}
                odd: {vars: {ops_platform: solaris-10}, hosts: {odd-01: {}}}
                centos_7: {vars: {ops_platform: centos-7}, hosts: {both: {}, web: {}}}
                rhel_7: {vars: {ops_platform: rhel-7}, hosts: {both: {}}}
                """,
            "host_vars/web.yml": """\
                ops_platfrom: centos-7
                ops_ledger:
                  cpu: "four"
                  colour: red
                  importance: urgent
                  databases: [{name: A, product: dbase, port: 70000}, {product: mysql, prot: 1}]
                  software: [{name: jdk, version: 1.8}]
                """,
        }
    )
    hosts, ledger = str(path), str(path / "host_vars/web.yml")
    found = {(p.file, p.key): p.message for p in problems_of(path)}
    assert set(found) == {
        (hosts, "lost.ops_platform"),
        (hosts, "odd-01.ops_platform"),
        (hosts, "both.ops_platform"),
        (hosts, "web.ops_platfrom"),
        (ledger, "web.ops_ledger.cpu"),
        (ledger, "web.ops_ledger.colour"),
        (ledger, "web.ops_ledger.importance"),
        (ledger, "web.ops_ledger.databases.0.product"),
        (ledger, "web.ops_ledger.databases.0.port"),
        (ledger, "web.ops_ledger.databases.1.name"),
        (ledger, "web.ops_ledger.databases.1.prot"),
        (ledger, "web.ops_ledger.software.0.version"),
    }
    assert "in no platform" in found[hosts, "lost.ops_platform"]
    assert "'solaris-10'" in found[hosts, "odd-01.ops_platform"]
    assert "centos_7 says centos-7, rhel_7 says rhel-7" in found[hosts, "both.ops_platform"]
    assert "did you mean ops_platform" in found[hosts, "web.ops_platfrom"]
    assert "known: name, product" in found[ledger, "web.ops_ledger.databases.1.prot"]
    assert "known: system, owner" in found[ledger, "web.ops_ledger.colour"]
    assert "in quotes" in found[ledger, "web.ops_ledger.software.0.version"]


@pytest.mark.parametrize("declared", ["[centos-7]", "7", "''", "null"])
def test_platform_that_is_no_name(write: Write, declared: str) -> None:
    path = write({"h.yml": f"web: {{vars: {{ops_platform: {declared}}}, hosts: {{a: {{}}}}}}"})
    assert problems_of(path)[0].key == "a.ops_platform"


def test_ledger_that_is_no_mapping(write: Write) -> None:
    path = write({"hosts.yml": TWO_GROUPS, "host_vars/web-01.yml": "ops_ledger: [1]"})
    assert [p.key for p in problems_of(path)] == ["web-01.ops_ledger"]


def test_every_unreadable_file_is_named_without_its_text(write: Write) -> None:
    path = write(
        {
            "a.yml": f"web: {{hosts: {{a: {{pw: {CANARY}}}}}\n  broken: {CANARY}: x",
            "b.yml": f"web:\n  hosts:\n    b: {CANARY}: {{",
            "good.yml": TWO_GROUPS,
            "group_vars/centos_7.yml": f"pw: '{CANARY}\nother: x",
            "host_vars/ad-01.yml": f"{CANARY}",
        }
    )
    problems = problems_of(path)
    text = "\n".join(map(str, problems))
    for name in ("a.yml", "b.yml", "group_vars/centos_7.yml", "ad-01.yml"):
        assert name in text
    assert "good.yml" not in text
    assert CANARY not in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("web: {hots: {a: {}}, vars: {ops_platform: rhel-8}}", "hots"),
        ("web: {vars: {ops_platform: rhel-8}, hosts: {a: {}, a: {}}}", "duplicate"),
        ("- a\n- b\n", "should be"),
    ],
)
def test_what_ansible_only_warns_of_is_a_problem(write: Write, text: str, words: str) -> None:
    path = write({"bad.yml": text, "good.yml": TWO_GROUPS})
    assert words in "\n".join(map(str, problems_of(path)))


def test_harmless_warning_is_none(write: Write) -> None:
    path = write({"h.yml": "cent-os: {vars: {ops_platform: centos-7}, hosts: {cent-os: {}}}"})
    assert len(load_inventory(path).hosts) == 1


@pytest.mark.parametrize("text", ["", "---\n", "web: {hosts: {}}", "# nothing yet\n"])
def test_empty_inventory_is_refused(write: Write, text: str) -> None:
    assert problems_of(write({"hosts.yml": text}))


def test_missing_path_is_refused(tmp_path: Path) -> None:
    assert problems_of(tmp_path / "none")[0].file == str(tmp_path / "none")


@pytest.mark.parametrize(
    ("limit", "names"),
    [
        ("web*", ["web-01", "web-02"]),
        ("all:!windows", ["web-01", "web-02"]),
        ("centos_7,&web-01", ["web-01"]),
        ("~(ad|web)-01", ["ad-01", "web-01"]),
        ("web-01,ad-01", ["ad-01", "web-01"]),
    ],
)
def test_limit_is_ansibles(write: Write, limit: str, names: list[str]) -> None:
    inventory = load_inventory(write({"hosts.yml": TWO_GROUPS}), limit=limit)
    assert [host.id for host in inventory.hosts] == names


@pytest.mark.parametrize(
    ("limit", "dead"),
    [
        ("db*", ["db*"]),
        ("web-01,web-99", ["web-99"]),
        ("all:!wndows", ["!wndows"]),
        ("x,y", ["x", "y"]),
        ("web-01:!web-01", ["web-01:!web-01"]),
        ("localhost", ["localhost"]),
        ("~(", ["~("]),
        ("@/no/such/file", ["@/no/such/file"]),
        ("", [""]),
    ],
)
def test_part_of_a_limit_that_matches_nothing(write: Write, limit: str, dead: list[str]) -> None:
    problems = problems_of(write({"hosts.yml": TWO_GROUPS}), limit)
    assert [(p.file, p.key) for p in problems] == [("--limit", part) for part in dead]


def test_auto_is_this_machine_and_only_over_a_local_connection(write: Write) -> None:
    text = "me: {{vars: {{ops_platform: auto, ansible_connection: {}}}, hosts: {{here: {{}}}}}}"
    local = write({"hosts.yml": text.format("local"), "os-release": 'ID=rhel\nVERSION_ID="8.9"'})
    inventory = load_inventory(local / "hosts.yml", os_release=local / "os-release")
    assert inventory.hosts[0].platform == "rhel-8"
    (local / "os-release").write_text("ID=plan9\nVERSION_ID=4\n")
    with pytest.raises(InventoryError, match="plan9 4"):
        load_inventory(local / "hosts.yml", os_release=local / "os-release")
    remote = write({"hosts.yml": text.format("ssh")})
    assert "only for this machine" in problems_of(remote / "hosts.yml")[0].message


def encrypted(text: str) -> str:
    lib = VaultLib([("default", VaultSecret(b"pw"))])
    return str(lib.encrypt(text, VaultSecret(b"pw")).decode())


def test_vault_files_need_the_password_and_leave_nothing_behind(write: Write) -> None:
    vault = encrypted(f"ansible_become_password: {CANARY}")
    path = write({"hosts.yml": TWO_GROUPS, "group_vars/all/vault.yml": vault})
    problem = problems_of(path)[0]
    assert "vault_password_file" in problem.message
    assert "vault.yml" in problem.file
    inventory = load_inventory(path, vault_password=Secret("vault", "pw"))
    assert len(inventory.hosts) == 3
    assert CANARY not in repr(inventory)
    with pytest.raises(InventoryError, match="does not fit"):
        load_inventory(path, vault_password=Secret("vault", "wrong"))


INLINE = '!vault "' + encrypted(CANARY).replace("\n", "\\n") + '"'


@pytest.mark.parametrize(
    "field",
    [
        f"ops_ledger: {{owner: {INLINE}}}",
        "ops_ledger: {owner: '{{ pw }}'}",
        f"ansible_host: {INLINE}",
        f"ops_platform: {INLINE}",
        f"ops_profile: {INLINE}",
    ],
)
def test_secret_in_an_allowed_field_is_refused(write: Write, field: str) -> None:
    own = f"pw: {CANARY}\n{field}\n"
    path = write({"hosts.yml": TWO_GROUPS, "host_vars/web-01.yml": own})
    with pytest.raises(InventoryError, match=r"web-01\.(ops_|ansible_host)") as error:
        load_inventory(path, vault_password=Secret("vault", "pw"))
    assert CANARY not in str(error.value)


@pytest.mark.parametrize(("given", "kept"), [
    ("'{{ pw }}'", "{{ pw }}"),
    ("{AllowGroups: '{% if a %}b{% endif %}', MaxAuthTries: '3'}",
     {"AllowGroups": "{% if a %}b{% endif %}", "MaxAuthTries": "3"}),
    (f"[plain, {INLINE}]", ["plain", WITHHELD]),
])
def test_a_role_variable_that_is_a_template_keeps_no_check_from_looking(
    write: Write, given: str, kept: object,
) -> None:
    own = f"pw: {CANARY}\nharden_linux_anything: {given}\n"
    path = write({"hosts.yml": TWO_GROUPS, "host_vars/web-01.yml": own})
    inventory = load_inventory(path, vault_password=Secret("vault", "pw"))
    attributes = next(host.attributes for host in inventory.hosts if host.id == "web-01")
    assert attributes["harden_linux_anything"] == kept
    assert is_unfilled(attributes["harden_linux_anything"])
    assert CANARY not in repr(inventory)


@pytest.mark.parametrize("given", ["'{{ pw }}'", INLINE])
def test_the_second_login_is_no_template(write: Write, given: str) -> None:
    own = f"pw: {CANARY}\nops_second_login: {given}\n"
    path = write({"hosts.yml": TWO_GROUPS, "host_vars/web-01.yml": own})
    with pytest.raises(InventoryError, match=r"web-01\.ops_second_login") as error:
        load_inventory(path, vault_password=Secret("vault", "pw"))
    assert CANARY not in str(error.value)


def test_address_may_be_a_template(write: Write) -> None:
    line = 'ansible_host: "{{ inventory_hostname }}.lab"'
    path = write({"hosts.yml": TWO_GROUPS, "host_vars/web-01.yml": line})
    assert load_inventory(path).hosts[1].attributes["address"] == "web-01.lab"


@pytest.mark.parametrize(
    ("value", "known"),
    [("su", "su"), ("ansible.builtin.su", "ansible.builtin.su"), ('"{{ x }}"', None), ("1", None)],
)
def test_how_one_becomes_root_is_known_where_it_is_plain(
    write: Write, value: str, known: str | None,
) -> None:
    line = f"ansible_become_method: {value}"
    path = write({"hosts.yml": TWO_GROUPS, "host_vars/web-01.yml": line})
    assert load_inventory(path).hosts[1].attributes.get("ansible_become_method") == known
    assert "ansible_become_method" not in load_inventory(path).hosts[2].attributes


def test_address_template_that_cannot_be_filled(write: Write) -> None:
    line = f'ansible_host: "{{{{ nothing_like_it }}}}"\npw: {CANARY}'
    problems = problems_of(write({"hosts.yml": TWO_GROUPS, "host_vars/web-01.yml": line}))
    assert "web-01.ansible_host" in [problem.key for problem in problems]
    assert CANARY not in str(problems)


@pytest.mark.parametrize(
    "line",
    [
        f"web ansible_password={CANARY}'",
        f"ansible_password={CANARY}",
        f"web one {CANARY}",
        f"ansible_password={CANARY}:",
        f"[web:vars]\npw {CANARY}",
        f"[web:children]\nx={CANARY}",
    ],
)
def test_broken_ini_is_told_without_its_words(tmp_path: Path, line: str) -> None:
    (tmp_path / "hosts").write_text(f"{line}\n")
    text = "\n".join(map(str, problems_of(tmp_path / "hosts")))
    assert str(tmp_path / "hosts") in text
    assert CANARY not in text


@pytest.mark.parametrize("name", ["../../etc", "a/b", "-o", ".hidden", "a b", "a\x1bc", "a'b"])
def test_host_name_that_is_none(write: Write, name: str) -> None:
    text = json.dumps({"web": {"vars": {"ops_platform": "rhel-8"}, "hosts": {name: {}}}})
    problem = str(problems_of(write({"hosts.yml": text}))[0])
    assert "is no host name" in problem
    assert problem.isprintable()


@pytest.mark.parametrize("name", ["web-01", "192.0.2.1", "2001:db8::1", "主机_1", "a@b"])
def test_host_name_that_is_one(write: Write, name: str) -> None:
    text = json.dumps({"web": {"vars": {"ops_platform": "rhel-8"}, "hosts": {name: {}}}})
    assert [host.id for host in load_inventory(write({"hosts.yml": text})).hosts] == [name]


PIECES = ["web:", "hosts:", "vars:", "a:", "{", "}", "[", "]", "'", '"', "- ", "\n", "\n  ", "\t"]
PIECES += [
    "!vault ",
    "|",
    "&a ",
    "*b",
    "%",
    "ops_platform: rhel-8",
    "ops_ledger: ",
    "\x00",
    "=",
    " ",
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25), st.sampled_from(["hosts.yml", "hosts"]))
def test_any_file_is_an_inventory_or_one_input_error(pieces: list[str], name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_text("".join(pieces))
        try:
            inventory = load_inventory(Path(folder))
        except InventoryError as error:
            assert error.problems  # noqa: PT017 - either answer is right, a crash is not
        else:
            assert all(host.platform == "rhel-8" for host in inventory.hosts)
