"""The one module that asks Ansible what an inventory says; importing it costs half a second.

Ansible itself reads it, so group_vars, host_vars, precedence and limit patterns are Ansible's.
Where Ansible only warns and goes on with fewer hosts, the warning is a problem here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.inventory.group import Group
from ansible.inventory.host import Host
from ansible.inventory.manager import InventoryManager, split_host_pattern
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultSecret
from ansible.template import Templar
from ansible.utils.display import Display
from ansible.vars.manager import VariableManager
from ansible.vars.plugins import get_vars_from_inventory_sources

from opsrunner.errors import Problem
from opsrunner.report.text import visible
from opsrunner.secrets.store import Secret
from opsrunner.subjects.digest import inventory_files

PLATFORM = "ops_platform"
BUSINESS = "ops_business"

# Ansible says these of inventories that are in order; "provided hosts list" has a better text.
_HARMLESS = (
    "Invalid characters were found in group names",
    "Found both group and host with same name",
    "provided hosts list is empty",
    "No inventory was parsed",
    "Unable to parse",  # always after a "Failed to parse", which says why
)
_POSITION = re.compile(r"The error appears to be in '(?P<file>.+?)': line (?P<line>\d+)")
_FAILED = re.compile(
    r"\* Failed to parse (?P<file>.+) with (?P<plugin>\S+) plugin: (?P<why>.*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class HostEntry:
    """One host as Ansible sees it: groups, effective variables, who declares its platform.

    ``platforms`` holds the most specific declarations only: a child group overrides its parents,
    the host overrides its groups. More than one value means that sibling groups contradict.
    ``business`` holds every declaration of business checks, the host's and all its groups': none
    overrides another, or a check would be lost without a word.
    """

    name: str
    groups: tuple[str, ...]
    variables: Mapping[str, Any]
    platforms: Mapping[str, Any]
    business: Mapping[str, Any]


def read_hosts(
    path: Path, limit: str | None, password: Secret | None
) -> tuple[list[HostEntry], list[Problem]]:
    """Given an inventory, return its hosts within the limit sorted by name, and every problem."""
    loader = DataLoader()
    if password is not None:
        loader.set_vault_secrets([("default", VaultSecret(password.reveal().encode()))])
    with _warnings() as warnings:
        manager = InventoryManager(loader=loader, sources=[str(path)])
        problems = _unparsed(path, warnings)
        names, unmatched = _selected(manager, limit)
    problems += unmatched
    reader = _Variables(loader, manager, path)
    entries = [reader.entry(manager.hosts[name]) for name in sorted(names)]
    return [entry for entry in entries if entry], [*problems, *reader.problems]


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """Collect what Ansible would print as a warning; it stays off the terminal."""
    display, collected = Display(), list[str]()
    display.warning = lambda msg, formatted=False: collected.append(str(msg))  # noqa: ARG005 - the signature of Ansible's own method
    try:
        yield collected
    finally:
        del display.warning  # the class's own method is back


def _unparsed(path: Path, warnings: Sequence[str]) -> list[Problem]:
    """Given Ansible's warnings, return a problem for each that is not harmless."""
    problems = []
    for warning in warnings:
        text = warning.strip()
        failed = _FAILED.match(text)
        if failed:
            # Every plugin that tried says why it failed: keep the one meant for this ending.
            is_yaml = failed["file"].endswith((".yml", ".yaml", ".json"))
            if is_yaml == (failed["plugin"] == "yaml"):
                problems.append(parse_problem(failed["why"], failed["file"]))
        elif not text.startswith(_HARMLESS):
            problems.append(Problem(str(path), "", _without_excerpt(text)))
    return problems


def parse_problem(text: str, file: str) -> Problem:
    """Given Ansible's account of an unreadable file, return it without the quoted lines.

    The quoted lines are left out because the one at fault may hold a password.
    """
    position = _POSITION.search(text)
    if position:
        return Problem(position["file"], f"line {position['line']}", _without_excerpt(text))
    named = re.search(r"'(/[^']+)'", text)  # the one thing in quotes that is to be shown
    if named and Path(named[1]).is_file():
        file = named[1]
    return Problem(file, "", _without_excerpt(text))


def _without_excerpt(text: str) -> str:
    """Given one of Ansible's messages, return its reason on one line, without file content."""
    reason = text.partition("The error appears to be in")[0].partition("The offending line")[0]
    reason = reason.rpartition("Syntax Error while loading YAML.")[2] or reason
    reason = re.sub(r"'.*'", "'…'", re.split(r"\b(?:got|group): ", reason)[0], flags=re.DOTALL)
    return visible(" ".join(reason.split()).strip(" ,:."))


