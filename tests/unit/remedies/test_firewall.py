"""Firewalls on paper: on, SSH from named sources, and the controller never locked out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.changes.state import HostState, UnitState
from opsrunner.errors import InputError
from opsrunner.facts.base import CannotTell
from opsrunner.models import Reason
from opsrunner.parse.netfilter import Packet
from opsrunner.remedies.base import reads_of
from opsrunner.remedies.bootrules import IP6TABLES, IPTABLES
from tests.unit.remedies.states import after, again, carried, host

ON = {"harden_linux_firewall_enabled": True}
CONTROLLER = "10.1.1.5"
PUBLIC = (
    '<?xml version="1.0" encoding="utf-8"?>\n<zone>\n  <short>Public</short>\n'
    '  <service name="ssh"/>\n  <service name="dhcpv6-client"/>\n</zone>\n'
)
STOCK = "/usr/lib/firewalld/zones/public.xml"
OWN = "/etc/firewalld/zones/public.xml"
FIREWALLD = {
    STOCK: PUBLIC, "/etc/firewalld/firewalld.conf": "DefaultZone=public\n",
    "/usr/lib/firewalld/services/ssh.xml": '<service><port protocol="tcp" port="22"/></service>',
    "/usr/lib/firewalld/services/dhcpv6-client.xml":
        '<service><port protocol="udp" port="546"/></service>',
}
EL6_RULES = """# Firewall configuration written by system-config-firewall
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
-A INPUT -p icmp -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -m state --state NEW -m tcp -p tcp --dport 22 -j ACCEPT
-A INPUT -j REJECT --reject-with icmp-host-prohibited
COMMIT
"""
TABLE = "/etc/sysconfig/iptables"


def sources(*networks: str) -> dict[str, Any]:
    """Return the variable for SSH's sources."""
    return {"harden_linux_firewall_ssh_sources": list(networks)}


def walled(
    wanted: dict[str, Any], platform: str = "centos-7", files: dict[str, str] | None = None,
    running: tuple[str, ...] = ("firewalld.service",), facts: dict[str, Any] | None = None,
) -> HostState:
    """Return a host with a firewall, on in part, as an outsider on eth0 meets it."""
    el6 = platform == "centos-6"
    present = {IPTABLES, IP6TABLES} if el6 else {"firewalld.service"}
    units = {name: UnitState(name, present=name in present or name in running,
                             enabled="enabled" if name in running else "disabled",
                             active=name in running and not el6)
             for name in reads_of(wanted).units}
    port = int((facts or {}).get("port", 22))
    return host(wanted, platform, files if files is not None else FIREWALLD, units=units, facts={
        "firewall.interfaces": {"eth0": {4}}, "firewall.bindings": {},
        "firewall.ssh_packets": [Packet("tcp", port)], "firewall.controller": CONTROLLER,
        "firewall.let_in_now": [] if running else ["tcp/619 IPv4 eth0"], "network.listeners": [],
        "services.units": {name: {"enabled": unit.enabled, "active": ""}
                           for name, unit in units.items() if unit.present},
        **(facts or {}),
    })


def why(state: HostState, wanted: dict[str, Any], kind: type[ByHand] = Refused) -> str:
    """Return why it is refused, in English."""
    with pytest.raises(kind) as caught:
        carried(state, wanted)
    assert type(caught.value) is kind
    assert caught.value.zh
    return caught.value.en


@pytest.mark.parametrize("platform", ["centos-7", "rhel-8", "rhel-9", "kylin-v10", "debian-12"])
def test_firewalld_is_switched_on_where_ssh_stays_open(platform: str) -> None:
    draft = carried(walled(ON, platform, running=()), ON)
    unit = draft.unit("firewalld.service")
    assert (unit.enabled, unit.active) == ("enabled", True)
    assert not again(draft, ON, **{"firewall.let_in_now": []})
    assert not carried(walled(ON, platform), ON).changes()


def test_a_firewall_that_would_cut_something_is_not_switched_on() -> None:
    closed = FIREWALLD | {OWN: PUBLIC.replace('  <service name="ssh"/>\n', "")}
    assert "tcp/22" in why(walled(ON, files=closed, running=()), ON)
    port = {"firewall.ssh_packets": [Packet("tcp", 2222)]}
    assert "tcp/2222" in why(walled(ON, running=(), facts=port), ON)
    web = {"network.listeners": [
        {"protocol": "tcp", "port": 80, "address": "0.0.0.0", "process": "nginx"},  # noqa: S104 - a listener's address
        {"protocol": "tcp", "port": 25, "address": "127.0.0.1", "process": "master"},
    ]}
    assert why(walled(ON, running=(), facts=web), ON).startswith("the firewall would cut tcp/80:")
    opened = FIREWALLD | {OWN: PUBLIC.replace("</zone>", '<port port="80" protocol="tcp"/></zone>')}
    assert carried(walled(ON, files=opened, running=(), facts=web), ON).changes()
    docker = walled(ON, running=("docker.service",), facts={"firewall.let_in_now": ["x"]})
    assert "docker.service runs" in why(docker, ON)


