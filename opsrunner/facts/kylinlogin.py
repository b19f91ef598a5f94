"""Kylin V10: how the login stacks are laid out, and what its password check reads."""

from __future__ import annotations

import re

from opsrunner.facts.base import CannotTell, Files, Host, fact
from opsrunner.models import Reason
from opsrunner.parse.pam import Handler, PamFiles

_STACKS = ("system-auth", "password-auth")
_REFUSES = ("bad", "die")


@fact(probes=["kylin.pam"])
def lockout_faults(host: Host) -> list[str]:
    """Return what is wrong with failed-login counting in system-auth and password-auth.

    Kylin has no authselect: the files are edited by hand, so the order is judged. ``preauth``
    must refuse before pam_unix, ``authfail`` come after it and be reached, and a success must
    reset the count (account line, or ``authsucc``). Source: pam_faillock(8), libpam.
    """
    files, pam = _read(host)
    links = dict(
        line.split(" ", 1)
        for line in dict(host.sections("kylin.pam")).get("links", "").splitlines() if " " in line
    )
    found = []
    for name in _STACKS:
        path = f"/etc/pam.d/{name}"
        if path not in files.texts:
            found.append(f"{name}: missing")
            continue
        if links.get(path, "").startswith("/etc/authselect/"):
            found.append(f"{name}: written by authselect")
        found += [f"{name}: {fault}" for fault in _faults(pam, name)]
    return found


def _faults(pam: PamFiles, name: str) -> list[str]:
    auth = pam.stack(name, "auth") or ()
    unix = _index(auth, "pam_unix", "")
    before = _index(auth, "pam_faillock", "preauth")
    after = _index(auth, "pam_faillock", "authfail")
    if unix is None:
        return ["no pam_unix"]
    faults = []
    if before is None or before > unix or auth[before].action("auth_err") not in _REFUSES:
        faults.append("no pam_faillock preauth that refuses before pam_unix")
    if after is None or after < unix or _stopped(auth[unix + 1 : after]):
        faults.append("pam_faillock authfail is not reached after pam_unix")
    resets = _index(auth, "pam_faillock", "authsucc") is not None
    if not resets and _index(pam.stack(name, "account") or (), "pam_faillock", "") is None:
        faults.append("no pam_faillock in account")
    return faults


def _index(stack: tuple[Handler, ...], module: str, argument: str) -> int | None:
    for index, line in enumerate(stack):
        if line.module == module and (not argument or argument in line.args):
            return index
    return None


def _stopped(between: tuple[Handler, ...]) -> bool:
    """Whether a wrong password ends here: a module that always refuses and ends the stack."""
    return any(
        line.module in ("pam_deny", "") and not line.substack and line.action("auth_err") == "die"
        for line in between
    )


@fact(probes=["kylin.pam"])
def quality_faults(host: Host) -> list[str]:
    """Return what keeps the password check from working, or its output from being understood.

    pam_pwquality must refuse in both stacks, ``pwquality.conf`` be there and enforcing, and
    ``chage -l`` speak English with ``LC_ALL=C``: a reader that meets Chinese labels would see
    no limits. Source: pam_pwquality(8), pwquality.conf(5), chage(1).
    """
    files, pam = _read(host)
    found = []
    for name in _STACKS:
        stack = pam.stack(name, "password") or ()
        lines = [line for line in stack if line.module == "pam_pwquality"]
        if not any(line.action("authtok_err") in _REFUSES for line in lines):
            found.append(f"{name}: no pam_pwquality that refuses")
        elif any("enforcing=0" in line.args for line in lines):
            found.append(f"{name}: enforcing=0")
    main = files.text("/etc/security/pwquality.conf")
    if main is None:
        found.append("pwquality.conf: missing")
    elif _setting([*files.under("/etc/security/pwquality.conf.d").values(), main]) == "0":
        found.append("pwquality.conf: enforcing = 0")
    words = dict(host.sections("kylin.pam")).get("words", "").strip()
    if words != "Last password change":
        found.append(f"chage -l: {words[:60] or 'no output'}")
    return found


def _setting(texts: list[str]) -> str:
    """Given the files in order of reading, return ``enforcing``; the last line counts."""
    values = re.findall(r"^[ \t]*enforcing[ \t]*=[ \t]*([^\s#]+)", "\n".join(texts), re.MULTILINE)
    return values[-1] if values else "1"


def _read(host: Host) -> tuple[Files, PamFiles]:
    sections = host.sections("kylin.pam")
    denied = [words for words, _ in sections if words.startswith("denied ")]
    if denied:
        raise CannotTell(Reason.DENIED, denied[0].removeprefix("denied "))
    files = Files(sections)
    texts = {path: text for path, text in files.texts.items() if path.startswith("/etc/pam.d/")}
    return files, PamFiles(texts)
