"""What a check will do, decided before any host is touched: rules and script for every subject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from opsrunner.errors import InventoryError
from opsrunner.evidence.records import AttachedDocument
from opsrunner.judge.memo import Memo
from opsrunner.judge.subject import Yardstick, probes_of
from opsrunner.models import Subject
from opsrunner.policy.load import Policies
from opsrunner.policy.resolve import Selected, select
from opsrunner.sources.codec import STABLE, VOLATILE
from opsrunner.sources.limits import Limits
from opsrunner.sources.script import build_script, load_probes

ROLE = Path("roles") / "observe_linux"


@dataclass(frozen=True)
class Kind:
    """What subjects of one platform and profile have in common: their rules and their script."""

    rules: tuple[Selected, ...]
    asked: Mapping[str, int]  # clause id -> rules of the whole profile, --rule or not
    root: Path
    limits: Limits

    @cached_property
    def probes(self) -> frozenset[str]:
        """Return the probes that the rules need, no others."""
        return frozenset().union(*(probes_of(selected) for selected in self.rules))

    @cached_property
    def script(self) -> str:
        """Return the probe script."""
        return build_script(self.root / ROLE, self.probes, self.limits)

    @cached_property
    def caps(self) -> dict[str, int]:
        """Return how many bytes each probe may print."""
        known = load_probes(self.root / ROLE / "files" / "probes")
        return {name: known[name].cap or self.limits.probe_bytes for name in self.probes}

    @cached_property
    def volatile(self) -> frozenset[str]:
        """Return the probes whose output changes on an unchanged host."""
        known = load_probes(self.root / ROLE / "files" / "probes")
        return frozenset(name for name in self.probes if known[name].volatile)

    @cached_property
    def memo(self) -> Memo:
        """Return the outcomes already found for subjects of this kind."""
        return Memo(self.limits.rule_seconds)

    @cached_property
    def labels(self) -> dict[str, str]:
        """Return by rule which stored blob its verdict rests on."""
        return {
            selected.id: VOLATILE if probes_of(selected) & self.volatile else STABLE
            for selected in self.rules
        }


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """The subjects of a check and, for each, its kind; ``policies`` is what they are judged by."""

    subjects: Mapping[str, Subject]
    kinds: Mapping[str, Kind]
    policies: Policies

    @property
    def findings(self) -> int:
        """Return how many findings there will be: the sum of rules over the subjects."""
        return sum(len(kind.rules) for kind in self.kinds.values())

    def yardstick(
        self, subject: str, documents: Sequence[AttachedDocument], today: date,
    ) -> Yardstick:
        """Given a subject, the attached documents and the day, return what it is judged by."""
        kind = self.kinds[subject]
        clauses = [c for control in self.policies.controls.values() for c in control.clauses]
        return Yardstick(
            rules=kind.rules,
            labels=kind.labels,
            memo=kind.memo,
            clauses=clauses,
            asked=kind.asked,
            waivers=self.policies.waivers,
            documents=documents,
            today=today,
        )


def plan_check(
    policies: Policies,
    subjects: Sequence[Subject],
    *,
    only: Sequence[str],
    root: Path,
    limits: Limits,
) -> CheckPlan:
    """Given policies, subjects with profiles and perhaps rule ids, return the plan.

    Raise PolicyError for an unknown rule or profile, InventoryError when nothing would be judged.
    """
    kinds: dict[tuple[str, str], Kind] = {}
    by_subject: dict[str, Kind] = {}
    for subject in subjects:
        key = (subject.platform, subject.profile)
        if key not in kinds:
            chosen = subject.profile  # empty: nobody wrote a profile for its platform yet
            every = select(chosen, policies, subject.platform) if chosen else ()
            rules = select(chosen, policies, subject.platform, only) if chosen else ()
            asked = Counter(clause for selected in every for clause in selected.clauses)
            kinds[key] = Kind(rules, asked, root, limits)
        by_subject[subject.id] = kinds[key]
    plan = CheckPlan({subject.id: subject for subject in subjects}, by_subject, policies)
    if not plan.findings:
        raise InventoryError("nothing to check: no host of the inventory has a rule selected")
    return plan
