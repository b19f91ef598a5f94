"""Logs leaving the host: what surely goes to another machine."""

from __future__ import annotations

import re

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.models import Reason
from opsrunner.parse.syslogfilter import bits

# Login and account messages; a target that gets only others is no log server for this purpose.
_MUST_LEAVE = ("authpriv", "auth")
_AGENTS = frozenset((
    "auditbeat", "filebeat", "fluent-bit", "fluentd", "td-agent", "ilogtail", "loongcollector",
    "logstash", "nxlog", "promtail", "splunkd", "vector",
))
_LOOPBACK = re.compile(r"127(\.\d+){0,3}|::1|0\.0\.0\.0|::|localhost[\w.-]*", re.IGNORECASE)


@fact(
    probes=["logging.addresses", "audit.files"],
    facts=["logging.routes", "logging.daemon", "audit.status", "system.processes"],
)
def targets(host: Host) -> list[str]:
    """Return the other machines that surely get this host's login messages or audit records.

    rsyslog counts while it runs and for targets that get authpriv and auth from info upwards;
    audisp-remote while a daemon is registered with the kernel. This host itself is no target.
    Raise CannotTell when only a condition or a log agent decides, which is not read.
    """
    own = _own(host)
    found = _by_rsyslog(host, own) or _by_auditd(host, own)
    if found:
        return found
    agents = sorted({row["name"] for row in host.get("system.processes")} & _AGENTS)
    if agents:
        raise CannotTell(Reason.UNPARSABLE, f"{agents[0]} runs; what it sends is not read")
    return []


def _own(host: Host) -> set[str]:
    sections = dict(host.sections("logging.addresses"))
    own = set((sections.get("names", "") + " " + sections.get("addresses", "")).lower().split())
    text = host.files("logging.addresses").text("/etc/hosts") or ""
    for line in text.splitlines():
        words = line.partition("#")[0].lower().split()
        if words and (_LOOPBACK.fullmatch(words[0]) or words[0] in own):
            own.update(words[1:])
    return own


def _away(target: str, own: set[str]) -> bool:
    name = target.strip("[]").lower()
    return bool(name) and name not in own and not _LOOPBACK.fullmatch(name)


def _by_rsyslog(host: Host, own: set[str]) -> list[str]:
    routes, daemon = host.get("logging.routes"), host.get("logging.daemon")
    if routes is None or daemon["active"] != "active" or daemon["name"] != "rsyslog":
        return []
    wanted = 0
    for name in _MUST_LEAVE:
        wanted |= bits(name)
    sure: dict[str, int] = {}
    perhaps: dict[str, int] = {}
    for out in routes.outputs:
        if out.kind == "forward" and _away(out.target, own):
            sure[out.target] = sure.get(out.target, 0) | out.sure
            perhaps[out.target] = perhaps.get(out.target, 0) | out.perhaps
    found = sorted(target for target, taken in sure.items() if not wanted & ~taken)
    likely = sorted(target for target, taken in perhaps.items() if not wanted & ~taken)
    if likely and not found:
        raise CannotTell(Reason.UNPARSABLE, f"{likely[0]}: sent under a condition only")
    for dropped, why in routes.doubts:
        if found and dropped & wanted:
            raise CannotTell(Reason.UNPARSABLE, f"messages may be dropped: {why}")
    return found


def _by_auditd(host: Host, own: set[str]) -> list[str]:
    texts = host.files("audit.files").texts
    for folder in ("/etc/audisp", "/etc/audit"):
        active = _setting(texts.get(f"{folder}/plugins.d/au-remote.conf", ""), "active")
        server = _setting(texts.get(f"{folder}/audisp-remote.conf", ""), "remote_server")
        if active == "yes" and _away(server, own) and host.get("audit.status")["daemon"]:
            return [server]
    return []


def _setting(text: str, key: str) -> str:
    values = re.findall(rf"(?im)^ *{key} *= *(\S+) *$", text)
    return values[-1].lower() if values else ""
