"""Write the README.md of every role from its argument spec: ``python -m tests.roles.readme``.

``test_roles.py`` compares; the spec is the one place where a role's variables are described.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROLES = Path(__file__).parents[2] / "roles"


def load(path: Path) -> Any:  # noqa: ANN401 - any YAML
    """Given a YAML file, return its value, an empty mapping when it is empty."""
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def spec_of(role: Path) -> dict[str, Any]:
    """Given a role's folder, return its entry points by name."""
    points: dict[str, Any] = load(role / "meta" / "argument_specs.yml")["argument_specs"]
    return points


def render(role: Path) -> str:
    """Given a role's folder, return the text of its README.md."""
    points = spec_of(role)
    lines = [
        f"# {role.name}",
        "",
        "<!-- Written from meta/argument_specs.yml by `python -m tests.roles.readme`. -->",
        "",
    ]
    for name, point in points.items():
        lines += [f"## {name}", ""] if len(points) > 1 else []
        lines += [*_point(point), ""]
    return "\n".join(lines)


def _point(point: Mapping[str, Any]) -> Iterator[str]:
    yield f"{point['short_description']}."
    for paragraph in point.get("description", []):
        yield ""
        yield paragraph
    options = point.get("options", {})
    if not options:
        return
    yield from ("", "| variable | type | default | what it is |", "| --- | --- | --- | --- |")
    for name, option in options.items():
        default = "required" if option.get("required") else f"`{_shown(option.get('default'))}`"
        told = " ".join(_list(option.get("description", "")))
        if "choices" in option:
            told += f" One of {', '.join(f'`{choice}`' for choice in option['choices'])}."
        told = told.replace("|", "\\|")
        yield f"| `{name}` | {option.get('type', 'str')} | {default} | {told} |"


def _shown(value: object) -> str:
    dumped = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=1000)
    return dumped.removesuffix("\n").removesuffix("\n...")


def _list(text: str | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else text


if __name__ == "__main__":
    for folder in sorted(ROLES.iterdir()):
        (folder / "README.md").write_text(render(folder), encoding="utf-8")
