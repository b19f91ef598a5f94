"""System logging: what is written where, who may read it, how long it is kept, what leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from opsrunner.facts.base import CannotTell, Files, Host, fact
from opsrunner.models import Reason
from opsrunner.parse.rsyslog import Output, Routes, follow
from opsrunner.parse.syslogfilter import bits
from opsrunner.parse.unitfile import last, merge

_INPUTS = frozenset(("imuxsock", "imjournal"))
_SECURITY = ("authpriv", "auth", "cron", "kern", "daemon", "user", "syslog")
_STORAGE = ("volatile", "persistent", "auto", "none")
_MODE = 0o640
_OWNERS = frozenset(("root", "syslog"))
_GROUPS = frozenset(("root", "adm", "syslog", "systemd-journal"))
_DAEMON_UMASK = 0o022


@fact(probes=["logging.rsyslog"])
def routes(host: Host) -> Routes | None:
    """Return what rsyslog's configuration does with this host's messages, None without one.

    Raise CannotTell for an include that was not collected and for another syslog daemon.
    """
    files = host.files("logging.rsyslog")
    text = files.text("/etc/rsyslog.conf")
    if text is None:
        other = dict(host.sections("logging.rsyslog")).get("other", "").split()
        if other:
            raise CannotTell(Reason.UNPARSABLE, f"{other[0]} is not read")
        return None
    return _followed(text, tuple(sorted(files.texts.items())), tuple(sorted(files.states.items())))


@lru_cache(maxsize=256)
def _followed(
    text: str, texts: tuple[tuple[str, str], ...], states: tuple[tuple[str, str], ...],
) -> Routes:
    files = Files([])
    files.texts, files.states = dict(texts), dict(states)

    def include(pattern: str) -> Iterator[str]:
        wanted = pattern + "*" if pattern.endswith("/") else pattern
        found = [path for path in sorted(files.states)
                 if path in (wanted, pattern) or fnmatchcase(path, wanted)
                 or path.startswith(f"{pattern}/")]
        if pattern and not found:
            raise CannotTell(Reason.NOT_COLLECTED, pattern)
        for path in found:
            yield files.text(path) or ""

    return follow(text, include)


@fact(probes=["logging.journald"], facts=["services.units"])
def journal(host: Host) -> dict[str, Any]:
    """Return how journald keeps its journal: ``{"storage", "kept", "running", "level"}``.

    ``kept``: the journal survives a reboot: Storage=persistent, or auto with the folder
    /var/log/journal, and it is not running on /run alone. An invalid value is ignored.
    Source: journald.conf(5).
    """
    files = host.files("logging.journald")
    folders = [f"{top}/systemd/journald.conf.d" for top in ("/etc", "/run", "/usr/lib")]
    drops: dict[str, str] = {}
    for folder in folders:
        for path, text in files.under(folder).items():
            drops.setdefault(path.rpartition("/")[2], text)
    main = files.text("/etc/systemd/journald.conf")
    main = files.text("/usr/lib/systemd/journald.conf") if main is None else main
    values = merge([main or "", *(drops[name] for name in sorted(drops))])
    storage = last(values, "Journal", "Storage", _STORAGE, "auto")
    journals = dict(host.sections("logging.journald")).get("journals", "").split()
    folder_there = any(path.rpartition("|")[2].startswith("/var/log/journal") for path in journals)
    saved = any("|/var/log/journal/" in path for path in journals)
    volatile = any("|/run/log/journal/" in path for path in journals) and not saved
    unit = host.get("services.units").get("systemd-journald.service", {})
    return {
        "storage": storage,
        "kept": (storage == "persistent" or (storage == "auto" and folder_there)) and not volatile,
        "running": unit.get("active", "not installed"),
    }


@fact(facts=["services.units"])
def daemon(host: Host) -> dict[str, str]:
    """Return the syslog daemon: ``{"name", "enabled", "active"}``, rsyslog before syslog-ng."""
    units = host.get("services.units")
    for name in ("rsyslog", "syslog-ng"):
        unit = units.get(f"{name}.service")
        if unit and unit["active"] == "active":
            return {"name": name, "enabled": unit["enabled"], "active": unit["active"]}
    unit = units.get("rsyslog.service", {})
    return {"name": "rsyslog", "enabled": unit.get("enabled", "not installed"),
            "active": unit.get("active", "not installed")}


@fact(probes=["logging.rsyslog"], facts=["logging.routes", "logging.journal"])
def unwritten(host: Host) -> list[str]:
    """Return the security-relevant facilities that no local file gets from info upwards.

    Without rsyslog a journal that survives reboots gets all of them.
    """
    found = host.get("logging.routes")
    if found is None:
        kept = host.get("logging.journal")
        return [] if kept["kept"] and kept["running"] == "active" else list(_SECURITY)
    if not _INPUTS & set(found.modules):
        return [f"{name}: rsyslog loads no local input" for name in _SECURITY]
    files = [output for output in found.outputs if _is_file(output)]
    return _unmet(files, found, _SECURITY)


def _is_file(output: Output) -> bool:
    if output.kind == "file":
        return not output.target.startswith("/dev/")
    return output.kind in ("template", "channel")


def _unmet(outputs: Iterable[Output], found: Routes, names: tuple[str, ...]) -> list[str]:
    """Return the facilities that no output surely gets; CannotTell when one perhaps gets them."""
    sure = perhaps = 0
    for output in outputs:
        sure |= output.sure
        perhaps |= output.perhaps
    unmet = [name for name in names if bits(name) & ~sure]
    certain = [name for name in unmet if bits(name) & ~perhaps]
    if certain:
        return certain
    if unmet:
        raise CannotTell(Reason.UNPARSABLE, f"{unmet[0]}: written under a condition only")
    for dropped, why in found.doubts:
        if any(dropped & bits(name) for name in names):
            raise CannotTell(Reason.UNPARSABLE, f"messages may be dropped: {why}")
    return []


def written(host: Host) -> list[Output]:
    """Given a host, return the files that rsyslog really writes; none without rsyslog."""
    found = host.get("logging.routes")
    return [] if found is None else [output for output in found.outputs if _is_file(output)]


@fact(probes=["logging.modes"], facts=["logging.routes"])
def present(host: Host) -> bool:
    """Return whether there is any log to judge: rsyslog, a journal or an audit log."""
    listing = dict(host.sections("logging.modes")).get("files", "")
    return host.get("logging.routes") is not None or any(
        word in listing for word in ("/system.journal", "/audit.log")
    )


@fact(probes=["logging.modes"], facts=["logging.routes", "audit.loose_logs"])
def loose_files(host: Host) -> list[str]:
    """Return log files that others could read or change, now or when they are made anew.

    Judged are the files rsyslog writes, their rotated ones, the journal where it is the log,
    the audit log, and the mode new files get (FileCreateMode less the umask).
    """
    sections = dict(host.sections("logging.modes"))
    listing = [line.split("|", 4) for line in sections.get("files", "").splitlines()
               if line.count("|") >= 4]  # noqa: PLR2004 - kind, mode, owner, group, path
    outputs = [output for output in written(host) if output.perhaps or output.kind == "file"]
    paths = {output.target for output in outputs if output.kind != "template"}
    if host.get("logging.routes") is None:
        paths = {path for _, _, _, _, path in listing if path.endswith("/system.journal")}
    found: list[str] = [
        f"{path} {mode} {owner}:{group}"
        for kind, mode, owner, group, path in listing
        if kind == "f" and _is_log(path, paths)
        and (owner not in _OWNERS or group not in _GROUPS or int(mode, 8) & ~_MODE)
    ]
    found += _loose_when_new(outputs, _umask(host, sections))
    found += host.get("audit.loose_logs")
    named = [output.target for output in outputs if output.kind == "template"]
    if named and not found:
        raise CannotTell(Reason.UNPARSABLE, f"files named by template {named[0]} are not seen")
    return found


def _is_log(path: str, paths: set[str]) -> bool:
    return path in paths or any(path.startswith((f"{log}-", f"{log}.")) for log in paths)


def _loose_when_new(outputs: list[Output], umask: int) -> list[str]:
    return list(dict.fromkeys(
        f"{output.target} FileCreateMode {output.mode:04o}"
        for output in outputs
        if output.mode & ~umask & ~_MODE
    ))


def _umask(host: Host, sections: dict[str, str]) -> int:
    found = host.get("logging.routes")
    if found is not None and found.umask is not None:
        return int(found.umask)
    words = sections.get("umask", "").replace("=", " ").split()
    numbers = [word for word in words if word.isdigit()]
    return int(numbers[-1], 8) if numbers else _DAEMON_UMASK
