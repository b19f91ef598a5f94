"""Scheduled jobs and cron's access lists, and the declared backups, on paper."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.changes.state import HostState, UnitState
from opsrunner.errors import InputError
from tests.unit.remedies.states import Files, again, carried, file, folder, host

AIDE = {"harden_linux_integrity_check_schedule": "5 4 * * *"}
SCAN = {"harden_linux_malware_scan_schedule": "30  3 * * 6"}
JOB, SCAN_JOB = "/etc/cron.d/opsrunner-aide", "/etc/cron.d/opsrunner-malware-scan"


def scheduled(
    wanted: dict[str, Any], files: Files, facts: dict[str, Any], platform: str = "rhel-8",
    unit: str = "crond.service", *, active: bool = True,
) -> HostState:
    """Return a host with cron."""
    units = {name: UnitState(name, present=name == unit, enabled="enabled",
                             active=active and name == unit)
             for name in ("crond.service", "cron.service")}
    return host(wanted, platform, files, facts=facts, units=units)


@pytest.mark.parametrize(("platform", "unit", "files", "command"), [
    ("centos-6", "crond.service", {"/usr/sbin/aide": ""}, "/usr/sbin/aide --check"),
    ("debian-12", "cron.service", {"/usr/bin/aide": "", "/etc/aide/aide.conf": ""},
     "/usr/bin/aide --config /etc/aide/aide.conf --check"),
])
def test_aide_is_scheduled(
    platform: str, unit: str, files: dict[str, str], command: str,
) -> None:
    gaps = {"integrity.gaps": ["no scheduled check"]}
    draft = carried(scheduled(AIDE, files, gaps, platform, unit), AIDE)
    assert draft.text(JOB) == f"5 4 * * * root nice -n 19 {command}\n"
    assert (draft.file(JOB).mode, draft.changes().validate) == (0o644, ("crontab",))
    assert not again(draft, AIDE, **{"integrity.gaps": []})


def test_aide_is_not_scheduled_before_its_baseline_nor_twice() -> None:
    for gap in ("AIDE is not installed", "no configuration", "/etc/aide.conf selects no file",
                "no database at /var/lib/aide/aide.db.gz"):
        with pytest.raises(ByHand, match="aide --init"):
            carried(scheduled(AIDE, {"/usr/sbin/aide": ""}, {"integrity.gaps": [gap]}), AIDE)
    done: dict[str, Any] = {"integrity.gaps": []}
    assert not carried(scheduled(AIDE, {"/usr/sbin/aide": ""}, done), AIDE).changes()
    moved = scheduled(AIDE, {"/usr/sbin/aide": "", JOB: "1 1 * * * root aide --check\n"}, done)
    assert carried(moved, AIDE).text(JOB).startswith("5 4 "), "our own job follows the variable"
    gap_only = {"integrity.gaps": ["no scheduled check"]}
    with pytest.raises(ByHand, match="does not run"):
        carried(scheduled(AIDE, {"/usr/sbin/aide": ""}, gap_only, active=False), AIDE)


def test_scans_use_the_daemon_where_it_runs() -> None:
    both = {"/usr/bin/clamscan": "", "/usr/bin/clamdscan": ""}
    facts = {"malware.scans": [], "malware.programs": ["clamd", "sshd"]}
    draft = carried(scheduled(SCAN, both, facts), SCAN)
    assert draft.text(SCAN_JOB).startswith("30 3 * * 6 root nice -n 19 /usr/bin/clamdscan ")
    alone = carried(scheduled(SCAN, both, {**facts, "malware.programs": []}, "centos-6"), SCAN)
    assert " /usr/bin/clamscan --recursive --infected /bin " in alone.text(SCAN_JOB)
    assert "%" not in alone.text(SCAN_JOB), "cron would take it for a newline"
    with pytest.raises(ByHand, match="no scanner"):
        carried(scheduled(SCAN, {}, facts), SCAN)
    other = {**facts, "malware.scans": ["savscan / (/etc/cron.d/sav)"]}
    assert not carried(scheduled(SCAN, both, other), SCAN).changes()


@pytest.mark.parametrize("value", ["5 4 * *", "5 4 * * * root", "61 4 * * *", "@daily", "", 5,
                                   "5 4 31 2 *", "* * * * *\n* * * * *"])
def test_a_time_that_never_comes_is_refused(value: object) -> None:
    wanted = {"harden_linux_integrity_check_schedule": value}
    with pytest.raises(InputError):
        carried(scheduled(wanted, {}, {"integrity.gaps": []}), wanted)


ALLOW = {"harden_linux_cron_allow": ["root", "ops"]}
BOTH = {"cron.installed": ["/usr/sbin/crond", "/usr/bin/at"]}
EL_CRON: Files = {
    "/etc/cron.deny": "bob\n", "/etc/at.deny": "\n", "/etc/crontab": "SHELL=/bin/bash\n",
    "/etc/cron.d": folder("/etc/cron.d"), "/etc/cron.daily": folder("/etc/cron.daily", 0o500),
    "/var/spool/cron/oracle": file("/var/spool/cron/oracle", mode=0o600),
    "/var/spool/cron/bob": file("/var/spool/cron/bob", mode=0o600),
    "/var/spool/cron/crontabs": folder("/var/spool/cron/crontabs"),
}


def test_users_with_jobs_keep_them_and_denied_ones_stay_out() -> None:
    draft = carried(host(ALLOW, files=EL_CRON, facts=BOTH), ALLOW)
    assert draft.text("/etc/cron.allow") == "ops\noracle\nroot\n" == draft.text("/etc/at.allow")
    assert (draft.file("/etc/cron.allow").mode, draft.file("/etc/cron.allow").gid) == (0o600, 0)
    assert not draft.exists("/etc/cron.deny")
    assert not draft.exists("/etc/at.deny")
    modes = [draft.file(path).mode for path in ("/etc/crontab", "/etc/cron.d", "/etc/cron.daily")]
    assert modes == [0o600, 0o700, 0o500]
    assert not again(draft, ALLOW)


def test_debian_reads_the_lists_through_a_group() -> None:
    files = {
        "/usr/bin/crontab": file("/usr/bin/crontab", mode=0o2755, gid=101),
        "/usr/bin/at": file("/usr/bin/at", mode=0o6755, uid=1, gid=1),
        "/etc/cron.allow": file("/etc/cron.allow", "alice", 0o644),
        "/var/spool/cron/crontabs/dba": file("/var/spool/cron/crontabs/dba"),
    }
    facts = {"cron.installed": ["/usr/sbin/cron", "/usr/bin/at"]}
    draft = carried(host(ALLOW, "debian-12", files, facts=facts), ALLOW)
    assert draft.text("/etc/cron.allow") == "alice\nops\nroot\n", "who is in it stays in it"
    found = [(draft.file(path).mode, draft.file(path).gid)
             for path in ("/etc/cron.allow", "/etc/at.allow")]
    assert draft.text("/etc/at.allow") == "dba\nops\nroot\n"
    assert found == [(0o640, 101), (0o640, 1)]
    assert not again(draft, ALLOW)


def test_of_what_is_not_installed_nothing_is_written() -> None:
    only_cron = {"cron.installed": ["/usr/sbin/crond"]}
    draft = carried(host(ALLOW, files=EL_CRON, facts=only_cron), ALLOW)
    assert not draft.exists("/etc/at.allow")
    assert draft.exists("/etc/at.deny")
    for bad in (["a b"], ["-x"], "root"):
        with pytest.raises(InputError):
            carried(host(ALLOW, facts=BOTH), {"harden_linux_cron_allow": bad})


DECLARED = "/etc/opsrunner/backup.jobs"


def backups(jobs: object, text: str = "") -> Draft:
    """Declare backup jobs on a host that declares these."""
    wanted = {"harden_linux_backup_jobs": jobs}
    draft = carried(host(wanted, files={DECLARED: text} if text else {}), wanted)
    assert not again(draft, wanted)
    return draft


def test_backups_are_declared_and_others_stay() -> None:
    job = "db|data|/backup/db/*.gz|26|1024"
    assert backups([job]).text(DECLARED) == f"{job}\n"
    site = "# site\nold|data|/b|9|1\ndb |data|/elsewhere|9|1"
    assert backups([job, "etc|configuration|/b/etc|26|1"], site).text(DECLARED) == (
        f"# site\nold|data|/b|9|1\n{job}\netc|configuration|/b/etc|26|1\n")


def test_bad_backups_are_all_named() -> None:
    bad = ["db|data|relative|26|1", "x|files|/b|1|1", "#|data|/|1|1",
           "ok|data|/b|1|1", "ok|data|/c|1|1"]
    with pytest.raises(InputError) as caught:
        backups(bad)
    assert len(caught.value.problems) == 4
    with pytest.raises(ByHand):
        backups([])


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=15),
                max_size=6), st.sampled_from(["", "\n"]))
@settings(max_examples=50, deadline=None)
def test_any_declaration_is_kept(lines: list[str], end: str) -> None:
    text = "\n".join(lines) + end
    found = backups(["db|data|/b|1|1"], text).text(DECLARED).split("\n")
    left = iter(found)
    kept = text.removesuffix("\n").split("\n") if text else []
    assert all(line in left for line in kept if not line.startswith("db|"))
