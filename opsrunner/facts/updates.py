"""Security updates that wait, as far as the host's own cached metadata know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse import age
from opsrunner.parse.rpmver import Evr, evr_cmp, evr_key

_CACHE = re.compile(r"/var/cache/dnf/(.+)-[0-9a-f]{16}/|/var/cache/yum/[^/]+/[^/]+/([^/]+)/")
_INST = re.compile(r"Inst (\S+)(?: \[([^\]]*)\])? \((\S+) (.*)\)")
_UPDATE_FIELDS = 7


@fact(facts=["system.release"])
def release(host: Host) -> str:
    """Return the release a vendor supports or not: ``centos-7``, ``rhel-8``, ``kylin-10``, ..."""
    seen = host.get("system.release")
    if not seen["id"] or seen["major"] is None:
        raise CannotTell(Reason.UNPARSABLE, "the host does not say which release it is")
    return f"{seen['id']}-{seen['major']}"


@fact(
    probes=["software.advisories", "software.aptpending"],
    facts=["software.packages", "software.manager", "repositories.enabled"],
)
def pending(host: Host) -> list[str]:
    """Return security updates not installed yet: ``NAME.ARCH VERSION (ADVISORY, SEVERITY)``.

    Read from the cached updateinfo of every enabled repository, or by ``apt-get -s``. No cache or
    no advisories in it: nobody can tell, which is not the same as nothing pending.
    """
    if host.get("software.manager") == "dpkg":
        _security_lists(host)
        text = dict(host.sections("software.aptpending")).get("pending", "")
        matches = [match for line in text.splitlines() if (match := _INST.match(line))]
        return [f"{m[1]} {m[3]}" for m in matches if "security" in m[4].lower()]
    _require_advisories(host)
    body = dict(host.sections("software.advisories")).get("newest", "")
    return sorted(_missing(body, host.get("software.packages")))


def _missing(body: str, packages: Mapping[str, list[dict[str, Any]]]) -> Iterable[str]:
    for line in body.splitlines():
        fields = line.split("|")
        if fields[0] != "update" or len(fields) != _UPDATE_FIELDS:
            continue
        _, key, epoch, version, release_, advisory, severity = fields
        name, _, arch = key.rpartition(".")
        installed = [_evr(item) for item in packages.get(name, []) if item["arch"] == arch]
        wanted = (epoch, version, release_)
        if installed and evr_cmp(max(installed, key=evr_key), wanted) < 0:
            yield f"{key} {version}-{release_} ({advisory}, {severity or '-'})"


def _evr(item: dict[str, Any]) -> Evr:
    return item["epoch"], item["version"], item["release"]


@fact(
    probes=["software.advisories", "software.aptpending"],
    facts=["software.clock", "software.manager", "repositories.enabled"],
)
def metadata_days(host: Host) -> float:
    """Return how many days ago the oldest of the metadata that count were fetched."""
    if host.get("software.manager") == "dpkg":
        marks = _security_lists(host)
    else:
        ids = _require_advisories(host)
        files = dict(host.sections("software.advisories")).get("files", "")
        newest: dict[str, float] = {}
        for line in files.splitlines():
            mark, _, path = line.partition("|")
            name = _repository(path)
            if name in ids and mark.isdecimal():
                newest[name] = max(newest.get(name, 0.0), float(mark))
        marks = list(newest.values())
    if not marks:
        raise CannotTell(Reason.NOT_COLLECTED, "no time of the metadata")
    try:
        return max(age.days(host.get("software.clock"), mark) for mark in marks)
    except ValueError as error:
        raise CannotTell(Reason.UNPARSABLE, f"package metadata: {error}") from None


def _repository(path: str) -> str:
    match = _CACHE.match(path)
    return (match[1] or match[2]) if match else ""


def _require_advisories(host: Host) -> set[str]:
    """Return the enabled repositories; raise CannotTell unless all are cached, one with advice."""
    sections = dict(host.sections("software.advisories"))
    ids = set(host.get("repositories.enabled"))
    if not ids:
        raise CannotTell(Reason.NOT_COLLECTED, "no repository is enabled")
    bare = ids - {_repository(path) for path in sections.get("cached", "").splitlines()}
    if bare:
        raise CannotTell(Reason.NOT_COLLECTED, f"no cached metadata of {', '.join(sorted(bare))}")
    lines = [line.split("|") for line in sections.get("newest", "").splitlines()]
    states = {words[0] for words in lines if len(words) > 1 and _repository(words[1]) in ids}
    if "unread" in states:
        raise CannotTell(Reason.UNPARSABLE, "cached updateinfo is damaged, or its unpacker missing")
    if "read" not in states:
        raise CannotTell(Reason.NOT_COLLECTED, "no repository brings updateinfo metadata")
    return ids


def _security_lists(host: Host) -> list[float]:
    """Return when each cached index of a security archive was published."""
    text = dict(host.sections("software.aptpending")).get("lists", "")
    rows = [line.split("|") for line in text.splitlines() if line.count("|") > 1]
    marks = [float(row[0]) for row in rows if "security" in row[1].lower() and row[0].isdecimal()]
    if not marks:
        raise CannotTell(Reason.NOT_COLLECTED, "no cached index of a security archive")
    return marks