def test_sources_that_leave_the_controller_out_count_as_cut() -> None:
    rule = ('<rule family="ipv4"><source address="{}"/><service name="ssh"/><accept/></rule>')
    for network, fine in (("10.1.0.0/16", True), ("10.2.0.0/16", False)):
        zone = PUBLIC.replace('<service name="ssh"/>', rule.format(network))
        state = walled(ON, files=FIREWALLD | {OWN: zone}, running=())
        if fine:
            assert carried(state, ON).changes()
        else:
            assert "tcp/22" in why(state, ON)


def test_another_firewall_or_one_that_lets_all_in_is_left_to_a_person() -> None:
    trusted = FIREWALLD | {OWN: PUBLIC.replace("<zone>", '<zone target="ACCEPT">')}
    assert "everything" in why(walled(ON, files=trusted), ON, ByHand)
    assert "nftables" in why(walled(ON, running=("nftables.service",)), ON, ByHand)
    nothing = host(ON, "debian-12", units={
        name: UnitState(name, present=False) for name in reads_of(ON).units})
    assert "not installed" in why(nothing, ON, ByHand)


def test_el6_gets_its_own_rules_back_where_it_has_none() -> None:
    draft = carried(walled(ON, "centos-6", {}, running=()), ON)
    text = draft.text(TABLE)
    refusal = "-A INPUT -j REJECT --reject-with icmp-host-prohibited\n"
    forward = refusal.replace("INPUT", "FORWARD")
    stock = EL6_RULES.partition("\n")[2].replace(refusal, refusal + forward)
    assert text == stock
    assert draft.file(TABLE).mode == 0o600
    assert (draft.unit(IPTABLES).enabled, draft.unit(IP6TABLES).enabled) == ("enabled", "disabled")
    both = {"firewall.interfaces": {"eth0": {4, 6}}}
    six = carried(walled(ON, "centos-6", {}, running=(), facts=both), ON)
    assert "-p ipv6-icmp -j ACCEPT" in six.text("/etc/sysconfig/ip6tables")
    open_wide = {TABLE: EL6_RULES.replace("-A INPUT -j REJECT --reject-with icmp-host-prohibited\n",
                                          "")}
    assert "everything" in why(walled(ON, "centos-6", open_wide, running=()), ON, ByHand)


@pytest.mark.parametrize("platform", ["centos-7", "rhel-8", "kylin-v10", "debian-12"])
def test_ssh_is_open_to_each_source_and_to_nobody_else(platform: str) -> None:
    wanted = sources("10.1.0.0/16", "fd00::/8", "192.0.2.7")
    draft = carried(walled(wanted, platform), wanted)
    text = draft.text(OWN)
    assert '<service name="ssh"/>' not in re.sub(r"(?s)<rule.*?</rule>", "", text)
    assert re.findall(r'<rule family="(ipv\d)">\s*<source address="([^"]+)"', text) == [
        ("ipv4", "10.1.0.0/16"), ("ipv4", "192.0.2.7/32"), ("ipv6", "fd00::/8")]
    assert '<service name="dhcpv6-client"/>' in text
    assert draft.changes().activate == ("firewalld",)
    assert not again(draft, wanted)
    more = carried(after(draft), sources("10.1.1.0/24", "10.1.0.0/16"))
    assert more.text(OWN).count("<rule") == 4


def test_another_port_of_sshd_is_limited_too() -> None:
    wanted = sources("10.1.1.0/24")
    zone = PUBLIC.replace("</zone>", '  <port protocol="tcp" port="2222"/>\n</zone>')
    facts = {"firewall.ssh_packets": [Packet("tcp", 2222)]}
    draft = carried(walled(wanted, files=FIREWALLD | {OWN: zone}, facts=facts), wanted)
    assert '  <port protocol="tcp" port="2222"/>\n' not in draft.text(OWN)
    assert '<port port="2222" protocol="tcp"/>\n    <accept/>' in draft.text(OWN)
    assert '<service name="ssh"/>' in draft.text(OWN), "port 22 is not sshd's"


def test_el6_limits_the_line_that_opens_ssh() -> None:
    wanted = sources("10.1.1.0/24", "10.9.0.0/16", "fd00::/8")
    line = "-A INPUT -m state --state NEW -m tcp -p tcp --dport 22 -j ACCEPT"
    draft = carried(walled(wanted, "centos-6", {TABLE: EL6_RULES}, running=(IPTABLES,)), wanted)
    assert draft.text(TABLE) == EL6_RULES.replace(line, "\n".join(
        line.replace("INPUT", f"INPUT -s {one}") for one in ("10.1.1.0/24", "10.9.0.0/16")))
    assert not again(draft, wanted)
    off = walled(wanted, "centos-6", {TABLE: EL6_RULES}, running=())
    assert "switch on one firewall" in why(off, wanted, ByHand)


