"""cron and at: an allow list of those who may use them, and tables that are root's alone."""

from __future__ import annotations

import re
from typing import Any

from opsrunner.changes.draft import Draft
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.values import refused, strings

_ACCOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\$?", re.ASCII)
_SPOOLS = ("/var/spool/cron", "/var/spool/cron/crontabs")
_FOLDERS = tuple(f"/etc/cron.{when}" for when in ("d", "hourly", "daily", "weekly", "monthly"))
_TABLE = "/etc/crontab"
# Service -> its programs (the first one's group reads the allow list on Debian).
_PROGRAMS = {
    "cron": ("/usr/bin/crontab", "/usr/sbin/crond", "/usr/sbin/cron", "/usr/sbin/fcron"),
    "at": ("/usr/bin/at", "/usr/sbin/atd"),
}
_LISTS = tuple(f"/etc/{name}.{kind}" for name in _PROGRAMS for kind in ("allow", "deny"))
_MODE, _GROUP_MODE, _FOLDER_MODE = 0o600, 0o640, 0o700


@remedy(
    "cron_allow", "list",
    Reads(
        files=_LISTS,
        stats=(*(program for programs in _PROGRAMS.values() for program in programs),
               *(f"{spool}/*" for spool in _SPOOLS), _TABLE, *_FOLDERS),
        facts=("cron.installed",),
    ),
    "Accounts that may use cron and at, beside root and those that have jobs already.",
)
def cron_allow(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given accounts, write the allow lists, remove the deny lists and tighten the tables."""
    names = strings("cron_allow", wanted)
    if wrong := [name for name in names if not _ACCOUNT.fullmatch(name)]:
        raise refused("cron_allow", [f"{name!r} is no account" for name in wrong])
    # Only a first list takes in who has jobs: whom a list leaves out, the site left out.
    denied = draft.text("/etc/cron.deny").split()
    having = _with_jobs(draft).difference(denied)
    for service, (reader, *daemons) in _PROGRAMS.items():
        if set(draft.fact("cron.installed")) & {reader, *daemons}:
            first = not draft.exists(f"/etc/{service}.allow")
            _allow(draft, service, reader, sorted({"root", *names, *(having if first else ())}))
    if draft.exists(_TABLE):
        draft.set_mode(_TABLE, (draft.file(_TABLE).mode or 0) & _MODE, uid=0, gid=0)
    for folder in _FOLDERS:
        if draft.exists(folder):
            draft.set_mode(folder, (draft.file(folder).mode or 0) & _FOLDER_MODE, uid=0, gid=0)


def _with_jobs(draft: Draft) -> set[str]:
    """Return the accounts that have a table of their own; folders have names of accounts too."""
    return {
        name for spool in _SPOOLS for path in draft.paths(f"{spool}/")
        if path.rpartition("/")[0] == spool and draft.file(path).kind == "file"
        and _ACCOUNT.fullmatch(name := path.rpartition("/")[2])
    }


def _allow(draft: Draft, service: str, reader: str, allowed: list[str]) -> None:
    """Write the allow list with all names it lacks, its mode and owner, and drop the deny list."""
    path, deny = f"/etc/{service}.allow", f"/etc/{service}.deny"
    text = draft.text(path)
    missing = [name for name in allowed if name not in text.split()]
    if missing or not draft.exists(path):
        newline = "" if not text or text.endswith("\n") else "\n"
        draft.write(path, text + newline + "".join(f"{name}\n" for name in missing), mode=_MODE)
    # Debian's crontab and at read the list through their group.
    debian = draft.is_("debian")
    mode = _GROUP_MODE if debian else _MODE
    gid = draft.file(reader).gid if debian else 0
    # A mode that root alone has would shut out everybody who is in the list.
    now = draft.file(path).mode or 0
    draft.set_mode(path, mode if debian else now & mode, uid=0, gid=gid)
    if draft.exists(deny):
        draft.remove(deny)
