"""What the lab promises to those who test on it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.fleet import boot, faults, layers, network, processes, record
from tests.lab.fleet.control import Lab
from tests.lab.fleet.instance import CHECKOUT, STATE_HOME, LabError
from tests.lab.transact import slow

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.lab

C7, R8, KY, D12, C6 = (
    "lab-centos7-1", "lab-rhel8-1", "lab-kylinv10-1", "lab-debian12-1", "lab-centos6-1",
)  # fmt: skip
EL = (C7, R8, KY, C6)
LAB_PY = Path(__file__).with_name("lab.py")


def ansible_facts(lab: Lab, hosts: str) -> dict[str, dict[str, Any]]:
    """Return facts by host, gathered by the real ansible."""
    ansible = shutil.which("ansible", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if ansible is None:
        pytest.skip("ansible is not installed beside this Python")
    done = subprocess.run(
        [ansible, "-i", lab.record.inventory, hosts, "-m", "setup", "-a",
         "gather_subset=!all,min,pkg_mgr"],
        capture_output=True, text=True, timeout=120, check=False, cwd="/",
        env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": "json", "ANSIBLE_LOAD_CALLBACK_PLUGINS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    tasks = json.loads(done.stdout)["plays"][0]["tasks"][0]["hosts"]
    return {name: result["ansible_facts"] for name, result in tasks.items()}


def password_login(lab: Lab, name: str, password: str, command: str) -> tuple[int, str]:
    """Log in over ssh as opspw by password only; return exit code and output."""
    now = lab.record
    done = subprocess.run(
        ["sshpass", "-e", "ssh", "-F", "/dev/null", "-o", "PubkeyAuthentication=no",
         "-o", "NumberOfPasswordPrompts=1", "-o", f"UserKnownHostsFile={lab.instance.known_hosts}",
         "-o", "StrictHostKeyChecking=yes", f"opspw@{now.host(name).address(now.subnet)}", command],
        capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "SSHPASS": password}, input=password + "\n",
    )  # fmt: skip
    return done.returncode, done.stdout


def password(lab: Lab) -> str:
    return lab.instance.password_file.read_text(encoding="ascii").strip()


def test_ansible_takes_the_hosts_for_what_they_are(lab: Lab) -> None:
    facts = ansible_facts(lab, "linux:!centos6")
    said = {
        name: (
            f["ansible_distribution"], f["ansible_distribution_version"],
            f["ansible_os_family"], f["ansible_pkg_mgr"],
        )
        for name, f in facts.items()
    }  # fmt: skip
    assert said[C7] == ("CentOS", "7.9", "RedHat", "yum")
    assert said[R8] == ("RedHat", "8.10", "RedHat", "dnf")
    assert said[KY] == ("Kylin Linux Advanced Server", "V10", "RedHat", "dnf")
    assert said[D12][0] == "Debian"


@pytest.mark.parametrize(("name", "series"), [(C7, "2.7"), (R8, "3.6"), (KY, "3.7")])
def test_the_interpreter_is_as_old_as_the_identity(lab: Lab, name: str, series: str) -> None:
    identity = lab.record.host(name).identity
    from tests.lab.fleet.recipe import load_identity  # noqa: PLC0415 - only this test

    declared = load_identity(identity)
    if declared.interpreter_found is None:
        pytest.skip(f"this machine has no Python {series} under pyenv")
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    assert faults.run(lab, name, f'{declared.interpreter} -c "{code}"').stdout.strip() == series


def test_centos6_shows_neither_python_nor_systemd(lab: Lab) -> None:
    script = "command -v python python2 python3 systemctl journalctl; cat /proc/1/cmdline"
    assert faults.run(lab, C6, script).stdout.replace("\0", "").strip() == "/sbin/init"
    assert "is running..." in faults.run(lab, C6, "service sshd status").stdout
    assert "3:on" in faults.run(lab, C6, "chkconfig --list auditd").stdout


@pytest.mark.parametrize("name", [*EL, D12])
def test_a_password_login_goes_through_pam(lab: Lab, name: str) -> None:
    code, out = password_login(lab, name, password(lab), "sudo -S -p '' id -u")
    assert (code, out.strip()) == (0, "0")
    code, _ = password_login(lab, name, "not the password", "id")
    assert code != 0


@pytest.mark.parametrize("name", [C7, R8, KY, C6])
def test_the_stock_stack_decides_over_logins(lab: Lab, name: str, pristine: list[str]) -> None:
    pristine.append(name)
    faults.run(lab, name, "sed -i '1a auth required pam_deny.so' /etc/pam.d/password-auth")
    code, _ = password_login(lab, name, password(lab), "id")
    assert code != 0


@pytest.mark.parametrize("name", EL)
@pytest.mark.parametrize("user", ["opsadm", "opscsh"])
def test_key_logins_and_sudo(lab: Lab, name: str, user: str) -> None:
    assert faults.ssh(lab, name, "sudo -n id -u", user=user).stdout.strip() == "0"


@pytest.mark.parametrize("name", [C7, R8, C6])
def test_an_old_sshd_refuses_include(lab: Lab, name: str, pristine: list[str]) -> None:
    pristine.append(name)
    script = "echo 'Include /etc/ssh/sshd_config.d/*.conf' >> /etc/ssh/sshd_config; sshd -t"
    done = faults.run(lab, name, script)
    assert done.returncode == 255
    assert "Bad configuration option: Include" in done.stderr


def test_root_login_is_open_on_stock_centos(lab: Lab) -> None:
    for name in (C7, C6, R8):
        assert "permitrootlogin yes" in faults.run(lab, name, "sshd -T").stdout


def test_a_reset_restores_every_path(lab: Lab) -> None:
    lab.reset(C7)
    faults.run(lab, C7, "sync; systemctl stop rsyslog")
    before = faults.tree(lab, C7)
    faults.run(
        lab, C7,
        "rm /etc/issue; echo x >> /etc/passwd; chmod 666 /etc/shadow; touch /etc/new;"
        "setfattr -n user.x -v 1 /etc/hosts; ln -sf /x /etc/motd; userdel -r opscsh",
    )  # fmt: skip
    assert "/etc/issue" not in faults.tree(lab, C7)
    began = time.monotonic()
    lab.reset(C7)
    took = time.monotonic() - began
    after = faults.tree(lab, C7)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    # What any boot writes anew, under names of its own.
    moving = ("/var/log/", "/var/lib/", "/var/spool/", "/var/tmp/systemd-private-")  # noqa: S108
    assert {path for path in changed if not path.startswith(moving)} == set()
    assert took < slow(5)  # 2 s on an idle machine


def test_a_picture_sees_what_keeps_size_and_date(lab: Lab, pristine: list[str]) -> None:
    """Pictures do not read again what the kernel calls unchanged; nothing may hide in that."""
    pristine.append(D12)
    paths = ("/etc/issue", "/etc/motd", "/etc/hosts", "/etc/shells")
    before = faults.tree(lab, D12)
    same = faults.tree(lab, D12)
    assert {path: same[path] for path in paths} == {path: before[path] for path in paths}
    faults.run(
        lab, D12,
        "touch -r /etc/issue /r; tr a-z A-Z </etc/issue >/x; cat /x >/etc/issue;"
        "touch -r /r /etc/issue; chmod 600 /etc/motd; setfattr -n user.x -v 1 /etc/hosts;"
        "chown 7:8 /etc/shells",
        check=True,
    )  # fmt: skip
    after = faults.tree(lab, D12)
    assert all(after[path] != before[path] for path in paths)
    faults.run(lab, D12, "tr A-Z a-z </x >/etc/issue; touch -r /r /etc/issue", check=True)
    assert faults.tree(lab, D12)["/etc/issue"] != after["/etc/issue"]


def test_audit_rules_are_taken_in_order_and_locked(lab: Lab, pristine: list[str]) -> None:
    pristine.append(R8)
    faults.write_file(lab, R8, "/etc/audit/rules.d/50-a.rules", "-w /etc/passwd -p aw -k id\n")
    faults.write_file(
        lab, R8, "/etc/audit/rules.d/40-b.rules",
        "-a exit,always -F arch=b64 -S fchmodat -S chmod -F auid>=1000 -F auid!=unset -k perm\n",
    )  # fmt: skip
    faults.write_file(lab, R8, "/etc/audit/rules.d/99-end.rules", "-e 2\n")
    assert faults.run(lab, R8, "augenrules --load").returncode == 0
    assert faults.run(lab, R8, "auditctl -l").stdout.splitlines() == [
        "-a always,exit -F arch=b64 -S chmod,fchmodat -F auid>=1000 -F auid!=-1 -F key=perm",
        "-w /etc/passwd -p wa -k id",
    ]
    assert "enabled 2" in faults.run(lab, R8, "auditctl -s").stdout
    assert "immutable" in faults.run(lab, R8, "auditctl -w /x -p w").stdout
    assert faults.run(lab, R8, "auditctl -D").returncode == 1
    faults.reboot(lab, R8)
    assert "-k id" in faults.run(lab, R8, "auditctl -l").stdout


@pytest.mark.parametrize(("name", "lines"), [(C6, 7), (C7, 8), (R8, 10)])
def test_auditctl_status_has_the_lines_of_its_version(lab: Lab, name: str, lines: int) -> None:
    assert len(faults.run(lab, name, "auditctl -s").stdout.splitlines()) == lines


def test_getstatus_has_both_forms(lab: Lab, pristine: list[str]) -> None:
    pristine.append(KY)
    old = faults.ssh(lab, KY, "/usr/sbin/getstatus", user="opsadm").stdout
    assert old.splitlines()[0] == "KySec status: Normal"
    assert "exec control: on" in old
    faults.write_file(lab, KY, "/var/lib/lab-standin/kysec.form", "new\n")
    faults.run(lab, KY, "setstatus -f exectl warning; setstatus softmode")
    new = faults.run(lab, KY, "getstatus").stdout
    assert new.splitlines()[0] == "KySec status: softmode"
    assert "exec control : warning" in new


def test_kernel_wide_sysctls_change_and_a_reboot_forgets(lab: Lab, pristine: list[str]) -> None:
    pristine.append(C7)
    faults.run(lab, C7, "sysctl -w kernel.dmesg_restrict=1 net.ipv4.conf.all.log_martians=1")
    keys = "kernel.dmesg_restrict net.ipv4.conf.all.log_martians"
    assert faults.run(lab, C7, f"sysctl -n {keys}").stdout.split() == ["1", "1"]
    faults.write_file(lab, C7, "/etc/sysctl.d/60-x.conf", "fs.suid_dumpable = 1\n")
    faults.reboot(lab, C7)
    keys = "kernel.dmesg_restrict fs.suid_dumpable"
    assert faults.run(lab, C7, f"sysctl -n {keys}").stdout.split() == ["0", "1"]


def test_rpm_and_the_pending_advisory(lab: Lab) -> None:
    assert faults.run(lab, C7, "rpm -q openssh-server").stdout.startswith("openssh-server-7.4p1-")
    assert "/etc/sudoers" not in faults.run(lab, R8, "rpm -V sudo").stdout
    out = faults.run(lab, C7, "yum updateinfo list security").stdout
    assert "RHSA-2023:0291 Important/Sec." in out
    assert "updateinfo list done" in out
    assert "KYSA-" in faults.run(lab, KY, "dnf -q updateinfo list security").stdout


def test_faults_are_seen_from_outside(lab: Lab, pristine: list[str]) -> None:
    pristine.append(C6)
    now = lab.record
    command = boot.ssh_command(lab.instance, now.host(C6).address(now.subnet))
    for fault, mend in ((faults.link_down, faults.link_up), (faults.freeze, faults.thaw)):
        fault(lab, C6)
        assert not boot.answers(command, 3)
        mend(lab, C6)
        assert boot.answers(command, 20)
    faults.kill(lab, C6)
    assert not boot.answers(command, 3)


@pytest.fixture
def other(machine_for_labs: None) -> Iterator[Lab]:  # noqa: ARG001 - it may skip
    """Yield a small second lab that is gone afterwards."""
    lab = Lab(f"test-{os.getpid()}")
    yield lab
    lab.down()


def remains(lab: Lab) -> list[str]:
    """Return what a lab left on the machine."""
    left = [str(path) for path in layers.mounted_below(lab.instance.state)]
    left += list(processes.supervisors(lab.instance.machine_prefix))
    left += [str(pid) for pid in processes.orphans(lab.instance.machine_prefix)]
    left += [p.name for p in network.INTERFACES.iterdir() if lab.instance.tag in p.name]
    left += [str(p) for top in boot.group_dirs("") for p in top.glob(f"*{lab.instance.tag}*")]
    return left + ([str(lab.instance.state)] if lab.instance.state.exists() else [])


def test_two_labs_live_side_by_side(lab: Lab, other: Lab) -> None:
    other.up(2)
    assert other.record.subnet != lab.record.subnet
    assert faults.ssh(other, C7, "hostname").stdout.strip() == C7
    assert faults.ssh(lab, C7, "hostname").stdout.strip() == C7
    other.down()
    assert remains(other) == []
    assert all(line.good for line in lab.status())


@pytest.mark.parametrize("seconds", [0.3, 1.0, 2.0, 3.5])
def test_a_killed_up_leaves_nothing_after_down(
    other: Lab,
    seconds: float,
) -> None:
    command = [sys.executable, str(LAB_PY), "up", "--name", other.instance.name, "--hosts", "3"]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.DEVNULL) as child:
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
    other.down()
    assert remains(other) == []
    assert other.instance.name not in record.known_labs()


def test_the_password_file_is_private(lab: Lab) -> None:
    assert lab.instance.password_file.stat().st_mode & 0o777 == 0o600
    assert STATE_HOME.stat().st_mode & 0o777 == 0o700


def test_authselect_writes_the_stack_that_logins_pass(lab: Lab, pristine: list[str]) -> None:
    pristine.append(R8)
    assert faults.run(lab, R8, "authselect current").returncode == 2
    assert faults.run(lab, R8, "authselect select sssd with-faillock").returncode == 4
    faults.run(lab, R8, "authselect select sssd with-faillock --force", check=True)
    assert faults.run(lab, R8, "authselect current -r").stdout == "sssd with-faillock\n"
    assert password_login(lab, R8, password(lab), "id -un") == (0, "opspw\n")
    for _ in range(3):
        password_login(lab, R8, "wrong", "id")
    assert password_login(lab, R8, password(lab), "id")[0] != 0
    assert "opspw" in faults.run(lab, R8, "faillock --user opspw").stdout


def test_authconfig_turns_faillock_on(lab: Lab, pristine: list[str]) -> None:
    pristine.append(C7)
    arguments = "deny=3 unlock_time=60"
    faults.run(lab, C7, f"authconfig --enablefaillock --faillockargs='{arguments}' --update",
               check=True)  # fmt: skip
    assert "pam_faillock is enabled" in faults.run(lab, C7, "authconfig --test").stdout
    assert password_login(lab, C7, password(lab), "id -un") == (0, "opspw\n")
    for _ in range(3):
        password_login(lab, C7, "wrong", "id")
    assert password_login(lab, C7, password(lab), "id")[0] != 0


def test_an_extra_layer_that_no_host_can_have_is_refused(other: Lab) -> None:
    with pytest.raises(LabError, match="only debian12 can"):
        other.up(1, identities=("centos7",), extra="databases")
    with pytest.raises(LabError, match="there are: databases"):
        other.up(1, identities=("debian12",), extra="cathedrals")
