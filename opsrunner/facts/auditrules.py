"""Audit rules: which required events the kernel would not record, now or after the next start.

Every fact here is a list of gaps, empty when all is recorded; a gap says where and what:
``live: /etc/shadow (w) [b64]``, ``saved: settimeofday [b32]``. See ``audited.py``.
"""

from __future__ import annotations

import re

from opsrunner.facts.audited import Machine, access, calls, gaps, live, saved, section
from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse.auditcover import Event

Events = tuple[Event, ...]
_FACTS = ("audited.places", "audited.paths", "system.release")
_LOCKED = 2
_SET_UID = 4  # first octal digit of a mode

ACCOUNT_FILES = ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow",
                 "/etc/security/opasswd")
LOGIN_FILES = ("/var/log/lastlog", "/var/log/wtmp", "/var/log/btmp", "/var/run/utmp")
NAME_CALLS = ("sethostname", "setdomainname")
PERMISSION_CALLS = (
    "chmod", "fchmod", "fchmodat", "chown", "fchown", "fchownat", "lchown", "setxattr",
    "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr",
)
DELETE_CALLS = ("unlink", "unlinkat", "rename", "renameat")
OPEN_CALLS = ("open", "openat", "creat", "truncate", "ftruncate")
# Old calls that architectures born later (aarch64) do not have.
_NOT_ON_NEW = frozenset(("chmod", "chown", "lchown", "unlink", "rename", "open", "creat"))


@fact(facts=_FACTS)
def account_files(host: Host) -> list[str]:
    """Return the account files whose change is not recorded (write and attributes)."""
    return gaps(host, lambda machine: access(ACCOUNT_FILES, machine.arches))


@fact(facts=_FACTS)
def logins(host: Host) -> list[str]:
    """Return the login records whose change is not recorded.

    Failed logins: ``faillog`` on EL 6, later the folder of pam_faillock (``dir=`` or its default).
    """
    def events(machine: Machine) -> Events:
        if host.platform.endswith("-6"):
            return access((*LOGIN_FILES, "/var/log/faillog"), machine.arches)
        folders = set(re.findall(r"dir\s*=\s*(/[^\s\]#]+)", section(host, "faillock")))
        failed = tuple(sorted(folders)) or ("/var/run/faillock",)
        return access(LOGIN_FILES, machine.arches) + access(failed, machine.arches, folder=True)

    return gaps(host, events)


@fact(facts=_FACTS)
def privileged_commands(host: Host) -> list[str]:
    """Return the sudo files and the set-id programs whose change or use is not recorded.

    A rule on execve without conditions records the use of every program; with euid=0 that of
    the set-uid ones. Programs: those found set-uid or set-gid in the system's program folders.
    """
    def events(machine: Machine) -> Events:
        log = re.findall(r"logfile\s*=\s*\"?(/[^\s,\"]+)", section(host, "sudolog"))
        return (access(("/etc/sudoers", *log), machine.arches)
                + access(("/etc/sudoers.d",), machine.arches, folder=True)
                + _programs(host, machine))

    return gaps(host, events)


def _programs(host: Host, machine: Machine) -> Events:
    uid: list[str] = []
    gid: list[str] = []
    for line in section(host, "privileged").splitlines():
        mode, _, path = line.strip().partition(" ")
        if mode.isdigit() and path:
            (uid if int(mode[-4:-3] or 0) & _SET_UID else gid).append(path)
    if not uid and not gid:
        raise CannotTell(Reason.UNPARSABLE, "no set-uid program was found, not even su")
    return (access(tuple(uid), machine.arches, "x", allowed="root")
            + access(tuple(gid), machine.arches, "x"))


@fact(facts=_FACTS)
def root_commands(host: Host) -> list[str]:
    """Return the architectures on which commands run as root (euid 0) are not recorded."""
    return gaps(host, lambda machine: calls(("execve",), machine.arches, "root"))


@fact(facts=_FACTS)
def time_changes(host: Host) -> list[str]:
    """Return the calls that set the clock and are not recorded.

    ``clock_settime`` may be limited to the real clock (``a0=0``). Source: clock_settime(2).
    """
    return gaps(host, lambda machine: (
        *calls(("adjtimex", "settimeofday"), machine.arches),
        *calls(("clock_settime",), machine.arches, "clock"),
    ))


