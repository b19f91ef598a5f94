"""The clock follows a source only when the daemon says so and the source answers."""

from __future__ import annotations

import pytest

from opsrunner.facts import time
from opsrunner.facts.base import CannotTell, Host
from opsrunner.models import Frame
from opsrunner.sources.wire import SECTION

TRACKING = (
    f"{SECTION}chronyc tracking\nReference ID    : 0A010101\n"
    "System time     : 0.25 seconds slow of NTP time\nLeap status     : Normal\n"
)


def _host(unit: str, text: str) -> Host:
    name = f"{unit}.service"
    units = f"{SECTION}files\n{name} enabled\n{SECTION}units\n{name} loaded active x"
    return Host("rhel-8", {
        "services.systemd": Frame("services.systemd", 0, units.encode()),
        "time.sources": Frame("time.sources", 0, text.encode()),
    })


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("^* 10.1.1.1  3   6   377    21   +121us[ +144us] +/-   25ms", "10.1.1.1"),
        ("#* PHC0      0  -2   377     1     -1ns[   -1ns] +/-   10ns", "PHC0"),
        ("^* 10.1.1.1  3   6     0    55h  +121us[ +144us] +/-   25ms", ""),
        ("^+ 10.1.1.1  3   6   377    21   +121us[ +144us] +/-   25ms", ""),
        ("^* 127.0.0.1 3   6   377    21   +121us[ +144us] +/-   25ms", ""),
    ],
)
def test_chrony_has_a_source_when_one_is_selected_and_reached(line: str, source: str) -> None:
    found = time.synchronisation(_host("chronyd", f"{SECTION}chronyc sources\n{line}\n{TRACKING}"))
    assert found["source"] == source
    assert found.get("offset") == (0.25 if source else None)


def test_ntpq_counts_in_milliseconds_and_its_own_clock_is_none() -> None:
    row = "*{} {} 2 u   33   64  377    0.512  -1500.0   0.331\n"
    found = time.synchronisation(_host("ntpd", f"{SECTION}ntpq\n{row.format('10.1.1.1', 'x')}"))
    assert (found["source"], found["offset"]) == ("10.1.1.1", 1.5)
    local = row.format("127.127.1.0", ".LOCL.")
    assert time.synchronisation(_host("ntpd", f"{SECTION}ntpq\n{local}"))["source"] == ""


def test_an_active_daemon_that_cannot_be_asked_is_unknown() -> None:
    silent = f"{SECTION}chronyc sources\n506 Cannot talk to daemon\n{TRACKING}"
    with pytest.raises(CannotTell):
        time.synchronisation(_host("chronyd", silent))
