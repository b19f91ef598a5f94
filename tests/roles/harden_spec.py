"""Write defaults and argument spec of ``harden_linux`` from the remedies that are declared.

``python -m tests.roles.harden_spec``; ``test_harden_spec.py`` compares. A remedy is declared once,
in ``opsrunner/remedies``, and is a variable of the role by that.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from opsrunner.remedies.base import Remedy, remedies
from tests.roles.readme import ROLES

ROLE = ROLES / "harden_linux"
_HEAD = "---\n# Written from opsrunner/remedies by `python -m tests.roles.harden_spec`.\n"
_WIDTH = 96
# What says "not wanted": null where every value of the type is one somebody may want.
_UNSET: Mapping[str, Any] = {"dict": {}, "list": [], "str": "", "int": None, "bool": None}
_OWN: Mapping[str, Mapping[str, Any]] = {
    "harden_linux_state": {
        "type": "str", "default": "present", "choices": ["present", "undone"],
        "description": "Whether the settings are wanted, or what this role changed is taken back.",
    },
    "harden_linux_undo_after": {
        "type": "int", "default": 300,
        "description": "Seconds after which the host undoes by itself what no new login confirmed.",
    },
    "harden_linux_timeout": {
        "type": "int", "default": 600,
        "description": "Seconds after which the controller gives a host up.",
    },
}


def options(declared: Mapping[str, Remedy]) -> dict[str, Mapping[str, Any]]:
    """Given the declared remedies, return the role's options, its own first, then by name."""
    found = {
        name: {"type": remedy.kind, "default": _UNSET[remedy.kind], "description": remedy.help}
        for name, remedy in sorted(declared.items())
    }
    return {**_OWN, **found}


def defaults_text(declared: Mapping[str, Remedy]) -> str:
    """Given the declared remedies, return the text of defaults/main.yml."""
    lines = [_HEAD + "# An empty value or null leaves the setting as the host has it.\n"]
    for name, option in options(declared).items():
        value = yaml.safe_dump({name: option["default"]}, default_flow_style=False)
        lines.append(f"{_comment(option['description'])}{value}")
    return "".join(lines)


def spec_text(declared: Mapping[str, Remedy]) -> str:
    """Given the declared remedies, return the text of meta/argument_specs.yml."""
    main = {
        "short_description": "Harden a Linux host in one transaction that can be taken back",
        "description": [
            "Reads the host, decides on the controller, changes what differs in one transaction.",
            "A new login confirms it; without that the host takes everything back by itself.",
            "Nothing is begun before the account of ops_second_login, if there is one, gets in.",
            "A variable that is empty or null leaves its setting alone.",
            "No Python is needed on the host. --check --diff says exactly what a run would change.",
        ],
        "options": {name: dict(option) for name, option in options(declared).items()},
    }
    body = yaml.dump(
        {"argument_specs": {"main": main}}, Dumper=_Indented, sort_keys=False,
        allow_unicode=True, width=90, default_flow_style=False,
    )
    return _HEAD + body


class _Indented(yaml.SafeDumper):
    """Lists are indented below their key, as yamllint wants them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - PyYAML's own signature
        """Indent a list, whatever PyYAML would do."""
        super().increase_indent(flow, indentless=False)


def _comment(text: str) -> str:
    return "".join(f"# {line}\n" for line in textwrap.wrap(text, _WIDTH))


def write(role: Path) -> None:
    """Given the role's folder, write both files."""
    declared = remedies()
    (role / "defaults" / "main.yml").write_text(defaults_text(declared), encoding="utf-8")
    (role / "meta" / "argument_specs.yml").write_text(spec_text(declared), encoding="utf-8")


if __name__ == "__main__":
    write(ROLE)
