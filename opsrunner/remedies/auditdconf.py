"""``auditd.conf``: single settings, replaced in place and never by a weaker value.

auditd refuses to start over a word it does not know, so only settings listed here are written,
in the one form it takes (``key = value``), and those its version knows.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.values import mapping, refused

_CONF = "/etc/audit/auditd.conf"
_VARIABLE = "auditd_options"
_DISK = frozenset(("syslog", "exec", "single", "halt"))
_SPACE = _DISK | {"email"}
_NUMBERS = ("num_logs", "max_log_file")
_MEGABYTES = "rotate_megabytes"  # no setting: what num_logs times max_log_file must reach
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
_MILDEST = ("syslog", "email", "single", "halt")  # exec would need a script as well
_LEAST = 2  # with fewer logs auditd does not rotate at all
_MOST = {"num_logs": 99, "max_log_file": 9999, _MEGABYTES: 99 * 9999}  # of every version


@dataclass(frozen=True, slots=True)
class _Option:
    """What is written of a setting ("": nothing can be), and which values on the host stay."""

    value: str
    stays: frozenset[str]


@remedy(
    _VARIABLE, "dict",
    Reads(files=(_CONF,), facts=("audit.settings", "audit.incomplete_records")),
    "Settings of auditd.conf by name: " + ", ".join((*_GOOD, *_NUMBERS))
    + f" (megabytes), and {_MEGABYTES}, which both must reach together; a stricter value on the "
    "host stays. An action may be a list: any of it stays, else the mildest is written.",
)
def auditd_options(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given settings and values, write those that are missing or weaker on the host."""
    options = _checked(mapping(_VARIABLE, wanted))
    if not draft.exists(_CONF):
        raise ByHand("未安装审计组件，没有 auditd.conf", "audit is not installed: no auditd.conf")
    draft.fact("audit.settings")  # raises CannotTell for lines at which auditd would not start
    for key, option in sorted(options.items()):
        now = _value(draft.text(_CONF), key)
        if key in _GOOD and not _keeps(draft, key, now, option):
            _set(draft, key, _written(key, option.value, now))
    _rotation(draft, {key: int(options[key].value) for key in _MOST if key in options})


def _checked(options: dict[str, Any]) -> dict[str, _Option]:
    """Return the settings as words. Raise InputError naming everything that is wrong."""
    wrong, found = [], {}
    for key, value in options.items():
        if key in _MOST:
            word, top = str(value), _MOST[key]
            if not re.fullmatch(r"[0-9]{1,6}", word) or not _LEAST <= int(word) <= top:
                wrong.append(f"{key} must be a number from {_LEAST} to {top}, not {value!r}")
            found[key] = _Option(word, frozenset())
        elif key not in _GOOD:
            known = ", ".join((*_GOOD, *_MOST))
            wrong.append(f"{key!r} is no setting; there are {known}")
        else:
            found[key] = _option(key, value)
            if not found[key].stays:
                good = ", ".join(sorted(_GOOD[key] - {"exec"}))
                wrong.append(f"{key} must be one of {good}, not {value!r}")
    if wrong:
        raise refused(_VARIABLE, wrong)
    return found


def _option(key: str, value: Any) -> _Option:  # noqa: ANN401 - what the inventory gave
    """Given a setting and its value, return what it means; nothing stays when it means nothing."""
    if isinstance(value, list) and key.endswith(("_left_action", "_full_action", "_error_action")):
        words = frozenset(str(item).lower() for item in value)
        mildest = next((word for word in _MILDEST if word in words), "")
        return _Option(mildest, words if words <= _GOOD[key] else frozenset())
    word = ("yes" if value else "no") if isinstance(value, bool) else str(value).lower()
    good = word in _GOOD[key] and word != "exec"
    return _Option(word, _GOOD[key] if good else frozenset())


def _keeps(draft: Draft, key: str, now: str, option: _Option) -> bool:
    if key == "write_logs":  # versions that do not know it write in any case
        return now != "no"
    if key == "log_format" and now != "nolog":  # ENRICHED exists since audit 2.6
        faults = draft.fact("audit.incomplete_records")
        return not any(fault.startswith("log_format") for fault in faults) or now == "enriched"
    if key == "max_log_file_action":
        return now in (option.value, "keep_logs")
    return now in option.stays


def _written(key: str, value: str, now: str) -> str:
    """Return a setting's value as auditd.conf has it. Raise ByHand where there is none to write."""
    if not value:
        raise ByHand(f"{key} 只认可 exec，须由人员编写脚本并配置",
                     f"{key}: exec alone is accepted, and a person must write its script")
    if key == "log_format":
        return value.upper() if now != "nolog" else "RAW"
    return value


def _rotation(draft: Draft, wanted: dict[str, int]) -> None:
    """Raise number and size of the logs unless as many megabytes are kept already."""
    text = draft.text(_CONF)
    if not wanted or _value(text, "max_log_file_action") == "keep_logs":
        return
    now = {key: int(word) if (word := _value(text, key)).isdigit() else 0 for key in _NUMBERS}
    goal = wanted.get(_MEGABYTES, 0)
    logs, size = (max(now[key], wanted.get(key, 0)) for key in _NUMBERS)
    if goal:
        logs = max(logs, _LEAST, math.ceil(goal / _MOST["max_log_file"]))
        size = max(size, math.ceil(goal / logs))
    else:
        goal = wanted.get("num_logs", now["num_logs"]) * wanted.get(
            "max_log_file", now["max_log_file"])
    if now["num_logs"] >= _LEAST and now["num_logs"] * now["max_log_file"] >= goal:
        return
    for key, number in zip(_NUMBERS, (logs, size), strict=True):
        if now[key] < number:
            _set(draft, key, str(number))


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
