"""Packet filters: the walk answers as the kernel did for the same rules on a lab host."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse.addresses import everybody, loopback
from opsrunner.parse.iptables import chains_of
from opsrunner.parse.netfilter import ACCEPT, DROP, UNSURE, Packet, judge_hook
from opsrunner.parse.nft import tables_of

SSH, OTHER = Packet("tcp", 22), Packet("tcp", 619)


def iptables(*rules: str, policy: str = "DROP", more: str = "") -> str:
    lines = "".join(f"-A {rule}\n" for rule in rules)
    return f"*filter\n:INPUT {policy} [0:0]\n{more}{lines}COMMIT\n"


def answer(text: str, packet: Packet = OTHER) -> str:
    return judge_hook(chains_of(text), ["INPUT"], packet)


def nft(body: str, policy: str = "drop", more: str = "") -> str:
    head = f"type filter hook input priority filter; policy {policy};"
    return f"table inet t {{\n{more}\tchain input {{\n\t\t{head}\n{body}\t}}\n}}\n"


def nft_answer(text: str, packet: Packet = OTHER) -> str:
    (table,) = tables_of(text)
    return judge_hook(table.chains, table.hooked, packet)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], DROP),
        (["INPUT -p tcp -m multiport --dports 1,2,600:700 -j ACCEPT"], ACCEPT),
        (["INPUT -p tcp -m state ! --state NEW -j ACCEPT"], DROP),
        (["INPUT -s 10.9.0.0/16 -j ACCEPT"], DROP),
        (["INPUT -s 0.0.0.0/1 -j ACCEPT"], ACCEPT),
        (["INPUT ! -s 10.9.0.0/16 -j ACCEPT"], ACCEPT),
        (["INPUT -m limit --limit 5/sec -j ACCEPT"], ACCEPT),
        (["INPUT -p tcp --sport 20 -j ACCEPT"], ACCEPT),
        (["INPUT -p tcp ! --syn -j ACCEPT"], DROP),
        (["INPUT -p tcp --tcp-flags SYN,RST SYN -j ACCEPT"], ACCEPT),
        (["INPUT -d 224.0.0.0/4 -j ACCEPT"], DROP),
        (["INPUT -m recent --update --seconds 60 --name x -j ACCEPT"], UNSURE),
        (["INPUT -m recent --rcheck -j ACCEPT"], UNSURE),
        (["INPUT -j LOG", "INPUT -i lo -j ACCEPT", "INPUT -i eth+ -j ACCEPT"], ACCEPT),
        (["INPUT -j NFQUEUE --queue-num 0"], UNSURE),
    ],
)
def test_iptables_rules_answer_like_the_kernel(rules: list[str], expected: str) -> None:
    assert answer(iptables(*rules)) == expected


def test_goto_does_not_come_back_and_jump_does() -> None:
    chain, rules = ":MY - [0:0]\n", ["INPUT -j ACCEPT", "MY -p tcp --dport 619 -j RETURN"]
    assert answer(iptables("INPUT -g MY", *rules, more=chain)) == DROP
    assert answer(iptables("INPUT -j MY", *rules, more=chain)) == ACCEPT


def test_a_chain_that_calls_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="calls itself"):
        answer(iptables("INPUT -j MY", "MY -j MY", more=":MY - [0:0]\n"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", DROP),
        ("tcp dport { 80, 600-700 } accept\n", ACCEPT),
        ("tcp dport vmap { 619 : accept, 22 : drop }\n", ACCEPT),
        ("ct state vmap { established : accept, new : drop }\n", DROP),
        ('iifname { "lo", "eth1" } accept\n', DROP),
        ("ip saddr @a accept\n", DROP),
        ("tcp dport @p accept\n", ACCEPT),
        ("ip saddr . tcp dport { 10.9.0.1 . 619 } accept\n", DROP),
        ("ip6 nexthdr tcp accept\n", DROP),
        ("meta mark 0x1 accept\n", UNSURE),
        ("meta mark set 0x1 tcp dport 619 accept\n", ACCEPT),
        ('tcp dport 619 log prefix "accept " drop\n', DROP),
        ("tcp dport nosuch accept\n", UNSURE),
        ("fib daddr type local accept\n", ACCEPT),
    ],
)
def test_nft_rules_answer_like_the_kernel(body: str, expected: str) -> None:
    sets = (
        "\tset a {\n\t\ttype ipv4_addr\n\t\telements = { 10.9.0.0/16, 10.8.0.1 }\n\t}\n"
        "\tset p {\n\t\ttype inet_service\n\t\telements = { 22, 619 }\n\t}\n"
    )
    assert nft_answer(nft(body, more=sets)) == expected


def test_what_nft_does_not_explain_is_never_an_answer() -> None:
    assert nft_answer(nft("quantum state 7 accept\n")) == UNSURE
    assert nft_answer(nft("quantum state 7 drop\n", policy="accept")) == UNSURE


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet='-ApsijgACEPTDROINU!: 0./\n*"{};,', max_size=200))
def test_no_text_makes_a_parser_crash(text: str) -> None:
    for read in (chains_of, tables_of):
        try:
            read(text)
        except ValueError:
            continue


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([
    "tcp", "dport", "22", "{", "}", ",", "vmap", ":", "accept", "drop", "jump", "x", "ct", "state",
    "new", "!=", "@s", "meta", "mark", "set", "fib", "saddr", ".", "limit", "over", "ip", "&", "(",
]), max_size=14))
def test_no_rule_makes_the_walk_crash(words: list[str]) -> None:
    try:
        result = nft_answer(nft(" ".join(words) + "\n"))
    except ValueError:
        return
    assert result in (ACCEPT, DROP, UNSURE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0.0.0.0/0", True), ("::/0", True), ("0.0.0.0/1", True), ("10.0.0.0/8", False),
     ("0.0.0.0-255.255.255.255", True), ("10.0.0.1-10.0.0.9", False), ("host", False),
     ("0.0.0.0/0.0.0.0", True)],
)
def test_a_network_of_everybody_is_known(text: str, expected: bool) -> None:  # noqa: FBT001 - a case
    assert everybody(text) is expected


@pytest.mark.parametrize("text", ["127.0.0.1", "127.0.0.53%lo", "[::1]", "[::ffff:127.0.0.1]"])
def test_loopback_is_known(text: str) -> None:
    assert loopback(text)
    assert not loopback("10.0.0.1")


def test_a_list_that_ends_with_a_comma_ends() -> None:
    """A hostile or cut rule set must not keep the reader waiting for the next value."""
    assert tables_of("table ip t {\n\tchain c {\n\t\ttcp dport 22,\n\t}\n}\n") is not None
