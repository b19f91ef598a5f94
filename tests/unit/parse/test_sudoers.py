"""sudoers lines as sudo 1.9.13 took them (compared with cvtsudoers and visudo on a real host)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse.sudoers import Sudoers, expand, logical_lines, parse
from opsrunner.parse.sudospec import SudoersSyntaxError

MAIN = "/etc/sudoers"


def read(text: str, **more: str) -> Sudoers:
    files = {f"/etc/{name}": body for name, body in more.items()}
    return parse({MAIN: text, **files})


def grants(text: str) -> set[tuple[str, tuple[str, ...], str, bool | None]]:
    policy = read(text)
    assert policy.errors == []
    return {(g.who, g.runas, g.command, g.passwd) for g in policy.grants}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ops ALL=(ALL) NOPASSWD: ALL", {("ops", ("ALL",), "ALL", False)}),
        ("ops\tALL=ALL", {("ops", ("root",), "ALL", None)}),
        ("ops ALL=(ALL)NOPASSWD:ALL", {("ops", ("ALL",), "ALL", False)}),
        ("ops ALL = NOPASSWD : ALL", {("ops", ("root",), "ALL", False)}),
        ("ops ALL=() /bin/ls", {("ops", (), "/bin/ls", None)}),
        ("ops ALL=(:grp) /bin/ls", {("ops", (), "/bin/ls", None)}),
        ("ops ALL=(ALL:ALL) ALL", {("ops", ("ALL",), "ALL", None)}),
        ("#1000 ALL=(#0) ALL", {("#1000", ("#0",), "ALL", None)}),
        ('"ops user" ALL=ALL', {("ops user", ("root",), "ALL", None)}),
        ("user\\ name ALL=ALL", {("user name", ("root",), "ALL", None)}),
        ("DOM\\\\ops ALL=ALL", {("DOM\\ops", ("root",), "ALL", None)}),
        ("%:nonunix ALL=ALL", {("%:nonunix", ("root",), "ALL", None)}),
        ("ops ALL=/bin/echo a\\,b\\:c\\=d", {("ops", ("root",), "/bin/echo a,b:c=d", None)}),
        ("ops ALL=(root) TIMEOUT=1h NOPASSWD: /bin/ls", {("ops", ("root",), "/bin/ls", False)}),
        ("ops ALL=sha224:0Gom+NsQ== /bin/ls", {("ops", ("root",), "/bin/ls", None)}),
        ("ops ALL=/bin/ls #comment", {("ops", ("root",), "/bin/ls", None)}),
        ("ops ALL=/bin/ls \\#no", {("ops", ("root",), "/bin/ls #no", None)}),
        (
            "ops ALL = NOPASSWD:SETENV: /bin/a, PASSWD: /bin/b, /bin/c",
            {("ops", ("root",), "/bin/a", False), ("ops", ("root",), "/bin/b", True),
             ("ops", ("root",), "/bin/c", True)},
        ),
        (
            "ops ALL=(oracle) NOPASSWD: /bin/a : db2=/bin/b",
            {("ops", ("oracle",), "/bin/a", False), ("ops", ("root",), "/bin/b", None)},
        ),
    ],
)
def test_a_rule(line: str, expected: set[tuple[str, tuple[str, ...], str, bool | None]]) -> None:
    assert grants(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "ops ALL=(ALL ALL", "ops ALL=(ALL) NOPASSWD ALL", "ops ALL=(ALL) nopasswd: ALL", "ops ALL",
        "ops = ALL", "ops ALL=(ALL) ALL,", "ops ALL=ls", "Defaults", "Defaults use_pty logfile=/x",
        'Defaults logfile="/x', "User_Alias a = b", "User_Alias A = b\nUser_Alias A = c",
    ],
)
def test_what_sudo_refuses_is_an_error_with_its_place(line: str) -> None:
    errors = read(line).errors
    assert len(errors) == 1
    assert errors[0].startswith(f"{MAIN}:")


def test_a_backslash_continues_a_line_and_not_a_comment() -> None:
    text = "ops ALL = \\\n  NOPASSWD: \\\n ALL\n# off \\\nroot ALL=ALL\n"
    assert [line for _, line in logical_lines(text) if line] == [
        "ops ALL =    NOPASSWD:   ALL", "root ALL=ALL",
    ]


def test_aliases_are_resolved_whatever_their_order_and_depth() -> None:
    text = """A ALL=(R) C
        Cmnd_Alias C = D, !/bin/su
        Cmnd_Alias D = ALL
        User_Alias A = ops, !eve : B = x
        Runas_Alias R = oracle
        """
    found = [(g.who, g.runas, g.command, g.negated) for g in read(text).grants]
    assert found == [("ops", ("oracle",), "ALL", False), ("ops", ("oracle",), "/bin/su", True)]


def test_an_alias_that_names_itself_ends() -> None:
    assert expand([("A", False)], {"A": [("B", True)], "B": [("A", False)]}) == [("A", True)]


def test_aliases_that_multiply_are_refused() -> None:
    aliases = {f"A{n}": [(f"A{n + 1}", False)] * 10 for n in range(6)}
    with pytest.raises(SudoersSyntaxError):
        expand([("A0", False)], aliases)


def test_includes_are_read_in_place_and_by_name() -> None:
    files = {
        MAIN: "a ALL=ALL\n#includedir /etc/sudoers.d\n@include extra-%h\nz ALL=ALL\n",
        "/etc/sudoers.d/20-b": "b2 ALL=ALL\n", "/etc/sudoers.d/10-b": "b1 ALL=ALL\n",
        "/etc/sudoers.d/x.conf": "no ALL=ALL\n", "/etc/sudoers.d/x~": "no ALL=ALL\n",
        "/etc/sudoers.d/deep/x": "no ALL=ALL\n", "/etc/extra-db1": "e ALL=ALL\n",
    }
    policy = parse(files, absent={"/etc/sudoers.d"}, host="db1.example.gov.cn")
    assert [g.who for g in policy.grants] == ["a", "b1", "b2", "e", "z"]
    assert policy.errors == []


def test_what_nobody_looked_at_is_an_error_and_what_is_not_there_none() -> None:
    text = "@include /etc/a\n@include /etc/b\n@includedir /etc/c\n"
    policy = parse({MAIN: text}, absent={"/etc/a"})
    assert policy.errors == ["/etc/b: not read", "/etc/c: not listed"]


def test_an_endless_include_ends() -> None:
    assert parse({MAIN: f"@include {MAIN}\n"}).errors == [f"{MAIN}: not read"]


def test_defaults_with_their_scope_and_values() -> None:
    text = 'Defaults env_reset, logfile="/var/log/a, b", !lecture\nDefaults: %ops,x !authenticate\n'
    assert [(s.scope, s.names, s.name, s.value) for s in read(text).settings] == [
        ("all", (), "env_reset", True), ("all", (), "logfile", "/var/log/a, b"),
        ("all", (), "lecture", False), ("user", ("%ops", "x"), "authenticate", False),
    ]


WORDS = st.sampled_from([
    "ops", "ALL", "=", "(", ")", ",", ":", "!", "\\", '"', "#", "\n", " ", "NOPASSWD:", "%",
    "Defaults", "@include /etc/x", "User_Alias A", "^", "$", "/bin/ls", "1000", "\t", "\r",
])


@settings(max_examples=100)
@given(st.one_of(st.text(), st.lists(WORDS).map("".join)))
def test_any_text_gives_a_policy(text: str) -> None:
    policy = parse({MAIN: text})
    assert all(isinstance(error, str) for error in policy.errors)
