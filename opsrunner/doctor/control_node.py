"""What a control node needs, each looked at and told with what to do about it."""

from __future__ import annotations

import locale
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from opsrunner.errors import SettingsError
from opsrunner.secrets.password import password_from_file
from opsrunner.settings import Settings

_ANSIBLE = "2.16."  # the last line that reaches Python 2.7 and 3.6 targets
_GIB = 1024**3
_SIGNING = (8, 1)  # the OpenSSH whose ssh-keygen signs (-Y), for evidence and approvals
_SECONDS = 10


class Status(StrEnum):
    """``warning``: works, or nobody can tell; ``problem``: a run would fail or mislead."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what was found, and what to do where it is not in order."""

    name: str
    status: Status
    detail: str
    advice: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the check as a JSON object."""
        return {key: str(value) for key, value in asdict(self).items()}


def check_control_node(settings: Settings) -> list[Check]:
    """Given the settings, return every check of this machine; none of them raises."""
    return [
        _python(),
        _ansible(),
        _utf8(),
        *_openssh(),
        _sshpass(),
        _fonts(),
        _clock(),
        _space(settings.store),
        _writable("store", settings.store),
        _writable("reports", settings.reports),
        *_vault(settings),
    ]


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= (3, 11):  # noqa: UP036 - whoever starts an older one is to be told
        return Check("python", Status.OK, found)
    return Check("python", Status.PROBLEM, found, "install Python 3.11")


def _ansible() -> Check:
    advice = "install what requirements/runtime.lock says: ansible-core 2.16"
    try:
        found = metadata.version("ansible-core")
    except metadata.PackageNotFoundError:
        return Check("ansible-core", Status.PROBLEM, "absent", advice)
    fits = found.startswith(_ANSIBLE)
    return Check(
        "ansible-core", Status.OK if fits else Status.PROBLEM, found, "" if fits else advice
    )


def _utf8() -> Check:
    found = locale.getpreferredencoding(do_setlocale=False)
    if found.lower().replace("-", "") == "utf8":
        return Check("locale", Status.OK, found)
    advice = "Ansible refuses to start without it: export LC_ALL=C.UTF-8"
    return Check("locale", Status.PROBLEM, found, advice)


def _openssh() -> list[Check]:
    text = _said(["ssh", "-V"])
    version = re.search(r"OpenSSH_(?:for_Windows_)?(\d+)\.(\d+)", text or "")
    if not version:
        advice = "install the OpenSSH client; without it only this machine can be checked"
        return [Check("ssh", Status.PROBLEM, "absent" if text is None else text, advice)]
    client = Check("ssh", Status.OK, version[0])
    signs = (int(version[1]), int(version[2])) >= _SIGNING
    if shutil.which("ssh-keygen") and signs:
        return [client, Check("ssh-keygen", Status.OK, "signs (-Y)")]
    advice = "install OpenSSH 8.1 or later: evidence and approvals are signed with it"
    found = "too old to sign" if shutil.which("ssh-keygen") else "absent"
    return [client, Check("ssh-keygen", Status.PROBLEM, found, advice)]


def _sshpass() -> Check:
    if shutil.which("sshpass"):
        return Check("sshpass", Status.OK, "present")
    return Check("sshpass", Status.OK, "absent; only needed where a host is reached by password")


def _fonts() -> Check:
    text = _said(["fc-list", ":lang=zh", "family"])
    if text is None:
        advice = "install fontconfig and a Chinese font"
        return Check("fonts", Status.WARNING, "cannot tell: fc-list is absent", advice)
    families = sorted({line.split(",")[0].strip() for line in text.splitlines() if line.strip()})
    if families:
        return Check("fonts", Status.OK, f"{families[0]} and {len(families) - 1} more with Chinese")
    advice = "install fonts-noto-cjk; without it only HTML shows Chinese, with the reader's fonts"
    return Check("fonts", Status.WARNING, "no font with Chinese", advice)


def _clock() -> Check:
    text = _said(["timedatectl", "show", "--property=NTPSynchronized", "--value"])
    if text == "yes":
        return Check("clock", Status.OK, "synchronised")
    advice = "evidence is dated by this clock: run chrony or systemd-timesyncd"
    if text == "no":
        return Check("clock", Status.WARNING, "not synchronised", advice)
    return Check("clock", Status.WARNING, "cannot tell: timedatectl gives no answer", advice)


def _space(folder: Path) -> Check:
    usage = shutil.disk_usage(_nearest(folder))
    detail = f"{usage.free / _GIB:.1f} GiB free for {folder}"
    if usage.free < _GIB:
        return Check(
            "disk", Status.PROBLEM, detail, "a failed evidence write ends a run: free some"
        )
    if usage.free < 5 * _GIB:
        return Check(
            "disk", Status.WARNING, detail, "a large fleet's evidence needs 5 GiB and more"
        )
    return Check("disk", Status.OK, detail)


def _writable(name: str, folder: Path) -> Check:
    nearest = _nearest(folder)
    try:
        with tempfile.TemporaryFile(dir=nearest):
            return Check(f"write {name}", Status.OK, str(folder))
    except OSError as error:
        detail = f"{nearest}: {error.strerror}"
        return Check(f"write {name}", Status.PROBLEM, detail, f"let uid {os.geteuid()} write there")


def _vault(settings: Settings) -> list[Check]:
    path = settings.vault_password_file
    if path is None:
        return []
    try:
        password_from_file(path)
    except SettingsError as error:
        return [Check("vault password", Status.PROBLEM, str(error), "see the settings' file")]
    return [Check("vault password", Status.OK, str(path))]


def _nearest(folder: Path) -> Path:
    """Given a folder that may not exist yet, return the nearest one above it that does."""
    return next(each for each in (folder, *folder.parents) if each.is_dir())


def _said(command: Sequence[str]) -> str | None:
    """Given a command, return what it printed, None when it is absent, fails or hangs."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return (done.stdout + done.stderr).decode(errors="replace").strip()
