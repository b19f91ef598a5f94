"""Validators that are the engine's own: grammars and the walk over PAM stacks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.changes.shells import engine

MODULES = ("env", "unix", "deny", "permit", "faillock", "succeed_if", "pwquality", "localuser",
           "rootok", "limits", "wheel")
EL7 = """auth required pam_env.so
auth sufficient pam_unix.so nullok try_first_pass
auth requisite pam_succeed_if.so uid >= 1000 quiet_success
auth required pam_deny.so
account required pam_unix.so
account sufficient pam_localuser.so
account required pam_permit.so
password requisite pam_pwquality.so retry=3
password sufficient pam_unix.so sha512 use_authtok
password required pam_deny.so
session optional pam_limits.so
session required pam_unix.so
"""
DEBIAN = """auth [success=1 default=ignore] pam_unix.so nullok
auth requisite pam_deny.so
auth required pam_permit.so
"""
LOCKED = EL7.replace(
    "auth sufficient pam_unix.so nullok try_first_pass\n",
    "auth required pam_faillock.so preauth deny=5\nauth sufficient pam_unix.so try_first_pass\n"
    "auth [default=die] pam_faillock.so authfail deny=5\n",
)
STACKS = [
    (EL7, ""),
    (DEBIAN, ""),
    (LOCKED, ""),
    ("auth substack common\nauth required pam_env.so\n", ""),
    ("-auth optional pam_gone.so\n" + DEBIAN, ""),
    ("auth required pam_gone.so\n" + DEBIAN, "no module pam_gone.so"),
    ("auth requird pam_unix.so\n" + DEBIAN, "no such control: requird"),
    ("auth [success=1 default=ignor] pam_unix.so\n", "no such control"),
    ("auth include gone\n", "includes gone, which does not exist"),
    ("auth include svc\n", "includes itself"),
    ("auth required pam_deny.so\n" + EL7, "auth: has no way to succeed"),
    # A line put in between: the jump of pam_unix now ends at pam_deny.
    (DEBIAN.replace("auth requisite", "auth required pam_env.so\nauth requisite"),
     "auth: has no way to succeed"),
    # A jump too far ends without a success; one line too few lets everybody in.
    (DEBIAN.replace("success=1", "success=2"), "auth: has no way to succeed"),
    ("auth sufficient pam_permit.so\n" + EL7, "auth: succeeds without any proof"),
    (DEBIAN.replace("auth requisite pam_deny.so\n", ""), "auth: succeeds without any proof"),
    ("account requisite pam_deny.so\n", "account: has no way to succeed"),
]


@pytest.mark.parametrize(("stack", "said"), STACKS)
def test_a_pam_stack_is_walked_as_libpam_would(stack: str, said: str, tmp_path: Path) -> None:
    modules, services = tmp_path / "security", tmp_path / "pam.d"
    modules.mkdir()
    services.mkdir()
    for name in MODULES:
        (modules / f"pam_{name}.so").write_bytes(b"\x7fELF\n")
    (services / "svc").write_text(stack)
    (services / "common").write_text(EL7)
    body = f'awk -v dirs={modules} "$OPS_PAM" {services}/svc {services}/common'
    done = engine(tmp_path, body)
    found = [line for line in done.stdout.splitlines() if line.startswith("svc")]
    assert done.stderr == ""
    assert (said in "\n".join(found)) if said else found == []


def test_pam_is_held_only_against_what_the_change_brought(tmp_path: Path) -> None:
    """This machine's own stacks, whatever they are, are valid; a staged deny is not."""
    stage = tmp_path / "home" / "TX" / "stage"
    (stage / "etc" / "pam.d").mkdir(parents=True)
    (stage / "etc" / "pam.d" / "ours").write_text("auth required pam_permit.so\n")
    body = "OPS_TREE=$OPS_DIR/tree\nvalidate_pam\necho $? $ops_told"
    assert engine(tmp_path, body).stdout.startswith("1 ours auth: succeeds without any proof")
    (stage / "etc" / "pam.d" / "ours").write_text(
        "auth required pam_unix.so\naccount required pam_unix.so\n")
    assert engine(tmp_path, body).stdout.strip() == "0"


