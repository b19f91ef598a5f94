"""Locking accounts after failed logins: pam_faillock's or pam_tally2's lines put in and set.

pam_faillock needs three places: ``preauth`` in front of every module that takes a password,
``authfail`` directly behind the last of them, and a line in ``account`` that forgets the count
after a success. Whether the stacks then really lock is played through (``parse/pamlock.py``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from opsrunner.changes.draft import ByHand
from opsrunner.parse import pamlock
from opsrunner.parse.confkeys import pairs, scanned
from opsrunner.parse.pam import Handler
from opsrunner.parse.pamanswers import COUNTERS, LOCAL_PASSWORD
from opsrunner.parse.pamrun import TooManyWaysError
from opsrunner.remedies.keyfile import with_settings
from opsrunner.remedies.pamlines import line, of_kind
from opsrunner.remedies.pamstacks import Stacks

CONF = "/etc/security/faillock.conf"
NUMBERS = ("deny", "fail_interval", "unlock_time", "root_unlock_time")
_ORDER = ("deny", "fail_interval", "unlock_time", "even_deny_root", "root_unlock_time")
_LOGINS = ("sshd", "login")
_GREETERS = ("gdm-password", "lightdm", "sddm", "xdm", "kdm", "lxdm", "ukui-greeter")
_LEADING = ("pam_env", "pam_faildelay", "pam_sepermit", "pam_nologin", "pam_securetty")
_CHECKERS = LOCAL_PASSWORD | {
    "pam_sss", "pam_ldap", "pam_krb5", "pam_winbind", "pam_radius_auth", "pam_tacplus",
}
_FAIL_INTERVAL = 900  # pam_faillock's own
Settings = Mapping[str, int | bool]


def lock(stacks: Stacks, wanted: Settings) -> None:
    """Given stacks and settings, make every login lock at least as strictly. Raise ByHand."""
    services = [name for name in (*_LOGINS, *_GREETERS)
                if name in _LOGINS or stacks.present(name)]
    for service in services:
        if not _counters(stacks, service) and _checker(stacks, service, "auth"):
            _put_in(stacks, service, wanted)
    for where in sorted({h.where for s in services for h in _counters(stacks, s)},
                        key=lambda where: (not _counted_before(stacks, where), where)):
        found = next(h for s in services for h in _counters(stacks, s) if h.where == where)
        _tighten(stacks, found, wanted)
    _prove(stacks, services, (1000, 0) if wanted.get("even_deny_root") else (1000,))


def _prove(stacks: Stacks, services: list[str], uids: tuple[int, ...]) -> None:
    """Raise ByHand naming the services that would not lock one of the accounts, and why."""
    answers = [gap for service in services for uid in uids
               if (gap := _gap(stacks, service, uid)) is not None]
    gaps = [gap for gap in answers if gap] if answers else ["no login service checks a password"]
    if gaps:
        said = "; ".join(dict.fromkeys(gaps))
        raise ByHand(f"登录栈的写法不常见, 须人工加入失败锁定: {said}",
                     f"the login stacks are laid out unusually, add the lock by hand: {said}")


def _counters(stacks: Stacks, service: str) -> list[Handler]:
    return [h for h in stacks.stack(service, "auth")
            if h.module in COUNTERS and h.module in stacks.modules]


def _checker(stacks: Stacks, service: str, kind: str) -> Handler | None:
    return next((h for h in stacks.stack(service, kind) if h.module in LOCAL_PASSWORD), None)


def _gap(stacks: Stacks, service: str, uid: int) -> str | None:
    """Return why a service would not lock, empty when it does, None when it takes no password."""
    conf = (("", stacks.conf(CONF)),) if stacks.reads("faillock") else ()
    try:
        found = pamlock.outcome(
            stacks.stack(service, "auth"), service, uid, stacks.modules, conf,
        )
    except TooManyWaysError as error:
        return f"{service}: {error}"
    if not found.checks:
        return None
    return f"{service}: {found.gap}" if found.gap else ""


# -- putting lines in ----------------------------------------------------------------------


def _put_in(stacks: Stacks, service: str, wanted: Settings) -> None:
    module = next((name for name in ("pam_faillock", "pam_tally2") if name in stacks.modules), "")
    if not module:
        raise ByHand("主机没有 pam_faillock 和 pam_tally2 模块",
                     "neither pam_faillock nor pam_tally2 is installed")
    if stacks.enable("with-faillock"):
        return
    in_file = module == "pam_faillock" and stacks.reads("faillock")
    args = [] if in_file else _words(wanted)
    found = _checker(stacks, service, "auth")
    if found is not None:
        _into_auth(stacks, stacks.entry(found)[0], module, args)
    forgetting = _checker(stacks, service, "account")
    if forgetting is not None and not any(
        h.module == module for h in stacks.stack(service, "account")
    ):
        path, entry = stacks.entry(forgetting)
        index = of_kind(stacks.text(path), "account").index(entry)
        stacks.insert(path, "account", index, [line("account", "required", module)])


def _into_auth(stacks: Stacks, path: str, module: str, args: list[str]) -> None:
    """Put the auth lines of a module into a file that holds the modules which ask for passwords."""
    mine = of_kind(stacks.text(path), "auth")
    if module == "pam_faillock":
        behind = max(i for i, entry in enumerate(mine) if entry.module in _CHECKERS) + 1
        failed = line("auth", "[default=die]", module, "authfail", *args)
        stacks.insert(path, "auth", behind, [failed])
    before = next(i for i, entry in enumerate(mine) if entry.module not in _LEADING)
    action = ("preauth", "silent") if module == "pam_faillock" else ("onerr=fail",)
    stacks.insert(path, "auth", before, [line("auth", "required", module, *action, *args)])


def _words(settings: Mapping[str, int | bool | str]) -> list[str]:
    return [name if settings[name] is True else f"{name}={settings[name]}"
            for name in _ORDER if settings.get(name) not in (None, False)]


# -- setting them --------------------------------------------------------------------------


def _counted_before(stacks: Stacks, where: str) -> bool:
    """Return whether the file of a line counted failures before this plan."""
    path = where.rpartition(":")[0]
    return any(entry.module in COUNTERS for entry in of_kind(stacks.was(path), "auth"))


def _tighten(stacks: Stacks, handler: Handler, wanted: Settings) -> None:
    """Make one line, or the file that it reads, as strict as wanted; what is stricter stays."""
    if handler.option("conf") is not None:
        raise ByHand(f"{handler.where} 使用自己的 conf= 文件", f"{handler.where} has its own conf=")
    in_file = handler.module == "pam_faillock" and stacks.reads("faillock")
    conf = stacks.conf(CONF) if in_file else ""
    own = {arg.partition("=")[0] for arg in handler.args}
    held = own | {name.lower() for name, _ in pairs(conf)}
    of_old = {name: _counted_before(stacks, handler.where) or (
        in_file and name not in own and _any_before(stacks)) for name in _ORDER}
    new = dict(_stricter(handler, conf, held, of_old, wanted))
    mine = {name: value for name, value in new.items() if name in own or not in_file}
    if mine:
        kept = [arg for arg in handler.args if arg.partition("=")[0] not in _ORDER]
        now = {name: _own(handler, name) for name in _ORDER if name in own}
        stacks.set_args(handler, [*kept, *_words({**now, **mine})])
    shared = {name: None if value is True else str(value) for name, value in new.items()
              if name not in mine}
    if shared:
        stacks.set_conf(CONF, with_settings(conf, shared))


def _any_before(stacks: Stacks) -> bool:
    paths = {h.where.rpartition(":")[0] for s in _LOGINS for h in stacks.stack(s, "auth")}
    return any(_counted_before(stacks, f"{path}:0") for path in paths)


def _own(handler: Handler, name: str) -> int | bool | str:
    value = handler.option(name)
    return True if value is None else value


def _stricter(
    handler: Handler, conf: str, held: Collection[str], of_old: Mapping[str, bool],
    wanted: Settings,
) -> Iterator[tuple[str, int | bool]]:
    """Yield what has to change for a line that locks as the module reads it now.

    ``held``: names that the line or its file sets. ``of_old``: names whose built-in value was
    in force on the host before: it may not be weakened either.
    """
    lock_ = pamlock.lock_of(handler, conf)
    values = {**dict(pairs(conf)), **{n: v for n, _, v in (a.partition("=") for a in handler.args)}}
    interval = scanned(values.get("fail_interval", ""))
    now = {"deny": lock_.deny, "unlock_time": lock_.unlock,
           "fail_interval": _FAIL_INTERVAL if interval is None else interval}
    after = dict(now)
    for name, value in now.items():
        if name in wanted:
            known = name in held or of_old[name]
            after[name] = better(name, value, wanted[name]) if known else wanted[name]
            if not known or after[name] != value:
                yield name, after[name]
    if wanted.get("even_deny_root") and not lock_.root:
        yield "even_deny_root", True
    name = "root_unlock_time"
    explicit = _seconds(values[name]) if name in values else None
    inherits = lock_.root and of_old[name]
    before = lock_.unlock if explicit is None and inherits else explicit
    target = wanted.get(name, before)
    if before is not None and target is not None:
        target = better(name, before, target)
    # Without a time of its own root is locked as long as the others: raising theirs is not meant.
    unchanged = explicit if explicit is not None else after["unlock_time"] if inherits else None
    if target is not None and target != unchanged:
        yield name, target


def better(name: str, now: int, wanted: int) -> int:
    """Given a setting, what it is and what is wanted, return the stricter; time 0 is for ever."""
    if name == "deny":
        return now if 0 < now <= wanted else wanted
    if name != "fail_interval" and 0 in (now, wanted):
        return 0
    return max(now, wanted)


def _seconds(text: str) -> int | None:
    return 0 if text == "never" else scanned(text)
