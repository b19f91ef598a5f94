"""YAML as policies use it: plain, no duplicate keys, and only ``true`` and ``false`` are booleans.

YAML 1.1 reads ``no`` as false, which would turn ``expected: no`` of an sshd option into a
boolean; here it stays the text that sshd prints.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from opsrunner.errors import Problem

_BOOL = "tag:yaml.org,2002:bool"
_KINDS = {"timestamp": "date", "int": "whole number", "float": "number"}
_SHOWN = 40  # characters of a value in a message


class Loader(yaml.CSafeLoader):
    """The C loader, strict about keys and booleans."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOL]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(_BOOL, re.compile(r"^(?:true|false)$"), list("tf"))


def _mapping(loader: Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(
                None, None, "a key must be a word, not a list or mapping", key.start_mark,
            )
        if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
            raise yaml.constructor.ConstructorError(
                None, None, f"key {key.value!r} stands twice", key.start_mark,
            )
        seen.add(key.value)
    loader.flatten_mapping(node)
    return dict(loader.construct_mapping(node, deep=True))


def _scalar(loader: Loader, node: yaml.ScalarNode) -> object:
    """Read a value that looks like a date or a number and may be none, such as 2026-02-30."""
    try:
        return yaml.CSafeLoader.yaml_constructors[node.tag](loader, node)
    except ValueError as error:
        kind = _KINDS[node.tag.rpartition(":")[2]]
        raise yaml.constructor.ConstructorError(
            None, None, f"{node.value[:_SHOWN]} is no {kind}: {error}", node.start_mark,
        ) from error


Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
for _kind in _KINDS:
    Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _scalar)


def read(path: Path) -> tuple[Any, list[Problem]]:
    """Given a file, return its value and no problem, or None and the problem."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader), []  # noqa: S506 - safe subclass
    except UnicodeDecodeError:
        return None, [Problem(str(path), "", "is not UTF-8 text; save it as UTF-8")]
    except RecursionError:
        return None, [Problem(str(path), "", "is nested too deep")]
    except OSError as error:
        return None, [Problem(str(path), "", f"cannot be read: {error.strerror}")]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        return None, [Problem(str(path), where, f"bad YAML: {error.problem}")]
    except yaml.YAMLError as error:
        return None, [Problem(str(path), "", f"bad YAML: {error}")]
