"""Names and places: everything one lab owns derives from its instance name.

In: an instance name. Out: paths, bridge, interface and machine names. `down` can
therefore find what a killed `up` left behind without any record of it.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

LAB_DIR = Path(__file__).resolve().parents[1]
CHECKOUT = LAB_DIR.parents[1]
STATE_HOME = Path(os.environ.get("OPSRUNNER_LAB_STATE", "/var/tmp/opsrunner-lab"))  # noqa: S108 - created 0700, owner checked
CACHE_HOME = Path(os.environ.get("OPSRUNNER_LAB_CACHE", "/var/tmp/opsrunner-lab-cache"))  # noqa: S108 - as above
FIRST_ADDRESS = 11
MAX_HOSTS = 200


class LabError(Exception):
    """The lab cannot do what was asked; the message says what to do about it."""


def default_name() -> str:
    """Return the instance name of this checkout, so that two checkouts never share a lab."""
    return "co-" + hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Host:
    """One lab host: its name, its identity, its place in the subnet."""

    name: str
    identity: str
    index: int

    def address(self, subnet: str) -> str:
        """Given the /24's first three octets, return this host's address."""
        return f"{subnet}.{FIRST_ADDRESS + self.index}"


@dataclass(frozen=True)
class Instance:
    """One lab and the names it owns."""

    name: str

    def __post_init__(self) -> None:
        """Refuse names that would not survive as a path and a machine name."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", self.name):
            raise LabError(f"lab name {self.name!r}: use letters, digits, - and _ (32 at most)")

    @property
    def tag(self) -> str:
        """Return six hex digits that stand for the name where only 15 characters fit."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:6]

    @property
    def state(self) -> Path:
        """Return the folder that holds all state of this lab."""
        return STATE_HOME / self.name

    @property
    def lock_file(self) -> Path:
        """Return the lock, kept beside the state so that removing the state is safe."""
        return STATE_HOME / f".{self.name}.lock"

    @property
    def record_file(self) -> Path:
        """Return the intent record: written before anything is created."""
        return self.state / "lab.json"

    @property
    def key_file(self) -> Path:
        """Return the controller's private key."""
        return self.state / "keys" / "controller"

    @property
    def known_hosts(self) -> Path:
        """Return the known_hosts file of this lab alone."""
        return self.state / "keys" / "known_hosts"

    @property
    def password_file(self) -> Path:
        """Return the file with the generated password of the user opspw."""
        return self.state / "opspw.password"

    @property
    def bridge(self) -> str:
        """Return the bridge's interface name."""
        return f"olb{self.tag}"

    @property
    def machine_prefix(self) -> str:
        """Return what every machine name of this lab begins with."""
        return f"olm{self.tag}-"

    def machine(self, host: Host) -> str:
        """Return the nspawn machine name of a host."""
        return self.machine_prefix + host.name

    @property
    def veth_prefix(self) -> str:
        """Return what every cable of this lab has in its name."""
        return f"olv{self.tag}"

    def veth(self, host: Host) -> str:
        """Return the host side of a host's cable."""
        return f"{self.veth_prefix}{host.index:02x}"

    def hardware_address(self, host: Host) -> str:
        """Return a host's MAC address.

        It is the same after every reset: neighbours would wait half a minute for another one.
        """
        return f"02:{self.tag[0:2]}:{self.tag[2:4]}:{self.tag[4:6]}:00:{host.index:02x}"

    def host_dir(self, host: Host) -> Path:
        """Return the folder of one host: seed, upper, work, merged, console log."""
        return self.state / "hosts" / host.name


def private_dir(path: Path) -> Path:
    """Create a 0700 folder; raise LabError when it belongs to somebody else."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.lstat().st_uid != os.geteuid() or path.is_symlink():
        raise LabError(f"{path} is not a folder of this user; remove it")
    return path
