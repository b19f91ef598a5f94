"""Reasons that a planner gives: what cannot be meant is refused as a whole, with every fault."""

from __future__ import annotations

import pytest

from opsrunner.cli.agreeing import Agreed, agreed
from opsrunner.errors import InputError
from opsrunner.models import Subject

HOSTS = [
    Subject("host", "web1", "rhel-8", "l3"),
    Subject("host", "web2", "rhel-8", "l3"),
    Subject("host", "safe1", "rhel-8", "l3", attributes={"ops_second_login": "opsadm"}),
]
RULES = {"ssh_ciphers"}


def test_nothing_given_nothing_taken_on() -> None:
    assert agreed([], [], HOSTS, RULES) == Agreed({}, {})


def test_a_reason_for_all_is_for_those_without_a_second_login_and_a_host_has_its_own() -> None:
    found = agreed(["ssh_ciphers@web1=new clients"], ["web2=KVM", 'all="console"'], HOSTS, RULES)
    assert found.dangers == {("ssh_ciphers", "web1"): "new clients"}
    assert found.without_second_way == {"web1": "console", "web2": "KVM"}
    assert agreed([], ["web2=KVM"], HOSTS, RULES).without_second_way == {"web2": "KVM"}


@pytest.mark.parametrize(
    ("without", "said"),
    [
        ("web1", "say why"), ("web1=", "say why"), ("all=  ", "say why"), ("web1=a\nb", "one line"),
        (f"web1={'x' * 201}", "at most 200"), ("web9=KVM", "is no host"), ("=KVM", "is no host"),
        ("safe1=KVM", "has a second login, opsadm"),
    ],
)
def test_what_cannot_be_meant_is_refused(without: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        agreed([], [without], HOSTS, RULES)


def test_every_fault_of_both_options_is_named() -> None:
    with pytest.raises(InputError) as error:
        agreed(["no_rule@web9="], ["web9=", "safe1=x"], HOSTS, RULES)
    assert len(error.value.problems) == 6
