"""Audit rules: from what people write to what `auditctl -l` prints."""

from __future__ import annotations

from functools import cache
from pathlib import Path

TABLES = Path("/usr/lib/lab-standin/syscalls")
LISTS = ("task", "exit", "user", "exclude", "filesystem", "io_uring")
ACTIONS = ("always", "never", "possible")
OPERATORS = ("!=", ">=", "<=", "&=", "=", ">", "<", "&")
UNSET = ("unset", "4294967295", "-1")


class BadRuleError(Exception):
    """A rule auditctl would not send to the kernel; the text is what it prints."""


@cache
def numbers(arch: str) -> dict[str, int]:
    """Given b64 or b32, return system call name -> number; empty when there is no table."""
    try:
        lines = (TABLES / arch).read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    return {parts[1]: int(parts[0]) for line in lines if len(parts := line.split()) == 2
            and parts[0].isdigit()}  # fmt: skip


def canonical(arguments: list[str]) -> tuple[str, str]:
    """Given a rule's arguments, return the rule as listed and add, insert or delete.

    Raise BadRuleError for what the tool refuses.
    """
    option = arguments[0]
    if option in ("-w", "-W"):
        return watch(arguments), "delete" if option == "-W" else "add"
    action = {"-a": "add", "-A": "insert", "-d": "delete"}[option]
    return syscall_rule(arguments), action


def pairs(arguments: list[str]) -> list[tuple[str, str]]:
    """Return (option, value) pairs. Raise BadRuleError when a value is missing."""
    if len(arguments) % 2:
        raise BadRuleError(f"Option {arguments[-1]} requires an argument")
    return list(zip(arguments[::2], arguments[1::2], strict=True))


def permissions(text: str) -> str:
    """Return permission letters in the kernel's order. Raise BadRuleError for an unknown one."""
    if not text or set(text) - set("rwxa"):
        raise BadRuleError(f"Permission {text} isn't supported")
    return "".join(letter for letter in "rwxa" if letter in text)


def watch(arguments: list[str]) -> str:
    """Return a watch as listed."""
    path, perm, keys = "", "rwxa", ""
    for option, value in pairs(arguments):
        if option in ("-w", "-W"):
            if not value.startswith("/"):
                raise BadRuleError("The path must start with '/'")
            path = value.rstrip("/") or "/"
        elif option == "-p":
            perm = permissions(value)
        elif option in ("-k", "-F"):
            keys += f" -k {value.removeprefix('key=')}"
        else:
            raise BadRuleError(f"Unknown option {option}")
    return f"-w {path} -p {perm}{keys}"


def filter_and_action(text: str) -> str:
    """Return `always,exit` whichever way round it was written. Raise BadRuleError for neither."""
    parts = text.split(",")
    if len(parts) != 2:
        raise BadRuleError(f"Append rule - bad keyword {text}")
    if parts[0] in LISTS:
        parts.reverse()
    if parts[0] not in ACTIONS or parts[1] not in LISTS:
        raise BadRuleError(f"Append rule - bad keyword {text}")
    return ",".join(parts)


def field(text: str) -> str:
    """Return a -F field as listed: unset is -1, permissions in order."""
    for operator in OPERATORS:
        name, found, value = text.partition(operator)
        if found and name.replace("_", "").isalnum():
            if name in ("auid", "loginuid", "uid", "euid", "ses") and value in UNSET:
                value = "-1"
            if name == "perm":
                value = permissions(value)
            return f"{'auid' if name == 'loginuid' else name}{operator}{value}"
    raise BadRuleError(f"-F missing operation for {text}")


def syscall_rule(arguments: list[str]) -> str:
    """Return a system call rule as listed: arch, calls by number, fields, keys."""
    head, arch, calls, fields, keys = "", "", [], [], []
    for option, value in pairs(arguments):
        if option in ("-a", "-A", "-d"):
            head = filter_and_action(value)
        elif option == "-S":
            calls += value.split(",")
        elif option == "-k" or (option == "-F" and value.startswith("key=")):
            keys.append(value.removeprefix("key="))
        elif option == "-F" and value.startswith("arch="):
            if calls:
                raise BadRuleError("arch field should be set before -S")
            arch = value
        elif option == "-F":
            fields.append("-F " + field(value))
        elif option == "-C":
            fields.append(f"-C {value}")
        else:
            raise BadRuleError(f"Unknown option {option}")
    words = [f"-a {head}"] + ([f"-F {arch}"] if arch else [])
    if head.endswith(",exit"):
        words.append(f"-S {','.join(ordered(arch, calls)) or 'all'}")
    return plain_watch(head, arch, calls, fields, keys) or " ".join(
        words + fields + [f"-F key={key}" for key in keys]
    )


def ordered(arch: str, calls: list[str]) -> list[str]:
    """Return system calls by number. Raise BadRuleError for a name the table does not have."""
    table = numbers(arch.removeprefix("arch=") if arch in ("arch=b32", "arch=b64") else "b64")
    for name in calls:
        if table and name not in table and name != "all" and not name.isdigit():
            raise BadRuleError(f"Syscall name unknown: {name}")
    return sorted(dict.fromkeys(calls), key=lambda name: table.get(name, 0))


def plain_watch(head: str, arch: str, calls: list[str], fields: list[str], keys: list[str]) -> str:
    """Return a path-and-perm rule without anything else as the watch it is; "" for others."""
    names = {entry[3:].partition("=")[0]: entry[3:].partition("=")[2] for entry in fields}
    if head != "always,exit" or arch or calls or set(names) not in (
        {"path", "perm"}, {"dir", "perm"},
    ):  # fmt: skip
        return ""
    path = names.get("path") or names.get("dir", "")
    return f"-w {path} -p {names['perm']}" + "".join(f" -k {key}" for key in keys)
