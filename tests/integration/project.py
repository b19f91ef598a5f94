"""A project of its own in a folder, and the real command line run in it as a process.

Its rules read facts that every Linux machine has, so that the same tests hold for anybody, root
or not, on any system. Its probe plugin is the real one and leaves a mark for each host it
touches.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]
LINKED = ("playbooks", "roles", "ansible.cfg", "plugins/strategy")

_MARK = """

_send = ActionModule.run


def _marked(self, tmp=None, task_vars=None):
    (Path({folder!r}) / str(task_vars["inventory_hostname"])).touch()
    return _send(self, tmp, task_vars)


ActionModule.run = _marked
"""


@dataclass(frozen=True)
class Outcome:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command printed
        """Return what was printed as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Project:
    """A project's root, and where its runs and marks are kept."""

    root: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Path:
        """Return the folder of the evidence store."""
        return self.root / "evidence"

    @property
    def touched(self) -> set[str]:
        """Return the hosts that were sent a probe."""
        return {path.name for path in (self.root / "touched").iterdir()}

    def path(self, name: str) -> Path:
        """Given a path below the root, return it, its folder made."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, name: str, value: Any) -> None:  # noqa: ANN401 - any YAML
        """Given a path below the root and a value (or raw text), write it there as YAML."""
        text = value if isinstance(value, str) else yaml.safe_dump(value, allow_unicode=True)
        self.path(name).write_text(text, encoding="utf-8")

    def executable(self, name: str, line: str) -> str:
        """Given a name and a line of shell, make an executable of it; return its path."""
        path = self.path(f"bin/{name}")
        path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    def inventory(self, name: str, hosts: Mapping[str, Mapping[str, Any]]) -> Path:
        """Given a name and hosts with variables, write the inventory; return its path."""
        self.write(f"inventories/{name}.yml", {"linux": {"hosts": dict(hosts)}})
        return self.root / "inventories" / f"{name}.yml"

    def start(self, *arguments: object, fds: tuple[int, ...] = ()) -> subprocess.Popen[str]:
        """Given arguments and descriptors to hand on, start ``opsrunner`` in its own group."""
        return subprocess.Popen(
            [sys.executable, "-m", "opsrunner", *map(str, arguments)],
            cwd=self.root,
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            pass_fds=fds,
        )

    def run(self, *arguments: object, fds: tuple[int, ...] = ()) -> Outcome:
        """Given arguments and descriptors to hand on, run ``opsrunner`` to its end."""
        process = self.start(*arguments, fds=fds)
        out, err = process.communicate(timeout=120)
        return Outcome(process.returncode, out, err)

    def _environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("OPSRUNNER_", "ANSIBLE_"))}
        return {
            **kept,
            "OPSRUNNER_ROOT": str(self.root),
            "OPSRUNNER_STORE": str(self.store),
            "PYTHONPATH": str(REPOSITORY),
            "COLUMNS": "200",
            **self.environment,
        }

    def processes(self, word: str = "") -> list[int]:
        """Given a word of the command line, return this project's processes that have it."""
        mark = f"OPSRUNNER_ROOT={self.root}\0".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                ours = mark in (entry / "environ").read_bytes()
                if ours and word.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
        return found


def local(**variables: object) -> dict[str, object]:
    """Given further variables, return those of a host that is this machine itself."""
    return {
        "ops_platform": "debian-12",
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        **variables,
    }


def become(executable: str) -> dict[str, object]:
    """Given what stands for sudo, return the variables of a local host that needs it.

    The user is another one than whoever runs the tests: Ansible asks nobody to become itself.
    """
    return local(ansible_become=True, ansible_become_user="nobody", ansible_become_exe=executable)


def text(word: str) -> dict[str, str]:
    """Given an English text, return it as a policy holds it, in both languages."""
    return {"zh": f"（测试）{word}", "en": word}


