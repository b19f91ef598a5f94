"""Private keys of people and of TLS servers, found by their content."""

from __future__ import annotations

from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse.found import found


@fact(probes=["files.tls_keys"], facts=["accounts.homes", "accounts.passwd"])
def private(host: Host) -> list[dict[str, Any]]:
    """Return files that hold a private key, in homes' ``.ssh`` and below ``/etc``.

    Shape: ``{"path", "mode", "owner", "wrong": [...]}``: 0600 at most, owned by root or, in a
    home, by that account. Debian's group ssl-cert may read (0640). Host keys of sshd have a rule
    of their own. Found by their content, not by name.
    """
    rows = []
    owners = {row["home"].rstrip("/"): row["uid"] for row in reversed(host.get("accounts.passwd"))}
    for path, entry in host.get("accounts.homes")["keys"].items():
        uids = {0, owners.get(path.partition("/.ssh/")[0])}
        owner = f"{entry['user']}:{entry['group']}"
        rows.append(_key(path, entry["mode"], owner, entry["uid"], uids))
    try:
        items = list(found(host.text("files.tls_keys").split("\n")))
    except ValueError as error:
        raise CannotTell(Reason.UNPARSABLE, f"files.tls_keys: {error}") from error
    for item in items:
        mode = item.mode
        if host.platform.startswith("debian") and item.group == "ssl-cert":
            mode &= ~0o040
        rows.append({**_key(item.path, mode, item.owner, item.uid, {0}), "mode": item.octal})
    return rows


def _key(
    path: str, mode: int, owner: str, uid: int, uids: set[int | None],
) -> dict[str, Any]:
    wrong = ["mode beyond 0600"] if mode & ~0o600 & 0o7777 else []
    if uid not in uids:
        wrong.append("owner is neither root nor the account")
    return {"path": path, "mode": f"{mode:04o}", "owner": owner, "wrong": wrong}
