"""Does every host answer, as whom, and may we look as root: asked through Ansible itself.

The same inventory, connection and become as a real run, one tiny command; every host of the
inventory gets exactly one row, also the one that never answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from opsrunner.models import Reason, Subject
from opsrunner.report.text import visible

_ANSWER = re.compile(r"^opsrunner-doctor (\d+) (\S+)(?: (\S+))?\s*$", re.MULTILINE)
_LENGTH = 240  # of a reason: a few lines of a table


class Privilege(StrEnum):
    """What the host lets us do; only ``root`` and ``sudo`` let a check see everything."""

    ROOT = "root"
    SUDO = "sudo ok"
    DENIED = "sudo denied"
    NONE = "not root, no become"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class HostHealth:
    """One host: did it answer, as whom, with which privilege; ``reason`` where not in order."""

    host: str
    reachable: bool | None  # None: nobody tried, or the answer makes no sense
    user: str | None = None
    shell: str | None = None
    privilege: Privilege = Privilege.UNKNOWN
    reason: str | None = None

    @property
    def fine(self) -> bool:
        """Return whether a check of this host would see everything."""
        return bool(self.reachable) and self.privilege in (Privilege.ROOT, Privilege.SUDO)

    def as_json(self) -> dict[str, Any]:
        """Return the row as a JSON object."""
        return {**asdict(self), "privilege": self.privilege.value, "fine": self.fine}


def judge_hosts(
    hosts: Sequence[Subject], events: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> list[HostHealth]:
    """Given the hosts and Ansible's results by host and task, return one row for each host."""
    return [judge_host(host.id, events.get(host.id, {})) for host in hosts]


def judge_host(host: str, results: Mapping[str, Mapping[str, Any]]) -> HostHealth:
    """Given a host and its results by task (``Login``, ``Privilege``), return its row."""
    login = results.get("Login")
    if login is None:
        return HostHealth(host, None, reason=f"{Reason.INTERRUPTED}: Ansible told nothing of it")
    if login.get("unreachable"):
        return HostHealth(host, reachable=False, reason=_reason(Reason.UNREACHABLE, login))
    answer = _ANSWER.search(_stdout(login))
    if not answer:
        return HostHealth(host, None, reason=_reason(_kind(login), login))
    uid, user, shell = answer.groups()
    if uid == "0":
        return HostHealth(host, True, user, shell, Privilege.ROOT)  # noqa: FBT003 - a row's cell
    privilege, reason = _escalated(results.get("Privilege"))
    return HostHealth(host, True, user, shell, privilege, reason)  # noqa: FBT003 - as above


def _escalated(result: Mapping[str, Any] | None) -> tuple[Privilege, str | None]:
    """Given the second task's result, return the privilege and, where it is not enough, why."""
    if result is None:
        return Privilege.UNKNOWN, f"{Reason.INTERRUPTED}: Ansible told nothing of become"
    if result.get("unreachable"):
        return Privilege.UNKNOWN, _reason(Reason.UNREACHABLE, result)
    answer = _ANSWER.search(_stdout(result))
    if answer and answer[1] == "0":
        return Privilege.SUDO, None
    if answer:
        why = "the inventory sets no ansible_become, or become to another user"
        return Privilege.NONE, f"{Reason.DENIED}: {why}"
    kind = _kind(result)
    denied = Privilege.DENIED if kind is not Reason.TIMEOUT else Privilege.UNKNOWN
    return denied, _reason(Reason.DENIED if kind is not Reason.TIMEOUT else kind, result)


def _kind(result: Mapping[str, Any]) -> Reason:
    """Given a result without an answer, return the kind of reason."""
    cut = "timeout" in str(result.get("msg", "")).lower() or "timed" in str(result.get("msg", ""))
    return Reason.TIMEOUT if cut else Reason.UNPARSABLE


def _stdout(result: Mapping[str, Any]) -> str:
    """Given a result, return its output with plain line ends (a terminal sends CR)."""
    return str(result.get("stdout", "")).replace("\r", "")


def _reason(kind: Reason, result: Mapping[str, Any]) -> str:
    """Given a result, return kind and detail on one line, nothing in it that a terminal obeys."""
    said = [str(result.get(key) or "") for key in ("msg", "stderr", "stdout")]
    detail = " / ".join(" ".join(text.split()) for text in said if text.strip())
    detail = detail.removeprefix("Failed to connect to the host via ssh: ").removeprefix("ssh: ")
    text = f"{kind}: {detail or 'no answer'}"
    return visible(text if len(text) <= _LENGTH else f"{text[: _LENGTH - 1]}…")
