"""logrotate's configuration is read in its order, and retention follows from it."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.parse.logrotate import read


def _kept(text: str, path: str = "/a", **files: str) -> float | None:
    def include(_: str) -> Iterable[tuple[str, str]]:
        return sorted((f"/d/{name}", body) for name, body in files.items())

    rotation = read(text, include).of(path)
    return None if rotation is None else rotation.kept


def test_period_times_count_is_what_is_kept() -> None:
    assert _kept("weekly\nrotate 26\n/a {\n}\n") == 182
    assert _kept("/a {\n monthly\n rotate 6\n}\n") == 180
    assert _kept("/a {\n weekly\n rotate -1\n}\n") == float("inf")
    assert _kept("/a {\n weekly\n rotate 52\n maxage 90\n}\n") == 90
    assert _kept("/a {\n weekly\n rotate 52\n maxsize 1M\n}\n") == 52
    assert _kept("/a {\n weekly\n size 1M\n rotate 52\n}\n") == 52
    assert _kept("/a {\n size 1M\n weekly\n rotate 52\n}\n") == 364


def test_globals_hold_for_what_follows_them() -> None:
    assert _kept("weekly\nrotate 4\ninclude /d\nrotate 26\n", one="/a {\n}\n") == 28
    assert _kept("weekly\nrotate 26\ninclude /d\n", b="/a {\n}\n", a="rotate 2\n") == 14
    assert _kept("weekly\nrotate 26\ninclude /d\n", a="/a {\n}\n", b="rotate 2\n") == 182


def test_the_first_block_that_names_a_log_wins() -> None:
    text = "weekly\n/x/* {\n rotate 1\n}\n/x/a {\n rotate 26\n}\n"
    assert _kept(text, "/x/a") == 7
    assert _kept(text, "/x/y/a") is None
    assert _kept('"/b" /a\n{\n daily\n rotate 3\n}\n') == 3


def test_scripts_backups_and_bad_values_are_seen_for_what_they_are() -> None:
    text = "daily\nrotate 9\n/a {\n postrotate\n rotate 1\n endscript\n}\n"
    assert _kept(text) == 9
    rotations = read("/a {\n rotate 26 # half\n}\n", lambda _: [])
    found = rotations.of("/a")
    assert found is not None
    assert found.broken == "rotate 26 # half"
    assert _kept("weekly\nrotate 3\ninclude /d\n/a {\n}\n", **{"x.rpmsave": "rotate 9\n"}) == 21


@settings(max_examples=100)
@given(st.text(alphabet=st.sampled_from('/a{} \n#"rotaeweklyinclud0123456789-=*'), max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    read(text, lambda _: [("/d/x", text)]).of("/a")
