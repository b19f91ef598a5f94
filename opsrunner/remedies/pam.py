"""PAM: locking after failed logins, empty and old passwords, strength, hashes, who may su.

Every edit goes through ``pamstacks``: the stacks are played through before and after, and what
would keep somebody out who gets in today is not written.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.facts.base import CannotTell
from opsrunner.parse.confkeys import pairs, scanned
from opsrunner.parse.hashmethods import strong_words, word_of
from opsrunner.parse.pam import Handler
from opsrunner.parse.pamanswers import LOCAL_PASSWORD
from opsrunner.parse.pamchange import remembered
from opsrunner.remedies import lockout, quality, suwheel
from opsrunner.remedies.base import remedy
from opsrunner.remedies.keyfile import with_settings
from opsrunner.remedies.pamlines import line
from opsrunner.remedies.pamstacks import READS, Stacks
from opsrunner.remedies.values import flag, mapping, refused, text

_PWHISTORY = "/etc/security/pwhistory.conf"
_MOST = 400  # pam_pwhistory.c
_STRONG = ("sha512", "yescrypt", "gost_yescrypt", "blowfish", "sm3")
_DEFS = "/etc/login.defs"
_COPIES = (".bak", ".orig", ".old", ".save", ".rpmnew", ".rpmsave", ".dpkg-old", ".dpkg-dist", "~")
_LONGEST = 604800  # seconds; pam_faillock takes no more


@remedy("faillock", "dict", replace(READS, facts=("pam.config", "ssh.options")),
        "Locking after failed logins: deny, fail_interval, unlock_time and root_unlock_time "
        "(in seconds, 0: until unlocked), even_deny_root (true); what is stricter stays.")
def faillock(draft: Draft, value: Any) -> None:  # noqa: ANN401 - checked below
    """Have every login count failures and refuse a locked account."""
    wanted = _numbers("faillock", value, lockout.NUMBERS, "even_deny_root", _LONGEST)
    if wanted.get("deny", 1) < 1:
        raise refused("faillock", ["deny must be at least 1: 0 never locks"])
    options = draft.state.facts["ssh.options"]
    if not isinstance(options, CannotTell) and options.get("usepam") == "no":
        raise ByHand("sshd 设置了 UsePAM no, PAM 对 SSH 登录不起作用, 须先评估并启用 UsePAM",
                     "sshd has UsePAM no, so PAM locks nobody there: enable UsePAM first")
    stacks = Stacks(draft)
    lockout.lock(stacks, wanted)
    stacks.write()


@remedy("password_quality", "dict", READS,
        "What a new password must be, by the names of pwquality.conf (minlen, minclass, dcredit, "
        "ucredit, lcredit, ocredit, retry, enforce_for_root, ...); what is stricter stays.")
def password_quality(draft: Draft, value: Any) -> None:  # noqa: ANN401 - checked below
    """Have every password change checked, in pwquality.conf or on the module's line."""
    wanted = _numbers("password_quality", value, quality.NUMBERS, quality.FLAG, 1000)
    stacks = Stacks(draft)
    quality.strengthen(stacks, wanted)
    stacks.write()


@remedy("pam_nullok", "bool", replace(READS, accounts=True),
        "false: PAM lets no account with an empty password in (nullok is removed).")
def pam_nullok(draft: Draft, value: Any) -> None:  # noqa: ANN401 - checked below
    """Take nullok off pam_unix's auth lines, in whatever file they stand."""
    if flag("pam_nullok", value):
        return
    login = draft.accounts().get(draft.state.login)
    if login is not None and login.password == "empty":  # noqa: S105 - a state
        raise Refused(f"自动化账户 {login.name} 的口令为空, 须先设置口令",
                      f"the automation account {login.name} has an empty password: set one first")
    stacks = Stacks(draft)
    if _taking_empty(stacks):
        stacks.enable("without-nullok")
    while found := _taking_empty(stacks):
        stacks.set_args(found, [arg for arg in found.args if not arg.startswith("nullok")])
    stacks.write()


def _taking_empty(stacks: Stacks) -> Handler | None:
    files = stacks.files()
    services = (name for name in files.services() if not name.endswith(_COPIES))
    lines = (h for name in services for h in files.stack(name, "auth") or ())
    return next((h for h in lines if h.module in LOCAL_PASSWORD
                 and any(arg.startswith("nullok") for arg in h.args)), None)


@remedy("password_remember", "int", READS,
        "How many old passwords a change refuses; a longer memory stays.")
