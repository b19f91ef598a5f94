"""What one pass over the local system file systems found: open, ownerless and trust files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse.found import Found, found

_CLASSES = {"w": "file", "d": "folder", "u": "owner", "g": "group", "s": "privileged", "r": "trust"}
_GONE = re.compile(r"No such file or directory$")


@fact(probes=["files.search"])
def scope(host: Host) -> dict[str, str]:
    """Return which file systems were searched: mount point -> ``searched`` or why it was not.

    Pseudo file systems are left out. Raise CannotTell when the root file system was not searched.
    """
    seen = {}
    for line in dict(host.sections("files.search")).get("scope", "").split("\n"):
        state, _, rest = line.partition("|")
        kind, _, path = rest.partition("|")
        if state == "yes":
            seen[path] = f"searched ({kind})"
        elif path:
            why = {"data": "data", "containers": "container storage"}.get(state, "network or other")
            seen[path] = f"not searched: {why} ({kind})" if kind else f"not searched: {why}"
    if not seen.get("/", "").startswith("searched"):
        raise CannotTell(Reason.NOT_COLLECTED, f"/ was not searched: {seen.get('/', 'no mounts')}")
    return seen


@fact(probes=["files.search"], facts=["files.scope"])
def search(host: Host) -> dict[str, list[dict[str, Any]]]:
    """Return what the pass found by class: file, folder, owner, group, privileged, trust.

    Each hit: ``{"path", "mode", "owner"}``. A class of more than 300 hits ends with one more
    whose path says how many are not listed. Raise CannotTell when find did not come to its end.
    """
    host.get("files.scope")
    classes: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in _CLASSES.values()}
    status = None
    for word, rest in _lines(host):
        if word == "end":
            status = rest
        elif word == "more":
            name, _, count = rest.partition("|")
            path = f"({count} more, not listed)"
            classes[_CLASSES[name]][path] = {"path": path, "mode": "", "owner": ""}
        else:
            item = _one(rest)
            hit = {"path": item.path, "mode": item.octal, "owner": item.owner}
            classes[_CLASSES[word]][item.path] = hit
    said = host.frame("files.search").stderr.decode("utf-8", "backslashreplace").splitlines()
    if status is None or any(line for line in said if not _GONE.search(line)):
        raise CannotTell(Reason.PROBE_FAILED, f"find: exit {status}, {' '.join(said)[:200]}")
    return {name: list(hits.values()) for name, hits in classes.items()}


def _lines(host: Host) -> Iterator[tuple[str, str]]:
    for line in dict(host.sections("files.search")).get("found", "").split("\n"):
        word, bar, rest = line.partition("|")
        if not line:
            continue
        if not bar or word not in (*_CLASSES, "end", "more"):
            raise CannotTell(Reason.UNPARSABLE, f"files.search: {line[:80]!r}")
        yield word, rest


def _one(line: str) -> Found:
    try:
        return next(found([line]))
    except (ValueError, StopIteration) as error:
        raise CannotTell(Reason.UNPARSABLE, f"files.search: {error}") from error


@fact(facts=["files.search"])
def world_writable(host: Host) -> list[dict[str, Any]]:
    """Return files everybody may write, and such folders without the sticky bit."""
    hits = host.get("files.search")
    return [*hits["file"], *hits["folder"]]


@fact(facts=["files.search"])
def unowned(host: Host) -> list[dict[str, Any]]:
    """Return files whose owner or group no account or group of the host has."""
    hits = host.get("files.search")
    return list({hit["path"]: hit for hit in [*hits["owner"], *hits["group"]]}.values())


@fact(facts=["files.search", "accounts.homes"])
def trust_files(host: Host) -> list[dict[str, Any]]:
    """Return .rhosts, .shosts, .netrc, hosts.equiv and shosts.equiv: ``{"path", "mode", "owner"}``.

    In every home, on whatever local file system, and wherever else the pass saw one. A link to
    ``/dev/null`` grants nothing.
    """
    rows = {hit["path"]: hit for hit in host.get("files.search")["trust"]}
    for path, entry in host.get("accounts.homes")["trust"].items():
        if not path.endswith(("/.ssh/authorized_keys", "/.ssh/authorized_keys2")):
            owner = f"{entry['user']}:{entry['group']}"
            rows[path] = {"path": path, "mode": f"{entry['mode']:04o}", "owner": owner}
    return list(rows.values())
