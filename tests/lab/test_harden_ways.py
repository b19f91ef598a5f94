"""Ways in and ways back: a second login proven first, a part taken back, a service that fails."""

from __future__ import annotations

import pytest

from opsrunner.changes.answer import Outcome
from opsrunner.changes.operations import Changes
from opsrunner.changes.transaction import begin_script, clean_script, undo_script
from tests.lab.approval import PLANNER, QUICK, Office, changed, pictures
from tests.lab.cli import inventory
from tests.lab.fleet import faults
from tests.lab.fleet.control import Lab
from tests.lab.transact import SSHD, ask, place, write

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("hardening_hosts")]

C7, R8, D12 = "lab-centos7-1", "lab-rhel8-1", "lab-debian12-1"
MODULES = "/etc/modprobe.d/opsrunner.conf"
LOCK = ("/var/lib/opsrunner/lock",)
SHARED = ("ssh_max_auth_tries", "ssh_login_grace_time")  # both in sshd's configuration


def test_a_second_login_that_does_not_get_in_keeps_the_host_from_being_begun(
    lab: Lab, office: Office,
) -> None:
    path = inventory(
        lab, office.folder, (C7, D12),
        lab_centos7_1={"ops_second_login": "opsadm"},
        lab_debian12_1={"ops_second_login": "nobody-here"},
    )
    before = pictures(lab, C7, D12)
    plan = office.approved(path, rules=QUICK)
    looked = office.run(PLANNER, "apply", plan.id, "--check")
    assert looked.code == 2, looked
    lines = dict(line.split(maxsplit=1) for line in looked.out.splitlines() if "lab-" in line)
    assert lines[C7].startswith("changed")
    assert lines[D12].startswith("refused")
    assert not changed(lab, before, C7, D12)
    assert not office.journal(plan)
    done = office.apply(plan, "--batch", "100%", "--canary", C7)
    assert done.state(C7) == "verified", done  # the control
    assert done.state(D12) == "refused", done
    assert "second login nobody-here does not get in" in done.reason(D12)
    assert not changed(lab, before, D12)
    assert office.undo(plan, "--limit", C7).state(C7) == "undone"
    assert not changed(lab, before, C7)


def test_without_a_second_way_in_only_what_cannot_cut_access_is_changed(
    lab: Lab, office: Office,
) -> None:
    path = inventory(lab, office.folder, (C7, D12), lab_centos7_1={"ops_second_login": "opsadm"})
    before = pictures(lab, C7, D12)
    plan = office.approved(path, rules=QUICK, without="")
    steps = {subject.id: [step.rule for step in subject.steps] for subject in plan.subjects}
    left = {(subject.id, entry.rule, entry.reason)
            for subject in plan.subjects for entry in subject.left_out}
    assert steps == {C7: sorted(QUICK), D12: ["rare_filesystems_off"]}
    assert (D12, "ssh_max_auth_tries", "no_second_way") in left
    done = office.apply(plan, "--batch", "100%")
    assert {done.state(C7), done.state(D12)} == {"verified"}, done
    assert "MaxAuthTries" in place(lab, C7, SSHD).read_text(encoding="utf-8")  # the control
    assert MODULES in changed(lab, before, D12)[D12]
    assert not any("ssh" in name for name in changed(lab, before, D12)[D12])
    assert office.undo(plan).state(D12) == "undone"
    assert not changed(lab, before, C7, D12)


