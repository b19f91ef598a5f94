"""Every figure that nobody knows has a code, every code its Chinese, and none is left over."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import opsrunner
from opsrunner.models import Unmeasured
from opsrunner.report.unmeasured import CHINESE, unmeasured

PACKAGE = Path(opsrunner.__file__).parent


def codes(folder: Path) -> Iterator[str]:
    """Given a folder, yield the code of each ``Unmeasured(reason, code)``; "" where none is."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="Unmeasured"), args=[_, ast.Constant(value=code)]):
                    yield str(code)
                case ast.Call(func=ast.Name(id="Unmeasured")):
                    yield ""


def test_every_code_that_is_said_has_its_chinese() -> None:
    assert set(codes(PACKAGE)) == set(CHINESE)


def test_one_without_a_code_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('Unmeasured("x")\nUnmeasured("x", "new")\n', "utf-8")
    assert list(codes(tmp_path)) == ["", "new"]


def test_the_words_stand_beside_the_chinese() -> None:
    said = unmeasured(Unmeasured("the watcher itself stood still for 3.2 s", "watcher_stood"))
    assert said.zh == "探测程序自身停顿（the watcher itself stood still for 3.2 s）"
    assert said.en == "the watcher itself stood still for 3.2 s"
    assert unmeasured(Unmeasured("new", "unheard_of")).zh == "new"