def rule(number: int, severity: str, check: Mapping[str, Any], **more: object) -> dict[str, Any]:
    """Given what differs, return a rule that is complete."""
    return {
        "catalogue": f"LNX-IA-{number:02}",
        "title": text(f"rule {number}"),
        "severity": severity,
        "rationale": text("a reason"),
        "applies_to": ["linux"],
        "check": dict(check),
        "remediation": {"text": text("mend it")},
        "danger": {"level": "none"},
        "proven": {"level": "recorded", "by": "a rule of the tests"},
        **more,
    }


def release(key: str, operator: str, expected: object = None) -> dict[str, Any]:
    """Given a key of the fact every system has, return a check of it."""
    check = {"fact": "system.release", "key": key, "operator": operator}
    return check if expected is None else {**check, "expected": expected}


def write_policies(project: Project) -> None:
    """Given a project, write policies under which this machine fails nothing."""
    rules = {
        "kernel_named": rule(1, "low", release("kernel", "not_empty")),
        "machine_wanted": rule(
            2, "medium", release("machine", "equals", {"parameter": "machine"}),
            parameters={"machine": "no such machine"},
        ),
        "only_elsewhere": rule(
            3, "high", release("kernel", "not_empty"),
            applies_when=release("id", "equals", "no such system"),
        ),
        "proof_asked": rule(
            4, "high", {"manual": text("attach the proof")}, context=["system.release"],
        ),
    }
    for name, content in rules.items():
        project.write(f"policies/rules/system/{name}.yml", content)
    clauses = [
        clause("8.1.4.1.a", "auto", ["kernel_named", "machine_wanted"]),
        clause("8.1.4.1.b", "auto", ["only_elsewhere"]),
        clause("8.1.4.1.d", "part", ["proof_asked"]),
        clause("8.1.4.9.b", "evidence", []),
    ]
    control = {"title": text("a standard"), "source": "the tests", "clauses": clauses}
    project.write("policies/controls/small.yml", control)
    write_profile(project, os.uname().machine)
    shutil.copy(REPOSITORY / "policies" / "platforms.yml", project.path("policies/platforms.yml"))


def clause(name: str, coverage: str, rules: list[str]) -> dict[str, Any]:
    """Given what differs, return a clause that is complete."""
    found = {
        "id": name, "item": "L3", "point": text("a point"), "requirement": text("a requirement"),
        "coverage": coverage, "rules": rules,
    }
    return found if coverage == "auto" else {**found, "evidence": text("a document")}


def write_profile(project: Project, machine: str) -> None:
    """Given a project, write the profile that wants this machine."""
    profile = {
        "title": text("a profile"), "platforms": ["debian-12"], "controls": ["small"],
        "parameters": {"machine_wanted": {"machine": machine}},
    }
    project.write("policies/profiles/small.yml", profile)


def make_project(root: Path) -> Project:
    """Given an empty folder, make a project in it; return it."""
    project = Project(root)
    for name in LINKED:
        project.path(name).symlink_to(REPOSITORY / name)
    plugin = (REPOSITORY / "plugins" / "action" / "probe.py").read_text(encoding="utf-8")
    (root / "touched").mkdir()
    marked = plugin + _MARK.format(folder=str(root / "touched"))
    project.path("plugins/action/probe.py").write_text(marked, encoding="utf-8")
    write_policies(project)
    return project


@contextmanager
def under_way(
    project: Project, hanging: Mapping[str, object] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """Start a check of a quick host and of one that hangs; give it once the first is judged."""
    hanging = hanging or become(project.executable("hang", "exec sleep 100"))
    path = project.inventory("slow", {"quick": local(), "slow": hanging})
    process = project.start("check", "-i", path)
    try:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("quick: reached")
        yield process
    finally:
        for number in project.processes():  # the host that hangs outlives everything else
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        process.communicate()


def gone(project: Project, word: str, seconds: float = 10) -> bool:
    """Given a word, return whether the project's processes that have it end within the time."""
    deadline = time.monotonic() + seconds
    while project.processes(word) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not project.processes(word)
