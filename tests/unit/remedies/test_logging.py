"""Logs on paper: kept, written, shut to others, sent away; judged by the parsers of the rules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.changes.state import HostState, UnitState
from opsrunner.errors import InputError
from opsrunner.facts.base import CannotTell
from opsrunner.models import Reason
from tests.unit.remedies.states import again, carried, file, folder, host

MAIN, LOGROTATE, BLOCK = "/etc/rsyslog.conf", "/etc/logrotate.conf", "/etc/logrotate.d/syslog"
FORWARD = "/etc/rsyslog.d/00-opsrunner-forward.conf"
RULES = "/etc/rsyslog.d/00-opsrunner-rules.conf"
STOCK_RULES = (
    "*.info;mail.none;authpriv.none;cron.none                /var/log/messages\n"
    "authpriv.*                                              /var/log/secure\n"
    "mail.*                                                  -/var/log/maillog\n"
    "cron.*                                                  /var/log/cron\n"
)
EL6 = "$ModLoad imuxsock\n$ModLoad imklog\n$IncludeConfig /etc/rsyslog.d/*.conf\n" + STOCK_RULES
EL8 = (
    'module(load="imuxsock"    # provides support for local system logging\n'
    '       SysSock.Use="off")\nmodule(load="imjournal" StateFile="imjournal.state")\n'
    'global(workDirectory="/var/lib/rsyslog")\n'
    'include(file="/etc/rsyslog.d/*.conf" mode="optional")\n' + STOCK_RULES
)
DEBIAN = (
    'module(load="imuxsock")\n$FileCreateMode 0640\n$WorkDirectory /var/spool/rsyslog\n'
    "$IncludeConfig /etc/rsyslog.d/*.conf\n*.*;auth,authpriv.none\t\t-/var/log/syslog\n"
    "auth,authpriv.*\t\t\t/var/log/auth.log\ncron.*\t\t\t\t-/var/log/cron.log\n"
)
MAINS = {"centos-6": EL6, "centos-7": EL6, "rhel-8": EL8, "kylin-v10": EL8, "debian-12": DEBIAN}
UNITS = {
    "rsyslog.service": UnitState("rsyslog.service", present=True, enabled="enabled", active=True),
    "syslog-ng.service": UnitState("syslog-ng.service", present=False),
}
FACTS: dict[str, Any] = {
    "logging.journal": {"kept": False, "running": "active"}, "logging.loose_files": [],
    "retention.unclear_rotation": [],
}


def logged(
    wanted: dict[str, Any], platform: str = "rhel-8", files: dict[str, Any] | None = None,
    facts: dict[str, Any] | None = None, units: dict[str, UnitState] | None = None,
) -> HostState:
    """Return a host with the platform's own rsyslog.conf, and these files."""
    return host(wanted, platform, {MAIN: MAINS[platform], **(files or {})},
                facts=FACTS | (facts or {}), units=units or UNITS)


def server(value: object) -> dict[str, Any]:
    """Return the variable for the log server."""
    return {"harden_linux_log_server": value}


@pytest.mark.parametrize(("platform", "line"), [
    ("centos-6", "*.* @@10.1.1.1:514"), ("centos-7", 'target="10.1.1.1" port="514"'),
    ("rhel-8", 'target="10.1.1.1" port="514"'), ("debian-12", 'protocol="tcp"'),
])
def test_everything_is_forwarded_through_a_disk_queue(platform: str, line: str) -> None:
    wanted = server("10.1.1.1")
    draft = carried(logged(wanted, platform), wanted)
    text = draft.text(FORWARD)
    assert line in text
    assert "opsrunner_fwd" in text
    # A queue on disk needs a folder: it is named only where nothing names one yet.
    assert ("$WorkDirectory" in text) == (platform in ("centos-6", "centos-7"))
    assert draft.text(MAIN) == MAINS[platform]
    assert draft.changes().activate == ("rsyslog",)
    assert not again(draft, wanted)


