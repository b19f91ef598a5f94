"""What a host's answer proves: damage is named, and what could not be seen is never damage."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsrunner.activities.backup.answer import judge, texts, unreached
from opsrunner.activities.backup.due import asked
from opsrunner.activities.backup.record import Verification
from opsrunner.models import Frame
from opsrunner.policy.backup import Level
from opsrunner.sources.wire import SECTION
from tests.unit.activities.backup.shop import DB, FILES, NOW, policy

TIMES = ("2026-11-21T08:00:00Z", "2026-11-21T08:01:00Z")
STAMP = "20261121T023000Z"
SNAPSHOT = json.dumps([{
    "id": "ab12", "time": "2026-11-21T01:30:00Z", "hostname": "web1", "paths": ["/srv"],
}])


def section(words: str, body: str = "") -> str:
    return f"\n{SECTION}{words}\n{body}"


def dump(said: str, ended: str = "0 12", cleaned: str = "yes") -> str:
    return "".join([
        section("copy", f"{STAMP} 4096\n"), section("said", said), section(f"ended {ended}"),
        section("manifest", "rows `app`.`items` 3000\nrows `a b`.`t` 1\nend\n"),
        section(f"cleaned {cleaned}"),
    ])


def files(said: str, code: str = "0", after: str = SNAPSHOT) -> str:
    return "".join([
        section("snapshots before", SNAPSHOT), section("part 1/4"), section("said", said),
        section(f"ended {code} 3"), section("snapshots after", after), section("cleaned yes"),
    ])


def judged(text: str, set_id: str = DB, code: int = 0, stderr: str = "", **more: bool) -> (
    Verification
):
    frame = Frame("verify.0", code, text.encode(), stderr.encode(), **more)
    return judge(asked(policy().sets[set_id], "local", [], NOW), frame, TIMES, {})


def test_a_copy_that_equals_its_manifest_is_proven_with_what_was_compared() -> None:
    said = judged(dump("level 4\nsentinel 7\ncleaned yes\nrange A B\n"))
    assert (said.looked, said.level, said.reason) == (True, Level.L4, None)
    assert said.copy
    assert (said.copy.id, said.copy.size) == (STAMP, 4096)
    assert said.copy.latest.isoformat() == "2026-11-21T02:30:00+00:00"
    assert said.measured == {"on": "db1", "cleaned": True, "seconds": 12, "tables": 2,
                             "rows": 3001, "sentinel": "7", "range": "A B"}
    assert Verification.from_record(said.as_record()) == said


def test_files_say_which_part_was_read_and_that_less_was_proven_than_wanted() -> None:
    said = judged(files("level 3\n"), FILES)
    assert (said.looked, said.level) == (True, Level.L3)
    assert said.reason == "proven to L3, L4 is wanted"
    assert said.measured["read"] == {"parts": [1], "of": 4}
    assert said.restored == ("/srv",)


def test_files_that_equal_their_manifest_say_how_many_and_which_changed_meanwhile() -> None:
    said = judged(files("compared 12\nchanged /srv/log\nlevel 4\n"), FILES)
    assert (said.level, said.reason) == (Level.L4, None)
    assert (said.measured["compared"], said.measured["changed"]) == (12, ["/srv/log"])


def test_damage_is_named_and_what_differs_is_not_recoverable() -> None:
    said = judged(dump("problem damaged since it was written: dump.sql.gz\nlevel 0\n", "1 2"))
    assert (said.looked, said.level) == (True, None)
    assert said.reason == "damaged since it was written: dump.sql.gz"
    said = judged(dump("problem lacks or differs: rows `app`.`items` 3000\nlevel 3\n", "1 9"))
    assert (said.looked, said.level) == (True, Level.L2)
    said = judged(files("pack 12ab snapshots cd34\nproblem damaged: x\n", "1"), FILES)
    assert said.reason == "pack 12ab snapshots cd34; damaged: x"
    assert "read" not in said.measured


def test_a_gap_in_the_logs_counts_where_logs_are_kept() -> None:
    text = dump("gap log.000004 missing A B\nlevel 4\n")
    assert judged(text).reason is None
    kept = policy().sets[DB]
    kept = replace(kept, backup=kept.backup.model_copy(update={"logs": NOW - NOW.replace(hour=7)}))
    said = judge(asked(kept, "local", [], NOW), Frame("verify.0", 0, text.encode()), TIMES, {})
    assert (said.level, said.reason) == (
        Level.L4, "gap in the logs: log.000004 missing A B")


@pytest.mark.parametrize(
    ("text", "set_id", "reason"),
    [
        (dump("problem not verified: too little space below /x\n", "2 1"), DB, "probe_failed: too"),
        (dump("problem not verified: the repository's password is wrong: this says nothing\n",
              "2 1"), DB, "denied: the repository's password is wrong"),
        (dump("problem not verified: no server program mariadbd\n", "2 1"), DB, "missing_tool: no"),
        (dump("problem not verified: stopped by a signal\n", "2 1"), DB, "interrupted: stopped"),
        (dump("", "124 60"), DB, "timeout: its verification was cut"),
        (dump("problem x\n", "137 60"), DB, "timeout: its verification was cut"),
        (dump("level 4\n", "1"), DB, None),
        (dump("level 4\n", "75 1"), DB, "truncated: "),
        (dump("level 4\ncleaned no\n", cleaned="no"), DB, "probe_failed: the scratch place"),
        (section("copy", f"{STAMP} 1\n") + section("said", "level 4\n"), DB, "truncated: the ver"),
        (files("level 3\n", after=SNAPSHOT.replace("ab12", "cd34")), FILES, "unparsable: a backup"),
        (dump("nothing\n"), DB, "unparsable: it ended well and names no level"),
        (dump("level 4\n").replace(STAMP, "x"), DB, "unparsable: "),
    ],
)
def test_what_could_not_be_seen_is_unknown(text: str, set_id: str, reason: str | None) -> None:
    said = judged(text, set_id)
    if reason is None:  # the negative control: an exit code that does say something
        assert said.looked
        return
    assert (said.looked, said.level) == (False, None)
    assert str(said.reason).startswith(reason)
    assert "damaged" not in str(said.reason)


def test_a_frame_that_is_not_whole_is_unknown() -> None:
    good = dump("level 4\n")
    for said in (judged(good, truncated=True), judged(good, complete=False)):
        assert str(said.reason).startswith("truncated: ")
    for code, reason in ((3, "not_collected: no /etc"), (75, "probe_failed: no /etc"),
                         (124, "timeout: "), (126, "denied: "), (127, "missing_tool: ")):
        said = judged("", code=code, stderr="no /etc/opsrunner")
        assert (said.looked, str(said.reason).startswith(reason)) == (False, True)
    assert judge(asked(policy().sets[DB], "local", [], NOW), None, TIMES, {}).looked is False
    gone = unreached(asked(policy().sets[DB], "local", [], NOW), "unreachable: x", *TIMES)
    assert (gone.looked, gone.reason, gone.measured) == (False, "unreachable: x", {"on": "db1"})


def test_no_copy_at_all_is_seen_and_proves_nothing() -> None:
    for set_id, text in ((DB, section("copy") + section("cleaned yes")),
                         (FILES, files("", "2").replace(SNAPSHOT, "[]\n"))):
        said = judged(text, set_id)
        assert (said.looked, said.level, said.reason) == (True, None, "there is no copy of it")


def test_what_goes_on_record() -> None:
    found = texts(Frame("verify.0", 0, dump("level 4\n").encode(), b"warning"))
    assert found["manifest"].startswith(b"rows `app`")
    assert found["comparison"] == b"level 4\n"
    assert found["log"].endswith(b"# stderr\nwarning")
    assert texts(None) == {}


@given(st.integers(0, 400))
def test_an_answer_cut_off_anywhere_is_never_proven(cut: int) -> None:
    whole = dump("level 4\n")
    said = judged(whole[:min(cut, len(whole) - 1)])
    assert said.level is None or said.reason or said.measured["cleaned"] is True
    if "cleaned yes" not in whole[:cut]:
        assert said.level is None


@given(st.text(alphabet=f"{SECTION}\n 0123456789abcdeilmnprsv/ZT[]", max_size=200),
       st.sampled_from([DB, FILES]))
def test_nothing_a_host_says_breaks_the_judge(text: str, set_id: str) -> None:
    said = judged(f"\n{SECTION}copy\n{text}", set_id)
    assert Verification.from_record(said.as_record()) == said
