"""systemd's files are read as systemd reads them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse import unitfile


def test_an_empty_assignment_drops_what_was_given() -> None:
    found = unitfile.merge(["[Service]\nExecStart=/a\n", "[Service]\nExecStart=\nExecStart=/b\n"])
    assert found["Service", "ExecStart"] == ["/b"]


def test_without_it_values_add_up() -> None:
    found = unitfile.merge(["[Service]\nExecStart=/a\n", "[Service]\nExecStart=/b\n"])
    assert found["Service", "ExecStart"] == ["/a", "/b"]


def test_a_line_outside_a_section_or_in_a_comment_counts_for_nothing() -> None:
    found = unitfile.merge(["Storage=none\n[Coredump]\n#Storage=none\n;Storage=none\n"])
    assert found == {}


def test_a_continued_line_is_one_line_and_comments_inside_are_skipped() -> None:
    found = unitfile.merge(["[Service]\nExecStart=/a \\\n# note\n  --b\n"])
    assert [value.split() for value in found["Service", "ExecStart"]] == [["/a", "--b"]]


def test_the_last_valid_value_holds() -> None:
    found = unitfile.merge(["[Coredump]\nStorage=none\nStorage=nothing\n"])
    assert unitfile.last(found, "Coredump", "Storage", ["none", "external"], "external") == "none"
    empty = unitfile.merge(["[Coredump]\nStorage=nothing\n"])
    assert unitfile.last(empty, "Coredump", "Storage", ["none"], "external") == "external"


def test_drop_ins_go_by_name_and_an_earlier_folder_hides_a_later_one() -> None:
    texts = {"/etc/x.d/20.conf": "e20", "/usr/x.d/20.conf": "u20", "/usr/x.d/10.conf": "u10",
             "/etc/x.d/30.txt": "no"}
    assert unitfile.in_order(texts, ["/etc", "/usr"], "x.d") == ["u10", "e20"]


@settings(max_examples=100)
@given(st.lists(st.text(max_size=120), max_size=3))
def test_any_text_is_read(texts: list[str]) -> None:
    assert isinstance(unitfile.merge(texts), dict)
