"""SUID and SGID files: which of them no installed package accounts for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason

_PRIVILEGED = 0o6000
# dpkg keeps no modes, so what Debian's packages set is written down here (Debian 12, main); the
# package must own the file as well.
_DEBIAN = (
    "/usr/bin/at", "/usr/bin/bsd-write", "/usr/bin/chage", "/usr/bin/chfn", "/usr/bin/chsh",
    "/usr/bin/crontab", "/usr/bin/dotlockfile", "/usr/bin/expiry", "/usr/bin/fusermount",
    "/usr/bin/fusermount3", "/usr/bin/gpasswd", "/usr/bin/mlocate", "/usr/bin/mount",
    "/usr/bin/newgidmap", "/usr/bin/newgrp", "/usr/bin/newuidmap", "/usr/bin/ntfs-3g",
    "/usr/bin/passwd", "/usr/bin/ping", "/usr/bin/pkexec", "/usr/bin/plocate",
    "/usr/bin/ssh-agent", "/usr/bin/su", "/usr/bin/sudo", "/usr/bin/umount", "/usr/bin/wall",
    "/usr/bin/write", "/usr/bin/write.ul", "/usr/lib/aarch64-linux-gnu/utempter/utempter",
    "/usr/lib/dbus-1.0/dbus-daemon-launch-helper", "/usr/lib/openssh/ssh-keysign",
    "/usr/lib/polkit-1/polkit-agent-helper-1", "/usr/lib/x86_64-linux-gnu/utempter/utempter",
    "/usr/libexec/polkit-agent-helper-1", "/usr/sbin/exim4", "/usr/sbin/mount.cifs",
    "/usr/sbin/mount.nfs", "/usr/sbin/pam_extrausers_chkpwd", "/usr/sbin/postdrop",
    "/usr/sbin/postqueue", "/usr/sbin/pppd", "/usr/sbin/unix_chkpwd",
)


def _merged(path: str) -> str:
    """Return the path without /usr: /bin and /usr/bin are one folder on all but EL 6."""
    return re.sub(r"^/usr/(?=s?bin/|lib(64|exec)?/)", "/", path)


_DEBIAN_MERGED = frozenset(_merged(path) for path in _DEBIAN)


@fact(probes=["files.search"], facts=["files.search"])
def unexplained(host: Host) -> list[dict[str, Any]]:
    """Return SUID and SGID files that no installed package put there as such.

    Shape: ``{"path", "mode", "owner", "why"}``. rpm knows the mode a package gave a file, so a
    package's file that got the bit later is listed. dpkg knows no modes: there the file must be
    in a package and be one of those Debian ships with the bit.
    """
    sections = dict(host.sections("files.search"))
    by_rpm = dict(_rpm_modes(sections.get("rpm", "")))
    by_dpkg = {
        _merged(line.rpartition(": ")[2]) for line in sections.get("dpkg", "").split("\n")
        if ": /" in line
    }
    if "rpm" not in sections and "dpkg" not in sections:
        raise CannotTell(Reason.MISSING_TOOL, "neither rpm nor dpkg-query")
    rows = []
    for hit in host.get("files.search")["privileged"]:
        path, bits = _merged(hit["path"]), int(hit["mode"] or "7777", 8) & _PRIVILEGED
        if path in by_rpm:
            why = "" if not bits & ~by_rpm[path] else "not so in its package"
        elif path in by_dpkg:
            why = "" if path in _DEBIAN_MERGED else "in a package that does not ship it so"
        else:
            why = "in no package as SUID or SGID"
        if why:
            rows.append({**hit, "why": why})
    return rows


def _rpm_modes(text: str) -> Iterator[tuple[str, int]]:
    for line in text.split("\n"):
        mode, _, path = line.partition(" ")
        if re.fullmatch(r"[0-7]{5,7}", mode) and path.startswith("/"):
            yield _merged(path), int(mode, 8) & _PRIVILEGED
