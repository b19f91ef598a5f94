"""PAM facts: what the case files cannot show one by one."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.facts.base import CannotTell, Host
from opsrunner.models import Frame
from opsrunner.parse.pam import Handler, PamFiles
from opsrunner.parse.pamlock import NEVER, lock_of
from opsrunner.parse.pwquality import NEW, OLD, cracklib, pwquality
from opsrunner.sources.wire import SECTION

_STACK = {
    "/etc/pam.d/other": "auth required pam_deny.so\npassword required pam_deny.so\n",
    "/etc/pam.d/sshd": "auth include system-auth\npassword include system-auth\n",
    "/etc/pam.d/login": "auth include system-auth\npassword include system-auth\n",
    "/etc/pam.d/passwd": "password include system-auth\n",
}
_LOCKED = """auth required pam_faillock.so preauth {0}
auth sufficient pam_unix.so
auth [default=die] pam_faillock.so authfail {0}
auth required pam_deny.so
password requisite pam_pwquality.so
password sufficient pam_unix.so use_authtok
"""


def _host(platform: str, files: dict[str, str], reads: str = "faillock") -> Host:
    parts = [f"{SECTION}file {path}\n{text}" for path, text in files.items()]
    parts.append(f"{SECTION}modules\npam_unix\npam_deny\npam_faillock\npam_pwquality\n")
    parts.append(f"{SECTION}reads\n{reads}\n{SECTION}sshd\nUsePAM yes\n")
    pam = Frame("pam.files", 0, "".join(parts).encode())
    ssh = Frame("ssh.effective", 0, b"port 22\npermitrootlogin no\nusepam yes\n")
    return Host(platform, {"pam.files": pam, "ssh.effective": ssh})


def _line(module: str, *args: str) -> Handler:
    return Handler(module, args, (), 0, "file:1")


def test_faillock_conf_counts_only_where_the_module_reads_it() -> None:
    files = {
        **_STACK, "/etc/pam.d/system-auth": _LOCKED.format(""),
        "/etc/security/faillock.conf": "deny = 4\n",
    }
    assert _host("rhel-8", files).get("pam.lockout")["deny"] == 4
    assert _host("rhel-8", files, reads="").get("pam.lockout")["deny"] == 3
    assert _host("centos-7", files).get("pam.lockout")["deny"] == 3


def test_hosts_with_the_same_files_are_judged_by_their_own_modules() -> None:
    """The cache of stacks must not carry one host's answer over to another."""
    files = {**_STACK, "/etc/pam.d/system-auth": _LOCKED.format("deny=5")}
    with_module, without = _host("rhel-8", files), _host("rhel-8", files)
    frame = without.frame("pam.files")
    body = frame.stdout.replace(b"pam_faillock\npam_pwq", b"pam_pwq")
    without = Host("rhel-8", {
        "pam.files": Frame("pam.files", 0, body), "ssh.effective": without.frame("ssh.effective"),
    })
    assert with_module.get("pam.lockout_gaps") == []
    assert len(without.get("pam.lockout_gaps")) == 2


def test_built_in_credits_of_old_versions_shorten_what_passes() -> None:
    line = _line("pam_pwquality", "minlen=10")
    assert pwquality(line, [], NEW).shortest == 10
    assert pwquality(line, [], OLD).shortest == 6
    assert cracklib(_line("pam_cracklib", "minlen=10", "dcredit=-1")).shortest == 7


@given(st.lists(st.text(max_size=20), max_size=6), st.text(max_size=100))
@settings(max_examples=100)
def test_any_arguments_and_any_file_give_a_lock(args: list[str], conf: str) -> None:
    for module in ("pam_faillock", "pam_tally2"):
        lock = lock_of(_line(module, *args), conf)
        assert 0 <= lock.deny < 65536
        assert lock.unlock >= NEVER


@given(st.lists(st.text(max_size=20), max_size=6), st.lists(st.text(max_size=100), max_size=3))
@settings(max_examples=100)
def test_any_arguments_and_any_files_give_a_strength(args: list[str], files: list[str]) -> None:
    for version in (OLD, NEW):
        found = pwquality(_line("pam_pwquality", *args), files, version)
        assert found.shortest >= 0
        assert 0 <= found.classes <= 4


@given(st.dictionaries(st.sampled_from(sorted(_STACK)), st.text(max_size=120), max_size=4))
@settings(max_examples=60)
def test_any_files_give_an_answer_or_a_reason(files: dict[str, str]) -> None:
    host = _host("debian-12", {**_STACK, **files})
    for name in ("pam.lockout_gaps", "pam.nullok", "pam.su_open", "password.strength"):
        try:
            host.get(name)
        except CannotTell:
            continue


def test_an_empty_stack_of_a_service_is_the_other_services() -> None:
    files = PamFiles({**_STACK, "/etc/pam.d/x": "# nothing\n"})
    assert [one.module for one in files.stack("x", "auth") or ()] == ["pam_deny"]
