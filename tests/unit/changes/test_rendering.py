"""Rendering: each variable stands for itself, and what is left out says why."""

from __future__ import annotations

from typing import Any

import pytest

from opsrunner.changes import rendering
from opsrunner.changes.describing import describe
from opsrunner.changes.draft import ByHand, Draft, Refused
from opsrunner.changes.rendering import Left, refuse_types, render
from opsrunner.changes.state import ABSENT, REGULAR, FileState, HostState
from opsrunner.errors import InputError, Problem
from opsrunner.facts.base import CannotTell
from opsrunner.models import Reason
from opsrunner.remedies import base
from opsrunner.remedies.base import Reads, Remedy

PATH = "/etc/a"
STATE = HostState("h", "centos-7", ("el",), {PATH: FileState(PATH, ABSENT)})


def write(draft: Draft, value: str) -> None:
    """Add a line to the one file all remedies of this test share."""
    draft.write(PATH, f"{draft.text(PATH)}{value}\n")
    draft.activate(value)


def stop(draft: Draft, value: str) -> None:
    """Write, and only then find that it cannot be done."""
    write(draft, value)
    raise {
        "hand": ByHand("手工", "by hand"), "harm": Refused("有害", "harm"),
        "dark": CannotTell(Reason.DENIED, "x"), "crash": RuntimeError("x"),
        "bad": InputError([Problem("", "k", "bad value")]),
    }[value]


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Declare four remedies and no others."""
    known = {
        name: Remedy(name, "t", "str", "", lambda _: Reads(files=(PATH,)), function)
        for name, function in (("v_a", write), ("v_b", stop), ("v_c", write), ("v_d", stop))
    }
    for module in (base, rendering):
        monkeypatch.setattr(module, "remedies", lambda: known)


@pytest.mark.usefixtures("declared")
@pytest.mark.parametrize(
    ("value", "left"),
    [("hand", Left.BY_HAND), ("harm", Left.REFUSED), ("dark", Left.UNKNOWN),
     ("crash", Left.UNKNOWN)],
)
def test_what_cannot_be_done_leaves_no_trace_and_stops_nobody(value: str, left: Left) -> None:
    rendered = render(STATE, {"v_a": "a", "v_b": value, "v_c": "c"})
    (operation,) = rendered.changes.operations
    assert getattr(operation, "after").content == b"a\nc\n"  # noqa: B009 - a union's member
    assert rendered.changes.activate == ("a", "c")
    (not_done,) = rendered.not_done
    assert (not_done.variable, not_done.left) == ("v_b", left)
    assert not_done.zh
    assert not_done.en


@pytest.mark.usefixtures("declared")
def test_bad_values_are_told_all_at_once() -> None:
    with pytest.raises(InputError) as refused:
        render(STATE, {"v_b": "bad", "v_d": "bad"})
    assert len(refused.value.problems) == 2


@pytest.mark.usefixtures("declared")
@pytest.mark.parametrize(("wanted", "keys"), [
    ({"v_a": "x"}, []),
    ({"v_a": 1, "v_x": "x", "v_c": True}, ["v_a", "v_x", "v_c"]),
])
def test_unknown_names_and_wrong_types_are_refused(wanted: dict[str, Any], keys: list[str]) -> None:
    if not keys:
        refuse_types(wanted)
        return
    with pytest.raises(InputError) as refused:
        refuse_types(wanted)
    assert [problem.key for problem in refused.value.problems] == keys


@pytest.mark.parametrize(
    ("name", "left"),
    [("app.log", ()), ("日志.log", ()), ("x" * 250, ()), ("a\nb", ("by_hand",)),
     ("\udcff", ("by_hand",))],
)
def test_a_file_that_no_plan_can_name_is_left_to_a_person(name: str, left: tuple[str, ...]) -> None:
    """One such file must cost its host one rule, never the plan or the batch."""
    path = f"/var/log/{name}"
    files = {path: FileState(path, REGULAR, 0o666, 0, 0)}
    state = HostState("h", "centos-7", ("el",), files, facts={"permissions.groups": {}})
    rendered = render(state, {"harden_linux_files_modes": {"/var/log/*": "0640"}})
    assert tuple(one.left for one in rendered.not_done) == left
    assert [describe(one).target for one in rendered.changes.operations] == (
        [] if left else [path])
