"""Hardening by the real command line, on real hosts: planned, approved, applied, taken back.

Each fault has its control: the same plan, without the fault, goes through. What a fault could
change is looked at in the whole tree of the host, logs and login records aside. What is refused:
test_harden_refused.py.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from functools import partial

import pytest

from opsrunner.plan.models import Plan
from opsrunner.plan.states import State
from tests.lab.approval import PLANNER, QUICK, Office, changed, ended, pictures
from tests.lab.fleet import faults
from tests.lab.fleet.control import Lab
from tests.lab.transact import SSHD, place, slow, state, until
from tests.lab.webpage import BROKEN, WORKS, Page

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("hardening_hosts")]

C7, R8, KY, D12, C6 = (
    "lab-centos7-1", "lab-rhel8-1", "lab-kylinv10-1", "lab-debian12-1", "lab-centos6-1",
)
HOSTS = (C7, R8, KY, D12, C6)
MODULES = "/etc/modprobe.d/opsrunner.conf"  # what a plan of the quick rules makes
SHORTEST = "30"  # --undo-after
LOCK = ("/var/lib/opsrunner/lock",)  # says who had it last, for as long as there is a transaction
# The lab's auditd writes no records, and a log without any does not pass.
RECORD = (
    "mkdir -p /var/log/audit; umask 077; echo 'node=lab type=USER_LOGIN msg=audit(1.2:3): pid=1 "
    "uid=0 auid=1001 ses=1 op=login acct=opsadm res=success' >>/var/log/audit/audit.log"
)


# -- every automatic rule ----------------------------------------------------------------------


def acknowledging(plan: Plan) -> list[str]:
    """Return the options that agree to all of high danger that a plan leaves out."""
    return [
        part for subject in plan.subjects for left in subject.left_out if left.reason == "danger"
        for part in ("--acknowledge", f"{left.rule}@{subject.id}=a host to be thrown away")
    ]


def test_every_rule_is_applied_passes_leaves_nothing_to_do_and_is_taken_back(
    lab: Lab, office: Office,
) -> None:
    """Twice, one on top of the other: the rules of no high danger, then those acknowledged."""
    path, trees, plans = office.hosts(lab, *HOSTS), [], []
    for host in HOSTS:
        faults.run(lab, host, RECORD, check=True)
    options: list[str] = []
    for at_least in (25, 4):
        trees.append(pictures(lab, *HOSTS))
        plan = office.approved(path, *options)
        done = office.apply(plan, "--batch", "100%")
        assert not [h for h in HOSTS if done.state(h) != "verified"], done.said
        assert done.code == 0
        assert min(len(subject.steps) for subject in plan.subjects) >= at_least
        if options:  # the rules of the first plan pass, so only those agreed to are left
            assert {step.danger.level for s in plan.subjects for step in s.steps} == {"high"}
        plans.append(plan)
        options = options or acknowledging(plan)
    left = office.plan(path, *options)
    assert not [(s.id, step.rule) for s in left.subjects for step in s.steps]
    for before, plan in zip(reversed(trees), reversed(plans), strict=True):
        undone = office.undo(plan)
        assert {h: undone.state(h) for h in HOSTS} == dict.fromkeys(HOSTS, "undone"), undone
        assert not changed(lab, before, *HOSTS, but=LOCK if before is trees[1] else ())


# -- nobody confirms ---------------------------------------------------------------------------


def stays(lab: Lab, plan: Plan, host: str) -> None:
    """Expect, as the control, what was confirmed to be there after the timer's time."""
    assert state(lab, host, plan.id) == ("confirmed", "controller")
    assert place(lab, host, MODULES).exists()


def took_itself_back(lab: Lab, plan: Plan, host: str) -> bool:
    """Tell whether the host's own timer undid the plan."""
    return state(lab, host, plan.id) == ("undone", "timer")


def start(office: Office, plan: Plan, *options: str) -> subprocess.Popen[str]:
    """Start to apply with the shortest timer."""
    return office.start(PLANNER, "apply", plan.id, "--undo-after", SHORTEST, *options)


