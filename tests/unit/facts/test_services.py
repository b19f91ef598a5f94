"""Services by name, whoever starts them; what is on is on for a reason that is shown."""

from __future__ import annotations

import pytest

from opsrunner.facts.base import CannotTell, Host
from opsrunner.models import Frame, Reason
from opsrunner.sources.wire import SECTION


def frame(name: str, text: str = "", code: int = 0) -> Frame:
    return Frame(name, code, text.replace("@@", SECTION).encode())


def host(**more: Frame) -> Host:
    frames = {
        "services.systemd": frame("services.systemd", "@@files\ncups.path enabled\n@@units\n"),
        "services.sysv": frame("services.sysv", code=127),
        "services.offline": frame("services.offline"),
        "services.inetd": frame("services.inetd", "@@program\n"),
        "system.processes": frame("system.processes", "0 sshd\n"),
        "network.listeners": frame("network.listeners", "tcp 0.0.0.0 22 sshd\n"),
    }
    return Host("rhel-8", {**frames, **{one.name: one for one in more.values()}})


def test_a_path_unit_counts_as_its_service() -> None:
    assert host().get("offers.peripheral") == [{"service": "cups", "how": ["cups.path enabled"]}]


def test_a_start_link_without_a_unit_is_enabled_and_a_native_unit_wins() -> None:
    text = "@@files\nssh.service disabled\n@@units\n@@sysv\nssh\nypserv\n"
    units = host(a=frame("services.systemd", text)).get("services.units")
    assert units["ypserv.service"]["enabled"] == "enabled"
    assert units["ssh.service"]["enabled"] == "disabled"


def test_where_systemd_does_not_run_the_process_table_says_what_is_active() -> None:
    gone = frame("services.systemd", code=127)
    files = "@@files\nssh.service enabled\ncron.service enabled\n@@sysv\n"
    units = host(a=gone, b=frame("services.offline", files)).get("services.units")
    assert units["ssh.service"]["active"] == "active"
    assert units["cron.service"]["active"] == "inactive"


def test_without_any_tool_nobody_can_tell() -> None:
    missing = [frame(f"services.{name}", code=127) for name in ("systemd", "offline")]
    with pytest.raises(CannotTell) as cannot:
        host(a=missing[0], b=missing[1]).get("services.units")
    assert cannot.value.reason is Reason.MISSING_TOOL


@pytest.mark.parametrize(("level", "enabled"), [("N 3", "enabled"), ("unknown", None), ("", None)])
def test_services_of_no_known_runlevel_are_not_taken_for_absent(
    level: str, enabled: str | None,
) -> None:
    gone = [frame(f"services.{name}", code=127) for name in ("systemd", "offline")]
    text = f"@@runlevel\n{level}\n@@services\nypserv 2:off 3:on\n"
    one = host(a=gone[0], b=gone[1], c=frame("services.sysv", text))
    if enabled:
        assert one.get("services.units")["ypserv.service"]["enabled"] == enabled
        return
    with pytest.raises(CannotTell):
        one.get("services.units")


def test_a_listener_that_cannot_be_read_is_not_skipped() -> None:
    with pytest.raises(CannotTell):
        host(a=frame("network.listeners", "tcp 0.0.0.0 x sshd\n")).get("network.exposed")


def test_the_network_ledger_is_given_rules_by_chain() -> None:
    nft = "@@addresses\n@@nft\ntable inet t {\n\tchain in {\n\t\ttcp dport 22 accept\n\t}\n}\n"
    rules = host(a=frame("firewall.live", nft)).get("network.firewall")
    assert rules == [{"source": "nft inet t", "chain": "in", "rule": "tcp dport 22 accept"}]
