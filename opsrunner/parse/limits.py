"""``limits.conf`` as pam_limits reads it: limits.conf(5), Linux-PAM ``pam_limits.c``."""

from __future__ import annotations

from collections.abc import Iterable

_FIELDS = 4
_ENDLESS = ("-1", "unlimited", "infinity")


def hard_limits(texts: Iterable[str], item: str) -> dict[str, str]:
    """Given the files in order of reading, return an item's hard limit by domain.

    Of a domain's lines the last one counts. A line ``DOMAIN -`` lifts every limit of it.
    """
    found: dict[str, str] = {}
    for text in texts:
        for line in text.split("\n"):
            words = line.partition("#")[0].split()
            if len(words) == 2 and words[1] == "-":  # noqa: PLR2004 - "no limits for this domain"
                found[words[0]] = "unlimited"
            elif len(words) >= _FIELDS and words[2].lower() == item:
                domain, kind, _, value = words[:_FIELDS]
                if kind.lower() in ("hard", "-"):
                    found[domain] = "unlimited" if value.lower() in _ENDLESS else value.lower()
    return found
