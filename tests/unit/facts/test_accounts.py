"""Accounts, homes and who could log in, from frames."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.facts.base import CannotTell, Host
from opsrunner.models import Frame, Reason

SEP = "\x1e"


def host(platform: str = "rhel-8", **frames: str | bytes) -> Host:
    """Given frames by name (``__`` for the dot), return a host that has them."""
    found = {}
    for key, out in frames.items():
        name = key.replace("__", ".")
        found[name] = Frame(name, 0, out if isinstance(out, bytes) else out.encode())
    return Host(platform, found)


def passwd(text: str) -> str:
    return f"{SEP}file /etc/passwd\n{text}"


def test_lines_are_those_glibc_would_look_at() -> None:
    text = "# note\n\n  root:x:00:0::/root:/bin/sh\r\nshort\n+::::::\n"
    one = host(accounts__passwd=passwd(text))
    rows = one.get("accounts.passwd")
    assert [(row["name"], row["uid"], row["shell"]) for row in rows] == [
        ("root", 0, "/bin/sh"), ("short", None, ""), ("+", None, ""),
    ]


def test_the_first_shadow_line_of_an_account_counts() -> None:
    one = host(accounts__shadow="root:empty:1:0:9:7::\nroot:$6$:1:0:9:7::\n")
    assert one.get("accounts.shadow")["root"]["kind"] == "empty"


def test_a_home_out_of_sight_counts_as_holding_a_key() -> None:
    one = host(
        accounts__passwd=passwd("ops:x:1000:1000::/home/ops/:/bin/bash\n"),
        accounts__group=f"{SEP}file /etc/group\nops:x:1000:\n",
        accounts__shadow="ops:locked:1:0:9:7::\n",
        accounts__homes=f"{SEP}skipped\nnfs4|/home/ops\n{SEP}homes\n{SEP}trust\n{SEP}keys\n",
    )
    assert [row["keys"] for row in one.get("accounts.login_accounts")] == [True]


def test_an_empty_key_file_opens_nothing() -> None:
    line = "f|600|1000|1000|ops|ops|0|/home/ops/.ssh/authorized_keys\n"
    one = host(
        accounts__passwd=passwd("ops:x:1000:1000::/home/ops:/bin/bash\n"),
        accounts__group=f"{SEP}file /etc/group\nops:x:1000:\n",
        accounts__shadow="ops:locked:1:0:9:7::\n",
        accounts__homes=f"{SEP}skipped\n{SEP}homes\n{SEP}trust\n{line}{SEP}keys\n",
    )
    assert one.get("accounts.login_accounts") == []


@pytest.mark.parametrize(
    ("stamp", "day"),
    [
        ("Thu Jan  1 12:00:00 +0000 1970", 0), ("Fri Jan  2 01:00:00 +0800 1970", 0),
        ("Thu Jan  1 20:00:00 -0800 1970", 1), ("Tue Oct  1 08:00:00 +0800 2024", 19997),
    ],
)
def test_a_login_is_dated_by_its_own_time_zone(stamp: str, day: int) -> None:
    one = host(
        accounts__today="20000\n",
        accounts__passwd=passwd("ops:x:1000:1000::/home/ops:/bin/bash\n"),
        accounts__group=f"{SEP}file /etc/group\nops:x:1000:\n",
        accounts__shadow="ops:$6$:1:0:9:7::\n",
        accounts__homes=f"{SEP}skipped\n{SEP}homes\n{SEP}trust\n{SEP}keys\n",
        accounts__lastlog=f"{SEP}me\nroot\n{SEP}lastlog\nops pts/0 {stamp}\n",
    )
    assert one.get("logins.idle")[0]["idle_days"] == 20000 - day


@settings(max_examples=100)
@given(st.text(), st.text(), st.text())
def test_any_text_is_an_answer_or_nobody_can_tell(table: str, aging: str, last: str) -> None:
    one = host(
        accounts__today="20000\n", accounts__passwd=passwd(table),
        accounts__group=f"{SEP}file /etc/group\n{table}",
        accounts__shadow=aging.encode("utf-8", "surrogatepass"),
        accounts__homes=f"{SEP}skipped\n{last}{SEP}homes\n{SEP}trust\n{SEP}keys\n",
        accounts__lastlog=f"{SEP}me\nroot\n{SEP}lastlog\n{last}",
        login__defs=f"{SEP}file /etc/login.defs\n{last}",
    )
    for name in ("identity.duplicate_users", "identity.uid_zero", "logins.system_shells",
                 "logins.with_password", "logins.idle", "permissions.home_folders"):
        try:
            one.get(name)
        except CannotTell as cannot:
            assert cannot.reason in Reason  # noqa: PT017 - nothing else may be raised
