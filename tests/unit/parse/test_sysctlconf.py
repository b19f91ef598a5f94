"""sysctl.d files are read as systemd-sysctl reads them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse.sysctlconf import as_number, assigned, dotted, merge, path_of, patterns


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("net.ipv4.conf.eth0/100.rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
        ("net/ipv4/conf/eth0.100/rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
        ("/net/ipv4/ip_forward", "net/ipv4/ip_forward"),
    ],
)
def test_the_first_separator_decides(key: str, path: str) -> None:
    assert path_of(key) == path


def test_dotted_is_what_sysctl_prints() -> None:
    assert dotted("net/ipv4/conf/eth0.100/rp_filter") == "net.ipv4.conf.eth0/100.rp_filter"


def test_the_last_assignment_wins_and_moves_to_the_end() -> None:
    found = merge(["a.b = 1\nc.d = 1\n", "# a.b = 3\na/b=2 \r\n; a.b = 4\n"])
    assert list(found.items()) == [("c/d", "1"), ("a/b", "2")]


def test_a_line_that_is_no_assignment_is_left_out() -> None:
    assert merge(["a.b 1\n= 1\n\n-a.c\n-d.e = 5\n"]) == {"a/c": None, "d/e": "5"}


def test_patterns_count_only_where_systemd_knows_them() -> None:
    found = merge(["net.ipv4.conf.*.rp_filter = 2\n-net.ipv4.conf.all.rp_filter\n"])
    known = patterns(found)
    assert assigned(found, "net/ipv4/conf/eth0/rp_filter", known) == "2"
    assert assigned(found, "net/ipv4/conf/eth0/rp_filter") is None
    assert assigned(found, "net/ipv4/conf/all/rp_filter", known) is None
    assert assigned(found, "net/ipv4/conf/a/b/rp_filter", known) is None


def test_of_two_patterns_the_later_one_counts() -> None:
    found = merge(["net.*.ip_forward = 0\nnet.ipv?.ip_forward = 1\n"])
    assert assigned(found, "net/ipv4/ip_forward", patterns(found)) == "1"


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), ("0x10", 16), ("010", 8), ("-1", -1), ("0 # off", 0), ("1abc", None),
     ('"1"', None), ("", None), ("09", None), ("yes", None)],
)
def test_numbers_are_read_as_the_kernel_reads_them(text: str, number: int | None) -> None:
    assert as_number(text) == number


@settings(max_examples=100)
@given(st.lists(st.text(max_size=80), max_size=4), st.text(max_size=40))
def test_any_text_is_read(texts: list[str], path: str) -> None:
    found = merge(texts)
    value = assigned(found, path, patterns(found))
    assert value is None or as_number(value) is None or isinstance(as_number(value), int)
