"""After the role ran: what the variables ask for is what the host says of itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from testinfra.host import Host


def test_login_shells_end_and_mask_as_wanted(host: Host) -> None:
    said = host.run("bash -lc 'umask; echo $TMOUT'").stdout.split()
    assert said == ["0027", "600"]


@pytest.mark.parametrize("line", ["maxauthtries 4", "x11forwarding no", "clientaliveinterval 300"])
def test_sshd_says_so_itself(host: Host, line: str) -> None:
    assert line in host.run("$(command -v sshd || echo /usr/sbin/sshd) -T").stdout.splitlines()


def test_failed_logins_lock(host: Host) -> None:
    stacks = host.run("cat /etc/pam.d/password-auth /etc/pam.d/common-auth /etc/security/*").stdout
    assert "pam_faillock.so" in stacks
    assert re.search(r"\bdeny *= *[1-5]\b", stacks)  # Kylin's own 3 is stricter and stays


def test_kernel_ages_audit_and_sudo_are_as_wanted(host: Host) -> None:
    redirects = "/proc/sys/net/ipv4/conf/all/accept_redirects"
    assert host.file(redirects).content_string.strip() == "0"
    assert host.run("grep -c '^PASS_MAX_DAYS[[:space:]]*90' /etc/login.defs").stdout.strip() == "1"
    assert "/etc/shadow" in host.run("auditctl -l").stdout
    assert "use_pty" in host.run("cat /etc/sudoers /etc/sudoers.d/*").stdout


def test_the_host_is_still_entered_and_nothing_waits_to_undo(host: Host) -> None:
    assert host.run("sshd -t || /usr/sbin/sshd -t").rc == 0
    assert host.run("cat /var/lib/opsrunner/*/state").stdout.startswith("confirmed")
    assert "opsrunner" not in host.run("systemctl list-timers --all").stdout