# Only auditd brings the table of system calls.
_NO_SUCH_CALL = ["-a always,exit -S nosuchcall"] if shutil.which("ausyscall") else []
GRAMMARS = [
    ("sysctl_file", "/etc/sysctl.d/a.conf",
     ["# c", "; c", "", "net.ipv4.ip_forward = 0", "-kernel/x=1", "net.ipv4.conf.*.rp_filter=1",
      "-net.ipv4.conf.all.rp_filter"],
     ["net.ipv4.ip_forward", "net.ipv4.ip_forward =", "= 1", "a b = 1"]),
    ("systemd_unit", "/etc/systemd/system/a.service",
     ["[Unit]", "[Service]\nExecStart=/bin/true \\\n  more words", "[X-Y]\nA =b\n# c"],
     ["ExecStart=/bin/true", "[Unit]\nwords", "[Unit\nA=b"]),
    ("crontab", "/etc/cron.d/a",
     ["MAILTO=root", "*/5 0-3,7 1 jan mon root true", "@daily root run-parts /x",
      "0 0 * * 7 root x"],
     ["* * * * root true", "61x * * * * root true", "@often root x", "@daily root",
      "jan * * * * r x"]),
    ("crontab", "/var/spool/cron/root", ["* * * * * true"], ["* * * * *"]),
    ("fstab", "/etc/fstab",
     ["/dev/sda1 / xfs defaults 0 0", "UUID=a none swap sw",
      "tmpfs /dev/shm tmpfs noexec,nodev 0 0"],
     ["/dev/sda1 /", "/dev/sda1 tmp xfs defaults 0 0", "/dev/sda1 / xfs a,,b 0 0",
      "/dev/sda1 / xfs defaults x 0"]),
    ("audit_rules", "/etc/audit/rules.d/a.rules",
     ["-D", "-b 8192", "--backlog_wait_time 60000", "-f 1", "-e 2", "-w /etc/passwd -p wa -k x",
      "-a always,exit -F arch=b64 -S openat,close -S unlink -F auid>=1000 -F auid!=unset -k y",
      "-a exit,never -F dir=/x", "-A exclude,always -F msgtype=CWD", "--loginuid-immutable",
      "-a always,exit -F path=/usr/bin/su -F perm=x -F key=priv"],
     ["-w passwd -p wa", "-w /x -p wz", "-a always -S open", *_NO_SUCH_CALL,
      "-a always,exit -F colour=1 -S openat", "-a always,exit -F auid -S openat", "-b many",
      "always,exit", "-a always,exit -F path=x", "-w /x -k " + "k" * 32, "-w /x -k"]),
    ("shell", "/etc/profile.d/a.sh", ["if true; then :; fi"], ["if true; then"]),
    ("firewalld", "/etc/firewalld/zones/a.xml",
     ['<?xml version="1.0"?><!-- a - <b> --><zone><short>a</short><service name="ssh"/></zone>'],
     ["<zone><short></zone>", "<zone>", "<zone></zone></zone>", "<zone"]),
]


@pytest.mark.parametrize(
    ("validator", "path", "text", "well"),
    [(name, path, text, well) for name, path, good, bad in GRAMMARS
     for texts, well in ((good, True), (bad, False)) for text in texts],
)
def test_a_grammar_tells_right_from_wrong(
    validator: str, path: str, text: str, well: bool, tmp_path: Path,  # noqa: FBT001 - a case
) -> None:
    staged = tmp_path / "home" / "TX" / "stage" / path[1:]
    staged.parent.mkdir(parents=True)
    staged.write_text(text + "\n")
    done = engine(tmp_path, 'OPS_TREE=$OPS_DIR/tree; mkdir -p "$OPS_TREE"; OPS_OUT=$OPS_DIR/out\n'
                  f"if validate_{validator} >&2; then echo well; else echo wrong; fi")
    assert done.stdout.splitlines()[-1] == ("well" if well else "wrong"), done.stdout + done.stderr
