"""PAM on stock systems: what is locked, remembered and refused then, and what stays."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.changes.operations import SetFile
from opsrunner.changes.rendering import carry
from opsrunner.changes.state import FileState
from opsrunner.errors import InputError
from opsrunner.facts.base import CannotTell
from opsrunner.models import Reason
from opsrunner.parse.pamchange import change
from opsrunner.remedies.base import carry_out
from tests.unit.remedies.pamhosts import (
    MODULES,
    gap,
    locks,
    pam_files,
    pam_host,
    stock,
)
from tests.unit.remedies.states import account, again, carried, file

PLATFORMS = ("centos-6", "centos-7", "rhel-8", "kylin-v10", "debian-12")
FAILLOCK = {"deny": 5, "unlock_time": 900, "even_deny_root": True, "root_unlock_time": 60}
EVERY: dict[str, Any] = {
    "harden_linux_faillock": FAILLOCK,
    "harden_linux_pam_nullok": False,
    "harden_linux_password_hash": "sha512",
    "harden_linux_password_quality": {
        "minlen": 10, "minclass": 3, "dcredit": 0, "ucredit": 0, "lcredit": 0, "ocredit": 0,
        "enforce_for_root": True,
    },
    "harden_linux_password_remember": 5,
}
AC = "/etc/pam.d/password-auth-ac"


def one(name: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - a variable's value
    return {f"harden_linux_{name}": value}


def on(platform: str, wanted: dict[str, Any], **rest: Any) -> Draft:  # noqa: ANN401 - as pam_host
    files = {**stock(platform), **rest.pop("files", {})}
    return carried(pam_host(wanted, platform, files, **rest), wanted)


def lines(draft: Draft, path: str, kind: str | tuple[str, ...]) -> list[str]:
    return [" ".join(line.split()) for line in draft.text(path).split("\n")
            if line.startswith(kind)]


# -- all of it -----------------------------------------------------------------------------


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_stock_system_locks_afterwards_and_not_before(platform: str) -> None:
    before = Draft(pam_host(EVERY, platform, stock(platform)))
    draft = on(platform, EVERY)
    for service in ("sshd", "login"):
        for uid in (0, 1000):
            assert gap(draft, service, uid) == ""
            assert platform == "kylin-v10" or gap(before, service, uid)
        assert {lock.unlock for lock in locks(draft, service)} == {900}
        assert {lock.deny for lock in locks(draft, service)} == {3 if "kylin" in platform else 5}
    assert draft.changes().validate == ("pam",)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_second_time_changes_nothing(platform: str) -> None:
    assert not again(on(platform, EVERY), EVERY)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_rules_may_come_in_any_order(platform: str) -> None:
    parts = [one("faillock", {"deny": 5}), one("faillock", {"unlock_time": 900}),
             one("faillock", {"even_deny_root": True, "root_unlock_time": 60}),
             one("password_quality", {"minlen": 10, "dcredit": 0}),
             one("password_quality", {"minclass": 3, "enforce_for_root": True})]
    results = set()
    orders = [parts, parts[::-1], *(parts[at:] + parts[:at] for at in range(1, len(parts)))]
    for order in orders:
        draft = Draft(pam_host(EVERY, platform, stock(platform)))
        for part in order:
            carry_out(draft, part)
        results.add(tuple((op.target, getattr(op, "after", None)) for op in
                          draft.changes().operations))
    assert len(results) == 1


@pytest.mark.parametrize("platform", PLATFORMS)
def test_only_files_of_pam_change_and_foreign_lines_stay(platform: str) -> None:
    draft = on(platform, EVERY)
    for operation in draft.changes().operations:
        assert isinstance(operation, SetFile)
        before = (operation.before.content or b"").decode().split("\n")
        kept = [line for line in before if line in draft.text(operation.target).split("\n")]
        assert operation.target.startswith(("/etc/pam.d/", "/etc/security/"))
        gone = [line for line in before if line not in kept]
        assert all(any(word in line for word in ("pam_unix", "faillock", "pam_sss", "cracklib",
                                                 "pwquality")) for line in gone), gone


# -- locking -------------------------------------------------------------------------------


def test_kylin_without_any_lock_gets_one_in_order() -> None:
    files: dict[str, Any] = {}
    for name in ("system-auth", "password-auth"):
        path = f"/etc/pam.d/{name}"
        given_ = stock("kylin-v10")[path]
        assert isinstance(given_, FileState)
        text = (given_.content or b"").decode()
        files[path] = "\n".join(row for row in text.split("\n") if "faillock" not in row)
    draft = on("kylin-v10", one("faillock", {"deny": 5}), files=files)
    found = lines(draft, "/etc/pam.d/password-auth", ("auth", "-auth"))
    assert [row.split()[2] for row in found[1:6]] == [
        "pam_faillock.so", "pam_fprintd.so", "pam_unix.so", "pam_sss.so", "pam_faillock.so"]
    assert gap(draft, "sshd", 1000) == ""


def test_order_on_centos_7() -> None:
    draft = on("centos-7", one("faillock", {"deny": 5}))
    assert lines(draft, AC, "auth") == [
        "auth required pam_env.so",
        "auth required pam_faildelay.so delay=2000000",
        "auth required pam_faillock.so preauth silent deny=5",
        "auth sufficient pam_unix.so nullok try_first_pass",
        "auth [default=die] pam_faillock.so authfail deny=5",
        "auth requisite pam_succeed_if.so uid >= 1000 quiet_success",
        "auth required pam_deny.so",
    ]
    assert lines(draft, AC, "account")[0] == "account required pam_faillock.so"


def test_jumps_are_counted_again_on_debian() -> None:
    draft = on("debian-12", one("faillock", {"deny": 5}))
    assert lines(draft, "/etc/pam.d/common-auth", "auth") == [
        "auth required pam_faillock.so preauth silent",
        "auth [success=3 default=ignore] pam_unix.so nullok",
        "auth [success=2 default=ignore] pam_sss.so use_first_pass",
        "auth [default=die] pam_faillock.so authfail",
        "auth requisite pam_deny.so",
        "auth required pam_permit.so",
    ]
    assert "# deny = 3\ndeny = 5\n" in draft.text("/etc/security/faillock.conf")


def test_kylin_keeps_its_stricter_deny_and_the_time_root_is_locked() -> None:
    draft = on("kylin-v10", one("faillock", {"deny": 5, "unlock_time": 900}))
    found = lines(draft, "/etc/pam.d/system-auth", "auth")[1]
    assert "deny=3 unlock_time=900 even_deny_root" in found
    assert "root_unlock_time = 60" in draft.text("/etc/security/faillock.conf")


@pytest.mark.parametrize(("wanted", "kept"), [
    ({"deny": 5}, "deny=4"), ({"deny": 3}, "deny=3"), ({"unlock_time": 900}, "unlock_time=1200"),
    ({"unlock_time": 1800}, "unlock_time=1800"),
])
def test_what_is_stricter_stays(wanted: dict[str, int], kept: str) -> None:
    first = on("centos-7", one("faillock", {"deny": 4, "unlock_time": 1200}))
    files = {path: first.file(path) for path in first.paths("/etc/pam.d/")}
    draft = on("centos-7", one("faillock", wanted), files=files)
    assert kept in draft.text(AC)


def test_a_lock_only_for_ssh_is_completed_for_the_console() -> None:
    first = on("centos-7", one("faillock", FAILLOCK))
    half = {AC: first.file(AC), "/etc/pam.d/password-auth": first.file(AC)}
    draft = on("centos-7", one("faillock", FAILLOCK), files=half)
    assert [op.target for op in draft.changes().operations] == ["/etc/pam.d/system-auth-ac"]
    assert gap(draft, "login", 0) == ""


def test_pam_tally2_is_set_where_it_stands_and_put_in_where_it_is_all_there_is() -> None:
    only = MODULES - {"pam_faillock"}
    draft = on("centos-6", one("faillock", FAILLOCK), modules=only)
    assert lines(draft, AC, "auth")[1] == (
        "auth required pam_tally2.so onerr=fail deny=5 unlock_time=900 even_deny_root "
        "root_unlock_time=60")
    assert lines(draft, AC, "account")[0] == "account required pam_tally2.so"
    loose = draft.text(AC).replace("deny=5 ", "deny=9 ")
    both = {path: file(real, loose) for path, real in (
        (AC, AC), ("/etc/pam.d/password-auth", AC),
        ("/etc/pam.d/system-auth", "/etc/pam.d/system-auth-ac"),
        ("/etc/pam.d/system-auth-ac", "/etc/pam.d/system-auth-ac"))}
    tight = on("centos-6", one("faillock", {"deny": 5}), files=both, modules=only)
    assert "pam_tally2.so onerr=fail deny=5" in tight.text(AC)


def test_local_files_around_what_authconfig_writes_are_the_ones_that_count() -> None:
    local = ("auth required pam_faillock.so preauth silent deny=9\nauth include password-auth-ac\n"
             "account required pam_faillock.so\naccount include password-auth-ac\n"
             "password include password-auth-ac\nsession include password-auth-ac\n")
    path = "/etc/pam.d/password-auth-local"
    ac = stock("centos-7")[AC]
    assert isinstance(ac, FileState)
    inside = (ac.content or b"").decode().replace(
        "auth        requisite", "auth        [default=die] pam_faillock.so authfail deny=9\n"
        "auth        requisite")
    files = {path: file(path, local), "/etc/pam.d/password-auth": file(path, local),
             AC: file(AC, inside)}
    draft = on("centos-7", one("faillock", {"deny": 5}), files=files)
    assert "preauth silent deny=5" in draft.text(path)
    assert "authfail deny=5" in draft.text(AC)
    assert gap(draft, "sshd", 1000) == ""


def test_nothing_to_lock_with_is_for_a_person() -> None:
    neither = MODULES - {"pam_faillock", "pam_tally2"}
    with pytest.raises(ByHand, match="neither"):
        on("centos-7", one("faillock", {"deny": 5}), modules=neither)


def test_usepam_no_is_for_a_person() -> None:
    facts = {"pam.config": {"modules": MODULES, "reads": frozenset(), "usepam": "no"},
             "ssh.options": {"usepam": "no"}}
    with pytest.raises(ByHand, match="UsePAM"):
        on("centos-7", one("faillock", {"deny": 5}), facts=facts)


def test_root_behind_a_requisite_is_not_called_locked() -> None:
    text = ("auth sufficient pam_unix.so\nauth requisite pam_succeed_if.so uid >= 1000 quiet\n"
            "auth sufficient pam_sss.so forward_pass\nauth required pam_deny.so\n"
            "account required pam_unix.so\npassword required pam_unix.so\n")
    files = {f"/etc/pam.d/{name}": file(f"/etc/pam.d/{name}-ac", text)
             for name in ("system-auth", "system-auth-ac", "password-auth", "password-auth-ac")}
    files = {path: file(path.removesuffix("-ac") + "-ac", text) for path in files}
    assert gap(on("centos-7", one("faillock", {"deny": 5}), files=files), "sshd", 1000) == ""
    with pytest.raises(ByHand, match="not counted"):
        on("centos-7", one("faillock", FAILLOCK), files=files)


@pytest.mark.parametrize("value", [
    {"deny": 0}, {"deny": "many"}, {"audit": True}, {"even_deny_root": 1}, {}, {"unlock_time": -1},
    {"unlock_time": 604801},
])
def test_nonsense_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="harden_linux_faillock"):
        on("centos-7", one("faillock", value))


def test_a_host_that_could_not_be_read_is_unknown() -> None:
    wanted = one("faillock", {"deny": 5})
    state = pam_host(wanted, "centos-7", stock("centos-7"),
                     facts={"pam.config": CannotTell(Reason.DENIED), "ssh.options": {}})
    with pytest.raises(CannotTell):
        carried(state, wanted)


# -- passwords -----------------------------------------------------------------------------


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_empty_password_gets_in(platform: str) -> None:
    draft = on(platform, one("pam_nullok", value=False))
    for service in ("sshd", "login", "su"):
        stack = pam_files(draft).stack(service, "auth") or ()
        assert stack
        assert not [h for h in stack if any(arg.startswith("nullok") for arg in h.args)]


def test_nullok_wanted_or_the_login_without_a_password() -> None:
    assert not on("centos-7", one("pam_nullok", value=True)).changes()
    people = {"opsadm": account("opsadm", password="empty")}  # noqa: S106 - a state
    with pytest.raises(Refused, match="opsadm"):
        on("centos-7", one("pam_nullok", value=False), accounts=people)


def test_copies_left_by_editors_are_not_touched() -> None:
    copy = {"/etc/pam.d/sshd.bak": "auth sufficient pam_unix.so nullok\n"}
    draft = on("centos-7", one("pam_nullok", value=False), files=copy)
    assert "/etc/pam.d/sshd.bak" not in [op.target for op in draft.changes().operations]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_old_passwords_are_remembered(platform: str) -> None:
    draft = on(platform, one("password_remember", 5))
    path = "/etc/pam.d/common-password" if "debian" in platform else "/etc/pam.d/system-auth"
    found = lines(draft, path, "password")
    assert found[1] == "password requisite pam_pwhistory.so remember=5 use_authtok"
    assert "pam_unix" in found[2]
    assert not on(platform, one("password_remember", 3),
                  files={p: draft.file(p) for p in draft.paths("/etc/pam.d/")}).changes()


def test_pam_unix_remembers_where_it_did_or_where_nothing_asks_before() -> None:
    text = ("password sufficient pam_unix.so sha512 shadow remember=3\n"
            "password required pam_deny.so\n")
    files = {f"/etc/pam.d/{name}": text for name in ("passwd", "login", "sshd")}
    draft = on("debian-12", one("password_remember", 5), files=files)
    assert "shadow remember=5\n" in draft.text("/etc/pam.d/passwd")


def test_strength_goes_where_the_module_reads_it() -> None:
    wanted = one("password_quality", {"minlen": 10, "dcredit": -1, "enforce_for_root": True})
    six, seven, eight = (on(name, wanted) for name in ("centos-6", "centos-7", "rhel-8"))
    assert "minlen=10" in six.text(AC)
    assert "dcredit=-1" in six.text(AC)
    assert "enforce_for_root" in six.text(AC)
    assert [op.target for op in six.changes().operations] == [AC, "/etc/pam.d/system-auth-ac"]
    assert "minlen = 10" in seven.text("/etc/security/pwquality.conf")
    assert "enforce_for_root" in seven.text(AC)
    assert "\nenforce_for_root\n" in eight.text("/etc/security/pwquality.conf")
    assert [op.target for op in eight.changes().operations] == ["/etc/security/pwquality.conf"]


def test_a_stronger_password_and_a_line_that_stands_above_the_file() -> None:
    ac = stock("centos-7")[AC]
    assert isinstance(ac, FileState)
    weak = (ac.content or b"").decode().replace("retry=3", "retry=3 minlen=6 minclass=4")
    files: dict[str, Any] = {path: file(AC, weak) for path in (AC, "/etc/pam.d/password-auth")}
    draft = on("centos-7", one("password_quality", {"minlen": 10, "minclass": 3}), files=files)
    assert "minclass=4 minlen=10" in draft.text(AC)
    assert "minclass = 3" in draft.text("/etc/security/pwquality.conf")


def test_a_file_the_library_gives_up_on_is_for_a_person() -> None:
    files = {"/etc/security/pwquality.conf": "minlen eight\n"}
    with pytest.raises(ByHand, match="reading on"):
        on("rhel-8", one("password_quality", {"minclass": 3}), files=files)


def test_a_check_that_is_missing_is_put_in_and_one_not_installed_is_not() -> None:
    text = "password required pam_unix.so sha512\n"
    files = {f"/etc/pam.d/{name}": text for name in ("passwd", "login", "sshd")}
    wanted = one("password_quality", {"minlen": 10})
    draft = on("rhel-8", wanted, files=files)
    assert lines(draft, "/etc/pam.d/passwd", "password") == [
        "password requisite pam_pwquality.so retry=3",
        "password required pam_unix.so sha512 use_authtok"]
    with pytest.raises(ByHand, match="not installed"):
        on("rhel-8", wanted, files=files, modules=MODULES - {"pam_pwquality", "pam_cracklib"})


def test_a_check_that_only_warns_refuses_afterwards() -> None:
    files = {"/etc/security/pwquality.conf": "enforcing = 0\n"}
    draft = on("kylin-v10", one("password_quality", {"enforcing": 1}), files=files)
    assert draft.text("/etc/security/pwquality.conf") == "enforcing = 1\n"


def test_hashes_become_strong_and_strong_ones_stay() -> None:
    wanted = one("password_hash", "sha512")
    assert not on("centos-7", wanted).changes()
    assert not on("debian-12", wanted).changes()  # yescrypt
    ac = stock("centos-7")[AC]
    assert isinstance(ac, FileState)
    weak = file(AC, (ac.content or b"").decode().replace("sha512", "md5"))
    draft = on("centos-7", wanted, files={AC: weak, "/etc/pam.d/password-auth": weak})
    assert "pam_unix.so shadow nullok try_first_pass use_authtok sha512\n" in draft.text(AC)
    with pytest.raises(Refused, match="yescrypt"):
        on("centos-7", one("password_hash", "yescrypt"))


def test_a_word_that_the_release_does_not_know_is_not_strong() -> None:
    ac = stock("centos-7")[AC]
    assert isinstance(ac, FileState)
    other = file(AC, (ac.content or b"").decode().replace("sha512", "blowfish"))
    files: dict[str, Any] = {AC: other, "/etc/pam.d/password-auth": other}
    draft = on("centos-7", one("password_hash", "sha512"), files=files)
    assert "use_authtok sha512\n" in draft.text(AC)
    assert "blowfish" not in draft.text(AC)


def test_without_a_word_login_defs_decides() -> None:
    ac = stock("centos-7")[AC]
    assert isinstance(ac, FileState)
    bare = file(AC, (ac.content or b"").decode().replace("sha512 ", ""))
    files: dict[str, Any] = {AC: bare, "/etc/pam.d/password-auth": bare}
    assert not on("centos-7", one("password_hash", "sha512"), files=files).changes()
    files["/etc/login.defs"] = "ENCRYPT_METHOD MD5\n"
    assert on("centos-7", one("password_hash", "sha512"), files=files).changes()


# -- su ------------------------------------------------------------------------------------

PEOPLE = {
    "root": account("root", 0), "opsadm": account("opsadm"),
    "bin": account("bin", 1, shell="/sbin/nologin"),  # noqa: S604 - a field of an account
}


@pytest.mark.parametrize(("platform", "group"), [
    ("centos-6", "wheel"), ("centos-7", "wheel"), ("rhel-8", "wheel"), ("debian-12", "sudo")])
def test_su_is_for_members(platform: str, group: str) -> None:
    files = {"/etc/group": f"root:x:0:\n{group}:x:10:opsadm\n"}
    draft = on(platform, one("su_group", group), files=files, accounts=PEOPLE)
    args = "use_uid root_only" if group == "wheel" else "group=sudo use_uid root_only"
    found = lines(draft, "/etc/pam.d/su", "auth")
    rootok = found.index("auth sufficient pam_rootok.so")
    assert found[rootok + 1] == f"auth required pam_wheel.so {args}"
    assert "#auth\t\trequired\tpam_wheel.so use_uid\n" not in draft.text("/etc/pam.d/su")


@pytest.mark.parametrize("row", ["wheel:x:10:", "wheel:x:10:bin", "users:x:10:opsadm",
                                 "wheel:x:10:root", "wheel:x:10:gone"])
def test_an_empty_group_is_refused(row: str) -> None:
    files = {"/etc/group": f"root:x:0:\n{row}\n"}
    with pytest.raises(Refused, match="wheel"):
        on("centos-7", one("su_group", "wheel"), files=files, accounts=PEOPLE)


@pytest.mark.parametrize("method", ["su", "ansible.builtin.su"])
def test_the_automation_account_that_uses_su_must_be_in(method: str) -> None:
    people = {**PEOPLE, "zhang": account("zhang", 1001)}
    files = {"/etc/group": "wheel:x:10:zhang\n"}
    wanted = one("su_group", "wheel")
    assert on("centos-7", wanted, files=files, accounts=people).changes()
    with pytest.raises(Refused, match="opsadm"):
        on("centos-7", wanted, files=files, accounts=people,
           attributes={"ansible_become_method": method})
    assert on("centos-7", wanted, files=files, accounts=people,
              attributes={"ansible_become_method": "ansible.builtin.sudo"}).changes()


def test_kylin_has_it_already() -> None:
    assert not on("kylin-v10", one("su_group", "wheel"), accounts=PEOPLE).changes()


def test_su_without_rootok_is_for_a_person() -> None:
    files = {"/etc/pam.d/su": "auth include system-auth\naccount include system-auth\n",
             "/etc/group": "wheel:x:10:opsadm\n"}
    with pytest.raises(ByHand, match="pam_rootok"):
        on("centos-7", one("su_group", "wheel"), files=files, accounts=PEOPLE)


# -- the proof on paper --------------------------------------------------------------------


def test_an_edit_that_would_keep_somebody_out_is_not_written() -> None:
    # A jump in another file counts the lines that this one includes.
    other = ("auth [success=5 default=ignore] pam_localuser.so\nauth include password-auth\n"
             "auth required pam_permit.so\naccount required pam_permit.so\n")
    wanted = one("faillock", {"deny": 5})
    files = {"/etc/pam.d/app": other}
    with pytest.raises(ByHand, match="app would answer auth differently"):
        on("centos-7", wanted, files=files)
    assert on("centos-7", wanted, files={"/etc/pam.d/app": other.replace("5", "4")}).changes()


def test_a_continued_line_is_for_a_person() -> None:
    ac = stock("centos-7")[AC]
    assert isinstance(ac, FileState)
    split = file(AC, (ac.content or b"").decode().replace("nullok try_first_pass\nauth",
                                                           "nullok \\\n try_first_pass\nauth"))
    with pytest.raises(ByHand, match="written"):
        on("centos-7", one("pam_nullok", value=False),
           files={AC: split, "/etc/pam.d/password-auth": split})


_PARTS = st.sampled_from([
    "auth", "-auth", "account", "password", "session", "required", "requisite", "sufficient",
    "[success=1 default=ignore]", "[success=2 default=bad]", "include", "substack", "@include",
    "pam_unix.so", "pam_faillock.so", "pam_deny.so", "pam_permit.so", "pam_tally2.so", "nullok",
    "preauth", "authfail", "deny=0", "deny=abc", "pam_pwquality.so", "use_authtok", "remember=2",
    "system-auth", "password-auth", "# word", "\\", "[", "]", "=", "\u00e9",
])
_LINES = st.lists(st.lists(_PARTS, min_size=1, max_size=6).map(" ".join), max_size=8)


@settings(max_examples=60, deadline=None)
@given(body=_LINES, ending=st.sampled_from(["\n", ""]))
def test_any_stack_gives_changes_or_a_reason_and_keeps_its_comments(
    body: list[str], ending: str,
) -> None:
    text = "\n".join([*body, "# kept"]) + ending
    files = {f"/etc/pam.d/{name}": text for name in ("sshd", "login", "passwd", "su")}
    state = pam_host(EVERY, "rhel-8", {**files, "/etc/security/faillock.conf": "# x\n"})
    draft, not_done = carry(Draft(state), EVERY)
    assert not [one for one in not_done if "crashed" in one.en], not_done
    for path in files:
        assert [line for line in draft.text(path).split("\n") if line.startswith("#")] == [
            line for line in text.split("\n") if line.startswith("#")]
    assert not carry(Draft(state), EVERY)[0].changes() or draft.changes()
    # What a proof on paper let through: who gets in with the right password still does.
    before, after = pam_files(Draft(state)), pam_files(draft)
    for service in ("sshd", "login"):
        old = change(before.stack(service, "password"), service, MODULES, asks_again=False)
        new = change(after.stack(service, "password"), service, MODULES, asks_again=False)
        assert bool(old.writers) == bool(new.writers)
