"""An approved plan is for the machine at that address, with that second way in."""

from __future__ import annotations

import pytest

from opsrunner.models import Subject
from opsrunner.plan.ways_in import SECOND_LOGIN, moved
from tests.unit.plan.plans import plan, subject

PLAN = plan(subjects=(
    subject("web01", address="10.0.0.11", second_login="opsadm"),
    subject("idle", address="10.0.0.12", steps=()),
    subject("old"),
))


def host(name: str, address: str, second: str = "") -> Subject:
    attributes = {"address": address} | ({SECOND_LOGIN: second} if second else {})
    return Subject("host", name, "centos-7", "level3", (), attributes)


@pytest.mark.parametrize(
    ("web01", "said"),
    [
        (("10.0.0.11", "opsadm"), []),
        (("10.0.0.99", "opsadm"), [("web01.ansible_host: is 10.0.0.99 now, the approved plan is"
                                   " for 10.0.0.11")]),
        (("10.0.0.11", ""), [("web01.ops_second_login: is not set now, the approved plan is for"
                             " opsadm")]),
        (("10.0.0.11", "root"), [("web01.ops_second_login: is root now, the approved plan is for"
                                 " opsadm")]),
    ],
)
def test_another_way_in_is_named(web01: tuple[str, str], said: list[str]) -> None:
    hosts = [host("web01", *web01), host("idle", "10.0.0.77"), host("old", "10.0.0.13", "x")]
    assert [str(one) for one in moved(PLAN, hosts)] == [
        f"inventories/prod: {line}" for line in said
    ]


def test_who_is_gone_is_told_elsewhere() -> None:
    assert list(moved(PLAN, [])) == []