def test_a_failed_recheck_is_taken_back_at_once_only_when_asked_for(
    lab: Lab, office: Office,
) -> None:
    """The site wants a value that the profile does not accept: the rule goes on failing."""
    path = inventory(
        lab, office.folder, (D12,),
        lab_debian12_1={"harden_linux_sshd_options": {"MaxAuthTries": "5"}},
    )
    before = pictures(lab, D12)
    stands, back = (office.approved(path, rules=QUICK) for _ in range(2))
    failed = office.apply(stands)
    assert (failed.code, failed.state(D12)) == (2, "failed"), failed  # the control
    assert failed.reason(D12) == "still failing: ssh_max_auth_tries"
    assert SSHD in changed(lab, before, D12)[D12] or MODULES in changed(lab, before, D12)[D12]
    assert office.undo(stands).state(D12) == "undone"
    done = office.apply(back, "--undo-failed")
    assert (done.code, done.state(D12)) == (2, "undone"), done
    assert not changed(lab, before, D12)


def test_a_rule_is_taken_back_alone_and_somebody_elses_change_is_not_overwritten(
    lab: Lab, office: Office,
) -> None:
    before = pictures(lab, R8)
    plan = office.approved(office.hosts(lab, R8), rules=(*SHARED, "rare_filesystems_off"))
    assert office.apply(plan).state(R8) == "verified"
    shared = office.undo(plan, "--rule", SHARED[0])
    assert shared.code == 3
    assert f"{SHARED[1]}@{R8}: shares {SSHD}" in shared.err
    part = office.undo(plan, "--rule", "rare_filesystems_off")
    assert part.state(R8) == "confirmed", part
    assert not place(lab, R8, MODULES).exists()
    assert "MaxAuthTries" in place(lab, R8, SSHD).read_text(encoding="utf-8")
    seen = office.undo(plan, "--check").said
    assert seen["is_back"] == [{"host": R8, "target": MODULES}], seen
    assert SSHD in {row["target"] for row in seen["would_go_back"]}
    assert not seen["would_stay"]
    resumed = office.resume(plan)  # it takes back no more, and knows that it was on purpose
    assert resumed.state(R8) == "verified", resumed
    assert "rare_filesystems_off still fails (taken back on purpose)" in resumed.reason(R8)
    assert not place(lab, R8, MODULES).exists()
    assert "MaxAuthTries" in place(lab, R8, SSHD).read_text(encoding="utf-8")
    ours = place(lab, R8, SSHD).read_bytes()
    faults.run(lab, R8, f"echo '# somebody else' >>{SSHD}")
    refused = office.undo(plan)
    assert refused.state(R8) == "failed", refused
    assert f"{SSHD}: was changed since: before " in refused.reason(R8)
    assert place(lab, R8, SSHD).read_bytes() == ours + b"# somebody else\n"
    faults.run(lab, R8, f"sed -i '/^# somebody else$/d' {SSHD}")
    assert office.undo(plan).state(R8) == "undone"
    assert not changed(lab, before, R8)


def test_a_service_that_will_not_start_again_is_no_dead_end(lab: Lab) -> None:
    path = "/etc/rsyslog.d/90-lab.conf"
    faults.run(lab, C7, "mkdir -p /etc/systemd/system/rsyslog.service.d && printf "
                        "'[Service]\\nExecStartPre=/bin/false\\n' "
                        ">/etc/systemd/system/rsyslog.service.d/lab.conf; systemctl daemon-reload")
    changes = Changes((write(lab, C7, path, b"# harmless\n"),), activate=("rsyslog",))
    begun = ask(lab, C7, begin_script(changes, "stuck", undo_after=600))
    assert begun.outcome is Outcome.UNDO_FAILED, begun
    assert not place(lab, C7, path).exists()  # the bytes are back all the same
    again = ask(lab, C7, begin_script(changes, "next", undo_after=600))
    assert again.outcome is Outcome.REFUSED  # the control: nothing new while it is open
    asked = ask(lab, C7, undo_script("stuck"))
    assert asked.outcome is Outcome.DONE, asked
    assert any("could not be made to take it" in note.words for note in asked.notes)
    assert ask(lab, C7, clean_script("stuck")).outcome is Outcome.DONE
    faults.run(lab, C7, "rm -r /etc/systemd/system/rsyslog.service.d; systemctl daemon-reload;"
                        " systemctl restart rsyslog")
