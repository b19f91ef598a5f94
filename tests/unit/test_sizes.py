"""A module past 300 lines and a function past 40 are read by nobody; so there are none."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "opsrunner"
MODULE = 300
FUNCTION = 40


def too_long(folder: Path) -> Iterator[str]:
    """Given a folder of modules, yield ``file: lines`` and ``file: function: lines`` over it."""
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(folder)
        if text.count("\n") > MODULE:
            yield f"{name}: {text.count(chr(10))} lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION:
                    yield f"{name}: {node.name}: {lines} lines"


def test_nothing_is_too_long() -> None:
    assert list(too_long(PACKAGE)) == []


def test_one_line_too_much_is_seen(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    fits = "def fits():\n" + "    x = 1\n" * (FUNCTION - 1)
    module.write_text(fits + "#\n" * (MODULE - FUNCTION))
    assert list(too_long(tmp_path)) == []
    module.write_text("class A:\n  async def over(self):\n" + "    x = 1\n" * FUNCTION)
    assert list(too_long(tmp_path)) == ["module.py: over: 41 lines"]
    module.write_text("#\n" * (MODULE + 1))
    assert list(too_long(tmp_path)) == ["module.py: 301 lines"]