def test_what_nobody_confirms_takes_itself_back(lab: Lab, office: Office, page: Page) -> None:
    """Three runs at once, to wait but once.

    One is killed when two hosts are changed and not confirmed (the one before them is the
    control), one loses its host's network at that moment, one is killed while its host changes.
    """
    before = pictures(lab, *HOSTS)
    killed, cut, midway = (
        office.approved(office.hosts(lab, *hosts), rules=QUICK)
        for hosts in ((KY, C7, D12), (R8,), (C6,))
    )
    office.business(page.checks(C7, R8))
    runs: dict[str, subprocess.Popen[str]] = {}

    def now(host: str, asked_before: int) -> int:
        if asked_before and host == C7:
            runs["killed"].kill()
        elif asked_before:
            faults.link_down(lab, R8)
        return WORKS

    page.then = now
    runs["killed"] = start(office, killed, "--canary", KY, "--batch", "100%")
    runs["cut"] = start(office, cut)
    runs["midway"] = start(office, midway, "--json")
    until(lambda: state(lab, C6, midway.id)[0] in ("armed", "applying"), 60)
    runs["midway"].kill()
    over = {name: ended(run) for name, run in runs.items()}
    assert {name: over[name].code for name in ("killed", "midway")} == dict.fromkeys(
        ("killed", "midway"), -signal.SIGKILL)
    assert over["cut"].code == 4
    assert re.search(rf"unknown +{R8}: .*opsrunner resume {cut.id}", over["cut"].out), over["cut"]
    assert [office.states(killed, host)[-1] for host in (KY, C7, D12)] == [
        State.VERIFIED, State.BEGUN, State.BEGUN]
    assert office.states(midway, C6) == [State.BEGINNING]
    for plan, host in ((killed, C7), (killed, D12), (cut, R8), (midway, C6)):
        until(partial(took_itself_back, lab, plan, host), 34 + slow(10))
    faults.link_up(lab, R8)
    office.business({})
    for plan, hosts in ((killed, (C7, D12)), (cut, (R8,)), (midway, (C6,))):
        told = office.resume(plan)
        for host in hosts:
            assert told.state(host) == "undone"
            assert "undone" in told.reason(host)
            assert "timer" in told.reason(host)
            assert not changed(lab, before, host)
    stays(lab, killed, KY)
    assert office.undo(killed, "--limit", KY).state(KY) == "undone"
    assert not changed(lab, before, KY)


# -- drift, business, Ctrl-C -------------------------------------------------------------------


def test_a_host_that_drifted_is_refused_and_the_others_done(lab: Lab, office: Office) -> None:
    plan = office.approved(office.hosts(lab, R8, KY), rules=QUICK)
    start_of = pictures(lab, KY)
    faults.run(lab, R8, f"cp -p {SSHD} /root/kept; echo '# by hand' >>{SSHD}", check=True)
    before = pictures(lab, R8)
    done = office.run(PLANNER, "apply", plan.id, "--canary", KY, "--batch", "100%")
    assert done.code == 2
    assert [office.states(plan, host)[-1] for host in (KY, R8)] == [State.VERIFIED, State.REFUSED]
    assert re.search(rf"drift +{R8}: file {SSHD}: planned .* now ", done.out), done.out
    assert "rare" not in done.out.partition("drift ")[2]  # what did not drift is not named
    assert not changed(lab, before, R8)
    assert place(lab, KY, MODULES).exists()
    faults.run(lab, R8, f"cp -p /root/kept {SSHD}; rm /root/kept", check=True)
    assert office.undo(plan, "--limit", KY).state(KY) == "undone"
    assert not changed(lab, start_of, KY)


def test_ctrl_c_stops_between_hosts_and_worse_business_stops_the_batches(
    lab: Lab, office: Office, page: Page,
) -> None:
    """Ctrl-C while the first host changes; then one host of the batch that goes on fails."""
    hosts = (C7, R8, KY, D12)
    before = pictures(lab, *hosts)
    plan = office.approved(office.hosts(lab, *hosts), rules=QUICK)
    office.business(page.checks(*hosts))
    run = office.start(PLANNER, "apply", plan.id, "--json", "--canary", C7)
    until(lambda: state(lab, C7, plan.id)[0] in ("armed", "applying", "applied"), 60)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does it: everything that runs hears it
    stopped = ended(run)
    assert (stopped.code, stopped.said["stopped"]) == (130, "stopped by the operator"), stopped
    assert {h: stopped.state(h) for h in hosts} == {
        C7: "verified", R8: "planned", KY: "planned", D12: "planned"}
    assert not changed(lab, before, *hosts[1:])

    page.then = lambda host, asked_before: BROKEN if host == D12 and asked_before else WORKS
    batch = ("--batch", "2")
    gone_on = office.resume(plan, *batch)
    assert {h: gone_on.state(h) for h in hosts} == {
        C7: "verified", D12: "undone", KY: "verified", R8: "planned"}
    assert gone_on.said["stopped"] == f"a business check is worse than before on {D12}"
    assert any("HTTP 500" in line.reason for line in office.journal(plan))
    assert not changed(lab, before, D12, R8)
    assert all(place(lab, h, MODULES).exists() for h in (C7, KY))

    page.then = lambda *_: WORKS  # the control: the checks are green, and the rest is done
    assert office.resume(plan, *batch).state(R8) == "verified"
    undone = office.undo(plan)
    assert set(undone.said["states"].values()) == {"undone"}
    assert not changed(lab, before, *hosts)
