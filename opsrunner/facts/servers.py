"""Databases and middleware: as whom they run."""

from __future__ import annotations

import re
from typing import Any

from opsrunner.facts.base import Host, fact

_FIELDS = 3
# Servers whose first process is root's by design: only those that do the work are judged.
_MASTERED = re.compile(r"nginx|httpd|apache2|lighttpd|php-fpm|haproxy")


@fact(probes=["services.servers"])
def running(host: Host) -> list[dict[str, Any]]:
    """Return the servers in the process table once: ``{"server", "uid", "role"}``.

    ``role``: ``worker`` (its parent is of the same program), ``master`` or ``alone``.
    """
    rows = [line.split() for line in host.text("services.servers").splitlines()]
    return [{"server": words[0], "uid": int(words[1]), "role": words[2]}
            for words in rows if len(words) == _FIELDS and words[1].isdigit()]


@fact(facts=["servers.running"])
def as_root(host: Host) -> list[dict[str, Any]]:
    """Return those that work as root: uid 0, a privileged master with other workers left out."""
    return [one for one in host.get("servers.running")
            if one["uid"] == 0 and not (_MASTERED.match(one["server"]) and one["role"] == "master")]
