"""Services on paper: units, xinetd and inetd entries are off; nothing vital is touched."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.changes.draft import ByHand, Refused
from opsrunner.changes.operations import SetUnit
from opsrunner.changes.state import HostState, UnitState
from opsrunner.errors import InputError
from opsrunner.parse.xinetd import inetd, offered
from opsrunner.remedies.base import reads_of
from tests.unit.remedies.states import again, carried, host

XINETD = "defaults\n{\n}\nincludedir /etc/xinetd.d\n"
TFTP = (
    "# default: off\nservice tftp\n{\n\tsocket_type\t\t= dgram\n"
    "\tserver\t\t\t= /usr/sbin/in.tftpd\n"
    "\tdisable\t\t\t= no\n}\n"
)


def offering(
    names: list[str], units: dict[str, UnitState] | None = None,
    files: dict[str, str] | None = None, under: tuple[str, ...] = (),
    facts: dict[str, Any] | None = None,
) -> tuple[HostState, dict[str, Any]]:
    """Return a host with these units (others are not installed) and what is wanted of it."""
    wanted = {"harden_linux_services_disabled": names}
    known = dict.fromkeys(reads_of(wanted).units)
    states = {name: UnitState(name, present=False) for name in known} | (units or {})
    listed = {name: {"enabled": unit.enabled, "active": "active" if unit.active else "inactive"}
              for name, unit in states.items() if unit.present}
    return host(wanted, files=files, units=states, facts={
        "offers.under_inetd": list(under), "services.units": listed, **(facts or {}),
    }), wanted


def unit(name: str, enabled: str = "enabled", *, active: bool = True) -> dict[str, UnitState]:
    """Return one installed unit by its name."""
    return {name: UnitState(name, present=True, enabled=enabled, active=active)}


def test_sockets_go_with_the_service_and_missing_units_are_nothing_to_do() -> None:
    state, wanted = offering(["cups", "telnet"], unit("cups.service") | unit("cups.socket") | unit(
        "cups.path", "disabled", active=False))
    draft = carried(state, wanted)
    assert draft.changes().operations == tuple(
        SetUnit(name, "enabled", active_before=True, enabled="disabled", active=False)
        for name in ("cups.service", "cups.socket"))
    assert not again(draft, wanted)


@pytest.mark.parametrize(("before", "active", "after"), [
    ("static", True, "masked"),  # the bus would start it again
    ("static", False, None), ("masked", True, None), ("enabled-runtime", False, "disabled"),
    ("generated", True, "disabled"),
])
def test_masked_only_where_nothing_else_keeps_it_off(
    before: str, active: bool, after: str | None,  # noqa: FBT001 - a column of the table
) -> None:
    state, wanted = offering(["bluetooth.service"],
                             unit("bluetooth.service", before, active=active))
    operations = carried(state, wanted).changes().operations
    expected = SetUnit("bluetooth.service", before, active, after, False if active else None)
    assert operations == ((expected,) if after or active else ())


def test_an_entry_of_xinetd_is_disabled_and_the_others_stay() -> None:
    nrpe = "service nrpe\n{\n\tdisable = no\n}\n"
    state, wanted = offering(
        ["tftp"], files={"/etc/xinetd.conf": XINETD, "/etc/xinetd.d/tftp": TFTP,
                         "/etc/xinetd.d/nrpe": nrpe}, under=("tftp", "nrpe"))
    draft = carried(state, wanted)
    assert draft.text("/etc/xinetd.d/tftp") == TFTP.replace("= no", "= yes")
    assert draft.text("/etc/xinetd.d/nrpe") == nrpe
    assert draft.changes().activate == ("xinetd",)
    assert not again(draft, wanted, **{"offers.under_inetd": ["nrpe"]})
    idle, wanted = offering(["tftp"], files={"/etc/xinetd.d/tftp": TFTP})
    assert not carried(idle, wanted).changes(), "xinetd is off: nobody offers it"


def test_entries_by_id_or_without_a_switch_and_those_of_inetd() -> None:
    chargen = "service echo\n{\n\tid = echo-dgram\n}\n"
    wanted_names = ["echo"]
    state, wanted = offering(wanted_names, files={
        "/etc/xinetd.conf": XINETD + chargen, "/etc/inetd.conf":
        "echo stream tcp nowait root internal\nident stream tcp wait identd /usr/sbin/identd\n",
    }, under=("echo",))
    draft = carried(state, wanted)
    assert "echo" not in offered({"/etc/xinetd.conf": draft.text("/etc/xinetd.conf")})
    assert inetd(draft.text("/etc/inetd.conf")) == ["ident"]
    odd, wanted = offering(["echo"], files={
        "/etc/xinetd.conf": XINETD + "service echo\n{ id = echo\n}\n"}, under=("echo",))
    with pytest.raises(ByHand, match="odd form"):
        carried(odd, wanted)


def test_xinetd_stays_while_an_agent_rides_on_it() -> None:
    state, wanted = offering(["xinetd"], unit("xinetd.service"), under=("nrpe", "tftp"))
    with pytest.raises(Refused, match="nrpe"):
        carried(state, wanted)
    state, wanted = offering(["xinetd"], unit("xinetd.service"), under=("tftp",))
    assert carried(state, wanted).unit("xinetd.service").enabled == "disabled"


@pytest.mark.parametrize("name", [
    "sshd", "ssh.service", "systemd-logind.service", "auditd", "crond", "NetworkManager.service",
    "firewalld.service", "rsyslog",
])
def test_what_the_host_cannot_do_without_is_refused(name: str) -> None:
    state, wanted = offering([name], unit(f"{name.removesuffix('.service')}.service"))
    with pytest.raises(Refused):
        carried(state, wanted)


def test_bad_names_and_a_unit_nobody_foresaw() -> None:
    for bad in (["-x"], ["a b"], ["x;y", "/z"], "cups", [1]):
        with pytest.raises(InputError):
            carried(host({"harden_linux_services_disabled": []}),
                    {"harden_linux_services_disabled": bad})
    state, wanted = offering(["telnet"], facts={"services.units": {
        "in.telnetd.service": {"enabled": "enabled", "active": "inactive"}}})
    with pytest.raises(ByHand, match=r"in\.telnetd\.service offers telnet"):
        carried(state, wanted)


def test_a_desktop_by_default_is_left_to_a_person() -> None:
    on = {"kylinservices.desktop": ["default graphical.target"]}
    state, wanted = offering(["cups.service", "graphical.target"], facts=on)
    with pytest.raises(ByHand, match="set-default"):
        carried(state, wanted)
    state, wanted = offering(["cups.service", "graphical.target"], unit("cups.service"),
                             facts={"kylinservices.desktop": []})
    assert carried(state, wanted).changes()


def test_only_what_nfs_does_not_need_is_off() -> None:
    state, wanted = offering(
        ["nfs"], unit("nfs-server.service") | unit("rpcbind.socket"),
        facts={"filesharing.unneeded_nfs": ["nfs-server.service enabled", "tcp/2049"]})
    draft = carried(state, wanted)
    assert (draft.unit("nfs-server.service").enabled, draft.unit("rpcbind.socket").enabled) == (
        "disabled", "enabled")


@given(st.text(st.characters(codec="utf-8"), max_size=120))
@settings(max_examples=80, deadline=None)
def test_any_file_of_xinetd_is_kept_or_left_to_a_person(extra: str) -> None:
    text = TFTP + extra
    state, wanted = offering(["tftp"], files={"/etc/xinetd.conf": XINETD,
                                              "/etc/xinetd.d/tftp": text}, under=("tftp",))
    try:
        found = carried(state, wanted).text("/etc/xinetd.d/tftp")
    except ByHand:
        return
    assert found == TFTP.replace("= no", "= yes") + extra


def test_the_desktop_as_default_target_is_a_persons_and_the_rest_goes_where_it_is_allowed() -> None:
    boots = {"kylinservices.desktop": ["cups.service", "default graphical.target"]}
    for name in ("default graphical.target", "graphical.target"):
        state, wanted = offering(["cups.service", name], unit("cups.service"), facts=boots)
        with pytest.raises(ByHand, match="set-default"):
            carried(state, wanted)
    state, wanted = offering(["cups.service"], unit("cups.service"), facts=boots)
    assert carried(state, wanted).changes()


@pytest.mark.parametrize("name", ["avahi", "avahi-daemon"])
def test_a_service_has_the_name_that_its_rule_calls_it_by(name: str) -> None:
    state, wanted = offering([name], unit("avahi-daemon.service"))
    assert [one.target for one in carried(state, wanted).changes().operations] == [
        "avahi-daemon.service",
    ]
