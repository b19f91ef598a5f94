"""Match blocks of sshd_config: what a connection may get from them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse.sshd import Block, match_blocks, possible, seconds, tokens


def blocks(text: str, **files: str) -> list[Block]:
    return match_blocks(text, lambda pattern: [files[pattern]] if pattern in files else [])


def met(text: str, option: str, user: str | None = None) -> list[str | None]:
    return list(possible(blocks(text), option, user))


def test_a_conditional_block_adds_its_value_and_leaves_the_one_outside() -> None:
    assert met("Match Address 10.0.0.0/8\nMaxAuthTries=3\nMaxAuthTries 9", "maxauthtries") == [
        "3", None,
    ]


def test_a_block_for_all_replaces_the_value_outside() -> None:
    for always in ("all", "User *", "Host * Address *"):
        assert met(f"Match {always}\nX11Forwarding no", "x11forwarding") == ["no"]


def test_a_block_for_a_user_settles_it_for_that_user_only() -> None:
    text = "Match User ops,ro?t\nPermitRootLogin no\n"
    assert met(text, "permitrootlogin", "root") == ["no"]
    assert met(text, "permitrootlogin") == ["no", None]


def test_a_block_that_leaves_somebody_out_settles_nothing() -> None:
    for criteria in ("User *,!ops", "Address *,!10.0.0.5", "User root LocalPort 22", "User"):
        assert met(f"Match {criteria}\nPermitRootLogin no", "permitrootlogin", "root")[-1] is None


def test_lists_add_up_within_a_block() -> None:
    found = blocks("Match User ops\nAllowUsers a\nAllowUsers b c\n")
    assert found[0].options == {"allowusers": "a b c"}


def test_an_included_block_ends_with_its_file() -> None:
    text = "Include a\nX11Forwarding yes\n"
    assert [b.options for b in blocks(text, a="Match User x\nX11Forwarding no\n")] == [
        {"x11forwarding": "no"},
    ]


def test_a_file_included_in_a_block_is_under_its_criteria() -> None:
    text = "Match Address 10.0.0.0/8\nInclude a\nBanner none\n"
    found = blocks(text, a="Match all\nPermitRootLogin yes\n")
    set_here = [block for block in found if block.options]
    assert {block.criteria for block in set_here} == {(("address", "10.0.0.0/8"),)}
    assert [block.options for block in set_here] == [{"permitrootlogin": "yes"}, {"banner": "none"}]


def test_a_form_feed_in_a_comment_begins_no_line() -> None:
    assert blocks("# x\fMatch User ops\nPermitRootLogin yes\n") == []


def test_times_are_counted_in_seconds() -> None:
    assert [seconds(text) for text in ("5m", "1h30M", "00", "none")] == ["300", "5400", "0", "none"]


@settings(max_examples=100)
@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    for block in blocks(text):
        assert all(isinstance(value, str) for value in block.options.values())
    assert all(isinstance(word, str) for word in tokens(text))
