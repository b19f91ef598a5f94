"""Kylin V10: security advisories (KYSA) that the installed packages are behind."""

from __future__ import annotations

from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse.rpmver import evr_cmp

_STALE_DAYS = 30
_DAY = 86400
_FIELDS = 7


@fact(probes=["kylin.advisories", "kylin.clock"], facts=["software.packages"])
def outstanding(host: Host) -> list[str]:
    """Return ``ADVISORY name-version-release`` for each package older than an advisory's, sorted.

    Compared are the newest installed build and the advisory's of the same name and architecture,
    as rpm orders versions. Raise CannotTell without advisory metadata in the cache, and when
    none is outstanding by metadata more than 30 days old: silence would look like safety.
    Source: ``updateinfo.xml`` of the repositories, rpm(8).
    """
    sections = dict(host.sections("kylin.advisories"))
    metadata = [line.split() for line in sections.get("metadata", "").splitlines() if line.strip()]
    if not metadata:
        raise CannotTell(Reason.MISSING_TOOL, "no advisory metadata in dnf's cache")
    installed: dict[str, list[dict[str, Any]]] = host.get("software.packages")
    found = set()
    for line in sections.get("advisories", "").splitlines():
        words = line.split()
        if words[:1] == ["failed"]:
            raise CannotTell(Reason.UNPARSABLE, f"cannot unpack {words[1:]}")
        if len(words) == _FIELDS and _behind(installed.get(words[2], []), words):
            found.add(f"{words[1]} {words[2]}-{words[4]}-{words[5]}")
    newest = max(int(words[0]) for words in metadata if words[0].isdigit())
    age = (int(host.text("kylin.clock").strip() or 0) - newest) // _DAY
    if not found and age > _STALE_DAYS:
        raise CannotTell(Reason.UNPARSABLE, f"the advisory metadata is {age} days old")
    return sorted(found)


def _behind(builds: list[dict[str, Any]], advisory: list[str]) -> bool:
    _, _, _, epoch, version, release, arch = advisory
    wanted = (epoch if epoch.isdigit() else "0", version, release)
    same = [build for build in builds if build["arch"] == arch or "noarch" in (arch, build["arch"])]
    have = [(build["epoch"], build["version"], build["release"]) for build in same]
    return bool(have) and all(evr_cmp(build, wanted) < 0 for build in have)
