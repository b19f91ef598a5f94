"""A regular check by AIDE, once AIDE has a configuration and a baseline."""

from __future__ import annotations

from typing import Any

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.remedies import scheduled
from opsrunner.remedies.base import Reads, remedy

_VARIABLE = "integrity_check_schedule"
_JOB = "/etc/cron.d/opsrunner-aide"
_PROGRAMS = ("/usr/sbin/aide", "/usr/bin/aide", "/usr/local/sbin/aide", "/usr/local/bin/aide")
_CONFIG = "/etc/aide/aide.conf"  # Debian's place, which aide itself does not look at
# What AIDE may lack that no machine should make up: the baseline is trusted from then on.
_FIRST = ("AIDE is not installed", "no configuration", "selects no file", "no database")


@remedy(
    _VARIABLE, "str",
    Reads(files=(_JOB,), stats=(*_PROGRAMS, _CONFIG), units=scheduled.DAEMONS,
          facts=("integrity.gaps",)),
    "When cron runs aide --check as root, five fields of crontab(5), such as '5 4 * * *'.",
)
def integrity_check_schedule(draft: Draft, wanted: Any) -> None:  # noqa: ANN401 - the role's value
    """Given a time, schedule the check. Raise ByHand while AIDE has no baseline."""
    time = scheduled.schedule(_VARIABLE, wanted)
    gaps = draft.fact("integrity.gaps")
    if first := [gap for gap in gaps if any(word in gap for word in _FIRST)]:
        raise ByHand(
            f"请先安装并配置 AIDE，排除数据目录后执行 aide --init 建立基线({first[0]})",
            f"install and configure AIDE first, exclude data folders and run aide --init "
            f"({first[0]})",
        )
    if not gaps and not draft.exists(_JOB):
        return
    program = next((path for path in _PROGRAMS if draft.exists(path)), None)
    if program is None:
        raise ByHand("aide 不在常见目录中，请手工安排检查",
                     "aide is in no usual folder: schedule its check by hand")
    config = f" --config {_CONFIG}" if draft.is_("debian") and draft.exists(_CONFIG) else ""
    scheduled.write(draft, _JOB, time, f"nice -n 19 {program}{config} --check")
