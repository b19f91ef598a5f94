"""What an HTML report shows beside the findings: shares of a bar, unknowns by reason, pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeVar

from opsrunner.models import Finding, Severity, Verdict
from opsrunner.report.document import SubjectRow, Tally
from opsrunner.report.labels import Label
from opsrunner.report.text import visible

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a bar or ring: its label, count, and start and width in percent."""

    key: str
    label: Label
    count: int
    start: float
    width: float


def shares(table: Mapping[Key, Label], counts: Mapping[Key, int]) -> list[Share]:
    """Given labels and counts by the same keys, return the parts in the order of the labels."""
    total = sum(counts.get(key, 0) for key in table) or 1
    parts, start = [], 0.0
    for key, label in table.items():
        width = counts.get(key, 0) * 100 / total
        parts.append(Share(str(key), label, counts.get(key, 0), round(start, 3), round(width, 3)))
        start += width
    return parts


def widths(table: Mapping[Key, Label], counts: Mapping[Key, int]) -> list[Share]:
    """Given labels and counts, return bars that are each as long as their count is large."""
    most = max((counts.get(key, 0) for key in table), default=0) or 1
    return [
        Share(str(key), label, counts.get(key, 0), 0, round(counts.get(key, 0) * 100 / most, 3))
        for key, label in table.items()
    ]


@dataclass(slots=True)
class Unknowns:
    """Counts unknown findings by reason and subject; nothing unknown is left out of a report."""

    by_reason: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, row: SubjectRow, findings: Iterable[Finding]) -> None:
        """Given a subject and its findings, count the unknown ones."""
        for finding in findings:
            if finding.verdict is Verdict.UNKNOWN:
                reason = visible(finding.reason or "")
                self.by_reason.setdefault(reason, Counter())[visible(row.id)] += 1

    def merge_codes(self, other: Unknowns) -> None:
        """Given the unknowns of other subjects, add them to these without their details."""
        for reason, counter in other.by_reason.items():
            self.by_reason.setdefault(_split(reason)[0], Counter()).update(counter)

    def lines(self) -> list[tuple[str, str, int, Counter[str]]]:
        """Return (code, detail, findings, findings by subject), the most frequent reason first."""
        found = (
            (*_split(reason), counter.total(), counter)
            for reason, counter in self.by_reason.items()
        )
        return sorted(found, key=lambda line: (-line[2], line[0], line[1]))


def _split(reason: str) -> tuple[str, str]:
    code, _, detail = reason.partition(": ")
    return code, detail


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a large fleet: some subjects of one platform."""

    number: int
    platform: str
    rows: Sequence[SubjectRow]

    @property
    def name(self) -> str:
        """Return the file name; never made of what an inventory or a host says."""
        return f"{self.number:04d}.html"

    @property
    def reached(self) -> int:
        """Return how many subjects of the page were reached."""
        return sum(row.reached for row in self.rows)

    @property
    def high_risk(self) -> int:
        """Return the number of high-risk failures on the page."""
        return sum(row.high_risk for row in self.rows)

    @property
    def tally(self) -> Tally:
        """Return the sum of the subjects' tallies."""
        verdicts: Counter[Verdict] = Counter()
        failing: Counter[Severity] = Counter()
        for row in self.rows:
            verdicts.update(row.tally.verdicts)
            failing.update(row.tally.failing)
        return Tally(verdicts, failing, sum(row.tally.waived for row in self.rows))


def split_pages(rows: Sequence[SubjectRow], size: int) -> Iterator[Page]:
    """Given subjects and a size, yield pages of one platform each, at most ``size`` subjects."""
    number = 0
    ordered = sorted(rows, key=lambda row: row.platform)  # stable: the document's order within
    for platform, group in groupby(ordered, key=lambda row: row.platform):
        members = list(group)
        for start in range(0, len(members), size):
            number += 1
            yield Page(number, platform, members[start : start + size])
