"""SSH server: what ``sshd -T`` says it would do, and the text of its configuration files."""

from __future__ import annotations

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason


@fact(probes=["ssh.effective"])
def options(host: Host) -> dict[str, str]:
    """Return sshd's effective options for root from an unexpected address, keys in lower case.

    Shape: ``{"permitrootlogin": "no", "maxauthtries": "6", ...}``; an option that may come
    several times is joined with blanks. Source: sshd(8), ``-T`` and ``-C``.
    """
    values: dict[str, list[str]] = {}
    for line in host.text("ssh.effective").splitlines():
        key, _, value = line.strip().partition(" ")
        if key:
            values.setdefault(key.lower(), []).append(value)
    if "permitrootlogin" not in values or "port" not in values:
        raise CannotTell(Reason.UNPARSABLE, "sshd -T gave no option list")
    return {key: " ".join(items) for key, items in values.items()}
