"""PAM: what a login, a password change or su really goes through, line order included.

The stacks are put together as libpam does and played through (``opsrunner/parse/pam*.py``).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse import pamlock
from opsrunner.parse.pam import PamFiles
from opsrunner.parse.pamanswers import LOCAL_PASSWORD, Situation
from opsrunner.parse.pamrun import TooManyWaysError, ways

_GREETERS = ("gdm-password", "lightdm", "sddm", "xdm", "kdm", "lxdm", "ukui-greeter")
_LOGINS = ("sshd", "login", *_GREETERS)
_BACKUPS = (".bak", ".orig", ".old", ".save", ".rpmnew", ".rpmsave", ".dpkg-old", ".dpkg-dist", "~")
_INCLUDED = ("system-auth", "password-auth", "common-", "postlogin", "fingerprint-auth",
             "smartcard-auth", "config-util", "su-local")


@fact(probes=["pam.files"])
def config(host: Host) -> dict[str, Any]:
    """Return what libpam and its modules would read (for the facts of PAM, not for rules).

    Shape: ``{"files": PamFiles, "modules": frozenset, "reads": frozenset of "faillock" and
    "pwhistory", "confs": {path: text}, "usepam": "yes" | "no" | ""}``. Source: pam.conf(5).
    """
    files = host.files("pam.files")
    texts: dict[str, str] = {}
    confs: dict[str, str] = {}
    for path in files.states:
        if "*" in path or not path.startswith("/") or files.states[path] == "odd":
            continue
        text = files.text(path)  # one that cannot be read might hold anything
        if text is not None:
            target = texts if "/pam.d/" in path else confs
            target[path] = text
    sections = dict(host.sections("pam.files"))
    modules = frozenset(sections.get("modules", "").split())
    if not modules:
        raise CannotTell(Reason.UNPARSABLE, "no folder of PAM modules was found")
    words = sections.get("sshd", "").replace("=", " ").split()
    return {
        "files": _pam_files(frozenset(texts.items()), host.platform.startswith("debian")),
        "modules": modules,
        "reads": frozenset(sections.get("reads", "").split()),
        "confs": confs,
        "usepam": words[1].strip('"').lower() if len(words) > 1 else "",
    }


@lru_cache(maxsize=256)  # a fleet's hosts mostly have the same files
def _pam_files(texts: frozenset[tuple[str, str]], debian: bool) -> PamFiles:  # noqa: FBT001 - a cache key
    return PamFiles(dict(texts), debian=debian)


def old_modules(host: Host) -> bool:
    """Return whether the host is EL 6 or 7, whose modules read no configuration file."""
    return host.platform.endswith(("-6", "-7"))


def confs_of(host: Host, module: str) -> tuple[tuple[str, str], ...]:
    """Given ``faillock`` or ``pwhistory``, return path and text of every file it may read.

    The default file stands under an empty path. Empty when the module of the host reads none.
    """
    known = host.get("pam.config")
    if module not in known["reads"] or old_modules(host):
        return ()
    confs: dict[str, str] = known["confs"]
    return (("", confs.get(f"/etc/security/{module}.conf", "")), *sorted(confs.items()))


def _outcomes(host: Host, uid: int) -> dict[str, pamlock.Outcome]:
    known = host.get("pam.config")
    files: PamFiles = known["files"]
    confs = confs_of(host, "faillock")
    found = {}
    for service in _LOGINS:
        if service in _GREETERS and files.path(service) is None:
            continue
        try:
            stack = files.stack(service, "auth")
            found[service] = pamlock.outcome(stack, service, uid, known["modules"], confs)
        except TooManyWaysError as error:
            raise CannotTell(Reason.UNPARSABLE, f"{service}: {error}") from None
    return {service: outcome for service, outcome in found.items() if outcome.checks}


def _gaps(host: Host, uid: int) -> list[str]:
    outcomes = _outcomes(host, uid)
    if not outcomes:
        return ["no login service checks a password"]
    gaps = [f"{name}: {outcome.gap}" for name, outcome in outcomes.items()
            if outcome.gap and outcome.sure]
    doubts = [f"{name}: {outcome.gap}" for name, outcome in outcomes.items()
              if outcome.gap and not outcome.sure]
    if "sshd" in outcomes and not _sshd_uses_pam(host):
        gaps.append("sshd: UsePAM no, so PAM locks nobody")
    if doubts and not gaps:
        raise CannotTell(Reason.UNPARSABLE, "; ".join(doubts))
    return gaps


def _sshd_uses_pam(host: Host) -> bool:
    try:
        return str(host.get("ssh.options").get("usepam", "no")) == "yes"
    except CannotTell as cannot:
        if cannot.reason is Reason.MISSING_TOOL:  # no sshd: nothing to bypass
            return True
        return str(host.get("pam.config")["usepam"]) == "yes"


@fact(probes=["pam.files"], facts=["pam.config", "ssh.options"])
def lockout_gaps(host: Host) -> list[str]:
    """Return the login services that do not lock an ordinary account, each with the reason.

    ``["sshd: a wrong password is not counted"]``; empty when every one does. Judged are sshd,
    login and graphical logins that have a PAM file. Source: pam_faillock(8), pam_tally2(8).
    """
    return _gaps(host, 1000)


@fact(probes=["pam.files"], facts=["pam.config", "ssh.options"])
def root_lockout_gaps(host: Host) -> list[str]:
    """Return the login services that do not lock root, as ``lockout_gaps`` does."""
    return _gaps(host, 0)


@fact(probes=["pam.files"], facts=["pam.config"])
def lockout(host: Host) -> dict[str, int]:
    """Return what accounts are locked with, the weakest of all lines in force on every service.

    Shape: ``{"deny": failures, 0 never locks, "unlock_time": seconds, 0 until an administrator
    unlocks}``; without any lock ``{}``. Lines that differ from each other count as the weaker.
    """
    locks = [lock for outcome in _outcomes(host, 1000).values() for lock in outcome.locks]
    if not locks:
        return {}
    denies = [lock.deny for lock in locks]
    timed = [lock.unlock for lock in locks if lock.unlock != pamlock.NEVER]
    return {
        "deny": 0 if 0 in denies else max(denies),
        "unlock_time": min(timed, default=pamlock.NEVER),
    }


@fact(probes=["pam.files"], facts=["pam.config"])
def nullok(host: Host) -> list[str]:
    """Return where pam_unix lets an account without a password in: ``file:line`` by service.

    Every service file counts, whatever it includes; files that only others include and copies
    left by editors and packages do not. ``nullok_secure`` counts too. Source: pam_unix(8).
    """
    files: PamFiles = host.get("pam.config")["files"]
    if not any("nullok" in text for text in files.texts.values()):
        return []
    found: dict[str, list[str]] = {}
    for service in files.services():
        if service.startswith(_INCLUDED) or service.endswith(_BACKUPS):
            continue
        for handler in files.stack(service, "auth") or ():
            if handler.module in LOCAL_PASSWORD and _has(handler.args, "nullok"):
                found.setdefault(handler.where, []).append(service)
    return [f"{where} ({', '.join(services)})" for where, services in found.items()]


def _has(args: tuple[str, ...], word: str) -> bool:
    return any(arg.startswith(word) for arg in args)  # as pam_unix compares them


@fact(probes=["pam.files"], facts=["pam.config"])
def su_open(host: Host) -> list[str]:
    """Return the su services by which an account outside the wheel group can become root.

    Given the right password of root and a caller in no special group; empty when su refuses.
    Raise CannotTell when that depends on a module nobody here knows. Source: pam_wheel(8).
    """
    known = host.get("pam.config")
    files: PamFiles = known["files"]
    opened: list[str] = []
    doubts: list[str] = []
    for service in ("su", "su-l"):
        if files.path(service) is None:
            continue
        can, must = True, True
        for kind in ("auth", "account"):
            asked = Situation(service, kind, uid=0, caller=1000, modules=known["modules"])
            try:
                granted = [way.granted for way in ways(files.stack(service, kind), asked.answers)]
            except TooManyWaysError as error:
                raise CannotTell(Reason.UNPARSABLE, f"{service}: {error}") from None
            can, must = can and any(granted), must and all(granted)
        (opened if must else doubts if can else []).append(service)
    if doubts and not opened:
        raise CannotTell(Reason.UNPARSABLE, f"{', '.join(doubts)}: depends on modules not known")
    return opened
