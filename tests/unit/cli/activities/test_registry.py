"""Which activities' plans are carried out, and what is said of a plan that is none of them."""

from __future__ import annotations

import pytest

from opsrunner.cli.activities.registry import ACTIVITIES, activity_of
from opsrunner.errors import InputError
from tests.unit.plan.plans import plan


def test_an_activity_that_is_not_carried_out_so_is_refused_with_where_to_look() -> None:
    with pytest.raises(InputError, match="is a plan of audit; see opsrunner audit --help"):
        activity_of(plan(activity="audit"))


def test_hardening_is_carried_out() -> None:
    assert activity_of(plan(activity="harden")) is ACTIVITIES["harden"]
