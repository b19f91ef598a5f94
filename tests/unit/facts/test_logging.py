"""Logging facts: gaps, retention and forwarding are certain, or said to be unknown."""

from __future__ import annotations

from typing import Any

import pytest

from opsrunner.facts import forwarding, logging, retention
from opsrunner.facts.base import CannotTell, Host
from opsrunner.models import Frame
from opsrunner.sources.wire import SECTION

STOCK = 'module(load="imuxsock")\n*.info;authpriv.none /m\nauthpriv.* /s\ncron.* /c\n'
UNITS = (
    f"{SECTION}files\nrsyslog.service enabled\n{SECTION}units\n"
    "rsyslog.service loaded active running x\n"
)


def _host(conf: str | None, **more: str) -> Host:
    state = "missing" if conf is None else "file"
    texts = {
        "logging.rsyslog": f"{SECTION}{state} /etc/rsyslog.conf\n{conf or ''}{SECTION}other\n",
        "services.systemd": UNITS,
        "system.processes": "0 sshd\n",
        "audit.files": "",
        "logging.addresses": f"{SECTION}names\nweb1\n{SECTION}addresses\n10.0.0.5\n"
        f"{SECTION}file /etc/hosts\n127.0.0.1 near\n10.0.0.9 far\n",
    }
    texts |= {name.replace("__", "."): text for name, text in more.items()}
    frames = {name: Frame(name, 0, text.encode()) for name, text in texts.items()}
    return Host("rhel-8", frames)


def _rotate(text: str) -> dict[str, str]:
    return {"logging__logrotate": f"{SECTION}file /etc/logrotate.conf\n{text}"}


def test_facilities_without_a_file_are_named() -> None:
    assert logging.unwritten(_host(STOCK)) == []
    assert logging.unwritten(_host(STOCK.replace("cron.*", "cron.err"))) == []
    less = STOCK.replace("*.info;", "*.info;cron.none;").replace("cron.*", "cron.err")
    assert logging.unwritten(_host(less)) == ["cron"]


def test_each_system_log_has_its_days() -> None:
    block = "weekly\n/m /s {\n rotate 26\n}\n/c {\n rotate 3\n}\n"
    host = _host(STOCK, **_rotate(block))
    assert retention.kept_days(host) == {"/m": 182.0, "/s": 182.0, "/c": 21.0}
    assert retention.unclear_rotation(host) == []
    with pytest.raises(CannotTell, match="/c: no logrotate block"):
        retention.unclear_rotation(_host(STOCK, **_rotate("weekly\n/m /s {\n}\n")))


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("*.* @@192.0.2.9:514", ["192.0.2.9"]),
        ("*.* @far", ["far"]),
        ("*.* @near", []),
        ("*.* @web1", []),
        ("*.* @10.0.0.5", []),
        ("cron.* @192.0.2.9", []),
        ("#*.* @192.0.2.9", []),
    ],
)
def test_only_another_machine_is_a_log_server(rule: str, found: list[str]) -> None:
    assert forwarding.targets(_host(f"{STOCK}{rule}\n")) == found


def test_a_stopped_rsyslog_forwards_nothing_and_an_agent_is_unknown() -> None:
    conf = f"{STOCK}*.* @192.0.2.9\n"
    stopped: dict[str, Any] = {"services__systemd": UNITS.replace("active running", "failed x")}
    assert forwarding.targets(_host(conf, **stopped)) == []
    with pytest.raises(CannotTell, match="filebeat"):
        forwarding.targets(_host(STOCK, system__processes="0 filebeat\n"))
