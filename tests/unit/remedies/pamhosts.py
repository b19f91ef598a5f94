"""Stock PAM files on paper: those of the lab's identities, and Debian's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from opsrunner.changes.draft import Draft
from opsrunner.changes.state import REGULAR, AccountState, FileState, HostState
from opsrunner.parse import pamlock
from opsrunner.parse.pam import PamFiles
from tests.unit.remedies.states import account, file, host

_IDENTITIES = Path(__file__).parents[2] / "lab" / "identities"
_LAYERS = {
    "centos-6": ("el", "centos6"), "centos-7": ("el", "centos7"), "rhel-8": ("el", "rhel8"),
    "kylin-v10": ("el", "kylinv10"),
}
DEBIAN = {
    "/etc/pam.d/common-auth": """\
# here are the per-package modules (the "Primary" block)
auth\t[success=2 default=ignore]\tpam_unix.so nullok
auth\t[success=1 default=ignore]\tpam_sss.so use_first_pass
# here's the fallback if no module succeeds
auth\trequisite\t\t\tpam_deny.so
auth\trequired\t\t\tpam_permit.so
""",
    "/etc/pam.d/common-account": """\
account\t[success=1 new_authtok_reqd=done default=ignore]\tpam_unix.so\x20
account\trequisite\t\t\tpam_deny.so
account\trequired\t\t\tpam_permit.so
""",
    "/etc/pam.d/common-password": """\
password\trequisite\t\t\tpam_pwquality.so retry=3
password\t[success=2 default=ignore]\tpam_unix.so obscure use_authtok try_first_pass yescrypt
password\tsufficient\t\t\tpam_sss.so use_authtok
password\trequisite\t\t\tpam_deny.so
password\trequired\t\t\tpam_permit.so
""",
    "/etc/pam.d/sshd": "@include common-auth\n@include common-account\n@include common-password\n",
    "/etc/pam.d/login": "@include common-auth\n@include common-account\n@include common-password\n",
    "/etc/pam.d/passwd": "@include common-password\n",
    "/etc/pam.d/su":
        "auth sufficient pam_rootok.so\n@include common-auth\n@include common-account\n",
    "/etc/pam.d/other": "@include common-auth\n@include common-account\n@include common-password\n",
}
_NAMES = (
    "pam_unix pam_deny pam_permit pam_env pam_faildelay pam_faillock pam_pwhistory pam_pwquality "
    "pam_cracklib pam_sss pam_wheel pam_rootok pam_succeed_if pam_localuser pam_limits pam_nologin "
    "pam_keyinit pam_systemd pam_sepermit pam_securetty pam_selinux pam_loginuid pam_namespace "
    "pam_lastlog pam_umask pam_motd pam_xauth pam_usertype pam_tally2 pam_access"
)
MODULES = frozenset(_NAMES.split())
FAILLOCK_CONF = "# deny = 3\n#\n# unlock_time = 600\n# even_deny_root\n# root_unlock_time = 900\n"
PWQUALITY_CONF = "# minlen = 8\n# minclass = 0\n# enforce_for_root\n"


def stock(platform: str) -> dict[str, str | bytes | FileState]:
    """Return a platform's stock files of PAM by path, links as the real paths they lead to."""
    found: dict[str, str | bytes | FileState] = {
        "/etc/security/pwquality.conf": PWQUALITY_CONF,
        "/etc/login.defs": "ENCRYPT_METHOD SHA512\n",
    }
    if platform not in ("centos-6", "centos-7"):
        found["/etc/security/faillock.conf"] = FAILLOCK_CONF
    if platform == "debian-12":
        return {**found, **DEBIAN}
    folders = [_IDENTITIES / layer / "files/etc/pam.d" for layer in _LAYERS[platform]]
    paths = {path.name: path for folder in folders for path in sorted(folder.iterdir())}
    for name, path in paths.items():
        real = paths.get(path.readlink().name, path) if path.is_symlink() else path
        found[f"/etc/pam.d/{name}"] = file(f"/etc/pam.d/{real.name}", real.read_text("utf-8"))
    return found


def pam_host(
    wanted: Mapping[str, Any], platform: str, files: Mapping[str, str | bytes | FileState],
    *, modules: frozenset[str] = MODULES, **rest: Any,  # noqa: ANN401 - fields of HostState
) -> HostState:
    """Return a host with these files, whose modules read what those of its platform read."""
    old = platform in ("centos-6", "centos-7")
    known = {"modules": modules, "reads": frozenset() if old else frozenset(("faillock",)),
             "usepam": "yes", "confs": {}}
    people: dict[str, AccountState] = {"root": account("root", 0), "opsadm": account("opsadm")}
    fields = {"accounts": people, "facts": {"pam.config": known, "ssh.options": {"usepam": "yes"}}}
    return host(wanted, platform, files, **{**fields, **rest})


def pam_files(draft: Draft) -> PamFiles:
    """Return the stacks a draft leaves behind."""
    texts = {path: draft.text(path) for path in draft.paths("/etc/pam.d/")
             if draft.file(path).kind == REGULAR}
    return PamFiles(texts, debian=draft.is_("debian"))


def gap(draft: Draft, service: str, uid: int) -> str:
    """Return why a service would not lock an account, empty when it does, as the judge does."""
    old = draft.is_("el6") or draft.is_("el7")
    conf = () if old else (("", draft.text("/etc/security/faillock.conf")),)
    stack = pam_files(draft).stack(service, "auth")
    return pamlock.outcome(stack, service, uid, MODULES, conf).gap


def locks(draft: Draft, service: str) -> set[pamlock.Lock]:
    """Return what a service would lock an account with."""
    old = draft.is_("el6") or draft.is_("el7")
    conf = () if old else (("", draft.text("/etc/security/faillock.conf")),)
    stack = pam_files(draft).stack(service, "auth")
    return set(pamlock.outcome(stack, service, 1000, MODULES, conf).locks)
