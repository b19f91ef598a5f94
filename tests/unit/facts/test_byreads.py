"""What is kept by what was read: found where the same was said, and only there."""

from __future__ import annotations

from opsrunner.facts.remembered import ByReads, Said, Way


def saying(**probes: bytes) -> Said:
    def said(way: Way) -> bytes:
        return b"".join(probes.get(probe, b"-") for probe in way)

    return said


def test_found_only_where_all_that_was_read_says_the_same() -> None:
    kept: ByReads[str] = ByReads(8)
    kept.keep("fact", ("a", "b"), saying(a=b"1", b=b"2"), "value")
    assert kept.find("fact", saying(a=b"1", b=b"2", c=b"9")) == (("a", "b"), "value")
    assert kept.find("fact", saying(a=b"1", b=b"3")) is None
    assert kept.find("fact", saying(a=b"1")) is None
    assert kept.find("other", saying(a=b"1", b=b"2")) is None


def test_two_ways_that_say_the_same_are_two() -> None:
    kept: ByReads[str] = ByReads(8)
    kept.keep("fact", ("a",), saying(a=b"1"), "by a")
    kept.keep("fact", ("b",), saying(b=b"1"), "by b")
    assert kept.find("fact", saying(a=b"1")) == (("a",), "by a")
    assert kept.find("fact", saying(b=b"1")) == (("b",), "by b")


def test_nothing_is_a_value_too() -> None:
    kept: ByReads[None] = ByReads(8)
    kept.keep("fact", (), saying(), None)
    assert kept.find("fact", saying()) == ((), None)


def test_the_oldest_goes_first() -> None:
    kept: ByReads[int] = ByReads(2)
    for number in range(3):
        kept.keep("fact", ("a",), saying(a=b"%d" % number), number)
    assert [kept.find("fact", saying(a=b"%d" % number)) for number in range(3)] == [
        None, (("a",), 1), (("a",), 2),
    ]


def test_what_reads_ever_other_probes_is_not_kept_for_ever() -> None:
    kept: ByReads[int] = ByReads(8)
    for number in range(20):
        kept.keep("fact", (f"p{number}",), saying(**{f"p{number}": b"1"}), number)
    found = [kept.find("fact", saying(**{f"p{number}": b"1"})) for number in range(20)]
    assert found[7] == (("p7",), 7)
    assert found[8:] == [None] * 12
