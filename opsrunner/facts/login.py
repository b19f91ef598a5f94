"""Login and ageing defaults: ``/etc/login.defs``."""

from __future__ import annotations

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason


@fact(probes=["login.defs"])
def defs(host: Host) -> dict[str, str]:
    """Return the settings of ``/etc/login.defs``; of a key set twice the last one wins.

    Shape: ``{"PASS_MAX_DAYS": "99999", ...}``. EL does not read ``login.defs.d``.
    Source: login.defs(5), shadow-utils ``lib/getdef.c``.
    """
    text = host.files("login.defs").text("/etc/login.defs")
    if text is None:
        raise CannotTell(Reason.UNPARSABLE, "/etc/login.defs is missing")
    values = {}
    for line in text.splitlines():
        words = line.split(None, 1)
        if len(words) == 2 and not words[0].startswith("#"):  # noqa: PLR2004 - key and value
            values[words[0]] = words[1].strip().strip('"')
    return values
