"""What is due today: by the week, from elsewhere by the month, and never twice."""

from __future__ import annotations

from opsrunner.activities.backup.due import Due, asked, due
from opsrunner.activities.backup.proofs import Proven, proven_by_set
from opsrunner.activities.backup.record import Source
from opsrunner.policy.backup import Level
from tests.unit.activities.backup.shop import DAY, DB, FILES, NOW, policy, run, verification

# NOW is a Saturday, the 21st: the week began on the 16th, the month on the 1st.


def proofs(days: int, level: Level | None = Level.L4, source: Source = "local") -> list[Proven]:
    moment = NOW - days * DAY
    found, _ = proven_by_set([run(moment, verification(moment, level, source=source))])
    return found.get(DB, [])


def both(known: list[Proven], level: Level | None = None) -> list[Due | None]:
    one = policy().sets[DB]
    return [due(one, known, NOW, level, "offsite"), due(one, known, NOW, level, "local")]


def test_nothing_on_record_makes_both_copies_due_and_says_why() -> None:
    offsite, local = both([])
    assert offsite
    assert local
    assert offsite.why == "the copy elsewhere was not restored in 2026-11 yet"
    assert local.why == "L4 was not proven in 2026-W47 yet"


def test_a_proof_of_the_copy_elsewhere_does_for_the_week_too() -> None:
    assert both(proofs(2, source="offsite")) == [None, None]
    offsite, local = both(proofs(10, source="offsite"))
    assert offsite is None
    assert local, "of this month, not of this week"


def test_the_copy_at_hand_proves_nothing_of_the_one_elsewhere() -> None:
    offsite, local = both(proofs(2))
    assert offsite
    assert local is None


def test_what_was_proven_less_far_or_not_at_all_stays_due() -> None:
    for level in (Level.L3, Level.L1, None):
        assert both(proofs(2, level))[1]
    assert both(proofs(2, Level.L3), Level.L3)[1] is None, "asked for less"


def test_parts_are_of_files_and_the_drill_proves_more_than_this_can() -> None:
    assert asked(policy().sets[DB], "local", [], NOW).parts == ()
    one = asked(policy().sets[FILES], "local", [], NOW)
    assert (one.parts, one.on) == (("1/4",), "web1")
    drilled = policy(verification={"level": "L5", "cadence": {"every": "weekly"}, "on": "lab9"})
    wanted = asked(drilled.sets[FILES], "offsite", [], NOW)
    assert (wanted.level, wanted.on) == (Level.L4, "lab9")
    assert asked(drilled.sets[FILES], "local", [], NOW).on == "web1"