@fact(facts=_FACTS)
def network_changes(host: Host) -> list[str]:
    """Return the changes of host name and network configuration that are not recorded.

    Folders: ``network-scripts`` and NetworkManager's key files on EL, ``/etc/network`` and
    netplan on Debian, each where it is in use.
    """
    def events(machine: Machine) -> Events:
        there = section(host, "exist").split("\n")
        wanted = ("/etc/network", "/etc/netplan") if _debian(host) else (
            "/etc/sysconfig/network-scripts",)
        folders = [path for path in wanted if path in there]
        keyfiles = "/etc/NetworkManager/system-connections"
        if any(path.startswith(f"{keyfiles}/") for path in there):
            folders.append(keyfiles)
        return (calls(NAME_CALLS, machine.arches) + access(("/etc/hosts",), machine.arches)
                + access(tuple(folders), machine.arches, folder=True))

    return gaps(host, events)


def _debian(host: Host) -> bool:
    return host.get("system.release")["id"] in ("debian", "ubuntu")


@fact(facts=_FACTS)
def permission_changes(host: Host) -> list[str]:
    """Return the calls that change modes, owners and attributes and are not recorded."""
    return gaps(host, lambda machine: calls(_known(PERMISSION_CALLS, machine), machine.arches))


def _known(names: tuple[str, ...], machine: Machine) -> tuple[str, ...]:
    return tuple(name for name in names if not (machine.new and name in _NOT_ON_NEW))


@fact(facts=_FACTS)
def file_access(host: Host) -> list[str]:
    """Return the calls whose deletions, or refusals with EACCES and EPERM, are not recorded."""
    def events(machine: Machine) -> Events:
        opened = _known(OPEN_CALLS, machine)
        return (calls(_known(DELETE_CALLS, machine), machine.arches)
                + calls(opened, machine.arches, "EACCES")
                + calls(opened, machine.arches, "EPERM"))

    return gaps(host, events)


@fact(facts=_FACTS)
def kernel_modules(host: Host) -> list[str]:
    """Return the ways to load or unload kernel modules that are not recorded.

    ``modprobe`` counts under its own name or under the program it is a link to (kmod); kernels
    before 3.8 (EL 6) have no ``finit_module``.
    """
    def events(machine: Machine) -> Events:
        old = host.get("system.release")["kernel"].startswith("2.")
        names = ("init_module", "delete_module", "finit_module")
        return calls(names[: 2 if old else 3], machine.arches)

    def unseen(tool: str) -> list[str]:
        return gaps(host, lambda machine: access((tool,), machine.arches, "x"))

    names = {"/sbin/modprobe", section(host, "modprobe").strip()} - {""}
    return gaps(host, events) + min((unseen(name) for name in sorted(names)), key=len)


@fact(facts=_FACTS)
def policy_changes(host: Host) -> list[str]:
    """Return the folders of the access-control policy and of auditing with unrecorded changes."""
    def events(machine: Machine) -> Events:
        policy = "/etc/apparmor.d" if _debian(host) else "/etc/selinux"
        there = policy in section(host, "exist").split("\n")
        folders = ("/etc/audit", "/var/log/audit", policy)
        return access(folders[: 3 if there else 2], machine.arches, folder=True)

    return gaps(host, events)


@fact(probes=["audit.live", "audit.files", "audit.unit"], facts=_FACTS)
def unlocked(host: Host) -> list[str]:
    """Return where the rules can still be changed: live (enabled is not 2), saved (no ``-e 2``)."""
    found = []
    status, rules = live(host)
    state = re.search(r"\benabled[ =](\d)", status)
    if rules is None:
        found.append(f"live: {status}")
    elif state is None:
        raise CannotTell(Reason.UNPARSABLE, "auditctl -s gave no state")
    elif int(state.group(1)) != _LOCKED:
        found.append(f"live: enabled {state.group(1)}")
    loaded = saved(host)
    if loaded is None or loaded.enabled != _LOCKED:
        found.append("saved: no -e 2 at the end")
    return found
