"""System logging: it runs, writes what matters, keeps it from others, and sends it away."""

from __future__ import annotations

import re
from typing import Any

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.changes.state import DIRECTORY
from opsrunner.parse.addresses import loopback
from opsrunner.parse.rsyslog import Output
from opsrunner.parse.syslogfilter import bits
from opsrunner.parse.unitfile import last, merge
from opsrunner.remedies import rsyslogconf
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.onpaper import OnPaper
from opsrunner.remedies.values import flag, refused, text

_DAEMONS = ("rsyslog.service", "syslog-ng.service")
_JOURNALD = ("/etc/systemd/journald.conf", "/etc/systemd/journald.conf.d/*.conf")
_PERSISTENT = "/etc/systemd/journald.conf.d/99-opsrunner.conf"
_STORAGES = ("volatile", "persistent", "auto", "none")
_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]*)(?::([0-9]{1,5}))?")
_PORT, _PORTS = "514", 65535
_MODES = re.compile(r"(?im)^([ \t]*\$FileCreateMode[ \t]+|[^#\n]*\bfileCreateMode=\")([0-7]{3,5})")
_OWNERS = frozenset(("root", "syslog"))
_GROUPS = frozenset(("root", "adm", "syslog", "systemd-journal", "audit"))
_ROOT, _ADM = 0, 4  # Debian's adm has this number on every system


@remedy("logging_service", "bool",
        Reads(files=(*_JOURNALD, _PERSISTENT), units=_DAEMONS, facts=("logging.journal",)),
        "Whether the system log runs and survives a reboot: rsyslog, or a persistent journal "
        "where there is none.")
