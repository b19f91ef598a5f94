"""TCP wrappers: would ``hosts.allow`` and ``hosts.deny`` let an outsider use a daemon.

Source: hosts_access(5), hosts_options(5), libwrap hosts_access.c: first match in hosts.allow
grants, then first match in hosts.deny refuses, else it is granted. A line without a newline at
its end is not read at all.
"""

from __future__ import annotations

import re
from enum import Enum

from opsrunner.parse.addresses import everybody


class Match(Enum):
    """Whether an outsider meets a pattern."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


def admits(allow: str, deny: str, daemon: str) -> bool | None:
    """Given both texts and a daemon, return whether an outsider gets in, None if uncertain."""
    for text, ordinary in ((allow, True), (deny, False)):
        for daemons, clients, options in _entries(text):
            if not _daemon(daemons, daemon):
                continue
            met = _clients(clients)
            if met is Match.UNSURE:
                return None
            if met is Match.YES:
                words = {option.split()[0].lower() for option in options if option.split()}
                if "twist" in words:
                    return False
                return ("allow" in words) if words & {"allow", "deny"} else ordinary
    return True


def _entries(text: str) -> list[tuple[list[str], list[str], list[str]]]:
    lines = text.split("\n")[:-1]  # what stands after the last newline is not read
    found, held = [], ""
    for line in lines:
        held += line
        if held.endswith("\\"):
            held = held[:-1]
            continue
        entry, held = held, ""
        if not entry.strip() or entry.startswith("#"):
            continue
        parts = re.split(r"(?<!\\):(?![^\[]*\])", entry)
        if len(parts) > 1:
            found.append((_words(parts[0]), _words(parts[1]), [p.strip() for p in parts[2:]]))
    return found


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[ \t,]+", text) if word]


def _daemon(words: list[str], daemon: str) -> bool:
    """Only for this daemon on any of the host's addresses; EXCEPT takes away."""
    if "EXCEPT" in words:
        at = words.index("EXCEPT")
        return _daemon(words[:at], daemon) and not _daemon(words[at + 1 :], daemon)
    return any(word.partition("@")[0] in ("ALL", daemon) for word in words)


def _clients(words: list[str]) -> Match:
    if "EXCEPT" in words:
        at = words.index("EXCEPT")
        first, rest = _clients(words[:at]), _clients(words[at + 1 :])
        if first is Match.YES:
            return {Match.YES: Match.NO, Match.NO: Match.YES}.get(rest, rest)
        return first
    met = {_client(word.rpartition("@")[2] if not word.startswith("@") else word)
           for word in words}
    for answer in (Match.YES, Match.UNSURE):
        if answer in met:
            return answer
    return Match.NO


def _client(word: str) -> Match:
    bare = word.replace("[", "").replace("]", "")
    if word == "ALL" or set(word) <= {"*", "."} or everybody(bare):
        return Match.YES
    if word in ("KNOWN", "UNKNOWN", "PARANOID") or word.startswith("/"):
        return Match.UNSURE
    return Match.NO  # LOCAL, a host, a network, a domain, a netgroup: an outsider is in none
