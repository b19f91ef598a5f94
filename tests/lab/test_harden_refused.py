"""Plans that may not be carried out, and hosts that cannot be changed: refused, nothing touched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from opsrunner.plan.file import new_id, save, utc
from opsrunner.plan.models import Plan
from tests.lab.approval import (
    ALWAYS,
    PLANNER,
    QUICK,
    REVIEWER,
    STRANGER,
    Done,
    Office,
    changed,
    pictures,
)
from tests.lab.fleet import faults
from tests.lab.fleet.control import Lab
from tests.lab.transact import SSHD, place
from tests.lab.webpage import WORKS, Page

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("hardening_hosts")]

C7, R8, KY, D12, C6 = (
    "lab-centos7-1", "lab-rhel8-1", "lab-kylinv10-1", "lab-debian12-1", "lab-centos6-1",
)
ELSEWHERE = "lab-centos7-2"
MODULES = "/etc/modprobe.d/opsrunner.conf"
HOME = "/var/lib/opsrunner"


def unapproved(office: Office, plan: Plan) -> Iterator[tuple[str, Done]]:
    """Yield ways to a plan that nobody approved, each with what must be said."""
    yield "is nobody's login", office.run(STRANGER, "apply", plan.id)
    yield "a stranger's", office.approve(plan, REVIEWER, STRANGER)
    yield "another person must approve", office.approve(plan, PLANNER)
    yield "another person must approve", office.approve(plan, REVIEWER, PLANNER)
    yield "nobody approved it", office.apply(plan)


def voided(office: Office, plan: Plan, hosts: Path) -> Iterator[tuple[str, Done]]:
    """Yield ways in which an approved plan is void, each with what must be said; mend each."""
    path = office.file(plan)
    signed = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(signed.replace(b'"ticket": ""', b'"ticket": "CHG-1"'))
    yield "for another digest", office.apply(plan)
    path.write_bytes(signed + b"\n")
    yield "was edited", office.apply(plan)
    path.write_bytes(signed)
    office.people({PLANNER: ["plan", "apply"]})
    yield "in no line of|no line of .* has the key", office.apply(plan)
    office.people({PLANNER: ["plan"], REVIEWER: ["approve", "apply"]})
    yield "has not the role 'apply'", office.apply(plan)
    office.people()
    rule = next((office.policies / "rules").rglob(f"{QUICK[0]}.yml"))
    text = rule.read_bytes()
    rule.write_bytes(text + b"# a word\n")
    yield "policies were changed", office.apply(plan)
    rule.write_bytes(text)
    there = hosts.read_text(encoding="utf-8")
    hosts.write_text(there.replace(D12, ELSEWHERE), encoding="utf-8")
    yield f"{D12}.*is not there any more", office.apply(plan)
    hosts.write_text(there, encoding="utf-8")


def test_a_plan_that_is_not_approved_as_it_is_touches_nothing(lab: Lab, office: Office) -> None:
    before = pictures(lab, D12)
    hosts = office.hosts(lab, D12)
    plan = office.plan(hosts, rules=QUICK)
    now = datetime.now(UTC)
    other = plan.model_copy(update={"id": new_id("harden", now)})
    late = plan.model_copy(update={
        "id": new_id("harden", now),
        "created": utc(now - timedelta(days=8)), "expires": utc(now - timedelta(days=1)),
    })
    for one in (other, late):
        save(one, office.file(one).parent)
    said = list(unapproved(office, plan))
    said += [("expired", office.approve(late)), ("expired", office.apply(late))]
    assert office.approve(plan).code == 0
    said += [("nobody approved it", office.apply(other)), *voided(office, plan, hosts)]
    for words, done in said:
        assert done.code == 3, (words, done)
        assert re.search(words, done.err, re.DOTALL), (words, done)
    assert not office.journal(plan)
    assert not changed(lab, before, D12)
    done = office.apply(plan)  # the control: the same plan, nothing wrong any more
    assert (done.code, done.state(D12)) == (0, "verified"), done
    assert office.undo(plan).state(D12) == "undone"
    assert not changed(lab, before, D12)


def test_the_calendar_is_kept(lab: Lab, office: Office) -> None:
    before = pictures(lab, C7)
    now = datetime.now(UTC)
    frozen = {"title": {"zh": "重保", "en": "the event"},
              "from": f"{now - timedelta(days=1):%Y-%m-%d}",
              "to": f"{now + timedelta(days=1):%Y-%m-%d}"}
    event = {**ALWAYS, "timezone": "UTC", "freezes": {"event": frozen}}
    plan = office.approved(office.hosts(lab, C7), rules=QUICK)
    marked = plan.model_copy(update={"id": new_id("harden", now), "period": "event"})
    save(marked, office.file(marked).parent)
    assert office.approve(marked).code == 0
    office.calendar({"windows": {}})
    shut = office.apply(plan)
    office.calendar(event)
    closed = office.resume(plan)
    for done, why in ((shut, "no maintenance window"), (closed, "frozen for the event")):
        assert (done.code, done.state(C7)) == (2, "planned"), done
        assert why in done.said["stopped"]
    assert not changed(lab, before, C7)
    assert office.apply(marked).state(C7) == "verified"
    assert office.undo(marked).state(C7) == "undone"
    office.calendar(ALWAYS)
    assert office.resume(plan).state(C7) == "verified"
    assert office.undo(plan).state(C7) == "undone"
    assert not changed(lab, before, C7)


def test_a_second_applier_is_refused_and_the_first_goes_on(
    lab: Lab, office: Office, page: Page,
) -> None:
    """Asked while the first one's change is armed: by the plan's journal, then by the host."""
    before = pictures(lab, R8)
    hosts = office.hosts(lab, R8)
    first, second = (office.approved(hosts, rules=[rule]) for rule in QUICK)
    office.business(page.checks(R8, seconds=100))
    others: list[Done] = []

    def meanwhile(_host: str, asked_before: int) -> int:
        if asked_before == 1:
            others.extend([office.apply(first), office.apply(second)])
        return WORKS

    page.then = meanwhile
    done = office.apply(first)
    assert [other.code for other in others] == [3, 2]
    assert "by another process" in others[0].err
    assert others[1].state(R8) == "refused"
    assert f"{first.id} is applied" in others[1].reason(R8)
    assert not place(lab, R8, MODULES).exists()
    assert (done.code, done.state(R8)) == (0, "verified")
    assert office.undo(first).state(R8) == "undone"
    assert not changed(lab, before, R8)


# host -> what is wrong with it, how that is mended, and the word it is refused with
HARMS = {
    C7: (f"mkdir -m 700 {HOME}; (setsid flock {HOME}/lock sleep 600 &) <&- >&- 2>&-; sleep 0.5",
         f"kill $(pgrep -x sleep); rm {HOME}/lock; rmdir {HOME}", "busy"),
    D12: (f"mkdir -m 700 {HOME}; mount -t tmpfs -o size=64k,mode=700 tmpfs {HOME}",
          f"umount {HOME}; rmdir {HOME}", "no_space"),
    KY: ("mount --bind /etc/ssh /etc/ssh; mount -o remount,ro,bind /etc/ssh", "umount /etc/ssh",
         "read_only"),
    C6: (f"chattr +i {SSHD}", f"chattr -i {SSHD}", "immutable"),
}


def test_hosts_that_cannot_be_changed_are_reported_and_the_others_done(
    lab: Lab, office: Office,
) -> None:
    """Lock held, disk full, read-only, immutable; more of them: test_change_faults.py."""
    before = pictures(lab, R8, *HARMS)
    plan = office.approved(office.hosts(lab, R8, *HARMS), rules=QUICK)
    for host, (harm, _, _) in HARMS.items():
        faults.run(lab, host, harm, check=True)
    done = office.apply(plan, "--canary", R8, "--batch", "100%")
    for host, (_, mend, _) in HARMS.items():
        faults.run(lab, host, mend, check=True)
    assert (done.code, done.state(R8)) == (2, "verified"), done
    for host, (_, _, word) in HARMS.items():
        assert done.state(host) == "refused", (host, done)
        assert word in done.reason(host), (host, done)
    assert not changed(lab, before, *HARMS)
    assert office.undo(plan, "--limit", R8).state(R8) == "undone"
    assert not changed(lab, before, R8)
