"""What PAM modules answer in a given situation, as far as their sources say so.

A situation is an attempt: which service, which account, is the password right, is the account
locked by its failures. Modules that nobody here knows may answer yes or no.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from opsrunner.parse.pam import Handler

COUNTERS = frozenset(("pam_faillock", "pam_tally2", "pam_tally"))
LOCAL_PASSWORD = frozenset(
    ("pam_unix", "pam_unix_auth", "pam_unix_acct", "pam_unix_passwd", "pam_unix_session"),
)
GUARDS = frozenset(("pam_pwquality", "pam_cracklib", "pam_passwdqc", "pam_pwhistory"))
_FIXED: dict[str, str] = {  # what an ordinary login with a local account gets from them
    **dict.fromkeys(
        ("pam_env", "pam_faildelay", "pam_keyinit", "pam_limits", "pam_loginuid", "pam_lastlog",
         "pam_namespace", "pam_selinux", "pam_sepermit", "pam_nologin", "pam_motd", "pam_mail",
         "pam_umask", "pam_mkhomedir", "pam_oddjob_mkhomedir", "pam_systemd", "pam_permit",
         "pam_shells", "pam_localuser", "pam_securetty", "pam_console", "pam_xauth"),
        "success",
    ),
    **dict.fromkeys(
        ("pam_reauthorize", "pam_cap", "pam_gnome_keyring", "pam_mate_keyring", "pam_kwallet",
         "pam_kwallet5", "pam_warn", "pam_echo", "pam_ecryptfs", "pam_fscrypt", "pam_group",
         "pam_issue"),
        "ignore",
    ),
    **dict.fromkeys(  # directories: they know no local account
        ("pam_sss", "pam_ldap", "pam_krb5", "pam_winbind", "pam_radius_auth", "pam_tacplus"),
        "user_unknown",
    ),
    "pam_fprintd": "authinfo_unavail",
}
_DENY = {"auth": "auth_err", "account": "auth_err", "password": "authtok_err"}
_QUIET = frozenset(("quiet", "quiet_success", "quiet_fail", "use_uid", "debug", "audit"))
_YES_OR_NO = ("success", "auth_err")
_UID_MIN = 1000  # of every system that has pam_usertype


@dataclass(frozen=True, slots=True)
class Situation:
    """One attempt at a service.

    ``uid`` is the account that is entered; ``caller`` who asks (su), None when nobody has
    logged in yet. ``refusing``: lines that say no, because the account is locked or the new
    password is not good enough. ``modules``: what is installed, None when nobody looked.
    """

    service: str
    kind: str = "auth"
    uid: int = 1000
    caller: int | None = None
    password: bool = True
    refusing: frozenset[Handler] = frozenset()
    modules: frozenset[str] | None = None

    def answers(self, handler: Handler) -> tuple[str, ...]:
        """Given a handler, return the codes it may answer."""
        name = handler.module
        if self.modules is not None and name not in self.modules:
            return ("module_unknown",)
        if handler in self.refusing:
            return (_DENY[self.kind],)
        if name == "pam_succeed_if":
            return self._succeed_if(handler.args)
        code = _FIXED.get(name) or self._asked(handler)
        return (code,) if code else _YES_OR_NO

    def _asked(self, handler: Handler) -> str | None:
        """Given a module whose answer the situation decides, return it, None for unknown ones."""
        name, code = handler.module, None
        if name in COUNTERS:
            code = self._counter(handler)
        elif name in LOCAL_PASSWORD:
            code = self._unix(handler)
        elif name in GUARDS:
            code = "success"
        elif name == "pam_deny":
            code = _DENY.get(self.kind, "perm_denied")
        elif name == "pam_rootok":
            code = "success" if self.caller == 0 else "auth_err"
        elif name == "pam_usertype":
            wanted = "isregular" in handler.args
            code = "success" if (self.uid >= _UID_MIN) == wanted else "auth_err"
        elif name == "pam_wheel":
            code = self._wheel(handler.args)
        return code

    def _counter(self, handler: Handler) -> str:
        if self.kind != "auth":
            return "success"
        recording = handler.module == "pam_faillock" and faillock_action(handler) == "authfail"
        return "ignore" if recording else "success"

    def _unix(self, handler: Handler) -> str:
        if self.kind == "auth":
            return "success" if self.password else "auth_err"
        unset = self.kind == "password" and self.refusing and bound(handler)
        return "authtok_err" if unset else "success"

    def _wheel(self, args: tuple[str, ...]) -> str:
        """Answer for a caller who is in none of the groups that may be named."""
        if "root_only" in args and self.uid != 0:
            return "ignore"
        if "deny" in args:
            return "success" if "trust" in args else "ignore"
        return "perm_denied"

    def _succeed_if(self, args: tuple[str, ...]) -> tuple[str, ...]:
        subject = self.caller if "use_uid" in args else self.uid
        words = [arg for arg in args if arg not in _QUIET]
        if len(words) % 3:
            return ("service_err",)
        truths = [
            self._holds(words[index : index + 3], subject, by_caller="use_uid" in args)
            for index in range(0, len(words), 3)
        ]
        if False in truths:
            return ("auth_err",)
        return ("success",) if None not in truths else _YES_OR_NO

    def _holds(self, words: list[str], uid: int | None, *, by_caller: bool) -> bool | None:
        left, how, right = words[0].lower(), words[1].lower(), words[2]
        if left == "uid" and how in _NUMBERS and right.isdigit() and uid is not None:
            return _NUMBERS[how](uid, int(right))
        if left == "service":
            return _service_matches(self.service, how, right)
        if left in ("user", "login", "name", "ruser"):
            by_caller = by_caller or left == "ruser"
            if how in ("ingroup", "notingroup") and by_caller and self.caller:
                return how == "notingroup"  # the caller of interest is in no group
            if how in ("=", "!=") and uid == 0 and not by_caller:
                return (right == "root") == (how == "=")
        return None


_NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq, "eq": operator.eq, "!=": operator.ne, "ne": operator.ne,
    "<": operator.lt, "lt": operator.lt, "<=": operator.le, "le": operator.le,
    ">": operator.gt, "gt": operator.gt, ">=": operator.ge, "ge": operator.ge,
}


def _service_matches(service: str, how: str, right: str) -> bool | None:
    if how in ("=", "!="):
        return (service == right) == (how == "=")
    if how in ("in", "notin"):
        return (service in right.split(":")) == (how == "in")
    if how in ("=~", "glob", "!~", "noglob"):
        return fnmatchcase(service, right) == (how in ("=~", "glob"))
    return None


def bound(handler: Handler) -> bool:
    """Given a pam_unix line, return whether it takes the new password from the line before only.

    pam_unix knows its arguments by how they begin.
    """
    return any(arg.startswith(("use_authtok", "use_first_pass")) for arg in handler.args)


def faillock_action(handler: Handler) -> str:
    """Given a pam_faillock handler of type auth, return preauth, authfail or authsucc."""
    named = [arg for arg in handler.args if arg in ("preauth", "authfail", "authsucc")]
    return named[-1] if named else "preauth"
