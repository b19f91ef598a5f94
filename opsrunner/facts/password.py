"""Passwords: how strong and how old they may be, how they are kept, and whose are empty."""

from __future__ import annotations

from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.facts.pam import confs_of, old_modules
from opsrunner.models import Reason
from opsrunner.parse import pwquality
from opsrunner.parse.account import can_authenticate, is_login_shell
from opsrunner.parse.hashmethods import strong_methods, strong_words, word_of
from opsrunner.parse.pam import Handler, PamFiles
from opsrunner.parse.pamchange import Change, change, remembered, unix_min_length
from opsrunner.parse.pamrun import TooManyWaysError

_CHANGES = ("passwd", "login", "sshd")  # sshd and login change an expired password
_CONF = "/etc/security/pwquality.conf"
_STRONG_HASHES = ("$6$", "$y$", "$gy$", "$7$", "$2a$", "$2b$", "$2y$", "$sm3$")


@fact(probes=["pam.files"], facts=["pam.config"])
def changes(host: Host) -> dict[str, Change]:
    """Return by service what guards a password change there (for other facts, not for rules).

    Services that change no password, or whose files libpam rejects, are left out.
    """
    known = host.get("pam.config")
    files: PamFiles = known["files"]
    found = {}
    for service in _CHANGES:
        try:
            stack = files.stack(service, "password")
            found[service] = change(
                stack, service, known["modules"], asks_again=old_modules(host),
            )
        except TooManyWaysError as error:
            raise CannotTell(Reason.UNPARSABLE, f"{service}: {error}") from None
    return {service: one for service, one in found.items() if one.writers}


@fact(probes=["pam.files"], facts=["pam.config", "password.changes"])
def history(host: Host) -> dict[str, int]:
    """Return by service how many old passwords a change refuses, 0 for none.

    Shape: ``{"passwd": 5, "login": 5, "sshd": 0}``. Source: pam_pwhistory(8), pam_unix(8).
    """
    confs = dict(confs_of(host, "pwhistory"))
    changing = host.get("password.changes")
    return {service: remembered(one, confs) for service, one in changing.items()} or {"passwd": 0}


@fact(probes=["pam.files"], facts=["pam.config", "password.changes"])
def strength(host: Host) -> dict[str, dict[str, Any]]:
    """Return by service what a new password must be, as the modules in the stack insist on.

    Shape: ``{"passwd": {"shortest": 12, "classes": 3, "root": True}, ...}``: characters of the
    shortest password accepted (``minlen`` less the credits), kinds of character, and whether
    root is bound too. Zeros where nothing checks. Source: pam_pwquality(8), pam_cracklib(8).
    """
    changing = host.get("password.changes")
    found = {service: _strength(host, one) for service, one in changing.items()}
    return found or {"passwd": {"shortest": 0, "classes": 0, "root": False}}


def _strength(host: Host, one: Change) -> dict[str, Any]:
    if any(handler.module == "pam_passwdqc" for handler in one.guards):
        raise CannotTell(Reason.UNPARSABLE, "pam_passwdqc: its min= is no single length")
    demands = [
        _demand(host, handler) for handler in one.guards
        if handler.module in ("pam_pwquality", "pam_cracklib")
    ]
    # Debian builds pam_unix with a minimum of 6, others with none.
    builtin = 6 if host.platform.startswith("debian") else 0
    return {
        "shortest": max([unix_min_length(one, builtin=builtin), *(d.shortest for d in demands)]),
        "classes": max((d.classes for d in demands), default=0),
        "root": any(d.root for d in demands),
    }


def _demand(host: Host, handler: Handler) -> pwquality.Strength:
    # On EL 7 and later pam_cracklib.so is a link to pam_pwquality.so.
    if handler.module == "pam_cracklib" and host.platform.endswith(("-6", "debian-12")):
        return pwquality.cracklib(handler)
    confs: dict[str, str] = host.get("pam.config")["confs"]
    version = pwquality.OLD if old_modules(host) else pwquality.NEW
    dropped = sorted(path for path in confs if path.startswith(_CONF + ".d/"))
    paths = [*dropped, _CONF] if version.later else [_CONF]
    return pwquality.pwquality(handler, [confs.get(path, "") for path in paths], version)


@fact(probes=["accounts.passwd", "accounts.shadow"], facts=["accounts.passwd", "accounts.shadow"])
def ageing(host: Host) -> dict[str, dict[str, int]]:
    """Return the ageing of every account that can log in with a password.

    Shape: ``{"root": {"max": 99999, "min": 0, "warn": 7}, ...}`` in days, -1 where the field is
    empty. Accounts count that have a usable password and a login shell. Source: shadow(5).
    """
    shadow = host.get("accounts.shadow")
    found = {}
    for account in host.get("accounts.passwd"):
        line = shadow.get(account["name"])
        if line and is_login_shell(account["shell"]) and can_authenticate(line["kind"]):
            found[account["name"]] = {
                key: -1 if line[key] is None else line[key] for key in ("max", "min", "warn")
            }
    return found


@fact(probes=["accounts.passwd", "accounts.shadow"], facts=["accounts.passwd", "accounts.shadow"])
def empty(host: Host) -> list[str]:
    """Return the accounts that need no password, sorted: the field is empty in passwd or shadow.

    Source: passwd(5), shadow(5).
    """
    accounts = host.get("accounts.passwd")
    named = {account["name"] for account in accounts if account["password"] == "empty"}  # noqa: S105 - a state
    shadow = host.get("accounts.shadow")
    return sorted(named | {name for name, line in shadow.items() if line["kind"] == "empty"})


@fact(probes=["accounts.shadow"], facts=["accounts.shadow"])
def weak_hashes(host: Host) -> dict[str, str]:
    """Return the accounts whose stored hash is weaker than SHA-512, locked ones too.

    Shape: ``{"oracle": "$1$", "old": "des"}``. Source: crypt(5).
    """
    found = {}
    for name, line in host.get("accounts.shadow").items():
        kind = line["kind"].lstrip("!")
        if kind not in ("locked", "empty", "", *_STRONG_HASHES):
            found[name] = line["kind"]
    return found


@fact(probes=["login.defs", "pam.files"], facts=["login.defs_lines", "password.changes"])
def weak_methods(host: Host) -> list[str]:
    """Return where a new password would be hashed weaker than SHA-512.

    ``["/etc/login.defs: ENCRYPT_METHOD DES", "/etc/pam.d/system-auth:15: md5"]``. shadow-utils
    takes the last ENCRYPT_METHOD; one it does not know, or not in capitals, is DES. pam_unix takes
    its last argument, otherwise the first ENCRYPT_METHOD. Source: login.defs(5), pam_unix(8).
    """
    lines: list[tuple[str, str]] = host.get("login.defs_lines")
    methods = [value for name, value in lines if name == "ENCRYPT_METHOD"]
    last = methods[-1] if methods else "DES"
    strong = last in strong_methods(host.platform)
    found = [] if strong else [f"/etc/login.defs: ENCRYPT_METHOD {last}"]
    first = next((value for name, value in lines if name.upper() == "ENCRYPT_METHOD"), "")
    for one in host.get("password.changes").values():
        for handler in one.writers:
            words = [word_of(arg, host.platform) for arg in (first.lower(), *handler.args)]
            word = next((word for word in reversed(words) if word), "")
            if word not in strong_words(host.platform):
                found.append(f"{handler.where}: {word or 'des'}")
    return list(dict.fromkeys(found))
