"""What a fact may read, and when nobody can know it."""

from __future__ import annotations

from typing import Any

import pytest

from opsrunner.facts import base
from opsrunner.facts.base import CannotTell, Files, Host, fact
from opsrunner.facts.remembered import ByReads
from opsrunner.models import Frame, Reason

SEP = "\x1e"


def host(**frame: object) -> Host:
    fields: dict[str, object] = {"name": "t.p", "exit_code": 0, "stdout": b"out"}
    return Host("rhel-8", {"t.p": Frame(**{**fields, **frame})})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ({"exit_code": 124}, Reason.TIMEOUT), ({"exit_code": 137}, Reason.TIMEOUT),
        ({"truncated": True}, Reason.TRUNCATED), ({"complete": False}, Reason.TRUNCATED),
        ({"exit_code": 127}, Reason.MISSING_TOOL), ({"exit_code": 126}, Reason.DENIED),
        ({"exit_code": 1}, Reason.PROBE_FAILED), ({"exit_code": None}, Reason.PROBE_FAILED),
    ],
)
def test_a_frame_that_cannot_be_believed(frame: dict[str, object], reason: Reason) -> None:
    with pytest.raises(CannotTell) as cannot:
        host(**frame).text("t.p")
    assert cannot.value.reason is reason


def test_a_frame_that_was_not_collected() -> None:
    with pytest.raises(CannotTell) as cannot:
        host().text("t.other")
    assert cannot.value.reason is Reason.NOT_COLLECTED


def test_bytes_that_are_no_text_show() -> None:
    assert host(stdout=b"a\xffb").text("t.p") == "a\\xffb"


def test_files_know_why_there_is_no_text() -> None:
    files = Files([("file /a", "x\n"), ("missing /b", ""), ("denied /c", ""), ("odd /d", "")])
    assert files.text("/a") == "x\n"
    assert files.text("/b") is None
    for path, reason in (("/c", Reason.DENIED), ("/d", Reason.UNPARSABLE),
                         ("/e", Reason.NOT_COLLECTED)):
        with pytest.raises(CannotTell) as cannot:
            files.text(path)
        assert cannot.value.reason is reason


def test_a_file_too_long_to_be_read_hides_nothing() -> None:
    with pytest.raises(CannotTell) as cannot:
        Files([("file /d/a", "1"), ("long /d/b", "")])
    assert cannot.value.reason is Reason.TRUNCATED


def test_a_folder_with_an_unreadable_file_is_unknown() -> None:
    files = Files([("file /d/a", "1"), ("file /d/sub/x", "2"), ("missing /d/*.conf", "")])
    assert files.under("/d") == {"/d/a": "1"}
    with pytest.raises(CannotTell):
        Files([("file /d/a", "1"), ("denied /d/b", "")]).under("/d")
    with pytest.raises(CannotTell):
        Files([("denied /d/*.conf", "")]).under("/d")
    assert Files([("file /d/*.conf", "x")]).under("/d") == {"/d/*.conf": "x"}  # its real name


def test_a_fact_cannot_read_what_it_did_not_declare(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = dict(base.registry())
    monkeypatch.setattr(base, "_FACTS", facts)
    monkeypatch.setattr(base, "registry", lambda: facts)

    @fact(probes=["t.other"])
    def greedy(host: Host) -> str:
        return host.text("t.p")

    @fact(probes=["t.p"])
    def honest(host: Host) -> str:
        return host.text("t.p")

    topic = __name__.rpartition(".")[2]
    with pytest.raises(LookupError, match="not declared"):
        host().get(f"{topic}.greedy")
    assert host().get(f"{topic}.honest") == "out"
    base.probes_for.cache_clear()


def test_every_fact_is_named_and_says_what_it_returns() -> None:
    for name, declared in base.registry().items():
        assert declared.compute.__doc__, name
        assert name.count(".") == 1


def test_an_answer_that_is_kept_holds_on_to_nothing_and_is_the_same_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    facts = dict(base.registry())
    monkeypatch.setattr(base, "_FACTS", facts)
    monkeypatch.setattr(base, "registry", lambda: facts)

    @fact(probes=["t.p"])
    def garbled(host: Host) -> str:
        try:
            return host.text("t.p")
        except CannotTell as cannot:
            raise CannotTell(Reason.UNPARSABLE, "t.p") from cannot

    name = f"{__name__.rpartition('.')[2]}.garbled"
    kept: ByReads[Any] = ByReads(4)
    raised = []
    for _ in range(2):
        asked = Host("rhel-8", {"t.p": Frame("t.p", 124, b"")}, kept)
        for _ in range(2):
            with pytest.raises(CannotTell) as cannot:
                asked.get(name)
            raised.append(cannot.value)
    known = kept.find(name, asked.said)
    assert known is not None
    assert known[0] == ("t.p",)
    assert (known[1].__traceback__, known[1].__cause__, known[1].__context__) == (None, None, None)
    assert {str(one) for one in raised} == {str(known[1])} == {"unparsable: t.p"}
    assert known[1] not in raised


def test_what_a_host_says_tells_frames_and_their_order_and_absence_apart() -> None:
    given = {name: Frame(name, 0, text) for name, text in
             (("a", b"one"), ("b", b"two"), ("c", b"one"), ("d", b""))}
    said = Host("rhel-8", given).said
    assert said(("a",)) == said(("c",))
    assert len({said(way) for way in (("a",), ("b",), ("a", "b"), ("b", "a"), ("d",), ("none",),
                                      ("a", "none"), ("none", "a"))}) == 8