@pytest.mark.parametrize(("networks", "facts", "text"), [
    (("10.2.0.0/16",), {}, "10.1.1.5 is not among the sources"),
    (("10.1.0.0/16",), {"firewall.controller": ""}, "not known"),
    (("10.1.0.0/16",), {"firewall.controller": CannotTell(Reason.TIMEOUT)}, "not known"),
    (("fd00::/8",), {"firewall.controller": "::ffff:10.1.1.5"}, "10.1.1.5 is not among"),
])
def test_the_controller_is_never_locked_out(
    networks: tuple[str, ...], facts: dict[str, Any], text: str,
) -> None:
    wanted = sources(*networks)
    assert text in why(walled(wanted, facts=facts), wanted)
    state = walled(wanted, facts=facts)
    declared = HostState(**{**{name: getattr(state, name) for name in state.__dataclass_fields__},
                            "attributes": {"ops_controller_address": networks[0].split("/")[0]}})
    assert carried(declared, wanted).changes(), "a declared address wins"


def test_bad_networks_are_all_named_and_an_empty_list_is_for_a_person() -> None:
    bad = sources("10.1.1.5/16", "0.0.0.0/0", "bastion", "10.1.1.0/24")
    with pytest.raises(InputError) as caught:
        carried(walled(bad), bad)
    assert len(caught.value.problems) == 3
    assert "name the addresses" in why(walled(sources()), sources(), ByHand)


def test_rules_that_open_ssh_in_another_way_are_left_to_a_person() -> None:
    wanted = sources("10.1.0.0/16")
    everybody = PUBLIC.replace(
        "</zone>", '<rule><port port="1-1024" protocol="tcp"/><accept/></rule></zone>')
    state = walled(wanted, files=FIREWALLD | {OWN: everybody})
    assert "to everybody" in why(state, wanted, ByHand)
    odd = FIREWALLD | {OWN: "<zone/>"}
    assert "odd form" in why(walled(wanted, files=odd), wanted, ByHand)
    multi = {TABLE: EL6_RULES.replace("--dport 22", "-m multiport --dports 22,80")}
    assert "to everybody" in why(
        walled(wanted, "centos-6", multi, running=(IPTABLES,)), wanted, ByHand)


_XML = st.sampled_from([
    '  <service name="https"/>\n', '<!-- <service name="ssh"/> -->\n', "<forward/>\n",
    "  <port port='22' protocol='tcp'/>\n", '<service name="ssh"></service>',
    '<rule family="ipv4"><source address="10.3.0.0/16"/><service name="ssh"/><accept/></rule>',
    '<rule><service name="ssh"/><drop/></rule>', "\r\n", "<masquerade/>", "text",
])


@given(st.lists(_XML, max_size=6))
@settings(max_examples=150, deadline=None)
def test_any_zone_is_limited_or_left_to_a_person(parts: list[str]) -> None:
    wanted = sources("10.1.0.0/16")
    zone = PUBLIC.replace("</zone>", "".join(parts) + "</zone>")
    https = {"/usr/lib/firewalld/services/https.xml": "<service/>"}
    try:
        draft = carried(walled(wanted, files=FIREWALLD | https | {OWN: zone}), wanted)
    except ByHand:
        return
    text = draft.text(OWN)
    # The end of a line that held nothing else goes with what was removed from it.
    assert all(part.strip() in text for part in parts if "ssh" not in part and "22" not in part)
    assert all(part in text for part in parts if part.startswith(("<rule", "<!--")))
    assert not again(draft, wanted)


WRAPPERS = {"harden_linux_tcp_wrappers_ssh_sources": ["10.1.0.0/16", "10.9.9.9", "fd00::/8"]}


def wrapped(allow: str, deny: str, fault: str = "sshd: every address admitted") -> Draft:
    """Carry the wrappers out on these files."""
    state = host(WRAPPERS, "centos-6", {"/etc/hosts.allow": allow, "/etc/hosts.deny": deny}, facts={
        "firewall.controller": CONTROLLER, "firewall.wrapper_faults": [fault]})
    draft = carried(state, WRAPPERS)
    assert not again(draft, WRAPPERS)
    return draft


def test_wrappers_admit_the_sources_and_refuse_others() -> None:
    draft = wrapped("vsftpd: ALL\n", "# nothing\nrpcbind: ALL")
    assert draft.text("/etc/hosts.allow") == (
        "# BEGIN opsrunner\nsshd: 10.1.0.0/255.255.0.0\nsshd: 10.9.9.9\nsshd: [fd00::]/8\n"
        "# END opsrunner\nvsftpd: ALL\n")
    assert draft.text("/etc/hosts.deny") == (
        "# nothing\nrpcbind: ALL\n# BEGIN opsrunner\nsshd: ALL\n# END opsrunner\n")
    shut = wrapped("", "ALL: ALL\n")
    assert shut.text("/etc/hosts.deny") == "ALL: ALL\n", "it refuses everybody already"


def test_wrappers_that_admit_everybody_or_are_not_asked() -> None:
    with pytest.raises(ByHand, match="admits everybody"):
        wrapped("ALL: ALL\n", "")
    with pytest.raises(ByHand, match="without libwrap"):
        wrapped("", "", "sshd: built without libwrap")
