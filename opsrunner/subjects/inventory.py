"""Inventory -> hosts as subjects: who is looked at, of which platform, with which ledger fields.

Everything wrong is listed in one InventoryError before any host is touched. A host that cannot
be judged yet (its platform has no profile) stays in the inventory, and is named as such.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opsrunner.errors import InventoryError, Problem
from opsrunner.models import Subject
from opsrunner.secrets.store import Secret
from opsrunner.subjects.digest import inventory_sha256
from opsrunner.subjects.ledger_fields import parse_ledger
from opsrunner.subjects.platforms import AUTO, PLATFORMS, this_machine
from opsrunner.subjects.templates import WITHHELD, is_unfilled

if TYPE_CHECKING:
    from opsrunner.subjects.ansible_reader import HostEntry

_NAME = re.compile(r"\w[\w.:@-]*")  # also a safe file name, and nothing a terminal obeys
# Every variable of the ``ops_`` prefix that means something; a misspelt one is a problem.
# Those about changes: the account that is the second way in, the address the controller comes from.
_SITE = ("ops_second_login", "ops_controller_address")
_VARIABLES = ("ops_platform", "ops_profile", "ops_ledger_defaults", "ops_ledger", *_SITE)
_BECOME = "ansible_become_method"  # a change of su would cut off who becomes root by it
# What an operator may decide for a site about a change: variables of the hardening roles.
_WANTED = "harden_"


@dataclass(frozen=True, slots=True)
class Inventory:
    """The hosts of one inventory within the limit, sorted by name; ``sha256`` is over its files.

    ``hosts`` are all of them. Those whose platform has no profile yet carry ``profile == ""``:
    a check judges ``with_profile`` and must show ``without_profile`` ("no profile yet").
    """

    path: Path
    sha256: str
    hosts: tuple[Subject, ...]

    @property
    def with_profile(self) -> tuple[Subject, ...]:
        """Return the hosts that can be judged."""
        return tuple(host for host in self.hosts if host.profile)

    @property
    def without_profile(self) -> tuple[Subject, ...]:
        """Return the hosts no profile exists for: to be listed, never dropped, never "fine"."""
        return tuple(host for host in self.hosts if not host.profile)


@dataclass(frozen=True, slots=True)
class _Context:
    """What every host of one inventory is checked against."""

    path: str
    platforms: Collection[str]
    profiles: Mapping[str, str]
    profile_names: Collection[str] | None
    os_release: Path


def load_inventory(  # noqa: PLR0913 - one required argument, the rest are named and optional
    path: Path,
    *,
    limit: str | None = None,
    platforms: Collection[str] = PLATFORMS,
    profiles: Mapping[str, str] | None = None,
    profile_names: Collection[str] | None = None,
    vault_password: Secret | None = None,
    os_release: Path = Path("/etc/os-release"),
) -> Inventory:
    """Given an inventory folder or file and an Ansible limit pattern, return its hosts.

    ``profiles`` maps a platform to the profile its hosts are measured against unless they set
    ``ops_profile``, which must be in ``profile_names`` where that is given. ``os_release`` tells
    the platform of this machine (``ops_platform: auto``). Raise InventoryError with all problems.
    """
    # Ansible costs half a second: only who reads an inventory pays for it.
    from opsrunner.subjects.ansible_reader import read_hosts  # noqa: PLC0415

    try:
        sha256 = inventory_sha256(path)
    except OSError as error:
        raise InventoryError([Problem(str(path), "", f"unreadable: {error.strerror}")]) from error
    entries, problems = read_hosts(path, limit, vault_password)
    if not entries and not problems:
        problems.append(Problem(str(path), "", "the inventory is empty: it has no host"))
    context = _Context(str(path), platforms, profiles or {}, profile_names, os_release)
    hosts = []
    for entry in entries:
        subject, found = _subject(entry, context)
        hosts.append(subject)
        problems += found
    if problems:
        raise InventoryError(list(dict.fromkeys(problems)))
    return Inventory(path, sha256, tuple(hosts))


def _subject(entry: HostEntry, context: _Context) -> tuple[Subject, list[Problem]]:
    """Given a host as Ansible sees it, return its subject, and every problem of it."""
    if not _NAME.fullmatch(entry.name):
        return Subject("host", entry.name, "", ""), [_misnamed(entry, context)]
    problems = _misspelt(entry, context)
    platform, found = _platform(entry, context)
    problems += found
    profile, found = _profile(entry, platform, context)
    problems += found
    attributes, found = _attributes(entry, context)
    problems += found
    return Subject("host", entry.name, platform, profile, entry.groups, attributes), problems


def _misnamed(entry: HostEntry, context: _Context) -> Problem:
    """Given a host whose name is none, return the problem, with no more of it than is a name.

    Ansible takes the first word of any stray line for a host, be it ``ansible_password=...``.
    """
    start = re.match(r"[\w.:@-]*", entry.name)
    shown = f"{start[0] if start else ''}…"
    message = "is no host name: letters, digits and . - _ : @ only, and not one of these first"
    return Problem(context.path, shown, message)


def _misspelt(entry: HostEntry, context: _Context) -> list[Problem]:
    """Given a host, return a problem for each ``ops_`` variable that means nothing."""
    problems = []
    for name in entry.variables:
        if name.startswith("ops_") and name not in _VARIABLES:
            near = difflib.get_close_matches(name, _VARIABLES, n=1)
            hint = f"; did you mean {near[0]}?" if near else f" (known: {', '.join(_VARIABLES)})"
            problems.append(Problem(context.path, f"{entry.name}.{name}", f"unknown{hint}"))
    return problems


def _platform(entry: HostEntry, context: _Context) -> tuple[str, list[Problem]]:
    """Given a host, return its platform, or "" and why it has none."""
    key, declared = f"{entry.name}.ops_platform", entry.platforms
    known = ", ".join(sorted(context.platforms))
    if not all(isinstance(value, str) for value in declared.values()):
        message = f"must be the name of a platform ({known})"
    elif not declared:
        message = f"the host is in no platform: put it in a group that sets ops_platform ({known})"
    elif len(values := {str(value) for value in declared.values()}) > 1:
        said = ", ".join(f"{who} says {value}" for who, value in sorted(declared.items()))
        message = f"contradicting platforms: {said}; take the host out of one group"
    elif (name := values.pop()) == AUTO:
        if entry.variables.get("ansible_connection") == "local":
            return _own_platform(context)
        message = "auto is only for this machine itself (ansible_connection: local)"
    elif name in context.platforms:
        return name, []
    else:
        message = f"unknown platform {name!r}; known: {known}"
    return "", [Problem(context.path, key, message)]


def _own_platform(context: _Context) -> tuple[str, list[Problem]]:
    """Return this machine's platform, or "" and why it cannot be told."""
    try:
        return this_machine(context.os_release), []
    except InventoryError as error:
        return "", list(error.problems)


