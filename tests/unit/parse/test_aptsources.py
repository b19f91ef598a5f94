"""APT's sources and switches."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse import aptsources


def test_options_that_skip_checks() -> None:
    text = "deb [trusted=no] http://a b c\ndeb-src [arch=amd64 allow-insecure=1] http://x y z\n"
    assert list(aptsources.one_line(text)) == [
        ("http://a b", []), ("http://x y", ["allow-insecure"]),
    ]  # fmt: skip


def test_a_comment_ends_the_line() -> None:
    text = "#deb [trusted=yes] http://a b\ndeb http://a b c # [trusted=yes]"
    assert list(aptsources.one_line(text)) == [("http://a b", [])]


def test_a_stanza_is_apart_from_the_next() -> None:
    text = "URIs: http://a\nTrusted: no\n\n#Trusted: yes\nURIs: http://b\nTrusted: Yes\n"
    assert [keys for _, keys in aptsources.deb822(text)] == [[], ["trusted"]]


def test_the_last_switch_counts() -> None:
    name = "Acquire::AllowInsecureRepositories"
    assert aptsources.switches(f'{name} "1";\n{name} "false";\n') == []
    assert aptsources.switches(f'{name} "0";\n{name} "true";\n') == [name.lower()]


@settings(max_examples=100)
@given(st.text(max_size=80))
def test_never_fails(text: str) -> None:
    list(aptsources.one_line(text))
    list(aptsources.deb822(text))
    aptsources.switches(text)
