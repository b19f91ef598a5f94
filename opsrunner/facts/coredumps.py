"""Core dumps: which limit logins get, and what the kernel does with a dump."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from opsrunner.facts.base import CannotTell, Files, Host, fact
from opsrunner.models import Reason
from opsrunner.parse import unitfile
from opsrunner.parse.limits import hard_limits
from opsrunner.parse.pam import PamFiles

_LOGINS = ("sshd", "login")
_FOLDERS = ("/etc", "/run", "/usr/local/lib", "/usr/lib")
_NOWHERE = ("|/bin/false", "|/usr/bin/false", "|/bin/true", "|/usr/bin/true")


@fact(probes=["sysctl.cores"])
def limits(host: Host) -> dict[str, str]:
    """Return the hard core limit by domain (``*``, ``@dba``, ``oracle``), and where it is lost.

    ``*`` is always there (``not set``); ``pam SERVICE`` is, when pam_limits is not in that
    service's session stack and its logins get no limit at all. Source: limits.conf(5).
    """
    files = _files(host)
    texts = [files.text("/etc/security/limits.conf") or ""]
    texts += [
        text for path, text in files.under("/etc/security/limits.d").items()
        if path.endswith(".conf")
    ]
    pam = tuple(item for item in files.texts.items() if item[0].startswith("/etc/pam.d/"))
    lost = {f"pam {name}": "no pam_limits" for name in _unlimited(pam, host.platform)}
    return {"*": "not set"} | hard_limits(texts, "core") | lost


@fact(probes=["sysctl.cores"], facts=["sysctl.live", "sysctl.boot"])
def kept(host: Host) -> dict[str, str]:
    """Return what becomes of a dump, ``now`` and ``at boot``: ``file`` (the limit decides),
    ``discarded``, ``none``, ``external``, ``journal`` (systemd-coredump) or the program it is
    piped to, for which the limit does not count. Source: core(5), coredump.conf(5).
    """  # noqa: D205 - the list of words does not fit one line
    views = {"now": "sysctl.live", "at boot": "sysctl.boot"}
    return {name: _of_pattern(host, host.get(view)) for name, view in views.items()}


def _of_pattern(host: Host, view: dict[str, Any]) -> str:
    pattern = str(view.get("kernel.core_pattern", ""))
    if not pattern.startswith("|"):
        return "file"
    program = pattern[1:].strip().partition(" ")[0]
    if f"|{program}" in _NOWHERE:
        return "discarded"
    return _storage(_files(host)) if program.endswith("/systemd-coredump") else program


def _storage(files: Files) -> str:
    main = files.text("/etc/systemd/coredump.conf")
    if main is None:
        main = files.text("/usr/lib/systemd/coredump.conf")
    folders = [f"{folder}/systemd" for folder in _FOLDERS]
    texts = [main or "", *unitfile.in_order(files.texts, folders, "coredump.conf.d")]
    words = ("none", "external", "journal")
    return unitfile.last(unitfile.merge(texts), "Coredump", "Storage", words, "external")


def _files(host: Host) -> Files:
    sections = host.sections("sysctl.cores")
    if any(words.startswith("denied ") for words, _ in sections):
        raise CannotTell(Reason.DENIED, "a file about core dumps")
    return Files(sections)


@lru_cache(maxsize=256)  # a fleet's hosts mostly have the same PAM files
def _unlimited(files: tuple[tuple[str, str], ...], platform: str) -> tuple[str, ...]:
    """Return the login services whose session never passes pam_limits.

    Raise CannotTell when it is there and reads another file than was collected.
    """
    texts = dict(files)
    pam = PamFiles(texts, debian=platform.startswith("debian"))
    found = []
    for service in _LOGINS:
        if f"/etc/pam.d/{service}" not in texts:
            continue
        stack = pam.stack(service, "session") or ()
        lines = [line for line in stack if line.module == "pam_limits"]
        for line in lines:
            if line.option("conf") not in (None, "/etc/security/limits.conf"):
                raise CannotTell(Reason.UNPARSABLE, f"pam_limits reads {line.option('conf')}")
        if not lines:
            found.append(service)
    return tuple(found)
