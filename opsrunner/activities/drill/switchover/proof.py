"""What the watcher saw and what both servers hold -> whether the drill reached its goals; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from opsrunner.models import Unmeasured
from opsrunner.sources.watcher.accounting import Account, account, split_brain
from opsrunner.sources.watcher.lines import Reading
from opsrunner.sources.watcher.outage import Outage, measure

Rows = Sequence[tuple[int, str]]  # number and server of each row found, in the order written
_FEW = 10


@dataclass(frozen=True, slots=True)
class Proof:
    """The account of a switchover. ``rows`` by host, or why that host's could not be read."""

    reading: Reading
    rows: Mapping[str, Rows | str]

    @property
    def outage(self) -> Outage | Unmeasured:
        """Return the outage as the client saw it."""
        return measure(self.reading)

    def accounts(self) -> dict[str, Account]:
        """Return the account of each host whose rows could be read."""
        return {
            host: account(self.reading.attempts, [number for number, _ in found])
            for host, found in self.rows.items() if not isinstance(found, str)
        }

    def recovered(self, incident: str) -> str:
        """Given the incident's moment (ISO 8601), return that of the newest data recovered, or "".

        With every acknowledged row on every server it is the incident itself: nothing from before
        it is missing. Else the newest row before the first that is lost, if older than that.
        """
        lost = {n for one in self.accounts().values() for n in one.lost}
        if len(self.accounts()) < len(self.rows):
            return ""
        if not lost:
            return incident
        good = [one.ended for one in self.reading.attempts
                if one.acknowledged and one.ended and one.n < min(lost)]
        if not good:
            return ""
        header = self.reading.header
        began = datetime.fromisoformat(header.wall)
        newest = began + timedelta(microseconds=(good[-1] - header.began) / 1000)
        return newest.isoformat() if newest < datetime.fromisoformat(incident) else ""

    def faults(self) -> list[str]:
        """Return what keeps the watch from proving a good switchover; none when it does."""
        wrong = []
        if isinstance(outage := self.outage, Unmeasured):
            wrong.append(f"outage unmeasured: {outage.reason}")
        if (split := split_brain(self.reading.attempts)) is not None:
            wrong.append(f"two writers: {split.former} acknowledged after {split.newer} had")
        servers = {one.by for one in self.reading.attempts if one.acknowledged and one.by}
        if len(servers) == 1:
            wrong.append(f"only {next(iter(servers))} ever acknowledged: nothing was switched over")
        wrong += [
            f"rows of {host} could not be read: {found}"
            for host, found in self.rows.items() if isinstance(found, str)
        ]
        for host, one in self.accounts().items():
            wrong += [
                f"{host}: {len(numbers)} row(s) {what}: {_some(numbers)}"
                for what, numbers in (("lost", one.lost), ("there twice", one.duplicated),
                                      ("of nobody", one.strange)) if numbers
            ]
        return wrong

    def told(self) -> str:
        """Return what was proven in one line."""
        outage = self.outage
        acked = sum(one.acknowledged for one in self.reading.attempts)
        lasted = (
            f"outage unmeasured ({outage.reason})" if isinstance(outage, Unmeasured)
            else f"outage {outage.seconds:.2f} s (resolution {outage.resolution:.2f} s)"
        )
        missing = sum(len(one.lost) for one in self.accounts().values())
        return (f"{lasted}; {acked} of {len(self.reading.attempts)} rows acknowledged, "
                f"{missing} lost on {len(self.accounts())} server(s)")


def _some(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_FEW]))
    return f"{shown} …" if len(numbers) > _FEW else shown
