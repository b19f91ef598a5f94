"""What a profile overrides is what hosts get: planned, applied, judged again by that profile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.approval import Office
from tests.lab.fleet import faults
from tests.lab.fleet.control import Lab
from tests.lab.fleet.instance import CHECKOUT
from tests.lab.transact import place

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("hardening_hosts")]

C7, KY, C6 = "lab-centos7-1", "lab-kylinv10-1", "lab-centos6-1"
HOSTS = (C7, KY, C6)
CASES: dict[str, Any] = yaml.safe_load(
    (CHECKOUT / "tests" / "policies" / "overridden.yml").read_text(encoding="utf-8"))
# What the containers of the lab cannot carry, or what no host of it fails.
LEFT = {
    "audit_at_boot", "screen_lock", "credential_remnants", "reverse_path_filter",
    "temporary_data_cleared", "temporary_mount_options", "grub_permissions",
    "inetd_services_off", "legacy_services_off", "peripheral_services_off",
    "kylin_desktop_services",
}
RULES = sorted(CASES.keys() - LEFT)
# An account that nobody uses has a password, and root's is of today: no expiry keeps it out.
ACCOUNTS = """\
sed -i 's/^lp:[^:]*:/lp:$6$lab$0123456789abcdef:/' /etc/shadow
chage -d "$(date +%F)" root
"""


def override(office: Office) -> None:
    """Have the office's common profile override the parameters of every case."""
    path: Path = office.policies / "profiles" / "l3_linux.yml"
    profile = yaml.safe_load(path.read_text(encoding="utf-8"))
    profile["parameters"] = {name: case["parameters"] for name, case in CASES.items()}
    path.write_text(yaml.safe_dump(profile, allow_unicode=True), encoding="utf-8")


def test_what_a_profile_overrides_is_applied_and_passes(lab: Lab, office: Office) -> None:
    override(office)
    faults.run(lab, C7, ACCOUNTS, check=True)
    path = office.hosts(lab, *HOSTS)
    looked = office.plan(path, rules=RULES)
    agreed = [
        part for subject in looked.subjects for left in subject.left_out if left.reason == "danger"
        for part in ("--acknowledge", f"{left.rule}@{subject.id}=a host to be thrown away")
    ]
    plan = office.approved(path, *agreed, rules=RULES)
    for subject in plan.subjects:
        for step in subject.steps:
            assert step.wanted == CASES[step.rule]["wanted"], subject.id
    planned = {step.rule for subject in plan.subjects for step in subject.steps}
    left = [(left.rule, left.reason, left.detail.en) for s in plan.subjects for left in s.left_out]
    assert not set(RULES) - planned, f"a case that no host here fails says nothing: {left}"
    done = office.apply(plan, "--batch", "100%")
    assert {host: done.state(host) for host in HOSTS} == dict.fromkeys(HOSTS, "verified"), done
    defs = place(lab, C7, "/etc/login.defs").read_text(encoding="utf-8")
    assert "\nPASS_MAX_DAYS\t60\n" in defs
    said = faults.run(lab, C7, "/usr/sbin/sshd -T")
    assert "maxstartups 5:50:20" in str(said)
    assert office.undo(plan).code == 0
