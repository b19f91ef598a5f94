"""The real command line against lab hosts, as an operator runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.lab.fleet.control import Lab
from tests.lab.fleet.instance import CHECKOUT


@dataclass(frozen=True, slots=True)
class Result:
    """What a check ended with: exit code, both outputs, the JSON report, and where the store is."""

    code: int
    output: str
    report: dict[str, Any]
    store: Path

    def verdicts(self, host: str) -> dict[str, str]:
        """Given a host, return its verdict by rule."""
        return {
            f["rule"]: f["verdict"] for f in self.report["findings"] if f["subject"]["id"] == host
        }

    def reasons(self, host: str) -> set[str]:
        """Given a host, return the codes of why its findings are unknown."""
        return {
            f["reason"].partition(":")[0] for f in self.report["findings"]
            if f["subject"]["id"] == host and f["verdict"] == "unknown"
        }

    def subject(self, host: str) -> dict[str, Any]:
        """Given a host, return its entry among the subjects."""
        return next(s for s in self.report["subjects"] if s["id"] == host)


def inventory(
    lab: Lab, folder: Path, hosts: Iterable[str], **changes: dict[str, Any],
) -> Path:
    """Given the lab, hosts and variables to set by host, write an inventory of just those hosts.

    A host's name is written with ``_`` for ``-`` among the changes.
    """
    wanted = set(hosts)
    data = yaml.safe_load(Path(lab.record.inventory).read_text(encoding="utf-8"))
    for group in data["linux"]["children"].values():
        group["hosts"] = {
            name: {**(host or {}), **changes.get(name.replace("-", "_"), {})}
            for name, host in group["hosts"].items() if name in wanted
        }
    path = folder / "hosts.yml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


def check(inventory_path: Path, folder: Path, *options: str, **settings: str) -> Result:
    """Given an inventory, a folder for store and reports, and options, run a check."""
    environ = {**os.environ, "OPSRUNNER_STORE": str(folder / "store")}
    environ |= {f"OPSRUNNER_{name.upper()}": value for name, value in settings.items()}
    done = subprocess.run(
        [sys.executable, "-m", "opsrunner", "check", "-i", str(inventory_path), "--output",
         str(folder / "out"), "--format", "html,xlsx,json,csv,junit", *options],
        capture_output=True, text=True, cwd=CHECKOUT, env=environ, timeout=300, check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode in (0, 2, 4), said
    report = json.loads((folder / "out" / "report.json").read_bytes())
    assert len(report["findings"]) == sum(s["rules"] for s in report["subjects"])
    return Result(done.returncode, said, report, folder / "store")
