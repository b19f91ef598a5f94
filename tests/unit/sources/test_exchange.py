"""How a host ended becomes a reason that names what to mend."""

from __future__ import annotations

import pytest

from opsrunner.sources.ansible import HostEvent
from opsrunner.sources.exchange import reason_of

PREAMBLE = (
    'Data could not be sent to remote host "10.0.0.1". '
    "Make sure this host can be reached over ssh: "
)
FRAME = "@" * 59
CHANGED = f"{FRAME}\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n{FRAME}\nSomebody"


@pytest.mark.parametrize(
    ("status", "message", "reason"),
    [
        ("failed", "Missing sudo password", "denied: Missing sudo password"),
        ("failed", "Sorry, user a is not allowed to run b", "denied: Sorry, user a is not allowed"),
        ("failed", "对不起，用户 a 无权以 root 的身份执行", "denied: 对不起"),
        ("failed", "the result was unsuccessful", "probe_failed: the result"),
        ("unreachable", f"{PREAMBLE}ssh: connect a@b port 1", "unreachable: ssh: connect a@b"),
        ("unreachable", PREAMBLE + CHANGED,
         "unreachable: WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! Somebody"),
        ("timeout", "Timed out", "timeout: the host did not answer within its limit"),
        ("lost", "Ansible ended", "interrupted: Ansible ended"),
    ],
)
def test_the_reason_names_what_to_mend(status: str, message: str, reason: str) -> None:
    assert reason_of(HostEvent("host", status, message)).startswith(reason)
