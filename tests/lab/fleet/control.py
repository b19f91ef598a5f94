"""Bring a lab up, reset its hosts, take it down: the order of things, and nothing else."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import boot, build, inventory, layers, machine, network, processes, recipe, record, seed
from .instance import (
    CHECKOUT,
    MAX_HOSTS,
    STATE_HOME,
    Host,
    Instance,
    LabError,
    default_name,
    private_dir,
)
from .shell import quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .record import Record


def plan_hosts(count: int, identities: Sequence[str] = recipe.ORDER) -> list[Host]:
    """Given a number, return that many hosts, the identities in turn, then again."""
    if not 1 <= count <= MAX_HOSTS:
        raise LabError(f"--hosts must be between 1 and {MAX_HOSTS}")
    hosts = []
    for index in range(count):
        turn, place = divmod(index, len(identities))
        name = f"lab-{identities[place]}-{turn + 1}"
        hosts.append(Host(name=name, identity=identities[place], index=index))
    return hosts


class Lab:
    """One lab on this machine, by its instance name."""

    def __init__(self, name: str | None = None, say: Callable[[str], None] = quiet) -> None:
        self.instance = Instance(name or default_name())
        self.say = say

    @property
    def record(self) -> Record:
        """Return the record of a lab that is up. Raise LabError when it is not."""
        found = record.load(self.instance)
        if found is None:
            raise LabError(f"the lab {self.instance.name!r} is not up; `lab.py up` first")
        return found

    def default_inventory(self) -> Path:
        """Return where `up` writes the inventory unless told otherwise."""
        if self.instance.name == default_name():
            return CHECKOUT / "inventories" / "lab" / "hosts.yml"
        return self.instance.state / "inventory" / "hosts.yml"

    def up(
        self,
        count: int,
        inventory_path: Path | None = None,
        identities: Sequence[str] = recipe.ORDER,
        extra: str = "",
    ) -> Record:
        """Make exactly `count` hosts run on today's layers; those that do stay untouched.

        Those whose identity can have it get the extra layer of that name.
        """
        private_dir(STATE_HOME)
        hosts = plan_hosts(count, identities)
        with record.locked(self.instance.lock_file):
            private_dir(self.instance.state)
            machine.raise_limits(STATE_HOME / ".limits")
            old = record.load(self.instance)
            lower = self._layers(hosts, extra)
            wanted = self._claim(hosts, lower, inventory_path, old)
            seed.make_keys(self.instance, hosts, wanted.subnet)
            self._settle(wanted, old)
            where = Path(wanted.inventory)
            inventory.write(where, inventory.render(self.instance, hosts, wanted.subnet))
            inventory.write(
                inventory.password_inventory(self.instance),
                inventory.render_by_password(self.instance, hosts, wanted.subnet),
            )
            self.say(f"inventory: {where}")
            return wanted

    def _layers(self, hosts: Sequence[Host], extra: str) -> dict[str, list[str]]:
        """Build what is missing in the cache; return each host's lower layers, top first."""
        names = list(dict.fromkeys(host.identity for host in hosts))
        more = recipe.load_extra(extra) if extra else None
        if more and not set(more.identities) & set(names):
            raise LabError(f"no host can have {extra!r}: only {', '.join(more.identities)} can")
        base = build.build_base(self.say)
        built = {}
        for name in names:
            identity = recipe.load_identity(name)
            built[name] = [str(build.build_identity(identity, self.say)), str(base)]
            if more and name in more.identities:
                built[name].insert(0, str(build.build_extra(more, identity, self.say)))
        return {host.name: built[host.identity] for host in hosts}

    def _claim(
        self,
        hosts: list[Host],
        lower: dict[str, list[str]],
        inventory_path: Path | None,
        old: Record | None,
    ) -> Record:
        """Choose a subnet nobody has, write the intent, then make the bridge."""
        where = (inventory_path or self.default_inventory()).resolve()
        with record.locked(record.NETWORK_LOCK):
            subnet = network.bridge_subnet(self.instance) or network.free_subnet(self.instance.name)
            if old is not None and old.subnet != subnet:
                old.layers.clear()  # their addresses are wrong now: all hosts anew
            wanted = record.Record(subnet, str(where), hosts, lower)
            # Until it answers a host is not on record as made: a killed `up` makes it anew.
            kept = old.layers if old else {}
            record.save(self.instance, record.Record(subnet, str(where), hosts, kept))
            network.make_bridge(self.instance, subnet)
        return wanted

    def _settle(self, wanted: Record, old: Record | None) -> None:
        """Stop what should not run, start what should, wait for all of it."""
        running = processes.supervisors(self.instance.machine_prefix)
        made = old.layers if old else {}
        keep = {
            host.name
            for host in wanted.hosts
            if old
            and made.get(host.name) == wanted.layers[host.name]
            and host in old.hosts
            and self.instance.machine(host) in running
        }
        for host in old.hosts if old else []:
            if host.name not in keep:
                self._clear(host)
        hashes = seed.make_passwords(self.instance)
        for host in wanted.hosts:
            if host.name not in keep:
                self.say(f"booting {host.name} ({host.address(wanted.subnet)})")
                self._clear(host)
                lower = [Path(p) for p in wanted.layers[host.name]]
                seed.plant(self.instance, host, lower, wanted.subnet, hashes)
                self._boot(host, lower, wanted.subnet)
        for host in wanted.hosts:
            boot.wait_for_login(self.instance, host, wanted.subnet)
        record.save(self.instance, wanted)
        layers.empty(self.instance.state / "trash")

    def _boot(self, host: Host, lower: Sequence[Path], subnet: str) -> None:
        """Mount a host's root, if it is not mounted, and boot it."""
        folder = self.instance.host_dir(host)
        if not layers.mounted_below(folder / "merged"):
            chain = [folder / "seed", *lower]
            layers.mount(folder / "merged", folder / "upper", folder / "work", chain)
        boot.start(self.instance, host, folder / "merged", subnet)

    def _clear(self, host: Host) -> None:
        """Stop a host and throw away what happened on it; its seed stays."""
        boot.stop(self.instance, host)
        folder = self.instance.host_dir(host)
        layers.unmount(folder / "merged")
        for part in ("upper", "work"):
            layers.discard(folder / part, self.instance.state / "trash")

    def reset(self, *names: str) -> None:
        """Bring hosts (all without a name) back to pristine by throwing their upper layer away."""
        with record.locked(self.instance.lock_file, shared=True):
            now = self.record
            hosts = [now.host(name) for name in names] if names else now.hosts
            for host in hosts:
                with record.locked(self._host_lock(host)):
                    self._clear(host)
                    self._boot(host, [Path(p) for p in now.layers[host.name]], now.subnet)
            for host in hosts:
                boot.wait_for_login(self.instance, host, now.subnet)
            layers.empty(self.instance.state / "trash")

    def reboot(self, name: str) -> None:
        """Restart a host; what was written to it stays, what was in memory is gone."""
        with record.locked(self.instance.lock_file, shared=True):
            now = self.record
            host = now.host(name)
            with record.locked(self._host_lock(host)):
                boot.stop(self.instance, host)
                self._boot(host, [Path(p) for p in now.layers[host.name]], now.subnet)
            boot.wait_for_login(self.instance, host, now.subnet)

    def _host_lock(self, host: Host) -> Path:
        return self.instance.state / "locks" / host.name

    def down(self) -> list[str]:
        """Remove everything of this lab, by discovery, record or no record; return what went."""
        if not STATE_HOME.exists():
            return []
        with record.locked(self.instance.lock_file):
            gone = self._end_processes()
            for point in layers.mounted_below(self.instance.state):
                layers.unmount(point)
                gone.append(str(point))
            gone += network.remove_all(self.instance)
            for top in boot.group_dirs(""):
                for folder in top.glob(f"{self.instance.machine_prefix}*"):
                    boot.remove_groups(folder.name)
            for left in Path("/run/systemd/nspawn/propagate").glob(
                f"{self.instance.machine_prefix}*"
            ):
                shutil.rmtree(left, ignore_errors=True)
            gone += self._remove_state()
            gone += build.tidy_cache()
            if not record.known_labs():
                machine.restore_limits(STATE_HOME / ".limits")
        return gone

    def _end_processes(self) -> list[str]:
        """Kill every host of this lab, also those whose nspawn was killed before."""
        found = processes.supervisors(self.instance.machine_prefix)
        for pid in found.values():
            processes.end_machine(pid)
        for pid in processes.orphans(self.instance.machine_prefix):
            processes.kill(pid)
        return sorted(found)

    def _remove_state(self) -> list[str]:
        """Remove the inventory this lab wrote and its state folder."""
        found = record.load(self.instance)
        if found is not None:
            where = Path(found.inventory)
            mark = f"for the lab {self.instance.name!r}"
            if where.is_file() and mark in where.read_text("utf-8"):
                where.unlink()
        if not self.instance.state.exists():
            return []
        shutil.rmtree(self.instance.state)
        return [str(self.instance.state)]

    def status(self) -> list[Line]:
        """Return one line per host: address, identity, whether it runs and answers."""
        found = record.load(self.instance)
        if found is None:
            return [Line(f"lab {self.instance.name}: down", good=False)]
        lines = [Line(f"lab {self.instance.name}: {self.instance.state}", good=True)]
        lines.append(Line(f"inventory: {found.inventory}", good=True))
        running = processes.supervisors(self.instance.machine_prefix)
        for host in found.hosts:
            address = host.address(found.subnet)
            up = self.instance.machine(host) in running
            answers = up and boot.answers(boot.ssh_command(self.instance, address), 5)
            state = "up" if answers else "does not answer" if up else "not running"
            lines.append(Line(f"{host.name:18} {address:15} {state}", good=answers, host=host.name))
        return lines


@dataclass(frozen=True)
class Line:
    """One line of the status and whether it is as it should be."""

    text: str
    good: bool
    host: str = ""
