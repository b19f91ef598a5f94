"""How long logs are kept: what logrotate does with each log that rsyslog writes."""

from __future__ import annotations

from functools import lru_cache

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.facts.logging import written
from opsrunner.models import Reason
from opsrunner.parse import logrotate
from opsrunner.parse.rsyslog import Output
from opsrunner.parse.syslogfilter import bits

_SYSTEM = ("kern", "user", "mail", "daemon", "auth", "syslog", "cron", "authpriv")
_FOR_EVER = 36500.0


@fact(facts=["logging.routes", "retention.rotations"])
def kept_days(host: Host) -> dict[str, float]:
    """Return for how many days logrotate keeps each system log that rsyslog writes, at least.

    Shape: ``{"/var/log/secure": 182.0}``; for ever is given as 36500. Without rsyslog the
    journal stands alone with 0: it is kept by size, which promises no time. Logs whose rotation
    is not clear are left to ``unclear_rotation``.
    """
    if host.get("logging.routes") is None:
        return {"journal (kept by size)": 0.0}
    kept = {
        path: min(rotation.kept, _FOR_EVER)
        for path, rotation in _rotated(host)
        if rotation is not None and not rotation.broken
    }
    return kept if kept or _system_logs(host) else {"no system log is written": 0.0}


@fact(facts=["logging.routes", "retention.rotations"])
def unclear_rotation(host: Host) -> list[str]:
    """Return an empty list when logrotate's settings for every system log are certain.

    Raise CannotTell for a log that nothing rotates (what removes it is not known), for one
    named by a template, and for a block that logrotate would refuse.
    """
    if host.get("logging.routes") is not None:
        for path, rotation in _rotated(host):
            if rotation is None or rotation.broken:
                why = rotation.broken if rotation else "no logrotate block names it"
                raise CannotTell(Reason.UNPARSABLE, f"{path}: {why}")
    return []


def _system_logs(host: Host) -> list[Output]:
    system = 0
    for name in _SYSTEM:
        system |= bits(name, range(8))
    return [output for output in written(host) if output.perhaps & system]


def _rotated(host: Host) -> list[tuple[str, logrotate.Rotation | None]]:
    found = host.get("retention.rotations")
    return [
        (output.target, found.of(output.target) if output.kind == "file" else None)
        for output in _system_logs(host)
    ]


@fact(probes=["logging.logrotate"])
def rotations(host: Host) -> logrotate.Rotations:
    """Return what logrotate read; raise CannotTell for an include that was not collected."""
    files = host.files("logging.logrotate")
    named = [words.partition(" ")[2] for words, _ in host.sections("logging.logrotate")
             if words.startswith("include ")]
    included = {
        path: [(name, text) for name, state in files.states.items()
               if state != "include" and (name == path or name.startswith(f"{path.rstrip('/')}/"))
               and (text := files.text(name)) is not None]
        for path in named
    }
    return _read(
        files.text("/etc/logrotate.conf") or "",
        tuple((path, tuple(sorted(texts))) for path, texts in included.items()),
    )


@lru_cache(maxsize=256)
def _read(
    text: str, included: tuple[tuple[str, tuple[tuple[str, str], ...]], ...],
) -> logrotate.Rotations:
    texts = dict(included)

    def include(path: str) -> tuple[tuple[str, str], ...]:
        if path not in texts:
            raise CannotTell(Reason.NOT_COLLECTED, path)
        return texts[path]

    return logrotate.read(text, include)
