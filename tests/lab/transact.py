"""Transactions on lab hosts: what tests change, how they send it, and how they look at the host."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from opsrunner.changes.answer import Answer, parse, read
from opsrunner.changes.operations import (
    Changes,
    Operation,
    SetAccount,
    SetAttributes,
    SetFile,
    SetSysctl,
    SetUnit,
)
from opsrunner.changes.state import ABSENT, DIRECTORY, REGULAR, AccountState, FileState
from opsrunner.sources.ansible import Playbook
from opsrunner.sources.exchange import exchange
from opsrunner.sources.limits import Limits
from tests.lab.cli import inventory
from tests.lab.fleet import boot, faults
from tests.lab.fleet.control import Lab
from tests.lab.fleet.instance import CHECKOUT

SSHD = "/etc/ssh/sshd_config"
_LOCKED: dict[str, Any] = {"shell": "/bin/sh", "password": "locked"}
NOWHERE = b"ListenAddress 192.0.2.1\n"  # valid, and no address of the host: sshd cannot bind it
# Logs and login records, which any login writes; the stand-ins' own state.
RECORDS = (
    "/var/log/", "/var/lib/rsyslog/", "/var/lib/systemd/", "/var/lib/sudo/", "/var/lib/lastlog",
    "/var/lib/lab-standin/", "/var/lib/chrony/", "/var/lib/logrotate/", "/root/.ansible",
    "/var/spool/anacron/", "/var/tmp/systemd-private-",  # noqa: S108 - left by a power cut
)


def send(lab: Lab, folder: Path, scripts: Mapping[str, str]) -> dict[str, Answer]:
    """Given scripts by host, send them as the product does, over one playbook; return answers.

    Right after a reload sshd may not listen yet.
    """
    for name in scripts:
        until(partial(reaches, lab, name), slow(10))
    path = inventory(lab, folder, scripts)
    job = Playbook(CHECKOUT, "change.yml", path, {}, 5)
    found = {}
    for reply in exchange(job, scripts, Limits()):
        assert reply.stream is not None, reply
        begun, ended = (datetime.fromisoformat(text) for text in (reply.started, reply.ended))
        seconds = (ended - begun).total_seconds()
        found[reply.host] = replace(read(reply.stream, reply.mark), seconds=seconds)
    return found


def ask(lab: Lab, name: str, script: str) -> Answer:
    """Given a host and a script, send it over plain ssh: quicker than a playbook.

    Right after a reload sshd may not listen yet; what was refused then did not reach anybody.
    """
    until(partial(reaches, lab, name), slow(10))
    mark, record, started = secrets.token_hex(8), lab.record, time.monotonic()
    argv = boot.ssh_command(lab.instance, record.host(name).address(record.subnet))
    done = subprocess.run(
        [*argv, "/bin/sh -s"], input=script.replace("@OPS_MARK@", mark).encode(),
        capture_output=True, timeout=120, check=False,
    )
    seconds = round(time.monotonic() - started, 3)
    said = done.stderr.decode("utf-8", "replace")
    header = {"mark": mark, "rc": done.returncode, "stderr": said, "seconds": seconds}
    return parse(json.dumps(header).encode() + b"\n" + done.stdout)


def place(lab: Lab, name: str, path: str) -> Path:
    """Return where a path of a host lies on this machine."""
    return faults.merged_root(lab, name) / path.lstrip("/")


def look(lab: Lab, name: str, path: str) -> FileState:
    """Return what is at a path of a host now."""
    found = place(lab, name, path)
    if not found.exists():
        return FileState(path, ABSENT)
    facts, regular = found.stat(), found.is_file()
    return FileState(path, REGULAR if regular else DIRECTORY, facts.st_mode & 0o7777, facts.st_uid,
                     facts.st_gid, found.read_bytes() if regular else None)


def write(lab: Lab, name: str, path: str, content: bytes, mode: int = 0o644) -> SetFile:
    """Return the operation that gives a host's file this content."""
    now = look(lab, name, path)
    if now.exists:
        return SetFile(now, now.with_(content=content))
    return SetFile(now, FileState(path, REGULAR, mode, 0, 0, content))


def prefix(lab: Lab, name: str, path: str, content: bytes) -> SetFile:
    """Return the operation that puts something in front of a host's file."""
    return write(lab, name, path, content + (look(lab, name, path).content or b""))


def remove(lab: Lab, name: str, path: str) -> SetFile:
    """Return the operation that removes a host's file."""
    return SetFile(look(lab, name, path), FileState(path, ABSENT))


