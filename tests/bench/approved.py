"""A plan that is approved: the bench's own people and calendar, and the second person's yes."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path

import yaml

from opsrunner.evidence.store import Store
from opsrunner.plan.approval import Approval
from opsrunner.plan.approvals import record
from opsrunner.plan.file import load, utc
from opsrunner.plan.people import this_login

_SCAN = b"the bench's signature on paper"


def bench_policies(policies: Path, target: Path) -> Path:
    """Given the policies and an empty place, copy them there; return the copy.

    Whoever runs the bench may plan and apply in it, at any time, and nobody else exists but one
    who approves.
    """
    shutil.copytree(policies, target)
    people = {
        "planner": {"name": "甲", "logins": [this_login()], "roles": ["plan", "apply"]},
        "reviewer": {"name": "乙", "roles": ["approve"]},
    }
    _write(target / "people.yml", {"people": people})
    always = {"title": {"zh": "随时", "en": "always"}, "from": "00:00", "to": "24:00"}
    _write(target / "calendar" / "windows.yml",
           {"timezone": "Asia/Shanghai", "windows": {"always": always}})
    _write(target / "calendar" / "periods.yml", {"timezone": "Asia/Shanghai", "freezes": {}})
    return target


def _write(path: Path, value: object) -> None:
    path.write_text(yaml.safe_dump(value, allow_unicode=True), encoding="utf-8")


def approve(store: Path, path: Path) -> None:
    """Given the store and a plan's file, put the reviewer's signature on paper on record."""
    plan, digest = load(path)
    said = Approval(
        plan=plan.id, digest=digest, kind="paper", by="reviewer", name="乙", login="reviewer",
        registrar="reviewer", at=utc(datetime.now(UTC)), scan="paper.txt",
        scan_sha256=hashlib.sha256(_SCAN).hexdigest(),
    )
    record(Store.open(store), plan, path.read_bytes(), said, _SCAN)
