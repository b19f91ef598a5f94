"""What a role leaves on a host, without running it: its own tasks, read as data.

So a role stays the one source, for a playbook and for a plan alike. Only what the roles of backups
use is understood; another module or filter is a fault that a test of each role finds.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from opsrunner.errors import InputError, Problem

_BUILTIN = "ansible.builtin."
_ALONE = re.compile(r"\s*\{\{((?:(?!\}\}).)*)\}\}\s*", re.DOTALL)  # one expression, nothing else
_NO_CHANGE = frozenset({"name", "loop", "loop_control", "when", "register", "no_log", "tags",
                        "changed_when", "check_mode", "failed_when"})


@dataclass
class Outcome:
    """Files by path with content and mode, paths that must not be, units and whether they run."""

    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    units: dict[str, bool] = field(default_factory=dict)


def outcome_of(role: Path, variables: Mapping[str, Any], exists: Callable[[str], bool]) -> Outcome:
    """Given a role's folder, its variables and what is on the host, return what it leaves there.

    Folders are not in it: whatever needs one makes it. Raise InputError for a task nobody
    understands here.
    """
    defaults = yaml.safe_load((role / "defaults" / "main.yml").read_text("utf-8")) or {}
    play = _Play(role, {**defaults, **variables}, exists, Outcome())
    for entry in _tasks(role / "tasks" / "main.yml"):
        play.part(role / "tasks" / entry[f"{_BUILTIN}import_tasks"])
    return play.outcome


def _tasks(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
    return found


def _quote(value: object) -> str:
    return shlex.quote(str(value))


def _bool(value: object) -> bool:
    return str(value).lower() in {"true", "yes", "on", "1"}


@dataclass
class _Play:
    role: Path
    variables: dict[str, Any]
    exists: Callable[[str], bool]
    outcome: Outcome

    def __post_init__(self) -> None:
        self._jinja = SandboxedEnvironment(
            undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True,
            autoescape=False,  # settings of programs are no markup
        )
        self._jinja.filters |= {"quote": _quote, "bool": _bool}

    def part(self, path: Path) -> None:
        """Given one file of tasks, carry them out on paper."""
        for task in _tasks(path):
            for item in self._items(task):
                self._one(task, {**self.variables, **({} if item is None else {"item": item})})

    def _items(self, task: Mapping[str, Any]) -> Iterator[Any]:
        loop = task.get("loop")
        if isinstance(loop, str):
            if f"{_BUILTIN}command" in task:  # over results of commands, which are not run here
                return
            message = "its loop is not understood"
            raise InputError([Problem(str(self.role), task["name"], message)])
        for item in [None] if loop is None else loop:
            yield self._rendered(item, self.variables)

    def _one(self, task: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
        when = task.get("when")
        module, given = next((k, v) for k, v in task.items() if k not in _NO_CHANGE)
        if module == f"{_BUILTIN}command":
            return  # asks for or makes a repository: a step of its own
        known = getattr(self, f"_do_{module.removeprefix(_BUILTIN)}", None)
        if known is None:
            raise InputError([Problem(str(self.role), task["name"], f"{module} is not understood")])
        if when is not None and not self._value(when, variables):
            return
        known({name: value if name == "content" else self._rendered(value, variables)
               for name, value in given.items()}, task, variables)

    def _rendered(self, value: Any, variables: Mapping[str, Any]) -> Any:  # noqa: ANN401 - YAML
        if isinstance(value, str) and (alone := _ALONE.fullmatch(value)):
            return self._value(alone.group(1), variables)
        if isinstance(value, str):
            return self._text(value, variables)
        if isinstance(value, dict):
            return {name: self._rendered(one, variables) for name, one in value.items()}
        return value

    def _value(self, expression: str, variables: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any
        """Return an expression's value, with the type that it has."""
        return self._jinja.compile_expression(expression, undefined_to_none=False)(**variables)

    def _text(self, source: str, variables: Mapping[str, Any]) -> str:
        return self._jinja.from_string(source).render(**variables)

    def _do_stat(self, given: Any, task: Any, _variables: Any) -> None:  # noqa: ANN401 - YAML
        self.variables[task["register"]] = {"stat": {"exists": self.exists(given["path"])}}

    def _do_file(self, given: Any, *_more: object) -> None:  # noqa: ANN401 - YAML
        if given["state"] == "absent":
            self.outcome.removed.append(given["path"])

    def _do_copy(self, given: Any, _task: Any, variables: Any) -> None:  # noqa: ANN401 - YAML
        if "content" in given:
            text = self._text(given["content"], variables)
        else:
            text = (self.role / "files" / given["src"]).read_text("utf-8")
        self._file(given, text)

    def _do_template(self, given: Any, _task: Any, variables: Any) -> None:  # noqa: ANN401 - YAML
        source = (self.role / "templates" / given["src"]).read_text("utf-8")
        self._file(given, self._text(source, variables))

    def _do_systemd_service(self, given: Any, *_more: object) -> None:  # noqa: ANN401 - YAML
        self.outcome.units[given["name"]] = given["state"] == "started"

    def _file(self, given: Mapping[str, Any], text: str) -> None:
        self.outcome.files[str(given["dest"])] = (text, int(str(given["mode"]), 8))
