"""What a new password must be: pam_pwquality's file, or the arguments of its line in the stack.

EL 6 (pam_cracklib) knows arguments only; EL 7 reads pwquality.conf, but takes
``enforce_for_root`` as an argument; from EL 8 on all of it stands in the file. Arguments stand
above the file, so what stands there is set there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from opsrunner.changes.draft import ByHand
from opsrunner.parse.confkeys import pairs, strict
from opsrunner.parse.pam import Handler
from opsrunner.parse.pamanswers import LOCAL_PASSWORD, bound
from opsrunner.parse.pamchange import Change, change
from opsrunner.parse.pamrun import TooManyWaysError
from opsrunner.parse.pwquality import NEW, OLD, Version
from opsrunner.remedies.keyfile import with_settings
from opsrunner.remedies.pamlines import line, of_kind
from opsrunner.remedies.pamstacks import Stacks

CONF = "/etc/security/pwquality.conf"
SERVICES = ("passwd", "login", "sshd")  # sshd and login change an expired password
MODULES = ("pam_pwquality", "pam_cracklib")
FLAG = "enforce_for_root"
_CREDITS = ("dcredit", "lcredit", "ocredit", "ucredit")
_FEWEST = ("maxrepeat", "maxsequence", "maxclassrepeat")  # 0 is off
_MOST = ("minlen", "minclass", "difok", "gecoscheck", "dictcheck", "usercheck", "enforcing")
NUMBERS = (*_CREDITS, *_FEWEST, *_MOST, "retry")
Wanted = Mapping[str, int | bool]


def changes(stacks: Stacks) -> dict[str, Change]:
    """Given stacks, return by service what guards a password change there. Raise ByHand."""
    found = {}
    for service in SERVICES:
        stack = stacks.files().stack(service, "password")
        try:
            one = change(stack, service, stacks.modules, asks_again=stacks.old)
        except TooManyWaysError as error:
            raise ByHand(f"{service} 的 PAM 栈分支过多, 无法推演", f"{service}: {error}") from None
        if one.writers:
            found[service] = one
    return found


def strengthen(stacks: Stacks, wanted: Wanted) -> None:
    """Given stacks and settings, make every password change at least as strict. Raise ByHand."""
    for service in changes(stacks):
        _put_in(stacks, service)
        _bind(stacks, service)
    lines = {h.where: h for one in changes(stacks).values() for h in one.guards
             if h.module in MODULES}
    for handler in lines.values():
        _tighten(stacks, handler, wanted)
    weak = sorted(service for service, one in changes(stacks).items()
                  if not any(_is_met(stacks, h, wanted) for h in one.guards))
    if weak:
        names = ", ".join(weak)
        raise ByHand(f"{names}: 口令检查模块在此 PAM 栈中不起作用, 或其配置文件读不到所设的值",
                     f"{names}: the module does not refuse in this stack, or its file has a line "
                     "that keeps it from reading on")


def _put_in(stacks: Stacks, service: str) -> None:
    """Put the module in front of pam_unix where no module checks passwords."""
    stack = stacks.stack(service, "password")
    if any(h.module in (*MODULES, "pam_passwdqc") and h.module in stacks.modules for h in stack):
        return
    module = next((name for name in MODULES if name in stacks.modules), None)
    if module is None:
        raise ByHand("未安装 pam_pwquality, 须先安装 (Debian: libpam-pwquality)",
                     "pam_pwquality is not installed: install it first (Debian: libpam-pwquality)")
    in_front_of_unix(stacks, service, line("password", "requisite", module, "retry=3"))


def in_front_of_unix(stacks: Stacks, service: str, new: str) -> None:
    """Put a line in front of the first pam_unix line of a service's password stack."""
    stack = stacks.stack(service, "password")
    path, entry = stacks.entry(next(h for h in stack if h.module in LOCAL_PASSWORD))
    stacks.insert(path, "password", of_kind(stacks.text(path), "password").index(entry), [new])