def password_remember(draft: Draft, value: Any) -> None:  # noqa: ANN401 - checked below
    """Have every password change remember: pam_pwhistory, or pam_unix where that one is."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST:
        raise refused("password_remember", [f"must be a number from 1 to {_MOST}, not {value!r}"])
    stacks = Stacks(draft)
    for _ in range(2 * len(quality.SERVICES)):  # a line that was put in may still have to be set
        for service in _forgetful(stacks, value)[:1]:  # which may mend others, too
            _remember(stacks, service, value)
    if names := ", ".join(_forgetful(stacks, value)):
        raise ByHand(f"{names}: 口令栈的写法不常见, 须人工加入 pam_pwhistory",
                     f"{names}: an unusual password stack, put pam_pwhistory in by hand")
    stacks.write()


def _forgetful(stacks: Stacks, count: int) -> list[str]:
    confs = {"": stacks.conf(_PWHISTORY)} if stacks.reads("pwhistory") else {}
    return [service for service, one in quality.changes(stacks).items()
            if remembered(one, confs) < count]


def _remember(stacks: Stacks, service: str, count: int) -> None:
    one = quality.changes(stacks)[service]
    lines = [h for h in stacks.stack(service, "password") if h.module == "pam_pwhistory"]
    in_unix = any(h.option("remember") for h in one.writers)
    checked = any(h.module in quality.MODULES for h in one.guards)
    if lines:
        for handler in lines:
            _lengthen(stacks, handler, count)
    elif not in_unix and stacks.enable("with-pwhistory"):
        return
    elif not in_unix and checked and "pam_pwhistory" in stacks.modules:
        args = (f"remember={count}", "use_authtok")
        new = line("password", "requisite", "pam_pwhistory", *args)
        quality.in_front_of_unix(stacks, service, new)
    else:
        for handler in one.writers:
            _set_option(stacks, handler, "remember", str(count))


def _lengthen(stacks: Stacks, handler: Handler, count: int) -> None:
    in_file = stacks.reads("pwhistory") and handler.option("conf") is None
    held = [text_ for name, text_ in pairs(stacks.conf(_PWHISTORY)) if name == "remember"]
    if handler.option("remember") is None and in_file:
        if not held or (scanned(held[-1]) or 0) < count:
            settings = {"remember": str(count)}
            stacks.set_conf(_PWHISTORY, with_settings(stacks.conf(_PWHISTORY), settings))
    elif (scanned(handler.option("remember") or "") or 0) < count:
        _set_option(stacks, handler, "remember", str(count))


def _set_option(stacks: Stacks, handler: Handler, name: str, value: str) -> None:
    """Set ``name=value`` on a line, in its place when it has one."""
    new = f"{name}={value}"
    args = [new if arg.startswith(f"{name}=") else arg for arg in handler.args]
    stacks.set_args(handler, args if new in args else [*args, new])


@remedy("password_hash", "str", replace(READS, files=(*READS.files, _DEFS)),
        "How pam_unix stores new passwords: sha512, yescrypt, ...; a strong hash stays.")
def password_hash(draft: Draft, value: Any) -> None:  # noqa: ANN401 - checked below
    """Have every password change store a strong hash; stored ones change with the password."""
    wanted = text("password_hash", value)
    if wanted not in _STRONG:
        raise refused("password_hash", [f"must be one of {', '.join(_STRONG)}, not {wanted!r}"])
    if wanted != "sha512" and not (draft.is_("debian") or draft.is_("el9")):
        raise Refused(f"此系统的 libcrypt 不一定支持 {wanted}, 请使用 sha512",
                      f"the libcrypt of this system may not know {wanted}: use sha512")
    stacks, platform = Stacks(draft), draft.state.platform
    methods = re.findall(r"(?im)^[ \t]*ENCRYPT_METHOD[ \t]+(\w+)", draft.text(_DEFS))
    default = methods[0].lower() if methods else ""  # what pam_unix takes without an argument
    writers = {h.where: h for one in quality.changes(stacks).values() for h in one.writers}
    for handler in writers.values():
        words = [word for arg in (default, *handler.args) if (word := word_of(arg, platform))]
        if not words or words[-1] not in strong_words(platform):
            others = [arg for arg in handler.args if not word_of(arg, platform)]
            stacks.set_args(handler, [*others, wanted])
    stacks.write()


@remedy("su_group", "str", replace(READS, files=(*READS.files, suwheel.GROUPS), accounts=True),
        "The group whose members alone may become root with su; it must have members.")
def su_group(draft: Draft, value: Any) -> None:  # noqa: ANN401 - checked below
    """Have su refuse root to callers outside a group, once somebody is in it."""
    group = text("su_group", value)
    if not re.fullmatch(r"[A-Za-z_][\w.-]*", group, re.ASCII):
        raise refused("su_group", [f"{group!r} is no name of a group"])
    stacks = Stacks(draft)
    suwheel.restrict(stacks, group)
    stacks.write(su_narrower=True)


def _numbers(
    variable: str, value: Any, names: Collection[str], word: str, most: int,  # noqa: ANN401 - checked here
) -> dict[str, int | bool]:
    """Return settings that are numbers, and one that is a flag. Raise InputError naming others."""
    wrong: list[str] = []
    found: dict[str, int | bool] = {}
    for name, given in mapping(variable, value).items():
        number = given if isinstance(given, int) else scanned(str(given))
        if name == word and isinstance(given, bool):
            found[name] = given
        elif name not in names or isinstance(given, bool) or number is None:
            wrong.append(f"{name}: {given!r} is no setting of it")
        elif not (-most if name.endswith("credit") else 0) <= number <= most:
            wrong.append(f"{name}: {number} is out of range")
        else:
            found[name] = number
    if wrong or not found:
        raise refused(variable, wrong or ["must name at least one setting"])
    return found