def test_a_configuration_without_include_gets_one_for_ours_alone() -> None:
    main = EL6.replace("$IncludeConfig /etc/rsyslog.d/*.conf\n", "")
    wanted = server("log.example.gov.cn:1514")
    draft = carried(logged(wanted, "centos-6", {
        MAIN: main, "/etc/rsyslog.d/off.conf": "*.* stop\n"}), wanted)
    assert draft.text(MAIN) == (
        "# BEGIN opsrunner\n$IncludeConfig /etc/rsyslog.d/00-opsrunner-*.conf\n# END opsrunner\n"
        + main)
    assert not again(draft, wanted)


def test_a_server_that_is_used_already_and_one_that_changes() -> None:
    wanted = server("10.1.1.1")
    used = {"/etc/rsyslog.d/site.conf": "*.* @@10.1.1.1:6514\n"}
    assert not carried(logged(wanted, files=used), wanted).changes()
    ours = carried(logged(wanted), wanted).text(FORWARD)
    moved = carried(logged(server("10.1.1.2"), files={FORWARD: ours}), server("10.1.1.2"))
    assert moved.text(FORWARD) == ours.replace("10.1.1.1", "10.1.1.2")


def test_servers_that_cannot_be() -> None:
    for bad in ("a b", "10.1.1.1:0", "10.1.1.1:70000", 'x" type="omprog', 5, "a\nb"):
        with pytest.raises(InputError):
            carried(logged(server(bad)), server(bad))
    with pytest.raises(ByHand, match="name the log server"):
        carried(logged(server("")), server(""))
    for own in ("127.0.0.1", "localhost:514", "[::1]:514"):
        with pytest.raises(Refused):
            carried(logged(server(own)), server(own))
    nobody = host(server("10.1.1.1"), units=UNITS, facts=FACTS)
    with pytest.raises(ByHand, match="no rsyslog"):
        carried(nobody, server("10.1.1.1"))


def test_messages_dropped_before_everything_are_left_to_a_person() -> None:
    wanted = server("10.1.1.1")
    dropped = {MAIN: "authpriv.* stop\n" + EL8}
    with pytest.raises(ByHand, match="drop messages"):
        carried(logged(wanted, files=dropped), wanted)
    elsewhere = {MAIN: 'include(file="/opt/log/*.conf")\n' + EL8}
    with pytest.raises(CannotTell):
        carried(logged(wanted, files=elsewhere), wanted)


WRITTEN = {"harden_linux_logging_rules": True}


@pytest.mark.parametrize(("platform", "gone", "line"), [
    ("centos-6", "authpriv.*", "authpriv.*\t/var/log/secure"),
    ("rhel-8", "cron.*", "cron.*\t/var/log/cron"),
    ("debian-12", "auth,authpriv.*", "auth,authpriv.*\t/var/log/auth.log"),
    ("debian-12", "*.*;auth", "*.*;auth,authpriv.none\t-/var/log/syslog"),
])
def test_what_no_file_gets_is_written_again(platform: str, gone: str, line: str) -> None:
    main = "".join(one for one in MAINS[platform].splitlines(keepends=True)
                   if not one.startswith(gone))
    draft = carried(logged(WRITTEN, platform, {MAIN: main}), WRITTEN)
    assert draft.text(RULES) == f"{line}\n"
    assert not again(draft, WRITTEN)
    assert not carried(logged(WRITTEN, platform), WRITTEN).changes()


def test_a_stop_before_the_rules_does_not_take_them_away() -> None:
    stopped = {"/etc/rsyslog.d/10-site.conf": "cron.* stop\n"}
    draft = carried(logged(WRITTEN, files=stopped), WRITTEN)
    assert draft.text(RULES) == "cron.*\t/var/log/cron\n"
    with pytest.raises(ByHand, match="no local input"):
        carried(logged(WRITTEN, files={MAIN: STOCK_RULES}), WRITTEN)


