"""One row for every host, whatever Ansible told of it; nothing half-known is fine."""

from __future__ import annotations

from typing import Any

import pytest

from opsrunner.doctor.hosts import Privilege, judge_host, judge_hosts
from opsrunner.models import Subject

LOGIN_ROOT = {"stdout": "opsrunner-doctor 0 root /bin/bash\n"}
LOGIN_USER = {"stdout": "*** banner ***\r\nopsrunner-doctor 1001 ops /bin/tcsh\r\n"}
BECAME = {"stdout": "opsrunner-doctor 0 root\r\n"}


def test_root_and_sudo_are_fine() -> None:
    root = judge_host("a", {"Login": LOGIN_ROOT, "Privilege": BECAME})
    assert (root.fine, root.user, root.shell, root.privilege) == (
        True,
        "root",
        "/bin/bash",
        Privilege.ROOT,
    )
    sudo = judge_host("a", {"Login": LOGIN_USER, "Privilege": BECAME})
    assert (sudo.fine, sudo.user, sudo.shell, sudo.privilege) == (
        True,
        "ops",
        "/bin/tcsh",
        Privilege.SUDO,
    )


@pytest.mark.parametrize(
    ("results", "reachable", "privilege", "reason"),
    [
        ({}, None, Privilege.UNKNOWN, "interrupted"),
        ({"Login": {"unreachable": True, "msg": "no route"}}, False, Privilege.UNKNOWN, "unreach"),
        ({"Login": {"stdout": "This account is not available."}}, None, "unknown", "unparsable"),
        ({"Login": {"stdout": "opsrunner-doctor root"}}, None, "unknown", "unparsable"),
        ({"Login": {"failed": True, "msg": "timed out"}}, None, "unknown", "timeout"),
        ({"Login": LOGIN_USER}, True, Privilege.UNKNOWN, "interrupted"),
        ({"Login": LOGIN_USER, "Privilege": LOGIN_USER}, True, Privilege.NONE, "denied"),
        (
            {"Login": LOGIN_USER, "Privilege": {"failed": True, "msg": "Missing sudo password"}},
            True,
            Privilege.DENIED,
            "denied: Missing sudo password",
        ),
        (
            {"Login": LOGIN_USER, "Privilege": {"failed": True, "msg": "Timeout (12s) waiting"}},
            True,
            Privilege.UNKNOWN,
            "timeout",
        ),
        (
            {"Login": LOGIN_USER, "Privilege": {"unreachable": True, "msg": "gone"}},
            True,
            Privilege.UNKNOWN,
            "unreachable: gone",
        ),
    ],
)
def test_anything_less_is_not_fine_and_says_why(
    results: dict[str, Any], *, reachable: bool | None, privilege: str, reason: str
) -> None:
    row = judge_host("a", results)
    assert (row.fine, row.reachable, row.privilege) == (False, reachable, privilege)
    assert row.reason is not None
    assert row.reason.startswith(reason)


def test_what_a_host_says_cannot_act_in_a_terminal_or_fill_it() -> None:
    row = judge_host("a", {"Login": {"unreachable": True, "msg": "\x1b[2J\x07" + "x" * 10_000}})
    assert row.reason is not None
    assert "\x1b" not in row.reason
    assert len(row.reason) < 300


def test_every_host_has_exactly_one_row() -> None:
    hosts = [Subject("host", name, "rhel-8", "") for name in ("a", "b")]
    rows = judge_hosts(hosts, {"b": {"Login": LOGIN_ROOT}, "stranger": {"Login": LOGIN_ROOT}})
    assert [(row.host, row.fine) for row in rows] == [("a", False), ("b", True)]