def attributes(lab: Lab, name: str, path: str, mode: int) -> SetAttributes:
    """Return the operation that changes the mode of a path."""
    now = look(lab, name, path)
    return SetAttributes(now, now.with_(mode=mode))


def account(lab: Lab, name: str, user: str) -> AccountState:
    """Return an account of a host as the state reader would give it."""
    def fields(file: str) -> list[str]:
        lines = place(lab, name, f"/etc/{file}").read_text(encoding="utf-8").splitlines()
        return next(line for line in lines if line.startswith(f"{user}:")).split(":")

    who, shadow = fields("passwd"), fields("shadow")
    kind = {"": "empty", "!": "locked", "*": "none"}.get(shadow[1][:1], "set")
    days = [int(day) if day else None for day in shadow[2:8]]
    return AccountState(user, int(who[2]), int(who[3]), who[5], who[6], kind, *days)


def everything(lab: Lab, name: str) -> Changes:
    """Return changes of every kind: files old, new and gone, modes, sysctl, unit, account."""
    cron = "cron.service" if "debian" in name else "crond.service"
    user = account(lab, name, "opspw")
    live = faults.run(lab, name, "cat /proc/sys/net/ipv4/conf/all/log_martians").stdout.strip()
    operations: tuple[Operation, ...] = (
        prefix(lab, name, SSHD, b"MaxAuthTries 4\n"),
        write(lab, name, "/etc/new/of ours/it's.conf", b"a = 1\0\n", 0o640),
        remove(lab, name, "/etc/issue"),
        attributes(lab, name, "/etc/crontab", 0o600),
        attributes(lab, name, "/etc/security", 0o700),
        SetSysctl("net.ipv4.conf.all.log_martians", live, str(1 - int(live))),
        SetSysctl("net.ipv4.ip_forward", "0", "1"),
        SetAccount(user, replace(user, max_days=90, min_days=1, **_LOCKED)),
        SetUnit(cron, enabled_before="enabled", active_before=True, enabled="disabled",
                active=False),
    )
    return Changes(operations, ("sshd", "pam", "sudoers"), ("sshd",))


def reaches(lab: Lab, name: str) -> bool:
    """Tell whether root can log in."""
    try:
        return faults.ssh(lab, name, "true", timeout=5).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def until(true: Callable[[], bool], seconds: float) -> float:
    """Wait until something is true; return how long it took. Fail when it took longer."""
    started = time.monotonic()
    while not true():
        assert time.monotonic() - started < seconds, f"not within {seconds} s"
        time.sleep(0.1)
    return time.monotonic() - started


def slow(seconds: float) -> float:
    """Given a time on an idle machine, return what to allow on this one as it is loaded now."""
    return seconds * max(1.0, 1.5 * os.getloadavg()[0] / (os.cpu_count() or 1))


def state(lab: Lab, name: str, tx: str) -> tuple[str, str]:
    """Return a transaction's state and who brought it there, from the host's disk."""
    try:
        text = place(lab, name, f"/var/lib/opsrunner/{tx}/state").read_text(encoding="utf-8")
    except OSError:
        return "", ""
    word, _, by = text.rstrip("\n").split("\t")
    return word, by


def differences(
    lab: Lab, name: str, before: Mapping[str, faults.Node], *, but: Iterable[str] = (),
) -> list[str]:
    """Return the paths of a host that are not as they were, records of logins aside."""
    aside = (*RECORDS, *but)
    after = faults.tree(lab, name)
    return sorted(path for path in before.keys() | after.keys()
                  if before.get(path) != after.get(path) and not path.startswith(aside))


LIVE = r"""
cat /proc/sys/net/ipv4/ip_forward
grep -H . /proc/sys/net/ipv[46]/conf/*/forwarding /proc/sys/net/ipv4/conf/*/accept_redirects \
  /proc/sys/net/ipv4/conf/all/log_martians
for unit in cron crond; do
  PATH=$PATH:/usr/lib/lab-standin/real systemctl is-active $unit.service
done
ls /run/systemd/system 2>/dev/null; pgrep -f '[u]ndo.sh'
PATH=$PATH:/usr/lib/lab-standin/real systemctl list-timers --all --no-legend 'opsrunner*'
true
"""


def live(lab: Lab, name: str) -> str:
    """Return what of a host lives outside its files: parameters, services, timers, sleepers."""
    return faults.run(lab, name, LIVE).stdout