SERVICE = {"harden_linux_logging_service": True}


def test_the_service_runs_or_the_journal_is_kept() -> None:
    off = UNITS | {"rsyslog.service": UnitState("rsyslog.service", present=True,
                                                enabled="disabled")}
    unit = carried(logged(SERVICE, units=off), SERVICE).unit("rsyslog.service")
    assert (unit.enabled, unit.active) == ("enabled", True)
    none = {name: UnitState(name, present=False) for name in UNITS}
    draft = carried(logged(SERVICE, units=none), SERVICE)
    drop_in = "/etc/systemd/journald.conf.d/99-opsrunner.conf"
    assert draft.text(drop_in) == "[Journal]\nStorage=persistent\n"
    assert draft.changes().activate == ("journald",)
    with pytest.raises(ByHand):
        carried(logged(SERVICE, "centos-6", units=none), SERVICE)
    undone = {"/etc/systemd/journald.conf.d/zz.conf": "[Journal]\nStorage=volatile\n"}
    with pytest.raises(ByHand, match="undoes"):
        carried(logged(SERVICE, files=undone, units=none), SERVICE)


MODE = {"harden_linux_log_file_mode": "0640"}


def test_log_files_are_tightened_now_and_when_made_anew() -> None:
    files = {
        "/var/log/messages": file("/var/log/messages", mode=0o666, uid=1),
        "/var/log/cron": file("/var/log/cron", mode=0o604),
        "/var/log/audit": folder("/var/log/audit", 0o777),
    }
    loose = {"logging.loose_files": [
        "/var/log/messages 666 bin:root", "/var/log/cron 604 root:root",
        "/var/log/audit 777 root:root", "/var/log/secure FileCreateMode 0644",
    ]}
    draft = carried(logged(MODE, "centos-6", files, loose), MODE)
    assert [draft.file(path).mode for path in files] == [0o640, 0o600, 0o750]
    assert draft.file("/var/log/messages").uid == 0
    assert draft.text(MAIN) == "# BEGIN opsrunner\n$FileCreateMode 0640\n# END opsrunner\n" + EL6
    assert not again(draft, MODE, **{"logging.loose_files": []})


def test_a_create_mode_that_is_set_is_changed_where_it_stands() -> None:
    main = DEBIAN.replace("0640", "0666") + (
        '*.* action(type="omfile" fileCreateMode="0644" file="/x")\n')
    loose = {"logging.loose_files": ["/x FileCreateMode 0644"]}
    draft = carried(logged(MODE, "debian-12", {MAIN: main}, loose), MODE)
    assert draft.text(MAIN) == main.replace("0666", "0640").replace("0644", "0640")
    for bad in ("0777", "rw", 640, "0641"):
        with pytest.raises(InputError):
            carried(logged(MODE), {"harden_linux_log_file_mode": bad})


KEPT = {"harden_linux_log_retention": {"period": "weekly", "rotate": 26}}
GLOBAL = "weekly\nrotate 4\ncreate\ndateext\ninclude /etc/logrotate.d\n"
SYSLOG = (
    "/var/log/cron\n/var/log/maillog\n/var/log/messages\n/var/log/secure\n{\n    missingok\n"
    "    sharedscripts\n    postrotate\n\t/bin/kill -HUP `cat /var/run/syslogd.pid`\n"
    "    endscript\n}\n"
)


def rotated(block: str, main: str = GLOBAL, **files: str) -> Draft:
    """Carry the retention out on logrotate's files, twice."""
    found = {LOGROTATE: main, BLOCK: block, **{f"/etc/logrotate.d/{k}": v for k, v in
                                              files.items()}}
    draft = carried(logged(KEPT, files=found), KEPT)
    assert not again(draft, KEPT)
    return draft


