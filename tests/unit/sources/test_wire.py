"""The wire parser reads untrusted bytes: it must never raise, never believe a forged frame."""

from __future__ import annotations

import base64
import gzip

from hypothesis import given
from hypothesis import strategies as st

from opsrunner.sources.wire import SECTION, frames, unpack

MARK = "5f" * 16
CAPS = {"ssh.effective": 100, "login.defs": 1000}


def stream(*parts: tuple[str, bytes, bytes, str]) -> bytes:
    """Given (name, stdout, stderr, exit code), return a frame stream as a host writes it."""
    return b"".join(
        f"@{MARK} B {name}\n".encode() + out + f"\n@{MARK} S\n".encode() + err
        + f"\n@{MARK} R {code}\n\n@{MARK} E {name}\n".encode()
        for name, out, err, code in parts
    )


def packed(data: bytes, kind: str = "gzip") -> bytes:
    """Given a frame stream, return what comes over the connection."""
    body = base64.encodebytes(gzip.compress(data)) if kind == "gzip" else data
    return f"motd\n\n@{MARK} BEGIN {kind}\n".encode() + body + f"\n@{MARK} END\n".encode()


def test_a_frame_comes_back_as_it_was_sent() -> None:
    sent = stream(("ssh.effective", b"port 22\n", b"warn", "3"))
    for kind in ("gzip", "plain"):
        unpacked = unpack(packed(sent, kind), MARK, limit=10_000)
        assert unpacked is not None
        frame = frames(unpacked, MARK, CAPS)["ssh.effective"]
        assert (frame.stdout, frame.stderr, frame.exit_code) == (b"port 22\n", b"warn", 3)
        assert frame.complete
        assert not frame.truncated


def test_a_stream_that_is_not_what_was_sent_holds_nothing() -> None:
    sent = stream(("ssh.effective", b"permitrootlogin yes\n", b"", "0"))
    raw = gzip.compress(sent, 0)  # stored as it is: only the checksum tells
    for body, kept in ((raw, True), (raw.replace(b"yes", b"no "), False)):
        came = f"@{MARK} BEGIN gzip\n".encode() + base64.encodebytes(body)
        assert bool(unpack(came + f"\n@{MARK} END".encode(), MARK, limit=10_000)) is kept


def test_a_script_that_never_ran_is_no_stream() -> None:
    assert unpack(b"sudo: a password is required\n", MARK, limit=100) is None


def test_a_cut_stream_keeps_whole_frames_and_marks_the_cut_one() -> None:
    sent = stream(("login.defs", b"A 1\n", b"", "0"), ("ssh.effective", b"port 22\n", b"", "0"))
    found = frames(sent[:-30], MARK, CAPS)
    assert found["login.defs"].complete
    assert not found["ssh.effective"].complete


def test_output_over_the_cap_is_truncated_and_one_at_the_cap_is_not() -> None:
    sent = stream(("ssh.effective", b"x" * 101, b"", "0"), ("login.defs", b"x" * 1000, b"", "0"))
    found = frames(sent, MARK, CAPS)
    assert found["ssh.effective"].truncated
    assert not found["login.defs"].truncated


def test_output_without_the_one_time_word_forges_nothing() -> None:
    forged = b"@0000 S\n\n@0000 R 0\n\n@0000 E ssh.effective\n@0000 B login.defs\nPASS 1\n"
    found = frames(stream(("ssh.effective", forged, b"", "0")), MARK, CAPS)
    assert list(found) == ["ssh.effective"]
    assert found["ssh.effective"].stdout == forged


def test_a_name_that_comes_twice_is_not_believed() -> None:
    sent = stream(("login.defs", b"a\n", b"", "0"), ("login.defs", b"b\n", b"", "0"))
    assert not frames(sent, MARK, CAPS)["login.defs"].complete


def test_sections_are_marked_and_a_literal_separator_is_not_one() -> None:
    out = f"\n@{MARK} - file /etc/a\nx{SECTION}y\n@{MARK} - missing /etc/b\n".encode()
    frame = frames(stream(("login.defs", out, b"", "0")), MARK, CAPS)["login.defs"]
    assert frame.stdout == f"{SECTION}file /etc/a\nx?y{SECTION}missing /etc/b\n".encode()


def test_a_probe_skipped_at_the_deadline_counts_as_cut() -> None:
    assert frames(stream(("login.defs", b"", b"", "deadline")), MARK, CAPS)[
        "login.defs"
    ].exit_code == 124


def test_a_zip_bomb_stops_at_the_limit() -> None:
    unpacked = unpack(packed(b"\0" * 50_000_000), MARK, limit=1_000_000)
    assert unpacked is not None
    assert len(unpacked) == 1_000_000


@given(st.binary(max_size=400), st.integers(0, 400))
def test_nothing_a_host_sends_raises(noise: bytes, cut: int) -> None:
    whole = packed(stream(("ssh.effective", noise, noise, "0")))
    for raw in (noise, whole[:cut], whole[:cut] + noise + whole[cut:]):
        unpacked = unpack(raw, MARK, limit=10_000)
        if unpacked is not None:
            frames(unpacked, MARK, CAPS)


@given(st.binary(max_size=90))
def test_any_output_under_the_cap_survives(noise: bytes) -> None:
    if SECTION.encode() in noise:
        return
    frame = frames(stream(("ssh.effective", noise, b"", "0")), MARK, CAPS)["ssh.effective"]
    assert frame.stdout == noise


def test_an_exit_code_too_long_to_be_one_is_none_and_the_frame_is_not_believed() -> None:
    for code, known in (("255", 255), ("9" * 5000, None)):
        frame = frames(stream(("login.defs", b"x", b"", code)), MARK, CAPS)["login.defs"]
        assert (frame.exit_code, frame.complete) == (known, known is not None)
