"""What the search, the listings and the attributes mean."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsrunner.facts.base import CannotTell, Host
from opsrunner.models import Frame, Reason

SEP = "\x1e"
SCOPE = f"{SEP}scope\nyes|xfs|/\n"


def searched(found: str, rest: str = "", *, platform: str = "rhel-8", err: bytes = b"") -> Host:
    out = f"{SCOPE}{SEP}found\n{found}{rest}"
    return Host(platform, {"files.search": Frame("files.search", 0, out.encode(), err)})


def test_a_bit_the_package_did_not_give_is_named() -> None:
    line = "s|f|6755|0|0|root|root||/usr/bin/x\n"
    for mode, why in (("0106755", []), ("0104755", ["not so in its package"]),
                      ("0100755", ["not so in its package"])):
        rows = searched(f"end|0\n{line}", f"{SEP}rpm\n{mode} /usr/bin/x\n").get(
            "privileged.unexplained",
        )
        assert [row["why"] for row in rows] == why


def test_usr_and_the_root_folder_are_one_only_for_programs() -> None:
    line = "s|f|4755|0|0|root|root||/usr/local/bin/su\n"
    assert searched(f"end|0\n{line}", f"{SEP}rpm\n0104755 /local/bin/su\n").get(
        "privileged.unexplained",
    )


@pytest.mark.parametrize(
    ("found", "err"),
    [("", b""), ("end|1\n", b"find: '/x': Permission denied"), ("end|1\n", b"find: bad")],
)
def test_a_search_that_did_not_come_to_its_end_says_nothing(found: str, err: bytes) -> None:
    with pytest.raises(CannotTell) as cannot:
        searched(found, err=err).get("files.world_writable")
    assert cannot.value.reason is Reason.PROBE_FAILED


def test_a_search_that_did_come_to_its_end_says_what_it_found() -> None:
    err = b"find: '/tmp/gone': No such file or directory"
    assert searched("end|1\n", err=err).get("files.world_writable") == []


@settings(max_examples=100)
@given(st.text(), st.text())
def test_any_output_is_an_answer_or_nobody_can_tell(found: str, scope: str) -> None:
    out = f"{SEP}scope\n{scope}{SEP}found\n{found}{SEP}rpm\n{found}"
    frame = Frame("files.search", 0, out.encode("utf-8", "surrogatepass"))
    modes = Frame("files.modes", 0, f"{SEP}cron\n{found}{SEP}programs\n{scope}".encode(
        "utf-8", "surrogatepass"))
    host = Host("debian-12", {"files.search": frame, "files.modes": modes})
    for name in ("files.scope", "files.world_writable", "privileged.unexplained", "cron.access"):
        try:
            host.get(name)
        except CannotTell as cannot:
            assert cannot.reason in Reason  # noqa: PT017 - nothing else may be raised