def _bind(stacks: Stacks, service: str) -> None:
    """Have pam_unix take the password that was checked, and ask for no other."""
    stack = stacks.stack(service, "password")
    asked = next((i for i, h in enumerate(stack) if h.module in MODULES), len(stack))
    for where in [h.where for h in stack[asked:] if h.module in LOCAL_PASSWORD and not bound(h)]:
        handler = next(h for h in stacks.stack(service, "password") if h.where == where)
        stacks.set_args(handler, [*handler.args, "use_authtok"])


# -- settings ------------------------------------------------------------------------------


def _reads_file(stacks: Stacks, handler: Handler) -> bool:
    # On EL 7 and later pam_cracklib.so is a link to pam_pwquality.so.
    own = stacks.debian or stacks.draft.is_("el6")
    return handler.module == "pam_pwquality" or not own


def _version(stacks: Stacks) -> Version:
    return OLD if stacks.old else NEW


def _texts(stacks: Stacks) -> Iterator[str]:
    if _version(stacks).later:
        for path in stacks.draft.paths(f"{CONF}.d/"):
            yield stacks.conf(path)
    yield stacks.conf(CONF)


def effective(stacks: Stacks, handler: Handler) -> dict[str, int]:
    """Given a module's line, return what it insists on: built-in, file and arguments together."""
    version = _version(stacks)
    values = {"minlen": version.minlen, "minclass": 0, "enforcing": 1, FLAG: 0, "retry": 1,
              "difok": 5 if stacks.old else 1, "gecoscheck": 0, "dictcheck": 1, "usercheck": 1}
    values |= dict.fromkeys(_CREDITS, version.credit) | dict.fromkeys(_FEWEST, 0)
    if _reads_file(stacks, handler):
        for name, text in (pair for part in _texts(stacks) for pair in pairs(part)):
            number = strict(text)
            if not version.reads(name.lower()):
                break
            if name.lower() in (FLAG, "local_users_only", "badwords", "dictpath"):
                values[name.lower()] = 1
            elif number is None:
                break  # libpwquality gives up here
            else:
                values[name.lower()] = number
    for arg in handler.args:
        name, _, text = arg.partition("=")
        number = strict(text)
        if name == FLAG:
            values[FLAG] = 1
        elif number is not None:
            values[name] = number
    return values


def _stricter(name: str, now: int, wanted: int) -> int:
    if name in _MOST or name == FLAG:
        return max(now, wanted)
    if name in _FEWEST:
        return min(now or wanted, wanted or now)
    return min(now, wanted)  # a credit; how often one may try


def _wanted(wanted: Wanted) -> dict[str, int]:
    asked = {name: int(value) for name, value in wanted.items() if value is not False}
    return {**asked, "enforcing": 1}  # a check that only warns is none


def _is_met(stacks: Stacks, handler: Handler, wanted: Wanted) -> bool:
    if handler.module not in MODULES:
        return False
    now = effective(stacks, handler)
    return all(_stricter(name, now[name], value) == now[name]
               for name, value in _wanted(wanted).items())


def _tighten(stacks: Stacks, handler: Handler, wanted: Wanted) -> None:
    """Make one line, or the file it reads, as strict as wanted; what is stricter stays."""
    now = effective(stacks, handler)
    own = {arg.partition("=")[0] for arg in handler.args}
    shared: dict[str, str | None] = {}
    mine: dict[str, int] = {}
    for name, value in sorted(_wanted(wanted).items()):
        new = _stricter(name, now[name], value)
        if new == now[name]:
            continue
        if name not in own and _reads_file(stacks, handler) and _version(stacks).reads(name):
            shared[name] = None if name == FLAG else str(new)
        else:
            mine[name] = new
    if shared:
        stacks.set_conf(CONF, with_settings(stacks.conf(CONF), shared))
    if mine:
        rest = [arg for arg in handler.args if arg.partition("=")[0] not in _ALL]
        ours = {arg.partition("=")[0]: arg for arg in handler.args
                if arg.partition("=")[0] in _ALL}
        ours |= {name: name if name == FLAG else f"{name}={value}" for name, value in mine.items()}
        stacks.set_args(handler, [*rest, *(ours[name] for name in _ALL if name in ours)])


_ALL = ("retry", *(name for name in sorted(NUMBERS) if name != "retry"), FLAG)
