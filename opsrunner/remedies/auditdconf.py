"""``auditd.conf``: single settings, replaced in place and never by a weaker value.

auditd refuses to start over a word it does not know, so only settings listed here are written,
in the one form it takes (``key = value``), and those its version knows.
"""

from __future__ import annotations

import re
from typing import Any

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.values import mapping, refused

_CONF = "/etc/audit/auditd.conf"
_VARIABLE = "auditd_options"
_DISK = frozenset(("syslog", "exec", "single", "halt"))
_SPACE = _DISK | {"email"}
_NUMBERS = ("num_logs", "max_log_file")
# Setting -> the values that already do what is asked for; one of them stays as it is.
_GOOD: dict[str, frozenset[str]] = {
    "log_format": frozenset(("enriched",)),
    "name_format": frozenset(("hostname", "fqd", "numeric", "user")),
    "max_log_file_action": frozenset(("rotate", "keep_logs")),
    "write_logs": frozenset(("yes",)),
    "space_left_action": _SPACE,
    "admin_space_left_action": _SPACE,
    "disk_full_action": _DISK,
    "disk_error_action": _DISK,
}
_LEAST = 2  # with fewer logs auditd does not rotate at all
_MOST = {"num_logs": 99, "max_log_file": 9999}  # of every version


@remedy(
    _VARIABLE, "dict",
    Reads(files=(_CONF,), facts=("audit.settings", "audit.incomplete_records")),
    "Settings of auditd.conf by name: " + ", ".join((*_GOOD, *_NUMBERS))
    + " (megabytes); a stricter value on the host stays.",
)
def auditd_options(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given settings and values, write those that are missing or weaker on the host."""
    options = _checked(mapping(_VARIABLE, wanted))
    if not draft.exists(_CONF):
        raise ByHand("未安装审计组件，没有 auditd.conf", "audit is not installed: no auditd.conf")
    draft.fact("audit.settings")  # raises CannotTell for lines at which auditd would not start
    for key, value in sorted(options.items()):
        now = _value(draft.text(_CONF), key)
        if key in _GOOD and _keeps(draft, key, now, value):
            continue
        if key not in _NUMBERS:
            _set(draft, key, value.upper() if key == "log_format" and now != "nolog" else
                 "RAW" if key == "log_format" else value)
    _rotation(draft, options)


def _checked(options: dict[str, Any]) -> dict[str, str]:
    """Return the values as words. Raise InputError naming everything that is wrong."""
    wrong, found = [], {}
    for key, value in options.items():
        word = ("yes" if value else "no") if isinstance(value, bool) else str(value).lower()
        if key in _NUMBERS:
            top = _MOST[key]
            if not re.fullmatch(r"[0-9]{1,4}", word) or not _LEAST <= int(word) <= top:
                wrong.append(f"{key} must be a number from {_LEAST} to {top}, not {value!r}")
        elif key not in _GOOD:
            wrong.append(f"{key!r} is no setting; there are {', '.join((*_GOOD, *_NUMBERS))}")
        elif word not in _GOOD[key] or word == "exec":  # exec would need a script as well
            good = ", ".join(sorted(_GOOD[key] - {"exec"}))
            wrong.append(f"{key} must be one of {good}, not {value!r}")
        found[key] = word
    if wrong:
        raise refused(_VARIABLE, wrong)
    return found


def _keeps(draft: Draft, key: str, now: str, wanted: str) -> bool:
    if key == "write_logs":  # versions that do not know it write in any case
        return now != "no"
    if key == "log_format" and now != "nolog":  # ENRICHED exists since audit 2.6
        faults = draft.fact("audit.incomplete_records")
        return not any(fault.startswith("log_format") for fault in faults) or now == "enriched"
    if key == "max_log_file_action":
        return now in (wanted, "keep_logs")
    return now in _GOOD[key]


def _rotation(draft: Draft, options: dict[str, str]) -> None:
    """Raise number and size of the logs unless as many megabytes are kept already."""
    numbers = {key: options[key] for key in _NUMBERS if key in options}
    text = draft.text(_CONF)
    if not numbers or _value(text, "max_log_file_action") == "keep_logs":
        return
    now = {key: int(word) if (word := _value(text, key)).isdigit() else 0 for key in _NUMBERS}
    goal = 1
    for key in _NUMBERS:
        goal *= int(options.get(key, now[key]))
    if now["num_logs"] >= _LEAST and now["num_logs"] * now["max_log_file"] >= goal:
        return
    for key, word in numbers.items():
        if now[key] < int(word):
            _set(draft, key, word)


def _lines(text: str, key: str) -> list[re.Match[str]]:
    return list(re.finditer(rf"(?mi)^ *{key} *= *(\S+)[^\n]*$", text))


def _value(text: str, key: str) -> str:
    found = _lines(text, key)
    return found[-1].group(1).lower() if found else ""


def _set(draft: Draft, key: str, value: str) -> None:
    """Replace the line that counts, the last one, or add one at the end."""
    text, line = draft.text(_CONF), f"{key} = {value}"
    found = _lines(text, key)
    if found:
        text = text[: found[-1].start()] + line + text[found[-1].end() :]
    else:
        text += ("" if text.endswith("\n") else "\n") + line + "\n"
    draft.write(_CONF, text)
    draft.activate("auditd")
