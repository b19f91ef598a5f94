"""The platforms an inventory may declare, and how a control node names its own.

A platform is a name given by a group (``ops_platform``), never by looking at the host, so an
unreachable host has one too. Which profile a platform is measured against is policy, not here.
"""

from __future__ import annotations

from pathlib import Path

from opsrunner.errors import InventoryError, Problem

AUTO = "auto"  # only for a host of ``ansible_connection: local``: this machine names itself

# What /etc/os-release says (ID, VERSION_ID up to the first dot) -> platform.
_BY_OS_RELEASE = {
    ("centos", "6"): "centos-6",
    ("centos", "7"): "centos-7",
    ("rhel", "6"): "rhel-6",
    ("rhel", "7"): "rhel-7",
    ("rhel", "8"): "rhel-8",
    ("rhel", "9"): "rhel-9",
    ("kylin", "v10"): "kylin-v10",
    ("debian", "12"): "debian-12",
}

LINUX = frozenset(_BY_OS_RELEASE.values())
WINDOWS = frozenset(
    f"windows-{release}" for release in ("2008r2", "2012", "2012r2", "2016", "2019", "2022")
)
PLATFORMS = LINUX | WINDOWS


def this_machine(os_release: Path = Path("/etc/os-release")) -> str:
    """Given the os-release file of this machine, return its platform.

    Raise InventoryError when the file cannot be read or names a system nobody wrote rules for.
    """
    try:
        text = os_release.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InventoryError(
            [Problem(str(os_release), "", f"cannot tell this machine's platform: {error.strerror}")]
        ) from error
    fields = dict(_assignments(text))
    system = fields.get("ID", "").lower()
    version = fields.get("VERSION_ID", "").lower()
    platform = platform_of(system, version)
    if platform is None:
        raise InventoryError(
            [
                Problem(
                    str(os_release),
                    "ID, VERSION_ID",
                    f"this machine is {system or 'unnamed'} {version or 'without version'}, which "
                    f"is none of {', '.join(sorted(LINUX))}; set ops_platform to the nearest one "
                    "if its rules are meant to hold here",
                )
            ]
        )
    return platform


def platform_of(system: str, version: str) -> str | None:
    """Given ID and VERSION_ID of an os-release file, return the platform, None when unknown."""
    return _BY_OS_RELEASE.get((system.lower(), version.lower().partition(".")[0]))


def _assignments(text: str) -> list[tuple[str, str]]:
    """Given the text of an os-release file, return its KEY=value pairs without quotes."""
    pairs = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
    return [(key.strip(), value.strip().strip("\"'")) for key, _, value in pairs if key.strip()]