@pytest.mark.parametrize(("inside", "expected"), [
    ("", "    rotate 26\n"),  # EL: period and number are the global ones
    ("    rotate 4\n    weekly\n", "    rotate 26\n    weekly\n"),  # Debian
    ("    daily\n    rotate 7\n", "    daily\n    rotate 182\n"),  # a site's period stays
    ("    monthly\n", "    rotate 7\n    monthly\n"),
    ("    size 100k\n    rotate 9\n", "    weekly\n    rotate 26\n"),
    ("    maxsize 1M\n    daily\n", "    rotate 26\n    weekly\n"),
    ("    maxage 30\n", "    rotate 26\n    maxage 182\n"),
])
def test_blocks_are_edited_where_they_stand(inside: str, expected: str) -> None:
    draft = rotated(SYSLOG.replace("{\n", "{\n" + inside))
    assert sorted(draft.text(BLOCK).split("\n")) == sorted(
        SYSLOG.replace("{\n", "{\n" + expected).split("\n"))
    assert draft.text(LOGROTATE) == GLOBAL
    assert draft.changes().validate == ("logrotate",)


def test_days_are_reached_by_logs_of_the_period_and_what_keeps_them_already_stays() -> None:
    wanted = {"harden_linux_log_retention": {"period": "weekly", "days": 365}}
    draft = carried(logged(wanted, files={LOGROTATE: GLOBAL, BLOCK: SYSLOG}), wanted)
    assert "    rotate 53\n" in draft.text(BLOCK)  # 52 weeks are 364 days
    assert not again(draft, wanted)
    for bad in ({"days": 0}, {"days": 365, "rotate": 53}, {}, {"days": True}):
        given = {"harden_linux_log_retention": {"period": "weekly", **bad}}
        with pytest.raises(InputError):
            carried(logged(wanted), given)


def test_longer_retention_and_other_logs_stay() -> None:
    assert not rotated(SYSLOG.replace("{\n", "{\nmonthly\nrotate 12\n")).changes()
    other = "/var/log/yum.log {\n    rotate 1\n}\n"
    assert rotated(SYSLOG, yum=other).text("/etc/logrotate.d/yum") == other


def test_what_no_block_can_mend_is_left_to_a_person() -> None:
    with pytest.raises(ByHand, match="global setting"):
        rotated(SYSLOG, GLOBAL.replace("rotate 4", "maxsize 1M"))
    with pytest.raises(ByHand, match="no rsyslog"):
        carried(host(KEPT, files={LOGROTATE: GLOBAL}, facts=FACTS), KEPT)
    unclear = {"retention.unclear_rotation": CannotTell(Reason.UNPARSABLE, "no block")}
    with pytest.raises(CannotTell):
        carried(logged(KEPT, facts=unclear), KEPT)
    bad = {"harden_linux_log_retention": {"period": "often", "rotate": 0, "keep": 1}}
    with pytest.raises(InputError) as caught:
        carried(logged(bad), bad)
    assert len(caught.value.problems) == 3


_DIRECTIVES = st.sampled_from([
    "missingok", "# rotate 1", "rotate 4", "daily", "weekly", "monthly", "size 5M", "maxsize 1M",
    "maxage 7", "compress", "", "postrotate\n rotate 1\n endscript", "create 0600 root root",
])


@given(st.lists(_DIRECTIVES, max_size=8), st.sampled_from(["", "\n", "\r\n"]))
@settings(max_examples=60, deadline=None)
def test_any_block_is_mended_or_left_whole(lines: list[str], ending: str) -> None:
    block = "/var/log/messages /var/log/secure /var/log/cron /var/log/maillog {\n" + "\n".join(
        lines) + "\n}" + ending
    try:
        text = rotated(block).text(BLOCK)
    except (ByHand, CannotTell):
        return
    ours = ("rotate", "daily", "weekly", "monthly", "size", "maxsize", "maxage")
    kept = [line for line in "\n".join(lines).split("\n")
            if not line.startswith(ours) or line.startswith(" ")]
    left = iter(text.split("\n"))
    assert all(line in left for line in kept), text
    assert text.endswith("\n}" + ending)
