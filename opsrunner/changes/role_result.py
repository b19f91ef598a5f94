"""What the role ``harden_linux`` says of a run, in the members that Ansible shows."""

from __future__ import annotations

from typing import Any

from opsrunner.changes.answer import Answer
from opsrunner.changes.rendering import Left, Rendered
from opsrunner.changes.showing import show


def told(rendered: Rendered, *, diff: bool) -> dict[str, Any]:
    """Given what was rendered, return what a run would do, as Ansible shows it."""
    changes = rendered.changes
    shown = [show(operation) for operation in changes.operations]
    result: dict[str, Any] = {
        "changed": bool(changes),
        "done": [f"{one.kind} {one.target}" for one in shown],
        "activated": list(changes.activate),
        "reboot": list(changes.reboot),
    }
    for left in Left:
        result[left.value] = {
            one.variable: f"{one.zh} / {one.en}" for one in rendered.not_done if one.left == left
        }
    if rendered.not_done:
        result["warnings"] = [
            f"{one.variable}: {one.left.value}: {one.en}" for one in rendered.not_done
        ]
    if diff:
        result["diff"] = [
            {"before_header": f"{one.kind} {one.target}", "before": one.before,
             "after_header": f"{one.kind} {one.target}", "after": one.after} for one in shown
        ]
    return result


def failed(name: str, said: Answer, *, changed: bool, seconds: int = 0) -> dict[str, Any]:
    """Given a transaction, its answer and the undo's seconds, return the task's failure."""
    words = [f"{name}: {said.outcome.value}: {why(said)}"]
    if seconds and changed:
        words.append(f"what nobody confirmed the host takes back by itself within {seconds} s")
    return {"failed": True, "changed": changed, "transaction": name, "msg": "; ".join(words)}


def why(said: Answer) -> str:
    """Given an answer, return all that speaks against it in one line."""
    words = [
        said.reason,
        *(f"{one.about}: {one.words}" for one in (*said.refused, *said.trouble)),
        *(f"{one.target}: {one.what} is {one.found}, not {one.expected}" for one in said.drift),
        *(one.said for one in said.invalid),
        *(f"{one.target} was changed since" for one in said.conflicts),
    ]
    return "; ".join(word for word in words if word) or said.state
