"""Typst apart from us: a source that is wrong is said, one that is right becomes a PDF."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsrunner.report.papers.typst_process import main


@pytest.mark.parametrize(("text", "code", "said"), [
    ("#let x = 1\nsound", 0, ""), ("#nothing-of-that-name", 1, "unknown variable"),
])
def test_what_is_wrong_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, code: int, said: str,
) -> None:
    source, target = tmp_path / "x.typ", tmp_path / "x.pdf"
    source.write_text(text, "utf-8")
    assert main(str(source), str(target), "0") == code
    assert said in capsys.readouterr().err
    assert target.is_file() == (code == 0)
