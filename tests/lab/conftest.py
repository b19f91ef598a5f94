"""Fixtures for tests on lab hosts: `lab` is a running lab, hosts are reset by their users.

Under ``pytest -n`` every worker has labs of its own, each booted when a test first needs it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab import webpage
from tests.lab.approval import QUICK, Office
from tests.lab.fleet import machine, record
from tests.lab.fleet.control import Lab
from tests.lab.fleet.instance import STATE_HOME, default_name

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTS = 6
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")  # "" where one process runs all tests
FIRST = ("", "gw0")


def own_name() -> str:
    """Return the name of this process's lab: the checkout's own, or one beside it."""
    return default_name() if WORKER in FIRST else f"{default_name()}-{WORKER}"


@pytest.fixture(scope="session")
def machine_for_labs() -> None:
    """Skip, with the reason, where no lab can exist; CI fails on a skipped lab test."""
    reason = machine.unfit()
    if reason:
        pytest.skip(f"no lab here: {reason}")
    with record.locked(STATE_HOME / ".packages.lock"):  # another worker may be at it
        machine.install_packages(print)


@pytest.fixture(scope="session")
def lab(machine_for_labs: None) -> Lab:  # noqa: ARG001 - it decides whether there is a lab
    """Return a lab with at least six hosts; it is left running for the next time."""
    found = Lab(own_name())
    running = found.status()
    hosts = [line for line in running if line.host]
    whole = len(hosts) >= HOSTS and all(line.good for line in running)
    if not whole or not Path(found.record.inventory).exists():
        found.up(HOSTS)
    return found


@pytest.fixture(scope="session")
def databases(machine_for_labs: None) -> Iterator[Lab]:  # noqa: ARG001 - it decides whether there is a lab
    """Return a lab of three Debian hosts with MariaDB and restic; it is taken down at the end."""
    found = Lab(f"{own_name()}-db")
    try:
        found.up(3, identities=("debian12",), extra="databases")
        yield found
    finally:
        found.down()


@pytest.fixture
def pristine(lab: Lab) -> Iterator[list[str]]:
    """Yield a list; a test appends the names of the hosts it changes, and they are reset."""
    changed: list[str] = []
    yield changed
    if changed:
        lab.reset(*dict.fromkeys(changed))


@pytest.fixture(scope="module")
def hardening_hosts(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have pristine hosts that were looked at once: the first look makes files of its own."""
    lab.reset()
    office = Office(tmp_path_factory.mktemp("first"))
    office.plan(office.hosts(lab, *(host.name for host in lab.record.hosts)), rules=QUICK)
    yield
    lab.reset()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Return an organisation of its own for a test."""
    return Office(tmp_path)


@pytest.fixture
def page() -> Iterator[webpage.Page]:
    """Return pages of the business, that work until the test says otherwise."""
    with webpage.served() as found:
        yield found
