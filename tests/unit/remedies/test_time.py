"""Time servers on paper: added to the daemon that is there, never taken away."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.changes.draft import ByHand
from opsrunner.changes.state import HostState, UnitState
from opsrunner.errors import InputError
from opsrunner.remedies.base import carry_out, reads_of
from tests.unit.remedies.states import after, again, carried, host

CHRONY = "server 0.centos.pool.ntp.org iburst\n\ndriftfile /var/lib/chrony/drift\nmakestep 1.0 3\n"


def servers(*names: object) -> dict[str, Any]:
    """Return the variable."""
    return {"harden_linux_time_servers": list(names)}


def clocked(
    wanted: dict[str, Any], platform: str, files: dict[str, str], **units: str,
) -> HostState:
    """Return a host with these daemons, each with the word that says how it is on."""
    known = {name: UnitState(name, present=False) for name in reads_of(wanted).units}
    for name, state in units.items():
        unit = name.replace("_", "-") + ".service"
        known[unit] = UnitState(unit, present=True, active=state == "active",
                                enabled="enabled" if state in ("active", "enabled") else state)
    return host(wanted, platform, files, units=known)


@pytest.mark.parametrize(("platform", "path", "unit", "activation"), [
    ("centos-6", "/etc/ntp.conf", "ntpd", "ntp"),
    ("centos-7", "/etc/chrony.conf", "chronyd", "chrony"),
    ("kylin-v10", "/etc/chrony.conf", "chronyd", "chrony"),
    ("debian-12", "/etc/chrony/chrony.conf", "chrony", "chrony"),
])
def test_servers_are_added_and_the_daemon_is_started(
    platform: str, path: str, unit: str, activation: str,
) -> None:
    wanted = servers("10.1.1.2", "ntp.example.gov.cn")
    draft = carried(clocked(wanted, platform, {path: CHRONY}, **{unit: "disabled"}), wanted)
    assert draft.text(path) == (
        f"{CHRONY}# BEGIN opsrunner\nserver 10.1.1.2 iburst\nserver ntp.example.gov.cn iburst\n"
        "# END opsrunner\n")
    assert (draft.unit(f"{unit}.service").enabled, draft.unit(f"{unit}.service").active) == (
        "enabled", True)
    assert draft.changes().activate == (activation,)
    assert not again(draft, wanted)


def test_a_server_that_is_named_already_is_not_named_twice() -> None:
    wanted = servers("0.centos.pool.ntp.org")
    state = clocked(wanted, "centos-7", {"/etc/chrony.conf": CHRONY}, chronyd="active")
    assert not carried(state, wanted).changes()


def test_the_daemon_that_runs_is_the_one() -> None:
    wanted = servers("10.1.1.2")
    files = {"/etc/chrony.conf": CHRONY, "/etc/ntp.conf": "driftfile /x\n"}
    draft = carried(clocked(wanted, "centos-7", files, chronyd="disabled", ntpd="active"), wanted)
    assert "10.1.1.2" in draft.text("/etc/ntp.conf")
    assert draft.text("/etc/chrony.conf") == CHRONY
    only = carried(clocked(wanted, "debian-12", {}, systemd_timesyncd="active"), wanted)
    assert only.text("/etc/systemd/timesyncd.conf.d/90-opsrunner.conf") == (
        "[Time]\nNTP=10.1.1.2\n")
    assert only.changes().activate == ("timesyncd",)


def test_values_and_hosts_that_need_a_person() -> None:
    for bad in ("127.0.0.1", "localhost", "a b", "x;y", 5, "-x", "10.1.1.1\nserver"):
        with pytest.raises(InputError):
            carried(clocked(servers(), "centos-7", {}), servers(bad))
    with pytest.raises(ByHand, match="name the site's"):
        carried(clocked(servers(), "centos-7", {}), servers())
    with pytest.raises(ByHand, match="no time daemon"):
        carried(clocked(servers("a"), "centos-7", {}), servers("a"))
    with pytest.raises(ByHand, match="no configuration"):
        carried(clocked(servers("a"), "centos-7", {}, chronyd="active"), servers("a"))


@given(st.text(st.characters(codec="utf-8"), max_size=60),
       st.permutations(["10.1.1.1", "10.1.1.2", "a.cn"]))
@settings(max_examples=50, deadline=None)
def test_foreign_lines_stay_and_the_order_of_wishes_does_not_matter(
    text: str, names: list[str],
) -> None:
    def state(wanted: dict[str, Any]) -> HostState:
        return clocked(wanted, "centos-7", {"/etc/chrony.conf": text}, chronyd="active")

    whole = carried(state(servers(*sorted(names))), servers(*sorted(names)))
    assert whole.text("/etc/chrony.conf").startswith(text)
    first = carried(state(servers(names[0])), servers(names[0]))
    for name in names[1:]:
        carry_out(first, servers(name))
    assert first.text("/etc/chrony.conf") == whole.text("/etc/chrony.conf")
    assert after(first).files == after(whole).files
