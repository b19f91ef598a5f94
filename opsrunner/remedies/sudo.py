"""sudo's Defaults: a pty for every command and a log of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.changes.state import REGULAR
from opsrunner.facts.sudo import effective
from opsrunner.parse.sudoers import logical_lines, parse
from opsrunner.remedies import marked
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.values import refused, strings

_MAIN, _FOLDER = "/etc/sudoers", "/etc/sudoers.d"
_DROP_IN = f"{_FOLDER}/zz-opsrunner"  # the last one wins
_ROTATED, _ROTATION = "/etc/logrotate.d/*", "/etc/logrotate.d/opsrunner-sudo"
_INCLUDES = re.compile(rf"[#@]includedir\s+{_FOLDER}/?")
_SETTING = re.compile(
    r"(?P<flag>use_pty|log_input|log_output|log_host|log_year|env_reset)"
    r'|logfile="?(?P<path>/(?!dev/)[\w./-]+)"?|(?P<count>passwd_tries|timestamp_timeout)=\d{1,4}',
    re.ASCII,
)
_ROTATE = """\
{path} {{
    monthly
    rotate 12
    compress
    missingok
    notifempty
    create 0600 root root
}}
"""


@remedy(
    "sudo_defaults", "list",
    Reads(files=(_MAIN, f"{_FOLDER}/*", _DROP_IN, "/etc/logrotate.conf", _ROTATED, _ROTATION),
          stats=(_FOLDER, "/etc/logrotate.d")),
    'Defaults of sudo for everybody, as written in sudoers (use_pty, logfile="/path", ...); a '
    "log that sudo writes already stays where it is.",
)
def sudo_defaults(draft: Draft, value: Any) -> None:  # noqa: ANN401 - checked below
    """Put the settings into a file that sudo reads last."""
    wanted = _checked(strings("sudo_defaults", value))
    path, lines = _place(draft)
    missing = [text for name, text in wanted.items() if not _holds(draft, name, {})]
    if not missing:
        return
    new = sorted({*lines, *(f"Defaults {text}" for text in missing)})
    text = marked.put(marked.cut(draft.text(path))[0], new)
    if not all(_holds(draft, name, {path: text}) for name in wanted):
        raise ByHand("其他 sudoers 条目在其后另行设置, 须人工处理",
                     "another line of sudoers comes later and says otherwise: settle it by hand")
    draft.write(path, text, mode=0o440)
    draft.validate("sudoers")
    if "logfile" in wanted and any("logfile" in line for line in new):
        _rotate(draft, wanted["logfile"].partition("=")[2].strip('"'))


def _checked(items: Iterable[str]) -> dict[str, str]:
    wrong = [item for item in items if not _SETTING.fullmatch(item)]
    if wrong:
        raise refused("sudo_defaults", [f"{item!r} is no setting of it" for item in wrong])
    return {re.split("=", item)[0]: item for item in items}


def _place(draft: Draft) -> tuple[str, list[str]]:
    """Return the file our settings stand in, or will, and the lines they have there."""
    included = draft.exists(_FOLDER) and any(
        _INCLUDES.fullmatch(line.strip()) for _, line in logical_lines(draft.text(_MAIN)))
    path = _DROP_IN if included else _MAIN
    return path, marked.cut(draft.text(path))[1]


def _holds(draft: Draft, name: str, changed: Mapping[str, str]) -> bool:
    """Return whether a setting is in force for everybody once files are changed. Raise ByHand.

    A log elsewhere is a log; so is a number that somebody chose.
    """
    texts = {file: draft.text(file) for file in (_MAIN, *draft.paths(f"{_FOLDER}/"))
             if draft.file(file).kind == REGULAR}
    read = parse({**texts, **changed}, absent={_FOLDER})
    if read.errors:
        raise ByHand(f"sudoers 有无法解析的内容: {read.errors[0]}",
                     f"sudoers holds what cannot be read: {read.errors[0]}")
    settings = [{key: getattr(item, key) for key in item.__slots__} for item in read.settings]
    general, exceptions = effective(settings, name)
    if exceptions:
        where = ", ".join(str(item["where"]) for item in exceptions)
        raise ByHand(f"{where} 对部分用户另行设置了 {name}, 须由设置者决定",
                     f"{where} sets {name} otherwise for some: whoever wrote it must decide")
    given = general["value"] if general else False
    return given is True or (isinstance(given, str) and not given.startswith("/dev/"))


def _rotate(draft: Draft, log: str) -> None:
    """Have logrotate keep the log for a year, unless one of its files names it already."""
    files = [path for path in draft.paths("/etc/logrotate") if draft.file(path).kind == REGULAR]
    if draft.exists("/etc/logrotate.d") and not any(log in draft.text(path) for path in files):
        draft.write(_ROTATION, _ROTATE.format(path=log))
        draft.validate("logrotate")
