"""A plan's file: one text, one digest, and every way in which it is not the text that was saved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from opsrunner.errors import InputError
from opsrunner.plan.file import (
    canonical,
    digest,
    expired,
    find,
    folder_of,
    load,
    new_id,
    require_own,
    reread,
    save,
)
from opsrunner.plan.models import Danger, Plan
from tests.unit.plan.plans import plan, step, subject, words

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner,
                      max_size=3),
    max_leaves=8,
)


def test_a_saved_plan_is_loaded_as_it_was_with_the_digest_of_its_bytes(tmp_path: Path) -> None:
    given_plan = plan("web01", "db01", options={"batch": (1, "10%"), "说明": None})
    path = save(given_plan, tmp_path / given_plan.id)
    loaded, sha = load(path)
    assert loaded == given_plan
    assert sha == hashlib.sha256(path.read_bytes()).hexdigest() == digest(canonical(given_plan))
    assert "张三" not in path.read_text("utf-8") or "说明" in path.read_text("utf-8")
    assert path.stat().st_mode & 0o777 == 0o400


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), JSON))
def test_any_option_comes_back_and_the_text_is_the_same_again(options: dict[str, Any]) -> None:
    text = canonical(plan(options=options))
    again = Plan.model_validate(json.loads(text))
    assert again == plan(options=options)
    assert canonical(again) == text


@pytest.mark.parametrize("value", [0.1, float("nan"), {1: "x"}, {"a": [b"x"]}, {"a": {1.5}}])
def test_what_json_would_change_is_in_no_plan(value: Any) -> None:  # noqa: ANN401 - any value
    with pytest.raises(ValidationError, match="has no place in a plan"):
        plan(options={"x": value})


def edited(change: Callable[[dict[str, Any]], None]) -> bytes:
    value = json.loads(canonical(plan("web01", "db01")))
    change(value)
    return f"{json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1)}\n".encode()


def write(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "plan.json"
    path.write_bytes(data)
    return path


def test_the_way_the_tests_edit_changes_nothing_by_itself(tmp_path: Path) -> None:
    assert load(write(tmp_path, edited(lambda _: None)))[0] == plan("web01", "db01")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: p.update(format=2), "format"),
        (lambda p: p.update(surprise=1), "surprise"),
        (lambda p: p.update(id="../../etc"), "id"),
        (lambda p: p.update(expires="2026-11-20T10:00:00Z"), "expires before it was created"),
        (lambda p: p.update(expires="2026-02-30T10:00:00Z"), "expires"),
        (lambda p: p.update(subjects=[]), "subjects"),
        (lambda p: p.update(planner="a\nb"), "planner: holds a line break"),
        (lambda p: p["subjects"].append(p["subjects"][0]), "subject stands twice: web01"),
        (lambda p: p["subjects"][0]["steps"].append(p["subjects"][0]["steps"][0]), "step stands"),
        (lambda p: p["subjects"][0]["steps"][0]["danger"].update(level="high"), "nobody acknowl"),
        (lambda p: p["subjects"][0]["steps"][0]["changes"][0].update(after_sha256="x"), "after_sh"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str,
) -> None:
    with pytest.raises(InputError, match=said):
        load(write(tmp_path, edited(change)))


def test_all_problems_are_listed_at_once(tmp_path: Path) -> None:
    def spoil(value: dict[str, Any]) -> None:
        value.update(planner="", ticket="x" * 500)
        del value["inventory"]

    with pytest.raises(InputError) as caught:
        load(write(tmp_path, edited(spoil)))
    assert sorted(problem.key for problem in caught.value.problems) == [
        "inventory", "planner", "ticket",
    ]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda d: d + b" ", "not the text that was saved"),
        (lambda d: json.dumps(json.loads(d)).encode(), "not the text that was saved"),
        (lambda d: d.replace(b'"ticket": ""', b'"ticket": "", "ticket": "T1"'), "stands twice"),
        (lambda d: d.replace(b'"stage": 0', b'"stage": 0.0'), "with a fraction"),
        (lambda d: d.replace(b'"stage": 0', b'"stage": NaN'), "with a fraction"),
        (lambda d: d.replace(b'"T"', b'"\\ud800"').replace(b'"r1"', b'"\\ud800"'), "not the text"),
        (lambda d: d[:-3], "is no JSON"),
        (lambda _: b"\xff\xfe", "is no JSON"),
        (lambda _: b"[" * 100_000, "is no JSON"),
        (lambda _: b"[]\n", "plan.json"),
        (lambda _: b"", "is no JSON"),
    ],
)
def test_text_that_two_readers_could_read_differently_is_refused(
    tmp_path: Path, spoil: Callable[[bytes], bytes], said: str,
) -> None:
    with pytest.raises(InputError, match=said):
        load(write(tmp_path, spoil(canonical(plan()))))


def test_no_file_is_a_problem_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"plan\.json: cannot be read"):
        load(tmp_path / "plan.json")


def test_another_plan_is_never_written_over(tmp_path: Path) -> None:
    save(plan(), tmp_path)
    save(plan(), tmp_path)  # the same bytes: nothing to refuse
    with pytest.raises(InputError, match="holds another plan"):
        save(plan(ticket="T1"), tmp_path)
    assert load(tmp_path / "plan.json")[0] == plan()


def test_high_danger_needs_somebodys_word() -> None:
    high = Danger(level="high", why=words("locks out"))
    with pytest.raises(ValidationError, match="nobody acknowledged"):
        subject("web01", steps=(step(danger=high),))
    assert subject("web01", steps=(step(danger=high, acknowledged="窗口内有人值守"),))


def test_a_plan_is_found_by_file_folder_id_and_beginning(tmp_path: Path) -> None:
    one = plan()
    two = plan(id="harden-20261122-aaaaaa")
    paths = [save(item, tmp_path / "plans" / item.id) for item in (one, two)]
    assert find(str(paths[0]), tmp_path) == find(str(paths[0].parent), tmp_path) == paths[0]
    assert find(one.id, tmp_path) == find("harden-20261121", tmp_path) == paths[0]
    with pytest.raises(InputError, match="2 plans begin so"):
        find("harden", tmp_path)
    with pytest.raises(InputError, match=f"no such plan.*{one.id}, {two.id}"):
        find("rotate", tmp_path)


def test_ids_are_readable_and_never_the_same() -> None:
    now = datetime(2026, 11, 21, 4, tzinfo=UTC)
    ids = {new_id("harden", now) for _ in range(50)}
    assert len(ids) == 50
    assert all(plan(id=name) and name.startswith("harden-20261121-") for name in ids)


def test_a_plan_expires_to_the_second() -> None:
    dated = plan(expires="2026-11-28T10:00:00Z")
    assert expired(dated, datetime(2026, 11, 28, 9, 59, 59, tzinfo=UTC)) is None
    assert "expired" in (expired(dated, datetime(2026, 11, 28, 10, tzinfo=UTC)) or "")


def test_a_file_that_was_replaced_since_it_was_loaded_is_not_put_on_record(tmp_path: Path) -> None:
    path = save(plan("web01"), tmp_path / "p")
    signed = load(path)[1]
    assert digest(reread(path, signed)) == signed
    path.chmod(0o600)
    path.write_bytes(canonical(plan("web01", ticket="T")))
    with pytest.raises(InputError, match="was changed in the meantime"):
        reread(path, signed)


def test_a_copy_is_not_the_plan(tmp_path: Path) -> None:
    given = plan("web01")
    own = save(given, folder_of(tmp_path, given.id))
    require_own(own, given, tmp_path)
    (tmp_path / "link").symlink_to(own.parent)
    require_own(tmp_path / "link" / "plan.json", given, tmp_path)
    for folder in (tmp_path / "other", folder_of(tmp_path, "harden-20261121-000000")):
        with pytest.raises(InputError, match="is a copy"):
            require_own(save(given, folder), given, tmp_path)
