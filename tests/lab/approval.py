"""A planner and a reviewer at the real command line: ``plan``, ``approve``, ``apply``, ``undo``.

Who somebody is, is their login by the kernel (``/proc/self/loginuid``), which root may set.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from opsrunner.plan.entries import Entry
from opsrunner.plan.file import folder_of
from opsrunner.plan.journal import FILE as JOURNAL
from opsrunner.plan.journal import read
from opsrunner.plan.models import Plan
from opsrunner.plan.signers import NAMESPACE
from opsrunner.plan.states import State
from tests.lab.cli import inventory
from tests.lab.fleet.control import Lab
from tests.lab.fleet.faults import Node
from tests.lab.fleet.instance import CHECKOUT
from tests.lab.picture import differing, kept

PLANNER, REVIEWER, STRANGER = 48611, 48612, 48613  # logins that no account of this machine has
_AS = 'echo "$0" >/proc/self/loginuid && exec "$@"'
ROLES = {PLANNER: ("plan", "approve", "apply"), REVIEWER: ("approve", "apply")}
QUICK = ("ssh_max_auth_tries", "rare_filesystems_off")  # fail on every pristine host
ALWAYS = {"windows": {"lab": {
    "title": {"zh": "随时", "en": "at any time"}, "subjects": {"hosts": ["lab-*"]},
    "from": "00:00", "to": "24:00",
}}}


@dataclass(frozen=True, slots=True)
class Done:
    """What a command ended with."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> dict[str, Any]:
        """Return the JSON that it printed."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    def state(self, host: str) -> str:
        """Given a host, return the state that an apply, resume or undo left it in."""
        assert self.out, self.err
        return str(self.said["states"][host])

    def reason(self, host: str) -> str:
        """Given a host, return why it is in its state."""
        return str(self.said["reasons"].get(host, ""))


class Office:
    """One organisation: policies of its own, an evidence store, people with keys."""

    def __init__(self, folder: Path) -> None:
        """Given a folder, found the organisation: nothing is closed, no business is checked."""
        self.folder, self.store = folder, folder / "store"
        self.policies, self.keys = folder / "policies", folder / "keys"
        shutil.copytree(CHECKOUT / "policies", self.policies)
        self.keys.mkdir(mode=0o700)
        for login in (PLANNER, REVIEWER, STRANGER):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f",
                            str(self.key(login))], check=True)
        self.people()
        shutil.rmtree(self.policies / "calendar")
        self.calendar(ALWAYS)
        self.business({})

    def key(self, login: int) -> Path:
        """Return a person's key."""
        return self.keys / str(login)

    def people(self, roles: Mapping[int, Sequence[str]] = ROLES) -> None:
        """Write who may do what, and whose key is whose."""
        people = {
            f"p{login}": {"name": f"人{login}", "principal": f"{login}@lab.example",
                          "logins": [f"uid-{login}"], "roles": list(may)}
            for login, may in roles.items()
        }
        _write(self.policies / "people.yml", {"people": people})
        lines = [f'{login}@lab.example namespaces="{NAMESPACE}" '
                 + self.key(login).with_suffix(".pub").read_text(encoding="ascii")
                 for login in roles]
        (self.policies / "allowed_signers").write_text("".join(lines), encoding="ascii")

    def calendar(self, content: dict[str, Any]) -> None:
        """Write when changes may be made."""
        _write(self.policies / "calendar" / "lab.yml", content)

    def business(self, checks: dict[str, Any]) -> None:
        """Write the business checks: by name, what is special about each."""
        titled = {name: {"title": {"zh": name, "en": name}, "settle_seconds": 0,
                         "timeout_seconds": 2, **check} for name, check in checks.items()}
        _write(self.policies / "business" / "checks.yml", {"checks": titled})

    def hosts(self, lab: Lab, *names: str) -> Path:
        """Write an inventory of some of the lab's hosts."""
        folder = self.folder / f"inventory-{len(list(self.folder.glob('inventory-*')))}"
        folder.mkdir()
        return inventory(lab, folder, names)

    # -- commands --------------------------------------------------------------------------

    def start(self, login: int, *command: str) -> subprocess.Popen[str]:
        """Start the command line as somebody; its process id is that of the runner itself."""
        environ = {**os.environ, "OPSRUNNER_STORE": str(self.store),
                   "OPSRUNNER_POLICIES": str(self.policies), "OPSRUNNER_ROOT": str(CHECKOUT)}
        return subprocess.Popen(
            ["/bin/sh", "-c", _AS, str(login), sys.executable, "-m", "opsrunner", *command],
            cwd=CHECKOUT, env=environ, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )

    def run(self, login: int, *command: str) -> Done:
        """Run the command line as somebody to its end."""
        return ended(self.start(login, *command))

    def plan(
        self, hosts: Path, *options: str, rules: Iterable[str] = (), without: str = "all=the lab",
    ) -> Plan:
        """Plan hardening as the planner; return the plan.

        ``without``: the hosts that need no second way in, and why; "": none.
        """
        chosen = [part for rule in rules for part in ("--rule", rule)]
        chosen += ["--without-second-way", without] if without else []
        done = self.run(PLANNER, "plan", "harden", "-i", str(hosts), "--json", *chosen,
                        *options)
        assert done.code in (0, 4), done
        return Plan.model_validate(done.said["plan"])

    def approve(self, plan: Plan, login: int = REVIEWER, key: int | None = None) -> Done:
        """Approve a plan as somebody, with their key or another's."""
        return self.run(login, "approve", plan.id, "--json", "--key", str(self.key(key or login)))

    def approved(
        self, hosts: Path, *options: str, rules: Iterable[str] = (), without: str = "all=the lab",
    ) -> Plan:
        """Return a plan that the reviewer has approved; see ``plan``."""
        plan = self.plan(hosts, *options, rules=rules, without=without)
        done = self.approve(plan)
        assert done.code == 0, done
        return plan

    def apply(self, plan: Plan, *options: str) -> Done:
        """Carry a plan out as the planner."""
        return self.run(PLANNER, "apply", plan.id, "--json", *options)

    def resume(self, plan: Plan, *options: str) -> Done:
        """Go on with a plan as the planner."""
        return self.run(PLANNER, "resume", plan.id, "--json", *options)

    def undo(self, plan: Plan, *options: str) -> Done:
        """Take a plan back as the planner."""
        return self.run(PLANNER, "undo", plan.id, "--json", *options)

    # -- what is on disk -------------------------------------------------------------------

    def file(self, plan: Plan) -> Path:
        """Return the plan's file."""
        return folder_of(self.store, plan.id) / "plan.json"

    def journal(self, plan: Plan) -> tuple[Entry, ...]:
        """Return what the journal of a plan holds now, none when it was not begun."""
        path = folder_of(self.store, plan.id) / JOURNAL
        return read(path) if path.exists() else ()

    def states(self, plan: Plan, host: str) -> list[State]:
        """Return the states of one host in their order."""
        return [line.state for line in self.journal(plan) if line.subject == host and line.state]


def pictures(lab: Lab, *hosts: str) -> dict[str, dict[str, Node]]:
    """Return the trees of hosts, by host."""
    return {host: kept(lab, host) for host in hosts}


def changed(
    lab: Lab, before: Mapping[str, dict[str, Node]], *hosts: str, but: Sequence[str] = (),
) -> dict[str, dict[str, tuple[Node | None, Node | None]]]:
    """Return, for each of these hosts that is not as in its picture, what is not."""
    found = {
        host: {path: nodes for path, nodes in differing(before[host], kept(lab, host)).items()
               if path not in but}
        for host in hosts
    }
    return {host: paths for host, paths in found.items() if paths}


def ended(process: subprocess.Popen[str], seconds: float = 300) -> Done:
    """Wait for a command; return what it said."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Done(process.returncode, out, err)


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
