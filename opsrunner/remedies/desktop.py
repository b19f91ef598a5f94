"""The screen lock of GNOME: key files of dconf, locked, compiled by ``dconf update``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from opsrunner.changes.draft import Draft
from opsrunner.remedies.amounts import whole
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.lines import added

PROFILE = "/etc/dconf/profile/user"
_DB = "/etc/dconf/db/{}.d/zz-opsrunner"
_LOCKS = "/etc/dconf/db/{}.d/locks/zz-opsrunner"
_NAMES = ("local", "site", "distro", "gdm")  # names of system databases that distributions use
_HEADER = "# Written by opsrunner (harden_linux_screen_lock_seconds); changes here are lost."
_SYSTEM_DB = re.compile(r"(?m)^\s*system-db:(\S+)")


@remedy("screen_lock_seconds", "int",
        Reads(files=(PROFILE, *(_DB.format(name) for name in _NAMES),
                     *(_LOCKS.format(name) for name in _NAMES)),
              facts=("desktop.graphical", "desktop.screen")),
        "Idle seconds after which GNOME locks the screen, unchangeable by users.")
def screen_lock_seconds(draft: Draft, wanted: int) -> None:
    """Set and lock the idle time, in the first system database of the profile."""
    whole("screen_lock_seconds", wanted, least=1)
    if not draft.fact("desktop.graphical"):
        return
    now: Mapping[str, Any] = draft.fact("desktop.screen")
    if now["enforced"] and 0 < now["seconds"] <= wanted:
        return
    names = [name for name in _SYSTEM_DB.findall(draft.text(PROFILE)) if name in _NAMES]
    name = names[0] if names else "local"
    if not names:
        first = [] if draft.exists(PROFILE) else ["user-db:user"]
        draft.write(PROFILE, added(draft.text(PROFILE), [*first, f"system-db:{name}"]))
    seconds = min(wanted, now["seconds"] or wanted)
    draft.write(_DB.format(name), _keys(seconds))
    draft.write(_LOCKS.format(name), f"{_HEADER}\n" + "".join(
        f"/org/gnome/desktop/{key}\n" for key in (
            "session/idle-delay", "screensaver/lock-enabled", "screensaver/lock-delay")))
    draft.activate("dconf")


def _keys(seconds: int) -> str:
    return (
        f"{_HEADER}\n[org/gnome/desktop/session]\nidle-delay=uint32 {seconds}\n\n"
        "[org/gnome/desktop/screensaver]\nlock-enabled=true\nlock-delay=uint32 0\n"
    )
