"""Plans, people and keys for the tests of the change protocol."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from opsrunner.plan.models import Change, Danger, Plan, Step, SubjectPlan, Words

PEOPLE = {
    "zhang": {
        "name": "张三", "principal": "zhang@example.cn", "logins": ["zhang", "zhang-adm"],
        "roles": ["plan", "apply", "approve"],
    },
    "li": {
        "name": "李四", "principal": "li@example.cn", "logins": ["li"],
        "roles": ["approve", "apply"],
    },
    "wang": {"name": "王五", "organisation": "建设单位", "roles": ["approve"]},
    "zhao": {
        "name": "赵六", "principal": "zhao@example.cn", "logins": ["zhao"], "roles": ["apply"],
    },
}


def words(text: str) -> Words:
    """Given an English text, return it in both languages."""
    return Words(zh=f"（测试）{text}", en=text)


def step(name: str = "sshd", **more: Any) -> Step:  # noqa: ANN401 - a step's fields
    """Given what differs, return a step that is complete."""
    change = Change(
        kind="file", target="/etc/ssh/sshd_config", before="存在", after="存在",
        diff="-PermitRootLogin yes\n+PermitRootLogin no\n",
        before_sha256="a" * 64, after_sha256="b" * 64,
    )
    fields: dict[str, Any] = {
        "id": name, "rule": "ssh_root_login_disabled", "title": words("a step"),
        "danger": Danger(level="low", why=words("a reason")), "changes": (change,),
        "restarts": ("sshd",), "wanted": {"harden_linux_sshd": {"PermitRootLogin": "no"}},
    }
    return Step(**{**fields, **more})


def subject(name: str, **more: Any) -> SubjectPlan:  # noqa: ANN401 - a subject's fields
    """Given a name and what differs, return what is planned for the subject."""
    fields: dict[str, Any] = {"platform": "centos-7", "profile": "level3", "steps": (step(),)}
    return SubjectPlan(id=name, **{**fields, **more})


def plan(*names: str, **more: Any) -> Plan:  # noqa: ANN401 - a plan's fields
    """Given subjects and what differs, return a plan by 张三 that holds for a century."""
    fields: dict[str, Any] = {
        "id": "harden-20261121-3fa9c1", "activity": "harden", "planner": "zhang",
        "planner_login": "zhang", "created": "2026-11-20T10:00:00Z",
        "expires": "2126-11-28T10:00:00Z", "inventory": "inventories/prod", "source_run": "r1",
        "policy_sha256": "c" * 64, "code_version": "0.1.0+abc",
        "subjects": tuple(subject(name) for name in names or ("web01",)),
    }
    return Plan(**{**fields, **more})


def make_key(folder: Path, name: str, passphrase: str = "") -> Path:
    """Given a folder and a name, make an SSH key there; return the private part."""
    path = folder / name
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", str(path)],
        check=True,
    )
    return path


def signer_line(principal: str, key: Path, options: str = 'namespaces="opsrunner-plan"') -> str:
    """Given a principal, a key and options, return the line of allowed_signers."""
    kind, blob, *_ = key.with_suffix(".pub").read_text("ascii").split()
    return " ".join(part for part in (principal, options, kind, blob) if part)


def write_people(
    policies: Path, lines: Sequence[str] = (), people: Mapping[str, Any] | None = None,
) -> Path:
    """Given a policies folder, lines of allowed_signers and people, write both; return it."""
    policies.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump({"people": dict(people or PEOPLE)}, allow_unicode=True)
    (policies / "people.yml").write_text(text, "utf-8")
    (policies / "allowed_signers").write_text("# keys\n" + "\n".join(lines) + "\n", "utf-8")
    return policies
