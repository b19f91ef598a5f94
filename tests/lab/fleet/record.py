"""The intent record: what a lab is about to own, on disk before any of it exists."""

from __future__ import annotations

import fcntl
import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .instance import STATE_HOME, Host, Instance, LabError, private_dir
from .inventory import write

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Record:
    """Subnet, hosts with the layers they were made of, and the inventory that was written."""

    subnet: str
    inventory: str
    hosts: list[Host] = field(default_factory=list)
    layers: dict[str, list[str]] = field(default_factory=dict)  # host -> lower folders, top first

    def host(self, name: str) -> Host:
        """Return a host by name. Raise LabError listing the names there are."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise LabError(f"no host {name!r}; there are: {', '.join(h.name for h in self.hosts)}")


def load(instance: Instance) -> Record | None:
    """Return the record of a lab, None when it has none (or only half of one)."""
    try:
        raw = json.loads(instance.record_file.read_text(encoding="utf-8"))
        hosts = [Host(**entry) for entry in raw["hosts"]]
        return Record(raw["subnet"], raw["inventory"], hosts, raw["layers"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def save(instance: Instance, record: Record) -> None:
    """Write the record by rename."""
    write(instance.record_file, json.dumps(asdict(record), indent=1))


@contextmanager
def locked(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold a lock file; the kernel releases it when the holder dies."""
    private_dir(STATE_HOME)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield


def known_labs() -> list[str]:
    """Return the names of the labs that have state on this machine."""
    if not STATE_HOME.is_dir():
        return []
    return sorted(p.name for p in STATE_HOME.iterdir() if p.is_dir() and p.name[0] != ".")


NETWORK_LOCK = Path(STATE_HOME / ".network.lock")
