"""What is left behind: temporary files, histories, cached passwords."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.parse import tmpfiles
from opsrunner.remedies.amounts import octal, whole
from opsrunner.remedies.base import Reads, remedy
from opsrunner.remedies.lines import added, parted, split

DROP_IN = "/etc/tmpfiles.d/00-opsrunner.conf"  # of several lines for a path the first counts
SSSD = "/etc/sssd/sssd.conf"
TIMER = "systemd-tmpfiles-clean.timer"
_HEADER = "# Written by opsrunner (harden_linux_secrets_*_days); changes here are lost."
_DEFAULT = "d {} 1777 root root {}d"
_AGED = frozenset("dDevqQC")
_EXPIRATION = "offline_credentials_expiration"
_TMP, _VAR_TMP = "/tmp", "/var/tmp"  # noqa: S108 - the folders the rule is about
_TMP_READS = Reads(
    files=(DROP_IN, *(f"{folder}/*.conf" for folder in tmpfiles.FOLDERS)),
    units=(TIMER,), facts=("secrets.temporary_days",),
)
_HISTORIES = tuple(f"{home}/{name}" for home in ("/root", "/home/*", "/opt/*", "/var/lib/*")
                   for name in (".*history", ".my.cnf", ".pgpass", ".netrc"))


@remedy("secrets_tmp_days", "int", _TMP_READS, "Days after which files in /tmp are removed.")
def secrets_tmp_days(draft: Draft, wanted: int) -> None:
    """Have systemd-tmpfiles clean /tmp."""
    _cleaned(draft, _TMP, wanted, "secrets_tmp_days")


@remedy("secrets_var_tmp_days", "int", _TMP_READS,
        "Days after which files in /var/tmp are removed.")
def secrets_var_tmp_days(draft: Draft, wanted: int) -> None:
    """Have systemd-tmpfiles clean /var/tmp."""
    _cleaned(draft, _VAR_TMP, wanted, "secrets_var_tmp_days")


def _cleaned(draft: Draft, folder: str, wanted: int, variable: str) -> None:
    whole(variable, wanted, least=1)
    days: Mapping[str, float] = draft.fact("secrets.temporary_days")
    if 0 <= days[folder] <= wanted:
        return
    if draft.is_("el6"):
        script = "/etc/cron.daily/tmpwatch"
        raise ByHand(f"请安装 tmpwatch，由 {script} 清理 {folder}（{wanted}d）",
                     f"install tmpwatch and have {script} clean {folder} ({wanted}d)")
    texts = {path: draft.text(path) for one in tmpfiles.FOLDERS for path in draft.paths(f"{one}/")}
    if _kept(texts, folder):
        raise ByHand(f"tmpfiles.d 中有 x 行排除了 {folder}，须人工确认",
                     f"an x line of tmpfiles.d keeps {folder}: a person must decide")
    now = tmpfiles.age_of(texts, folder)
    if now is None or now > wanted:
        own = {_path(line): line for line in _lines(draft.text(DROP_IN))}
        own[folder] = _aged(texts, folder, wanted)
        draft.write(DROP_IN, "\n".join([_HEADER, *(own[path] for path in sorted(own)), ""]))
    timer = draft.unit(TIMER)
    if timer.enabled == "masked" or not timer.present:
        raise ByHand(f"{TIMER} 已屏蔽或不存在，须人工启用", f"{TIMER} is masked or missing")
    if not timer.active:
        draft.set_unit(TIMER, active=True,
                       enabled="enabled" if timer.enabled == "disabled" else None)


def _lines(text: str) -> list[str]:
    bodies = (parted(line)[0] for line in split(text))
    return [body for body in bodies if body.strip() and not body.startswith("#")]


def _path(line: str) -> str:
    words = line.split()
    return (words[1].rstrip("/") or "/") if len(words) > 1 else ""


def _kept(texts: Mapping[str, str], folder: str) -> bool:
    return any(line[:1] == "x" and _path(line) in (folder, f"{folder}/*")
               for text in texts.values() for line in _lines(text))


def _aged(texts: Mapping[str, str], folder: str, wanted: int) -> str:
    """Return the line that counts for a folder with another age, or a plain one."""
    chosen: dict[str, str] = {}
    for place in reversed(tmpfiles.FOLDERS):
        chosen |= {path.removeprefix(f"{place}/"): text for path, text in texts.items()
                   if path.startswith(f"{place}/")}
    lines = [line for name in sorted(chosen) for line in _lines(chosen[name])]
    found = [line.split() for line in lines if _path(line) == folder and line[:1] in _AGED]
    if not found:
        return _DEFAULT.format(folder, wanted)
    words = [*found[0], *("-" for _ in range(6 - len(found[0])))]
    return " ".join([*words[:5], f"{wanted}d", *words[6:]])


@remedy("secrets_history_mode", "str", Reads(stats=_HISTORIES, facts=("secrets.readable",)),
        'Octal mode at most, such as "0600", of shell histories and credential files in homes.')
def secrets_history_mode(draft: Draft, wanted: str) -> None:
    """Take rights beyond the mode from the files found."""
    limit = octal("secrets_history_mode", wanted)
    paths = [row["path"] for row in draft.fact("secrets.readable")]
    strange = [path for path in paths if path not in draft.state.files]
    if strange:
        said = " ".join(strange)
        raise ByHand(f"位置特殊，请执行：chmod {wanted} {said}",
                     f"in an unusual place, run chmod {wanted} {said}")
    for path in paths:
        draft.set_mode(path, (draft.file(path).mode or 0) & limit)


@remedy("secrets_offline_days", "int",
        Reads(files=(SSSD, "/etc/sssd/conf.d/*.conf"), facts=("secrets.cached_days",)),
        "Days after which sssd forgets passwords it keeps for when the directory is away.")
def secrets_offline_days(draft: Draft, wanted: int) -> None:
    """Limit sssd's cache where it has one; the file that says so last is changed."""
    whole("secrets_offline_days", wanted, least=1)
    days: Mapping[str, int] = draft.fact("secrets.cached_days")
    if all(1 <= one <= wanted for one in days.values()):
        return
    paths = [SSSD, *draft.paths("/etc/sssd/conf.d/")]
    path = next((one for one in reversed(paths) if _says(draft.text(one))), SSSD)
    draft.write(path, _limited(draft.text(path), wanted), mode=0o600)
    draft.activate("sssd")


def _says(text: str) -> bool:
    return bool(re.search(rf"(?im)^\s*{_EXPIRATION}\s*=", text))


def _limited(text: str, days: int) -> str:
    """Return sssd's configuration with the expiration in [pam], where it stands or after it."""
    setting = f"{_EXPIRATION} = {days}"
    lines: list[Any] = split(text)
    for index, line in enumerate(lines):
        body, ending = parted(line)
        if re.match(rf"(?i)\s*{_EXPIRATION}\s*=", body):
            lines[index] = setting + ending
    if _says(text):
        return "".join(lines)
    for index, line in enumerate(lines):
        body, ending = parted(line)
        if body.strip().lower() == "[pam]":
            lines[index] = f"{body}{ending or chr(10)}{setting}\n"
            return "".join(lines)
    return added(text, ["", "[pam]", setting])
