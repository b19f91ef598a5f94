"""auditctl: the kernel's audit rules and status in a file, with the real tool's order and words."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Any

from . import state
from .audit_rules import BadRuleError, canonical

IMMUTABLE = 2
NUMBERS = {"-b": "backlog_limit", "-f": "failure", "-r": "rate_limit", "-e": "enabled"}
NUMBERS["--backlog_wait_time"] = "backlog_wait_time"
RULE_OPTIONS = ("-a", "-A", "-d", "-w", "-W")
LOCKED = "The audit system is in immutable mode, no rule changes allowed"


class RefusedError(Exception):
    """The kernel or the tool refuses; the text is what auditctl prints."""


def fresh() -> dict[str, Any]:
    """Return the audit state of a kernel that has just booted."""
    return {
        "enabled": 1, "failure": 1, "pid": 0, "rate_limit": 0, "backlog_limit": 64,
        "backlog_wait_time": 60000, "rules": [],
    }  # fmt: skip


def status_lines(now: dict[str, Any], identity: str) -> list[str]:
    """Return `auditctl -s` as this identity's audit prints it."""
    pid = daemon_pid()
    lines = [f"enabled {now['enabled']}", f"failure {now['failure']}", f"pid {pid}"]
    lines += [f"rate_limit {now['rate_limit']}", f"backlog_limit {now['backlog_limit']}"]
    lines += ["lost 0", "backlog 0"]
    if identity not in ("centos6", "centos7"):
        lines += [f"backlog_wait_time {now['backlog_wait_time']}"]
        lines += ["backlog_wait_time_actual 0"] if identity in ("rhel8", "debian12") else []
    if identity != "centos6":
        lines.append("loginuid_immutable 0 unlocked")
    return lines


def daemon_pid() -> int:
    """Return the pid of the auditd stand-in, 0 without one."""
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                if Path(entry.path, "comm").read_text("ascii").strip() == "auditd":
                    return int(entry.name)
            except OSError:
                continue
    return 0


def change_rules(now: dict[str, Any], arguments: list[str]) -> None:
    """Add, insert or delete one rule. Raise RefusedError as the kernel would."""
    rule, action = canonical(arguments)
    rules: list[str] = now["rules"]
    if now["enabled"] == IMMUTABLE:
        what = "delete" if action == "delete" else "add"
        raise RefusedError(f"Error sending {what} rule data request (Operation not permitted)")
    if action == "delete":
        if rule not in rules:
            raise RefusedError("Error sending delete rule data request (No such file or directory)")
        rules.remove(rule)
        return
    if rule in rules:
        raise RefusedError("Error sending add rule data request (Rule exists)")
    rules.insert(0 if action == "insert" else len(rules), rule)


def delete_all(now: dict[str, Any], key: str | None) -> None:
    """Delete all rules, or those with a key."""
    if now["enabled"] == IMMUTABLE:
        raise RefusedError("Error sending delete rule data request (Operation not permitted)")
    endings = (f" -k {key}", f" -F key={key}")
    now["rules"] = [r for r in now["rules"] if key is not None and not r.endswith(endings)]


def set_number(now: dict[str, Any], option: str, text: str) -> None:
    """Set a number of the status. Raise RefusedError when locked or not a number."""
    names = {"-e": "enable", "-f": "failure", "-b": "backlog limit", "-r": "rate limit"}
    if not text.lstrip("-").isdigit():
        raise RefusedError(f"{names.get(option, option)} value must be a number, was {text}")
    if now["enabled"] == IMMUTABLE:
        name = names.get(option, "backlog wait time")
        raise RefusedError(f"Error sending {name} request (Operation not permitted)")
    now[NUMBERS[option]] = int(text)


def perform(now: dict[str, Any], arguments: list[str]) -> list[str]:
    """Do what one command line or one line of a rules file says; return what it prints."""
    option, rest = arguments[0], arguments[1:]
    if option in RULE_OPTIONS:
        change_rules(now, arguments)
        return []
    if option == "-D":
        delete_all(now, rest[1] if rest[:1] == ["-k"] else None)
        return [] if "quiet" in now else ["No rules"]
    if option in NUMBERS and rest:
        set_number(now, option, rest[0])
        return status_lines(now, state.identity())
    if option == "-s":
        return status_lines(now, state.identity())
    if option == "-l":
        key = rest[1] if rest[:1] == ["-k"] else None
        endings = (f" -k {key}", f" -F key={key}")
        return [r for r in now["rules"] if key is None or r.endswith(endings)] or ["No rules"]
    if option in ("-c", "-i", "--loginuid-immutable", "--reset-lost", "-v"):
        return ["auditctl version 3.0.9"] if option == "-v" else []
    raise RefusedError(f"Unknown option {option}")


def load_file(now: dict[str, Any], path: str) -> tuple[list[str], int]:
    """Given a rules file, load it line by line; stop at the first bad line unless told -c or -i.

    Return what is printed and the exit code.
    """
    if now["enabled"] == IMMUTABLE:
        return [LOCKED], 0
    printed: list[str] = []
    go_on = ignore = failed = False
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        words = shlex.split(line) if not line.lstrip().startswith("#") else []
        if not words:
            continue
        go_on, ignore = go_on or words[0] == "-c", ignore or words[0] == "-i"
        try:
            printed += perform(now, words)
        except (RefusedError, BadRuleError) as error:
            printed += [str(error), f"There was an error in line {number} of {path}"]
            failed = True
            if not (go_on or ignore):
                return printed, 1
    return printed, 1 if failed and not ignore else 0


def main() -> int:
    """Run as auditctl; return its exit code."""
    arguments = sys.argv[1:]
    if os.geteuid() != 0:
        sys.stderr.write("You must be root to run this program.\n")
        return 4
    if not arguments or arguments[0] == "-h":
        sys.stdout.write("usage: auditctl [options]\n")
        return 0 if arguments else 1
    now = state.load("audit", fresh())
    code = 0
    try:
        if arguments[0] == "-R" and len(arguments) == 2:
            printed, code = load_file(now, arguments[1])
        elif arguments[0] in RULE_OPTIONS and now["enabled"] == IMMUTABLE:
            printed = [LOCKED]
        else:
            printed = perform(now, arguments)
    except (RefusedError, BadRuleError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    state.save("audit", now)
    for line in printed:
        sys.stdout.write(line + "\n")
    return code
