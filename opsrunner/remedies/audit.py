"""The audit daemon: running, its rules locked, who may touch its files."""

from __future__ import annotations

import re
from typing import Any

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.changes.state import DIRECTORY, REGULAR
from opsrunner.remedies import auditfiles
from opsrunner.remedies.amounts import whole
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.values import flag

_UNIT = "auditd.service"
_BACKLOG = re.compile(r"(?m)^([ \t]*-b[ \t]+)(\d+)")
_DROP_IN = "/etc/systemd/system/auditd.service.d/90-opsrunner.conf"
_TOOLS = tuple(
    f"{folder}/{name}" for folder in ("/sbin", "/usr/sbin", "/usr/bin")
    for name in ("auditctl", "auditd", "ausearch", "aureport", "autrace", "augenrules", "audispd",
                 "aulast", "aulastlog", "auvirt")
)
_FOLDERS = ("/etc/audit", "/etc/audisp")
_BELOW = tuple(f"{folder}{deep}" for folder in _FOLDERS for deep in ("", "/*", "/*/*"))


@remedy("audit_daemon", "bool", Reads(units=(_UNIT,), facts=("audit.status",)),
        "Whether auditd starts at boot and runs.")
def audit_daemon(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given true, enable and start auditd. Raise ByHand where it is not installed."""
    if not flag("audit_daemon", wanted):
        return
    if not draft.unit(_UNIT).present:
        raise ByHand("未安装审计组件，请先安装 audit(Debian 为 auditd)", "auditd is not installed")
    unit = draft.unit(_UNIT)
    if unit.active and draft.fact("audit.status")["enabled"] == 0:
        raise ByHand("auditd 在运行但内核审计已关闭：执行 auditctl -e 1 并找出关闭它的规则",
                     "auditd runs but the kernel's auditing is off: run auditctl -e 1 and find "
                     "what switched it off")
    draft.set_unit(_UNIT, enabled="enabled", active=True)


@remedy("audit_locked", "bool", Reads(files=auditfiles.FILES, facts=auditfiles.FACTS),
        "Whether the audit rules are locked (-e 2) until the next boot.")
def audit_locked(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given true, make ``-e 2`` the last thing that the rules files say."""
    if not flag("audit_locked", wanted):
        return
    generate = auditfiles.augenrules(draft)
    path = auditfiles.LAST if generate else auditfiles.PLAIN
    if generate:
        auditfiles.keeps_all(draft)
    if _enabled(draft, generate=generate) == auditfiles.LOCKED:
        return
    text = draft.text(path)
    newline = "" if not text or text.endswith("\n") else "\n"
    draft.write(path, f"{text}{newline}-e 2\n", mode=0o600)
    if _enabled(draft, generate=generate) != auditfiles.LOCKED:
        raise ByHand("其后的规则文件又改写了 -e 2", "a later rules file undoes -e 2")
    auditfiles.settle(draft, generate=generate)


def _enabled(draft: Draft, *, generate: bool) -> int | None:
    plain = {auditfiles.PLAIN: draft.text(auditfiles.PLAIN)}
    return auditfiles.would_load(auditfiles.parts(draft) if generate else plain).enabled


@remedy("audit_backlog", "int", Reads(files=auditfiles.FILES, facts=auditfiles.FACTS),
        "How many records may wait at least where the audit rules say it (-b); where they do not, "
        "the kernel argument audit_backlog_limit decides.")
def audit_backlog(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Raise every ``-b`` of the rules files that is smaller; add none."""
    least = whole("audit_backlog", wanted, least=1)
    generate = auditfiles.augenrules(draft)
    plain = {auditfiles.PLAIN: draft.text(auditfiles.PLAIN)}
    texts = auditfiles.parts(draft) if generate else plain
    now = auditfiles.would_load(texts).backlog
    if now is None or now >= least:
        return
    if generate:
        auditfiles.keeps_all(draft)
    for path, text in texts.items():
        new = _BACKLOG.sub(lambda found: f"{found[1]}{max(int(found[2]), least)}", text)
        if new != text:
            draft.write(path, new)
    auditfiles.settle(draft, generate=generate)


@remedy(
    "audit_permissions", "bool",
    Reads(files=(_DROP_IN,), stats=(*_TOOLS, *_BELOW), facts=("audit.loose_files",)),
    "Whether audit tools and configuration are root's alone to change, and auditd refuses to be "
    "stopped by systemctl.",
)
def audit_permissions(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given true, take away what others than root may do; nothing is opened wider."""
    if not flag("audit_permissions", wanted):
        return
    for path in _TOOLS:
        if draft.exists(path):
            draft.set_mode(path, (draft.file(path).mode or 0) & ~0o022, uid=0)
    for folder in _FOLDERS:
        for path in draft.paths(folder):
            _tighten(draft, path)
    if any(fault.startswith(_UNIT) for fault in draft.fact("audit.loose_files")):
        draft.write(_DROP_IN, "[Unit]\nRefuseManualStop=yes\n")
        draft.validate("systemd_unit")
        draft.activate("systemd")


def _tighten(draft: Draft, path: str) -> None:
    now = draft.file(path)
    limit = {DIRECTORY: 0o750, REGULAR: 0o640}.get(now.kind)
    if limit is not None and path.startswith(tuple(f"{folder}/" for folder in _FOLDERS) + _FOLDERS):
        draft.set_mode(path, (now.mode or 0) & limit, uid=0, gid=0)
