"""A job of ours in ``/etc/cron.d``, run by root at a time the operator chose."""

from __future__ import annotations

from typing import Any

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.parse import crontime
from opsrunner.remedies.values import refused, text

DAEMONS = ("crond.service", "cron.service")
_FIELDS = 5


def schedule(variable: str, wanted: Any) -> str:  # noqa: ANN401 - the role's value
    """Given a variable's value, return its five fields of cron. Raise InputError otherwise."""
    value = " ".join(text(variable, wanted).split())
    if len(value.split()) != _FIELDS or crontime.fault(value):
        why = crontime.fault(value) or "five fields are wanted"
        raise refused(variable, [f"{value!r} is no time of cron such as '5 4 * * *': {why}"])
    return value


def write(draft: Draft, path: str, time: str, command: str) -> None:
    """Write the job. Raise ByHand where cron does not run."""
    if not any(draft.unit(name).active for name in DAEMONS):
        raise ByHand("cron 服务未运行，请先启动 crond", "cron does not run: start it first")
    draft.write(path, f"{time} root {command}\n")
    draft.validate("crontab")
