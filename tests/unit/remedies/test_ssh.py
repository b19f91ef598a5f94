"""sshd's options: first in force, never cutting the controller off, never weaker than before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.changes.rendering import carry
from opsrunner.changes.state import HostState
from opsrunner.errors import InputError
from opsrunner.remedies.base import carry_out
from opsrunner.remedies.sshdvalues import known_to, meets
from tests.unit.remedies.states import account, again, carried, folder, host

MAIN, FOLDER = "/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d"
DROP_IN = f"{FOLDER}/00-opsrunner.conf"
DEBIAN = "# comment\n\nInclude /etc/ssh/sshd_config.d/*.conf\nX11Forwarding yes\n"
STOCK = Path(__file__).parents[2] / "lab/identities/centos7/files/etc/ssh/sshd_config"
BUILT_IN = {
    "permitrootlogin": ["yes"], "x11forwarding": ["yes"], "maxauthtries": ["6"],
    "logingracetime": ["120"], "clientaliveinterval": ["0"], "clientalivecountmax": ["3"],
    "maxsessions": ["10"], "maxstartups": ["10:30:100"], "permitemptypasswords": ["no"],
    "allowtcpforwarding": ["yes"], "pubkeyauthentication": ["yes"], "protocol": ["2"],
}
WEAK = {"ssh.weak_ciphers": ["3des-cbc"], "ssh.weak_macs": ["hmac-md5"], "ssh.weak_kex": ["group1"]}
PEOPLE = {"root": account("root", 0), "opsadm": account("opsadm")}


def sshd(
    options: dict[str, Any], main: str = "", platform: str = "centos-7",
    version: tuple[int, int] = (7, 4), **rest: Any,  # noqa: ANN401 - as host
) -> HostState:
    """Return a host whose sshd has these files and answers as built in, or as ``values`` say."""
    facts = {
        "ssh.daemons": [{"root": {}, "any": rest.pop("any_", {})}],
        "ssh.values": {**BUILT_IN, **rest.pop("values", {})}, "ssh.version": list(version),
        "ssh.banner": {"path": None, "length": 0, "leaks": []}, **WEAK, **rest.pop("facts", {}),
    }
    files = {MAIN: main or STOCK.read_text("utf-8"), **rest.pop("files", {})}
    fields = {"accounts": PEOPLE, "facts": facts, **rest}
    return host(wanted(options), platform, files, **fields)


def wanted(options: dict[str, Any]) -> dict[str, Any]:
    return {"harden_linux_sshd_options": options}


def block(*lines: str) -> str:
    return "\n".join(["# BEGIN opsrunner", *lines, "# END opsrunner", ""])


def done(options: dict[str, Any], main: str = "", **rest: Any) -> Draft:  # noqa: ANN401 - as host
    return carried(sshd(options, main, **rest), wanted(options))


PATH, SYSCONFIG = "/etc/crypto-policies/back-ends/opensshserver.config", "/etc/sysconfig/sshd"


# -- where -----------------------------------------------------------------------------------


def test_a_block_at_the_top_of_an_old_file() -> None:
    draft = done({"X11Forwarding": "no", "MaxAuthTries": "4"})
    ours = block("MaxAuthTries 4", "X11Forwarding no")
    assert draft.text(MAIN) == ours + STOCK.read_text("utf-8")
    assert (draft.changes().validate, draft.changes().activate) == (("sshd",), ("sshd",))


def test_a_drop_in_where_it_is_read_first() -> None:
    files: dict[str, Any] = {
        FOLDER: folder(FOLDER), f"{FOLDER}/50-cloud-init.conf": "X11Forwarding yes\n"}
    draft = done({"X11Forwarding": "no"}, DEBIAN, platform="debian-12", files=files)
    assert draft.text(DROP_IN) == block("X11Forwarding no")
    assert draft.file(DROP_IN).mode == 0o600
    files[f"{FOLDER}/00-a.conf"] = "X11Forwarding yes\n"
    draft = done({"X11Forwarding": "no"}, DEBIAN, platform="debian-12", files=files)
    assert draft.text(MAIN).startswith(block("X11Forwarding no"))


def test_rhel_9_and_the_policy_it_includes() -> None:
    files: dict[str, Any] = {
        FOLDER: folder(FOLDER), f"{FOLDER}/01-permitrootlogin.conf": "PermitRootLogin yes\n",
        f"{FOLDER}/50-redhat.conf": f"Include {PATH}\nX11Forwarding yes\n",
        PATH: "Ciphers aes256-gcm@openssh.com,aes256-cbc\n"}
    options = {"PermitRootLogin": "no", "Ciphers": "aes256-gcm@openssh.com"}
    draft = done(options, DEBIAN, platform="rhel-9", version=(8, 7), files=files)
    assert draft.text(DROP_IN) == block("Ciphers aes256-gcm@openssh.com", "PermitRootLogin no")
    assert draft.changes().activate == ("sshd",)


@pytest.mark.parametrize("main", [
    "X11Forwarding yes\nInclude /etc/ssh/sshd_config.d/*.conf\n",
    "Match all\nInclude /etc/ssh/sshd_config.d/*.conf\n", "Include /etc/ssh/other.conf\n",
])
def test_an_include_that_does_not_come_first_is_not_used(main: str) -> None:
    files = {FOLDER: folder(FOLDER)}
    assert not carry(Draft(sshd({"MaxAuthTries": "4"}, main, files=files)),
                     wanted({"MaxAuthTries": "4"}))[0].exists(DROP_IN)


def test_a_second_time_and_any_order_give_the_same() -> None:
    parts: list[dict[str, Any]] = [
        {"X11Forwarding": "no"}, {"MaxAuthTries": 4}, {"Banner": "/etc/issue.net"}]
    every = {name: value for part in parts for name, value in part.items()}
    texts = set()
    for order in (parts, parts[::-1]):
        draft = Draft(sshd(every))
        for part in order:
            carry_out(draft, wanted(part))
        texts.add(draft.text(MAIN))
    assert texts == {done(every).text(MAIN)}
    assert not again(done(every), wanted(every))  # even while sshd -T still says the old values


# -- what ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("option", "now", "want"), [
    ("MaxAuthTries", "3", "4"), ("LoginGraceTime", "30", "60"), ("LoginGraceTime", "30", "1m"),
    ("ClientAliveInterval", "120", "300"), ("ClientAliveCountMax", "0", "3"),
    ("MaxStartups", "5:30:30", "10:30:60"), ("PermitRootLogin", "no", "prohibit-password"),
    ("X11Forwarding", "no", "no"), ("MaxSessions", "4", "10"), ("MaxStartups", "5", "10:30:60"),
])
def test_what_is_stricter_stays(option: str, now: str, want: str) -> None:
    assert not done({option: want}, values={option.lower(): [now]}).changes()


@pytest.mark.parametrize(("option", "now", "want"), [
    ("MaxAuthTries", "6", "4"), ("LoginGraceTime", "0", "60"), ("ClientAliveInterval", "0", "300"),
    ("MaxStartups", "10:30:100", "10:30:60"), ("PermitRootLogin", "without-password", "no"),
    ("IgnoreRhosts", "shosts-only", "yes"), ("MaxStartups", "10:10:60", "10:30:60"),
])
def test_what_is_weaker_goes(option: str, now: str, want: str) -> None:
    draft = done({option: want}, values={option.lower(): [now]})
    assert f"{option} {want}\n" in draft.text(MAIN)


def test_the_three_numbers_of_max_startups_may_be_a_list() -> None:
    draft = done({"MaxStartups": [5, 50, 20]}, values={"maxstartups": ["10:30:60"]})
    assert "MaxStartups 5:50:20\n" in draft.text(MAIN)


def test_one_of_several_answers_is_enough() -> None:
    assert done({"MaxAuthTries": "4"}, values={"maxauthtries": ["3", "6"]}).changes()


def test_a_count_of_none_ends_nothing_in_new_versions() -> None:
    assert meets("clientalivecountmax", "0", "3", (8, 0))
    assert not meets("clientalivecountmax", "0", "3", (8, 2))


def test_a_looser_match_block_is_for_whoever_wrote_it() -> None:
    main = "PermitRootLogin no\nMatch Address 10.0.0.5\n  PermitRootLogin yes\n"
    with pytest.raises(ByHand, match=r"Match block.*PermitRootLogin yes"):
        done({"PermitRootLogin": "no"}, main)
    assert done({"MaxAuthTries": "4"}, main).changes()
    assert done({"PermitRootLogin": "no"}, main.replace("yes", "no")).changes()


def test_files_included_from_elsewhere_are_for_a_person() -> None:
    with pytest.raises(ByHand, match=r"/opt/x\.conf"):
        done({"MaxAuthTries": "4"}, "MaxSessions 3\nInclude /opt/x.conf\n")


def test_algorithms_this_sshd_has() -> None:
    lists = {"KexAlgorithms": "curve25519-sha256,diffie-hellman-group-exchange-sha256",
             "Ciphers": "aes256-gcm@openssh.com,aes256-ctr",
             "MACs": "hmac-sha2-512-etm@openssh.com"}
    old = done({name: lists[name] for name in ("KexAlgorithms", "Ciphers")}, version=(5, 3),
               platform="centos-6")
    assert old.text(MAIN).startswith(block(
        "Ciphers aes256-ctr", "KexAlgorithms diffie-hellman-group-exchange-sha256"))
    with pytest.raises(ByHand, match=r"5\.3"):
        done({"MACs": lists["MACs"]}, version=(5, 3), platform="centos-6")
    assert not done(lists, facts={name: [] for name in WEAK}).changes()
    assert known_to((7, 4), lists["KexAlgorithms"]) == lists["KexAlgorithms"]


def test_protocol_only_where_there_are_two() -> None:
    assert not done({"Protocol": "2"}, values={"protocol": []}).changes()
    draft = done({"Protocol": "2"}, values={"protocol": ["2,1"]}, version=(5, 3))
    assert "Protocol 2\n" in draft.text(MAIN)


def test_a_second_daemon_is_for_a_person() -> None:
    with pytest.raises(ByHand, match="several"):
        done({"MaxAuthTries": "4"}, facts={"ssh.daemons": [{"any": {}}, {"any": {}}]})


# -- the crypto policy of EL 8 ---------------------------------------------------------------

POLICY = ("CRYPTO_POLICY='-oCiphers=aes256-gcm@openssh.com,aes256-ctr,aes256-cbc -oMACs=hmac-sha1 "
          "-oGSSAPIKexAlgorithms=gss-gex-sha1-,gss-nistp256-sha256-'\n")


def test_the_policy_is_repeated_with_a_shorter_list() -> None:
    files = {PATH: POLICY, SYSCONFIG: "# CRYPTO_POLICY=\n"}
    options = {"Ciphers": "aes256-ctr,chacha20-poly1305@openssh.com"}
    draft = done(options, platform="rhel-8", version=(8, 0), files=files)
    line = POLICY.replace("aes256-gcm@openssh.com,aes256-ctr,aes256-cbc", "aes256-ctr")
    assert draft.text(SYSCONFIG) == "# CRYPTO_POLICY=\n" + block(line.rstrip())
    assert [op.target for op in draft.changes().operations] == [SYSCONFIG]
    assert draft.changes().activate == ("sshd", "sshd_restart")
    assert not again(draft, wanted(options))
    with pytest.raises(ByHand, match="MACs"):
        done({"MACs": "hmac-sha2-256"}, platform="rhel-8", version=(8, 0), files=files)


def test_gssapi_loses_its_weak_names_with_the_key_exchange() -> None:
    policy = POLICY.replace("-oMACs=hmac-sha1", "-oKexAlgorithms=curve25519-sha256,x")
    files = {PATH: policy, SYSCONFIG: "CRYPTO_POLICY='-oKexAlgorithms=a,ecdh-sha2-nistp256'\n"}
    options = {"KexAlgorithms": "ecdh-sha2-nistp256"}
    draft = done(options, platform="rhel-8", version=(8, 0), files=files)
    assert draft.text(SYSCONFIG) == "CRYPTO_POLICY='-oKexAlgorithms=ecdh-sha2-nistp256'\n"
    files[SYSCONFIG] = ""
    options = {"KexAlgorithms": "curve25519-sha256"}
    draft = done(options, platform="rhel-8", version=(8, 0), files=files)
    assert "-oGSSAPIKexAlgorithms=gss-nistp256-sha256-'" in draft.text(SYSCONFIG)


def test_a_host_that_opted_out_has_its_lists_in_the_file() -> None:
    files = {PATH: POLICY, SYSCONFIG: "CRYPTO_POLICY=\n"}
    draft = done({"Ciphers": "aes256-ctr"}, platform="rhel-8", version=(8, 0), files=files)
    assert [op.target for op in draft.changes().operations] == [MAIN]


# -- the banner ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "\\S\nKernel \\r on an \\m\n", "Debian GNU/Linux 12\n",
                                  "CentOS release 6.10 (Final)\nKernel \\r on an \\m\n"])
def test_a_stock_banner_is_replaced(text: str) -> None:
    files = {"/etc/issue.net": text} if text else {}
    draft = done({"Banner": "/etc/issue.net"}, files=files)
    assert "仅供授权人员使用" in draft.text("/etc/issue.net")
    assert draft.text(MAIN).startswith(block("Banner /etc/issue.net"))


def test_a_text_of_somebody_stays() -> None:
    files = {"/etc/issue.net": "Property of X. Linux inside.\n"}
    options = {"Banner": "/etc/issue.net"}
    shown = {"ssh.banner": {"path": "/etc/issue.net", "length": 20, "leaks": ["linux"]}}
    with pytest.raises(ByHand, match="word it anew"):
        done(options, files=files, facts=shown)
    shown["ssh.banner"] = {"path": "/etc/other", "length": 20, "leaks": []}
    assert not done(options, files=files, facts=shown).changes()


# -- what would cut off ----------------------------------------------------------------------


def test_root_may_go_once_the_controller_logs_in_as_somebody_else() -> None:
    options = {"PermitRootLogin": "no"}
    with pytest.raises(Refused, match="ansible_user"):
        done(options, login="root", attributes={"ops_second_login": "opsadm"})
    assert done(options).changes()  # opsadm logs in
    assert done({"PermitRootLogin": "prohibit-password"}, login="root").changes()


def test_keys_stay() -> None:
    with pytest.raises(Refused, match="cut the automation off"):
        done({"PubkeyAuthentication": "no"})
    assert not done({"PubkeyAuthentication": "yes"}).changes()
    assert done({"PubkeyAuthentication": "yes"}, values={"pubkeyauthentication": ["no"]}).changes()


GROUPS = {"/etc/group": "ops:x:500:opsadm\nopsadm:x:1000:\n"}


@pytest.mark.parametrize(("option", "value", "fits"), [
    ("AllowGroups", "ops", True), ("AllowGroups", "opsadm", True), ("AllowGroups", "o*", True),
    ("AllowGroups", "wheel", False), ("AllowUsers", "zhang opsadm", True),
    ("AllowUsers", "zhang", False), ("AllowUsers", "opsadm@10.0.0.1", False),
])
def test_a_list_must_hold_the_automation_account(option: str, value: str, *, fits: bool) -> None:
    if fits:
        assert f"{option} {value}\n" in done({option: value}, files=GROUPS).text(MAIN)
    else:
        with pytest.raises(Refused, match="opsadm"):
            done({option: value}, files=GROUPS)


def test_only_the_site_knows_the_list_and_the_second_login_is_on_it() -> None:
    with pytest.raises(ByHand, match="AllowGroups"):
        done({"AllowGroups": ""}, files=GROUPS)
    options = {"AllowGroups": "ops  dba"}
    assert "AllowGroups ops dba\n" in done(options, files=GROUPS).text(MAIN)
    with pytest.raises(Refused, match="zhang"):
        done(options, files=GROUPS, attributes={"ops_second_login": "zhang"})
    assert not done(options, files=GROUPS, any_={"allowgroups": "wheel"}).changes()


@pytest.mark.parametrize("options", [
    {}, {"Port": "22"}, {"PasswordAuthentication": "no"},
    {"X11Forwarding": "no\nPermitRootLogin yes"}, {"MaxAuthTries": "0"},
    {"MaxStartups": "many"}, {"Banner": "etc/x"}, {"Subsystem": "sftp /bin/sh"}, {"Protocol": "1"},
])
def test_nonsense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="harden_linux_sshd_options"):
        done(options)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([
    "X11Forwarding yes", "Match User a", "Match all", "Include /etc/ssh/sshd_config.d/*.conf",
    "# c", "", "MaxAuthTries 9", "maxauthtries=2", "Include x", '"', "  é", "# BEGIN opsrunner",
    "# END opsrunner",
]), max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_file_gives_changes_or_a_reason_and_keeps_its_lines(
    body: list[str], ending: str, final: bool,  # noqa: FBT001 - drawn
) -> None:
    main = ending.join(body) + (ending if final else "")
    want = wanted({"MaxAuthTries": "4"})
    state = sshd({"MaxAuthTries": "4"}, main or " ", files={FOLDER: folder(FOLDER)})
    draft, not_done = carry(Draft(state), want)
    assert not [one for one in not_done if "crashed" in one.en], not_done
    kept = draft.text(MAIN)
    assert kept.endswith(main or " ") or "# BEGIN opsrunner" in main