def _profile(entry: HostEntry, platform: str, context: _Context) -> tuple[str, list[Problem]]:
    """Given a host and its platform, return its profile, "" when none exists yet."""
    if "ops_profile" not in entry.variables:
        return context.profiles.get(platform, ""), []
    name, key = entry.variables["ops_profile"], f"{entry.name}.ops_profile"
    if not isinstance(name, str) or not name:
        return "", [Problem(context.path, key, "must be the name of a profile")]
    if context.profile_names is not None and name not in context.profile_names:
        known = ", ".join(sorted(context.profile_names))
        return "", [Problem(context.path, key, f"unknown profile {str(name)!r}; known: {known}")]
    return str(name), []


def _attributes(entry: HostEntry, context: _Context) -> tuple[dict[str, Any], list[Problem]]:
    """Given a host, return its address and ledger fields: these and no other variable."""
    merged: dict[str, Any] = {}
    problems = []
    file = context.path
    for name in ("ops_ledger_defaults", "ops_ledger"):
        value = entry.variables.get(name, {})
        if isinstance(value, Mapping):
            merged.update(value)
            file = _file_of(value) or file
        else:
            problems.append(Problem(file, f"{entry.name}.{name}", "must be a mapping of fields"))
    plain, secret = _plain(merged)
    if secret:
        message = "holds a vault-encrypted value or a template; ledger fields are plain text"
        return {}, [*problems, Problem(file, f"{entry.name}.ops_ledger", message)]
    fields, found = parse_ledger(plain, file, f"{entry.name}.ops_ledger")
    address, secret = _plain(entry.variables.get("ansible_host") or entry.name)
    if secret or not isinstance(address, str):
        message = "must be an address in plain text"
        found = [*found, Problem(context.path, f"{entry.name}.ansible_host", message)]
    wanted, refused = _wanted(entry, context)
    return {"address": address, **fields, **wanted}, problems + found + refused


def _wanted(entry: HostEntry, context: _Context) -> tuple[dict[str, Any], list[Problem]]:
    """Given a host, return what its site decides about changes: variables of roles, and _SITE.

    A role variable that is a template stays one, and an encrypted value is withheld: a check needs
    neither, and a plan leaves out what rests on it.
    """
    wanted: dict[str, Any] = {}
    problems = []
    for name in sorted(entry.variables):
        if name not in _SITE and not name.startswith(_WANTED):
            continue
        wanted[name], secret = _plain(entry.variables[name])
        if name in _SITE and secret:
            message = "holds a vault-encrypted value or a template; plain values only"
            problems.append(Problem(context.path, f"{entry.name}.{name}", message))
    problems += [
        Problem(context.path, f"{entry.name}.{name}", "must be text")
        for name in _SITE if not isinstance(wanted.get(name, ""), str)
    ]
    method, secret = _plain(entry.variables.get(_BECOME, ""))
    if isinstance(method, str) and method and not secret:
        wanted[_BECOME] = method
    return wanted, problems


def _file_of(value: object) -> str | None:
    """Given a value Ansible read, return the file it stands in, where Ansible noted it."""
    position = getattr(value, "ansible_pos", None)
    return str(position[0]) if position else None


def _plain(value: object) -> tuple[Any, bool]:
    """Given a value Ansible read, return it in Python's own types, and whether it hides another.

    What ansible-vault encrypted is not decrypted: ``WITHHELD`` stands in its place.
    """
    if isinstance(value, str):
        return str(value), is_unfilled(value)
    if isinstance(value, Mapping):
        pairs = {str(key): _plain(inner) for key, inner in value.items()}
        return {key: pair[0] for key, pair in pairs.items()}, any(p[1] for p in pairs.values())
    if isinstance(value, list):
        items = [_plain(inner) for inner in value]
        return [item[0] for item in items], any(item[1] for item in items)
    # What is left is a number, a truth value, nothing, or Ansible's own undecrypted text.
    known = isinstance(value, int | float | None)
    return value if known else WITHHELD, not known