def logging_service(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given true, enable and start the syslog daemon, else keep the journal on disk."""
    if not flag("logging_service", wanted):
        return
    units = [draft.unit(name) for name in _DAEMONS]
    there = [unit for unit in units if unit.active] or [unit for unit in units if unit.present]
    if there:
        draft.set_unit(there[0].name, enabled="enabled", active=True)
    else:
        _keep_journal(draft)


def _keep_journal(draft: Draft) -> None:
    if draft.is_("el6"):
        raise ByHand("未安装 rsyslog，请先安装", "rsyslog is not installed")
    if draft.fact("logging.journal")["kept"]:
        return
    draft.write(_PERSISTENT, "[Journal]\nStorage=persistent\n")
    drops = draft.paths("/etc/systemd/journald.conf.d/")
    values = merge([draft.text(_JOURNALD[0]), *(draft.text(path) for path in drops)])
    if last(values, "Journal", "Storage", _STORAGES, "auto") != "persistent":
        raise ByHand("另有 journald 配置覆盖 Storage=persistent",
                     "another drop-in of journald undoes Storage=persistent")
    draft.activate("journald")


@remedy(
    "logging_rules", "bool",
    Reads(files=(*rsyslogconf.FILES, *_JOURNALD, _PERSISTENT), facts=("logging.journal",)),
    "Whether authentication, cron and system messages reach local files.",
)
def logging_rules(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given true, add a rule for every facility that no file gets."""
    if not flag("logging_rules", wanted):
        return
    if rsyslogconf.routes(draft) is None:
        _keep_journal(draft)
        return
    missing = _unwritten(draft)
    if not missing:
        return
    now = set(draft.text(rsyslogconf.RULES).split("\n"))
    wanted_lines = {_line_for(draft, name) for name in missing} | now
    lines = [line for line in _all_lines(draft) if line in wanted_lines]
    rsyslogconf.write(draft, rsyslogconf.RULES, "\n".join((*lines, "")))
    left = _unwritten(draft)
    if left:
        raise ByHand(f"rsyslog 的输入或规则集不走默认规则，请手工处理：{left[0]}",
                     f"rsyslog's inputs or rulesets leave out the default rules: {left[0]}")


def _unwritten(draft: Draft) -> list[str]:
    host = OnPaper(draft, {"logging.routes": rsyslogconf.routes(draft)})
    found: list[str] = host.judged("logging.unwritten")
    return found


def _all_lines(draft: Draft) -> tuple[str, str, str]:
    """Return the stock lines for logins, for cron and for everything else."""
    if draft.is_("debian"):
        return ("auth,authpriv.*\t/var/log/auth.log", "cron.*\t-/var/log/cron.log",
                "*.*;auth,authpriv.none\t-/var/log/syslog")
    return ("authpriv.*\t/var/log/secure", "cron.*\t/var/log/cron",
            "*.info;mail.none;authpriv.none;cron.none\t/var/log/messages")


def _line_for(draft: Draft, missing: str) -> str:
    logins, cron, others = _all_lines(draft)
    name = missing.partition(":")[0]
    if name == "authpriv" or (name == "auth" and draft.is_("debian")):
        return logins
    return cron if name == "cron" else others


@remedy("log_server", "str", Reads(files=rsyslogconf.FILES, units=("rsyslog.service",)),
        "Log server that all messages are sent to over TCP, HOST or HOST:PORT (default port 514; "
        "IPv6 in brackets); a disk queue keeps them while it is away.")
def log_server(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given a server, forward everything to it. Raise ByHand when none is named."""
    host, port = _server(text("log_server", wanted))
    found = rsyslogconf.routes(draft)
    if found is None or not draft.unit("rsyslog.service").present:
        raise ByHand("未使用 rsyslog，请按所用日志代理配置外发",
                     "there is no rsyslog here: forward by the agent that is used")
    if not draft.exists(rsyslogconf.FORWARD) and _sent(found.outputs, host):
        return
    rsyslogconf.write(draft, rsyslogconf.FORWARD, _forward(draft, host, port))
    found = rsyslogconf.routes(draft)
    if found is None or not _sent(found.outputs, host):
        raise ByHand("现有规则在转发之前丢弃消息，请手工调整",
                     "rules that are already there drop messages before they are forwarded")


def _server(value: str) -> tuple[str, str]:
    if not value:
        raise ByHand("请在 harden_linux_log_server 中填写日志服务器地址",
                     "name the log server in harden_linux_log_server")
    match = _SERVER.fullmatch(value)
    if match is None or not 0 < int(match.group(2) or _PORT) <= _PORTS:
        raise refused("log_server", [f"{value!r} is no HOST or HOST:PORT"])
    host = match.group(1).strip("[]")
    if loopback(host) or host.lower().startswith("localhost"):
        raise Refused("日志服务器不能是本机", "the log server cannot be this host itself")
    return host, match.group(2) or _PORT


def _sent(outputs: list[Output], host: str) -> bool:
    must = bits("authpriv") | bits("auth")
    sure = 0
    for out in outputs:
        if out.kind == "forward" and out.target.strip("[]").lower() == host.lower():
            sure |= out.sure
    return not must & ~sure


def _forward(draft: Draft, host: str, port: str) -> str:
    """Return our drop-in. rsyslog 5 of EL 6 knows the old directives only."""
    files = [rsyslogconf.MAIN, *draft.paths(f"{rsyslogconf.FOLDER}/")]
    others = "\n".join(draft.text(path) for path in files if path != rsyslogconf.FORWARD)
    known = re.search(r"(?im)^[^#\n]*\bworkDirectory\b", others)
    spool = "/var/spool/rsyslog" if draft.is_("debian") else "/var/lib/rsyslog"
    head = "" if known else f"$WorkDirectory {spool}\n"
    if draft.is_("el6"):
        where = f"[{host}]" if ":" in host else host
        return head + (
            "$ActionQueueType LinkedList\n$ActionQueueFileName opsrunner_fwd\n"
            "$ActionQueueMaxDiskSpace 1g\n$ActionQueueSaveOnShutdown on\n"
            f"$ActionResumeRetryCount -1\n*.* @@{where}:{port}\n"
        )
    return head + (
        f'*.* action(type="omfwd" target="{host}" port="{port}" protocol="tcp"\n'
        '    queue.type="LinkedList" queue.filename="opsrunner_fwd" queue.maxDiskSpace="1g"\n'
        '    queue.saveOnShutdown="on" action.resumeRetryCount="-1")\n'
    )


@remedy(
    "log_file_mode", "str",
    Reads(files=rsyslogconf.FILES, stats=("/var/log/*", "/var/log/*/*"),
          facts=("logging.loose_files",)),
    'Octal mode that log files have at most, such as "0640"; stricter ones stay.',
)
def log_file_mode(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given a mode, take away what goes beyond it, from files now and those made later."""
    value = text("log_file_mode", wanted)
    if not re.fullmatch(r"0?[0-6][0-4]0", value):
        raise refused("log_file_mode", [f"{value!r} is no mode such as 0640"])
    limit = int(value, 8)
    later = False
    for fault in draft.fact("logging.loose_files"):
        path, kind, owners = fault.rsplit(" ", 2)
        later = later or kind == "FileCreateMode"
        if kind != "FileCreateMode":
            _tighten(draft, path, limit, owners)
    if later:
        _create_tighter(draft, limit)


def _tighten(draft: Draft, path: str, limit: int, owners: str) -> None:
    if path not in draft.state.files:
        raise ByHand(f"请手工收紧日志文件权限：{path}", f"tighten this log file by hand: {path}")
    now = draft.file(path)
    most = limit | 0o110 if now.kind == DIRECTORY else limit
    owner, _, group = owners.partition(":")
    gid = _ADM if draft.is_("debian") else _ROOT
    draft.set_mode(path, (now.mode or 0) & most, uid=None if owner in _OWNERS else _ROOT,
                   gid=None if group in _GROUPS else gid)


def _create_tighter(draft: Draft, limit: int) -> None:
    for path in (rsyslogconf.MAIN, *draft.paths(f"{rsyslogconf.FOLDER}/")):
        now = draft.text(path)
        tight = _MODES.sub(lambda m: f"{m.group(1)}{int(m.group(2), 8) & limit:04o}", now)
        if tight != now:
            draft.write(path, tight)
    if _loose_outputs(draft, limit):
        rsyslogconf.add_at_top(draft, f"$FileCreateMode {limit:04o}")
    if _loose_outputs(draft, limit):
        raise ByHand("rsyslog 另有创建模式设置，请手工调整",
                     "rsyslog's create mode is set in another way: change it by hand")
    rsyslogconf.effective(draft)


def _loose_outputs(draft: Draft, limit: int) -> bool:
    found = rsyslogconf.routes(draft)
    return found is not None and any(
        out.mode & ~limit for out in found.outputs if out.kind in ("file", "template", "channel")
    )
