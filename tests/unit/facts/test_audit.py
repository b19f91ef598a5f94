"""Audit facts: what auditd.conf, sudo and the listings come to."""

from __future__ import annotations

import pytest

from opsrunner.facts import audit, auditrules
from opsrunner.facts.base import CannotTell, Host
from opsrunner.models import Frame
from opsrunner.sources.wire import SECTION


def _host(platform: str = "rhel-8", **frames: str) -> Host:
    return Host(platform, {
        name.replace("__", "."): Frame(name, 0, text.encode()) for name, text in frames.items()
    })


def _conf(text: str) -> Host:
    return _host(audit__files=f"{SECTION}file /etc/audit/auditd.conf\n{text}")


def test_auditd_conf_is_read_as_auditd_reads_it() -> None:
    assert audit.settings(_conf("# x\nNum_Logs = 5\nnum_logs = 9\n")) == {"num_logs": "9"}
    assert audit.settings(_conf("space_left_action = exec /bin/x\n")) == {
        "space_left_action": "exec",
    }
    assert audit.settings(_host(audit__files=f"{SECTION}missing /etc/audit/auditd.conf\n")) == {}


@pytest.mark.parametrize("line", ["num_logs=5", "num_logs = 5 # x", "num_logs\t= 5", "num_logs ="])
def test_a_line_auditd_would_refuse_is_not_guessed(line: str) -> None:
    with pytest.raises(CannotTell):
        audit.settings(_conf(f"{line}\n"))


@pytest.mark.parametrize(
    ("numbers", "kept"), [(("5", "8"), 40), (("1", "900"), 0), (("0", "900"), 0), (("2", "9"), 18)],
)
def test_rotation_keeps_logs_times_size(numbers: tuple[str, str], kept: int) -> None:
    assert audit.rotation(_conf(f"num_logs = {numbers[0]}\nmax_log_file = {numbers[1]}\n")) == kept


def test_tools_may_be_read_by_all_and_configuration_may_not() -> None:
    listing = (
        f"{SECTION}tools\nregular file|755|root|root|/sbin/auditctl\n"
        f"{SECTION}configuration\nf|640|root|root|/etc/audit/auditd.conf\n"
    )
    unit = f"{SECTION}unit auditd.service\nLoadState=loaded\nRefuseManualStop=yes\n"
    assert audit.loose_files(_host(audit__modes=listing, audit__unit=unit)) == []
    open_ = listing.replace("640", "644").replace("755", "757")
    assert audit.loose_files(_host(audit__modes=open_, audit__unit=unit)) == [
        "/sbin/auditctl 757 root:root", "/etc/audit/auditd.conf 644 root:root",
    ]


def test_old_and_new_status_say_the_same() -> None:
    new = "enabled 1\npid running\nbacklog_limit 8192\n"
    old = "AUDIT_STATUS: enabled=1 flag=1 pid=running rate_limit=0 backlog_limit=8192\n"
    wanted = {"enabled": 1, "daemon": True, "backlog_limit": 8192}
    for text in (new, old):
        frame = f"{SECTION}auditctl -s\n{text}{SECTION}auditctl -l\nNo rules\n"
        assert audit.status(_host(audit__live=frame)) == wanted
    with pytest.raises(CannotTell):
        audit.status(_host(audit__live=f"{SECTION}auditctl -s\n{SECTION}auditctl -l\n"))


def test_a_certain_gap_wins_over_what_cannot_be_known() -> None:
    frames = {
        "audit__live": f"{SECTION}auditctl -s\nenabled 1\n{SECTION}auditctl -l\nNo rules\n",
        "audit__paths": f"{SECTION}links\n",
        "system__release": f"{SECTION}missing /etc/os-release\n{SECTION}missing /etc/kylin-release"
        f"\n{SECTION}missing /etc/redhat-release\n{SECTION}machine\naarch64\n",
    }
    gaps = auditrules.root_commands(_host(**frames))  # audit.files was not collected
    assert gaps == ["live: execve [b64]"]
    frames["audit__live"] = frames["audit__live"].replace(
        "No rules", "-a always,exit -F arch=b64 -S execve -F key=x",
    )
    with pytest.raises(CannotTell):
        auditrules.root_commands(_host(**frames))
