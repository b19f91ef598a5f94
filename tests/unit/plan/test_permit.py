"""Whether a plan may touch a host is asked of policies and evidence as they are at that moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from opsrunner.errors import InputError
from opsrunner.evidence.store import Store
from opsrunner.models import Subject
from opsrunner.plan import approvals
from opsrunner.plan.approval import Approval
from opsrunner.plan.clock import Clock
from opsrunner.plan.file import canonical, digest, utc
from opsrunner.plan.models import Plan
from opsrunner.plan.permit import Permit
from opsrunner.plan.reasons import CHINESE, text
from opsrunner.plan.signature import sign, signed_by
from opsrunner.plan.withdrawal import Withdrawal
from tests.unit.plan.plans import PEOPLE, make_key, plan, signer_line, write_people

ALWAYS = {"windows": {"always": {
    "title": {"zh": "随时", "en": "any time"}, "from": "00:00", "to": "24:00",
}}}
NOW = datetime.now(UTC)
FREEZE = {"freezes": {"feast": {
    "title": {"zh": "重保", "en": "the feast"},
    "from": f"{NOW - timedelta(days=2):%Y-%m-%d}T00:00",
    "to": f"{NOW + timedelta(days=9):%Y-%m-%d}T00:00",
}}}


class Office:
    """Policies, a store and one plan of 张三 that 李四 signed; 赵六 carries it out."""

    def __init__(self, folder: Path, given: Plan, at: datetime = NOW) -> None:
        """Given a folder, a plan and when it was approved, found it."""
        self.policies, self.store = folder / "policies", Store.open(folder / "store")
        self.key, self.plan, self.digest = make_key(folder, "li"), given, digest(canonical(given))
        self.people()
        self.calendar("windows", ALWAYS)
        signature = sign(self.digest, self.key)
        approvals.record(self.store, given, canonical(given), Approval(
            plan=given.id, digest=self.digest, kind="signature", by="li", name="李四", login="li",
            registrar="li", at=utc(at), principal="li@example.cn",
            fingerprint=signed_by(signature), signature=signature,
        ))

    def people(self, **roles: list[str]) -> None:
        """Write who may do what, and 李四's key."""
        people = {name: {**one, "roles": roles.get(name, one["roles"])}
                  for name, one in PEOPLE.items()}
        write_people(self.policies, [signer_line("li@example.cn", self.key)], people)

    def calendar(self, name: str, content: Any) -> None:  # noqa: ANN401 - any YAML
        """Write a file of the calendar."""
        path = self.policies / "calendar" / f"{name}.yml"
        path.parent.mkdir(exist_ok=True)
        said = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
        path.write_text(said, "utf-8")

    def run(self) -> str:
        """Begin a run that carries the plan out; return its id."""
        return self.store.begin(
            "harden", inventory="i", policy_sha256="c" * 64, operator="zhao", code_version="1",
            options={"plan": self.plan.id}, subjects=["web01"], inputs={},
        ).run.id

    def withdraw(self) -> None:
        """Have 李四 withdraw."""
        approvals.withdraw(self.store, self.plan, canonical(self.plan), Withdrawal(
            plan=self.plan.id, digest=self.digest, by="li", name="李四", login="li",
            at=utc(datetime.now(UTC)), reason="业务高峰提前",
        ))

    def permit(self, clock: Clock | None = None) -> Permit:
        """Return the permit of 赵六."""
        host = Subject(kind="host", id="web01", platform="centos-7", profile="p")
        return Permit(self.plan, self.digest, "zhao", self.policies, self.store,
                      {"web01": host}, clock or Clock())


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, plan("web01"))


def test_an_approved_plan_may_in_its_window(office: Office) -> None:
    permit, run = office.permit(), office.run()
    assert permit.gate(run, ["web01"]) == ()
    assert permit.gate("", ["web01"]) == ()


def _nothing(_: object) -> None:
    """Forget an answer."""


CHANGES: dict[str, tuple[Callable[[Office], None], str]] = {
    "a freeze is written down": (lambda o: o.calendar("feast", FREEZE), "frozen for the feast"),
    "the calendar is broken": (lambda o: o.calendar("feast", "windows: [\n"), "feast.yml"),
    "the approver loses the role": (
        lambda o: o.people(li=["apply"]), "李四 (li) has not the role 'approve'"),
    "the applier loses the role": (
        lambda o: o.people(zhao=["approve"]), "赵六 has not the role 'apply'"),
    "the key is taken out": (
        lambda o: _nothing(write_people(o.policies)), "signed by a stranger"),
    "the people cannot be read": (
        lambda o: _nothing((o.policies / "people.yml").write_text("x: [\n")), "people.yml"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changes_in_mid_run_bars_the_next_batch(office: Office, name: str) -> None:
    change, said = CHANGES[name]
    permit, run = office.permit(), office.run()
    assert permit.gate(run, ["web01"]) == ()
    change(office)
    found = permit.gate(run, ["web01"])
    assert said in text(found)
    assert {why.code for why in found} <= set(CHINESE)


def test_a_withdrawal_bars_every_later_run_and_touches_none_in_progress(office: Office) -> None:
    permit, run = office.permit(), office.run()
    office.withdraw()
    assert permit.gate(run, ["web01"]) == ()
    assert "李四 (li) withdrew the approval at" in text(permit.gate(office.run(), ["web01"]))
    assert [why.code for why in permit.gate(office.run(), ["web01"])] == ["withdrawn"]
    with pytest.raises(InputError, match="业务高峰提前; plan again"):
        permit.require()


def test_a_withdrawal_between_the_check_and_the_run_counts(office: Office) -> None:
    permit = office.permit()
    permit.require()
    office.withdraw()
    assert "withdrew" in text(permit.gate(office.run(), ["web01"]))


@pytest.mark.parametrize(("hours", "said"), [(-1, "the plan expired at"), (1, "")])
def test_a_clock_set_back_does_not_revive_what_expired(
    tmp_path: Path, hours: int, said: str,
) -> None:
    """The evidence has records of now; the clock says it is two hours ago."""
    created, expires = NOW - timedelta(hours=3), NOW + timedelta(hours=hours)
    back = NOW - timedelta(hours=2)
    office = Office(tmp_path, plan("web01", created=utc(created), expires=utc(expires)), back)
    found = text(office.permit(Clock(lambda: back, lambda: 0.0)).gate("", ["web01"]))
    assert said in found
    assert bool(found) == bool(said)


def test_a_clock_set_in_mid_run_bars_the_next_batch(office: Office) -> None:
    moments = iter([NOW, NOW, NOW - timedelta(hours=1)])
    permit = office.permit(Clock(lambda: next(moments), lambda: 0.0))
    assert permit.gate("", ["web01"]) == ()
    assert "was set in mid-run" in text(permit.gate("", ["web01"]))