def _selected(manager: InventoryManager, limit: str | None) -> tuple[list[str], list[Problem]]:
    """Given the limit, return the host names it selects, and a problem for each dead part of it.

    Ansible goes on when one part of a limit matches nothing; a host that should have been
    looked at, or left out, would be missed without a word.
    """
    if limit is None:
        return list(manager.hosts), []
    if not limit.strip():  # Ansible would take all hosts; an unset variable is likelier
        return [], [Problem("--limit", limit, "is empty; leave it out to take all hosts")]
    problems = []
    try:
        for part in split_host_pattern(limit):
            if part.startswith("@") or _hosts(manager, part.lstrip("!&")):
                continue
            problems.append(Problem("--limit", part, "matches no host of the inventory"))
        manager.subset(limit)
        names = _hosts(manager, "all")
    except AnsibleError as error:
        return [], [Problem("--limit", limit, _without_excerpt(str(error)))]
    if not names and not problems:
        problems.append(Problem("--limit", limit, "leaves no host of the inventory"))
    return names, problems


def _hosts(manager: InventoryManager, pattern: str) -> list[str]:
    """Given a pattern, return the matching names that the inventory really has."""
    return [host.name for host in manager.get_hosts(pattern) if host.name in manager.hosts]


class _Variables:
    """Effective variables by host, and which group declares a platform; collects problems."""

    def __init__(self, loader: DataLoader, manager: InventoryManager, path: Path) -> None:
        self._loader, self._sources, self._path = loader, [str(path)], path
        self._manager = VariableManager(loader=loader, inventory=manager)
        self.problems: list[Problem] = []
        by_group = {
            name: {**group.get_vars(), **self._files_of(group)}
            for name, group in manager.groups.items()
        }
        self._by_group, self._business = (
            {name: found[key] for name, found in by_group.items() if key in found}
            for key in (PLATFORM, BUSINESS)
        )

    def entry(self, host: Host) -> HostEntry | None:
        """Given Ansible's host, return its entry; None when its variables cannot be read."""
        try:
            variables = self._manager.get_vars(host=host, include_hostvars=False)
        except AnsibleError as error:
            self._unreadable(error)
            return None
        address = variables.get("ansible_host")
        if isinstance(address, str) and "{{" in address:
            variables["ansible_host"] = self._templated(host.name, address, variables)
        groups = sorted({group.name for group in host.get_groups()} - {"all", "ungrouped"})
        own = {**host.vars, **self._files_of(host)}
        platforms, business = self._platforms(host, own), self._declared(host, own)
        return HostEntry(host.name, tuple(groups), variables, platforms, business)

    def _declared(self, host: Host, own: Mapping[str, Any]) -> dict[str, Any]:
        """Given a host and its own variables, return its business checks by who declares them."""
        names = sorted({group.name for group in host.get_groups()} & self._business.keys())
        declared = {name: self._business[name] for name in names}
        return declared | ({host.name: own[BUSINESS]} if BUSINESS in own else {})

    def _platforms(self, host: Host, own: Mapping[str, Any]) -> dict[str, Any]:
        """Given a host and its own variables, return its most specific platforms by declarer."""
        if PLATFORM in own:
            return {host.name: own[PLATFORM]}
        declaring = [group for group in host.get_groups() if group.name in self._by_group]
        overridden = {above.name for group in declaring for above in group.get_ancestors()}
        return {g.name: self._by_group[g.name] for g in declaring if g.name not in overridden}

    def _files_of(self, entity: Group | Host) -> dict[str, Any]:
        """Given a group or host, return its variables from group_vars or host_vars."""
        try:
            found = get_vars_from_inventory_sources(self._loader, self._sources, [entity], "task")
        except AnsibleError as error:
            self._unreadable(error)
            return {}
        return dict(found)

    def _templated(self, name: str, text: str, variables: Mapping[str, Any]) -> str | None:
        """Given an address written as a template, return its value as Ansible would fill it."""
        try:
            return str(Templar(self._loader, variables=variables).template(text))
        except AnsibleError:  # its text may quote variables
            problem = "the template cannot be filled from this host's variables"
            self.problems.append(Problem(os.fspath(self._path), f"{name}.ansible_host", problem))
            return None

    def _unreadable(self, error: AnsibleError) -> None:
        """Record a variables file that Ansible cannot read, once for all hosts that share it."""
        text = str(error)
        problems = [parse_problem(text, os.fspath(self._path))]
        if "decrypt" in text.lower():  # Ansible does not always say which file
            message = "encrypted with ansible-vault: vault_password_file is not set or does not fit"
            problems = [Problem(str(file), "", message) for file in _encrypted(self._path)]
        self.problems += [problem for problem in problems if problem not in self.problems]


def _encrypted(path: Path) -> list[Path]:
    """Given an inventory, return its files that ansible-vault encrypted, sorted."""
    files = inventory_files(path)
    return sorted(file for file in files if file.read_bytes().startswith(b"$ANSIBLE_VAULT;"))
