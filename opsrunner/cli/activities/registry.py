"""The activities whose plans ``apply``, ``resume`` and ``undo`` carry out, by name."""

from __future__ import annotations

from collections.abc import Mapping

from opsrunner.cli.activities import Activity, backup_install, backup_run, drill, harden
from opsrunner.errors import InputError, Problem
from opsrunner.plan.models import Plan

ACTIVITIES: Mapping[str, Activity] = {
    "backup_install": backup_install,
    "backup_run": backup_run,
    "drill": drill,
    "harden": harden,
}


def activity_of(plan: Plan) -> Activity:
    """Given a plan, return its activity. Raise InputError when its plans are not carried out so."""
    found = ACTIVITIES.get(plan.activity)
    if found is None:
        message = f"is a plan of {plan.activity}; see opsrunner {plan.activity} --help"
        raise InputError([Problem(plan.id, "activity", message)])
    return found
