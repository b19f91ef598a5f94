"""TCP wrappers: would ``hosts.allow`` and ``hosts.deny`` let an outsider use a daemon.

Source: hosts_access(5), hosts_options(5), tried with libwrap 7.6: the first match in hosts.allow
grants, then the first in hosts.deny refuses, else it is granted. Words are compared without case,
a carriage return is a blank. Whether a last line without a newline is read depends on the build.
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
    whole = _admits(allow + "\n", deny + "\n", daemon)
    ended = _admits(_ended(allow), _ended(deny), daemon)
    return whole if whole == ended else None


def _ended(text: str) -> str:
    """Return the lines that end in a newline."""
    return text[: text.rfind("\n") + 1]


def _admits(allow: str, deny: str, daemon: str) -> bool | None:
    for text, ordinary in ((allow, True), (deny, False)):
        for daemons, clients, options in _entries(text):
            if not _daemon(daemons, daemon):
                continue
            met = _clients(clients, slash_zero=ordinary)
            if met is Match.UNSURE:
                return None
            if met is Match.YES:
                words = {option.split()[0].lower() for option in options if option.split()}
                if "twist" in words:
                    return False
                return ("allow" in words) if words & {"allow", "deny"} else ordinary
    return True


def _entries(text: str) -> list[tuple[list[str], list[str], list[str]]]:
    found, held = [], ""
    for line in text.split("\n"):
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
    return [word for word in re.split(r"[ \t\r,]+", text) if word]


def _daemon(words: list[str], daemon: str) -> bool:
    """Only for this daemon on any of the host's addresses; EXCEPT takes away."""
    if at := _except(words):
        return _daemon(words[:at], daemon) and not _daemon(words[at + 1 :], daemon)
    return any(word.partition("@")[0].lower() in ("all", daemon) for word in words)


def _except(words: list[str]) -> int:
    return next((at for at, word in enumerate(words) if word.lower() == "except"), 0)


def _clients(words: list[str], *, slash_zero: bool) -> Match:
    """Meet the list; ``slash_zero``: whether a network of length 0 is taken to match."""
    if at := _except(words):
        first = _clients(words[:at], slash_zero=slash_zero)
        rest = _clients(words[at + 1 :], slash_zero=not slash_zero)
        if first is Match.YES:
            return {Match.YES: Match.NO, Match.NO: Match.YES}.get(rest, rest)
        return first
    met = {_client(word if word.startswith("@") else word.rpartition("@")[2], slash_zero)
           for word in words}
    for answer in (Match.YES, Match.UNSURE):
        if answer in met:
            return answer
    return Match.NO


def _client(word: str, slash_zero: bool) -> Match:  # noqa: FBT001 - two truth values
    bare = word.replace("[", "").replace("]", "")
    if word.lower() == "all" or set(word) <= {"*", "."}:
        return Match.YES
    if everybody(bare) and (slash_zero or not bare.endswith("/0")):
        return Match.YES
    if word.lower() in ("known", "unknown", "paranoid") or word.startswith("/"):
        return Match.UNSURE
    return Match.NO  # LOCAL, a host, a network, a domain, a netgroup: an outsider is in none
