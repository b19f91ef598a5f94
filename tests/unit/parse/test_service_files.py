"""Service files: read as the daemons read them; arbitrary text raises nothing but ValueError."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse import exports, firewalld, ftpd, hostsaccess, postfix, smbconf, xinetd
from opsrunner.parse.netfilter import Packet

MAIN = "defaults\n{\n}\nincludedir /etc/xinetd.d\n"


def test_xinetd_takes_the_first_disable() -> None:
    entry = "service a\n{\n\tdisable = no\n\tdisable = yes\n}\n"
    files = {"/etc/xinetd.conf": MAIN, "/etc/xinetd.d/a": entry}
    assert xinetd.offered(files) == ["a"]
    files["/etc/xinetd.d/a"] = entry.replace("no", "x").replace("yes", "no")
    assert xinetd.offered(files) == []


def test_xinetd_does_not_read_a_folder_it_was_not_given() -> None:
    assert xinetd.offered({"/etc/xinetd.conf": "", "/etc/xinetd.d/a": "service a\n{\n}\n"}) == []


def test_an_export_with_a_blank_is_for_everybody() -> None:
    assert exports.offences("/a 10.0.0.5(ro)\n") == []
    assert exports.offences("/a 10.0.0.5 (ro)\n") == ["/a (everybody): every host"]


def test_vsftpd_takes_the_last_valid_value() -> None:
    assert ftpd.vsftpd("ssl_enable=NO\nssl_enable=yes\n") == []
    assert ftpd.vsftpd("ssl_enable=yes\nssl_enable=NO\n") == ["ssl_enable=NO"]
    assert "ssl_enable=NO" in ftpd.vsftpd("ssl_enable=YES \n")


def test_a_copied_share_of_samba_cannot_be_told() -> None:
    with pytest.raises(ValueError, match="copy"):
        smbconf.sections("[a]\ncopy = b\n", lambda _: None)


def test_samba_stops_at_a_circle_of_includes() -> None:
    with pytest.raises(ValueError, match="too deep"):
        smbconf.sections("include = /x\n", lambda _: "include = /x\n")


def test_postfix_listens_everywhere_when_nothing_is_said() -> None:
    assert postfix.opened("", "smtp inet smtpd\n") == ["inet_interfaces all"]
    assert postfix.opened("inet_interfaces = loopback-only\n", "smtp inet smtpd\n") == []
    with pytest.raises(ValueError, match="inet_interfaces"):
        postfix.opened("a = $b\nb = $a\ninet_interfaces = $a\n", "smtp inet smtpd\n")


@pytest.mark.parametrize(
    ("allow", "deny", "admitted"),
    [("", "ALL: ALL\n", False), ("sshd: ALL\n", "ALL: ALL\n", True), ("", "", True),
     ("sshd: 10.\n", "ALL: ALL\n", False), ("", "ALL: ALL", None), ("sshd: KNOWN\n", "", None),
     ("sshd: ALL EXCEPT 10.\n", "ALL: ALL\n", True), ("", "sshd: ALL EXCEPT 10.\n", False)],
)
def test_tcp_wrappers_answer_like_libwrap(allow: str, deny: str, admitted: object) -> None:
    assert hostsaccess.admits(allow, deny, "sshd") is admitted


def test_a_denying_rich_rule_comes_before_the_service() -> None:
    zone = ('<zone><service name="ssh"/><rule><source address="10.0.0.0/8" invert="True"/>'
            '<service name="ssh"/><reject/></rule></zone>')
    services = {"ssh": [("tcp", 22, 22)]}
    assert not firewalld.lets_in(firewalld.zone_of("z", zone, services), Packet("tcp", 22))
    plain = firewalld.zone_of("z", zone.replace("10.0.0.0/8", "0.0.0.0/0"), services)
    assert firewalld.lets_in(plain, Packet("tcp", 22))


def test_a_service_nobody_described_is_not_taken_for_closed() -> None:
    zone = firewalld.zone_of("z", '<zone><service name="x"/></zone>', {})
    with pytest.raises(ValueError, match="service x"):
        firewalld.lets_in(zone, Packet("tcp", 22))


def test_entities_in_a_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="document type"):
        firewalld.zone_of("z", '<!DOCTYPE a [<!ENTITY b "c">]><zone/>', {})


READERS: list[Callable[[str], object]] = [
    lambda text: xinetd.offered({"/etc/xinetd.conf": text}),
    xinetd.inetd,
    exports.offences,
    exports.shares,
    ftpd.vsftpd,
    lambda text: ftpd.proftpd([text]),
    lambda text: smbconf.guests(smbconf.sections(text, lambda _: None)),
    lambda text: postfix.opened(text, text),
    lambda text: hostsaccess.admits(text, text, "sshd"),
    lambda text: firewalld.zone_of("z", text, {}),
    lambda text: firewalld.direct(text, Packet("tcp", 22)),
]


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet="abz=[]{}()<>/\"'\\\n\r\t #-*$:,!@.019ALEXCPT", max_size=120))
def test_no_text_makes_a_reader_crash(reader: Callable[[str], object], text: str) -> None:
    try:
        reader(text)
    except ValueError:
        return
