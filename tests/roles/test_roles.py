"""Guards over every role: its spec is its defaults, its names are its own, its README is fresh."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.roles.readme import ROLES, load, render, spec_of

IMPORTS = frozenset(
    name for short in ("import_tasks", "include_tasks", "import_role", "include_role")
    for name in (short, f"ansible.builtin.{short}")
)
FEW = 2  # tasks that need no file of their own
PYTHON = {"str": str, "path": str, "int": int, "float": float, "bool": bool, "list": list,
          "dict": dict}


def options_of(role: Path) -> dict[str, dict[str, Any]]:
    """Given a role, return the options of all its entry points."""
    return {k: v for point in spec_of(role).values() for k, v in point.get("options", {}).items()}


def drifted(role: Path) -> Iterator[str]:
    """Given a role, yield where its spec and its defaults do not say the same."""
    options, defaults = options_of(role), load(role / "defaults" / "main.yml")
    declared = {name for name, option in options.items() if not option.get("required")}
    for name in sorted(declared ^ defaults.keys()):
        yield f"{name}: only in {'the spec' if name in declared else 'the defaults'}"
    for name in sorted(declared & defaults.keys()):
        said, value = options[name].get("default"), defaults[name]
        if (type(said), said) != (type(value), value):
            yield f"{name}: the spec says {said!r}, the defaults {value!r}"
        wanted = PYTHON[options[name].get("type", "str")]
        if value is not None and type(value) is not wanted:  # null: every value means something
            yield f"{name}: {value!r} is no {wanted.__name__}"


def misnamed(role: Path) -> Iterator[str]:
    """Given a role, yield its public variables that do not carry its name."""
    names = {*options_of(role), *load(role / "defaults" / "main.yml")}
    yield from sorted(name for name in names if not name.startswith(f"{role.name}_"))
    for path in sorted(role.glob("vars/*.yml")):
        private = f"__{role.name}_"
        yield from sorted(name for name in load(path) if not name.startswith(private))


def undescribed(role: Path) -> Iterator[str]:
    """Given a role, yield what its meta/main.yml lacks."""
    path = role / "meta" / "main.yml"
    galaxy = load(path).get("galaxy_info", {}) if path.is_file() else {}
    for key in ("description", "license", "min_ansible_version", "platforms"):
        if not galaxy.get(key):
            yield f"meta/main.yml: galaxy_info.{key} is missing"
    if galaxy.get("role_name") != role.name:
        yield "meta/main.yml: galaxy_info.role_name is not the folder's name"


def crowded(role: Path) -> Iterator[str]:
    """Given a role, yield the tasks of its main file that belong into a file of their own."""
    tasks = load(role / "tasks" / "main.yml")
    own = [task for task in tasks if not IMPORTS & task.keys()]
    if own and len(tasks) > FEW:
        yield from (f"tasks/main.yml: {task.get('name', task)}" for task in own)


def stale(role: Path) -> Iterator[str]:
    """Given a role, yield the sentence that says its README.md is not the spec's."""
    path = role / "README.md"
    if not path.is_file() or path.read_text(encoding="utf-8") != render(role):
        yield "README.md: run python -m tests.roles.readme"


GUARDS = (drifted, misnamed, undescribed, crowded, stale)


@pytest.mark.parametrize("role", sorted(ROLES.iterdir()), ids=lambda path: path.name)
@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
def test_a_role_is_in_order(guard: Callable[[Path], Iterator[str]], role: Path) -> None:
    assert list(guard(role)) == []


def edited(role: Path, file: str, old: str, new: str) -> None:
    """Given a file of a role, put new text in place of the old."""
    text = (role / file).read_text(encoding="utf-8")
    assert old in text
    (role / file).write_text(text.replace(old, new), encoding="utf-8")


TASKS = "---\n" + "- name: Topic | Do it\n  ansible.builtin.ping:\n" * 3
BROKEN = {
    "a default of another type": (
        "defaults/main.yml", 'workdir: ""', "workdir: 200",
        ["observe_linux_workdir: the spec says '', the defaults 200",
         "observe_linux_workdir: 200 is no str"],
    ),
    "a variable nobody declared": (
        "defaults/main.yml", "---\n", "---\nobserve_linux_more: 1\n",
        ["observe_linux_more: only in the defaults"],
    ),
    "a variable of no role": (
        "defaults/main.yml", "observe_linux_workdir", "workdir",
        ["observe_linux_workdir: only in the spec", "workdir: only in the defaults", "workdir"],
    ),
    "a changed spec": (
        "meta/argument_specs.yml", "written there", "written", ["README.md"],
    ),
    "a role of another name": (
        "meta/main.yml", "role_name: observe_linux", "role_name: other",
        ["meta/main.yml: galaxy_info.role_name"],
    ),
    "too much in the table of contents": (
        "tasks/main.yml", "---\n", TASKS, ["tasks/main.yml: Topic"] * 3,
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_guard_sees_what_is_wrong(name: str, tmp_path: Path) -> None:
    role = tmp_path / "observe_linux"
    shutil.copytree(ROLES / "observe_linux", role)
    file, old, new, expected = BROKEN[name]
    edited(role, file, old, new)
    found = [problem for guard in GUARDS for problem in guard(role)]
    for sentence in expected:
        assert [problem for problem in found if problem.startswith(sentence)], found
