"""Every code that can be said has its Chinese, and no Chinese is without a code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsrunner.plan.reasons import CHINESE, ENGINE, Why, as_data, chinese, reasons_of, text

ROOT = Path(__file__).parents[3]
# The words of the shell that say something with a code, and what of the line is that code.
_SAYS = (
    (re.compile(r"\bops_refuse (\S+)"), "refused"),
    (re.compile(r"\bops_blocked \S+ (\S+)"), "blocked"),
    (re.compile(r"\bops_compare \S+ (\S+)"), "drift"),
    (re.compile(r"\bops_tell trouble \S+ (\S+)"), "trouble"),
    (re.compile(r"\bops_tell note \S+ (\S+)"), "note"),
)
_RAW = re.compile(r"\bops_tell (refused|blocked|drift)\b")  # only the helpers say these


def said_by(shell: str) -> Iterator[str]:
    """Given shell text, yield the codes it can say; comments and definitions say nothing."""
    lines = (line for line in shell.splitlines() if not line.lstrip().startswith("#"))
    for line in lines:
        for pattern, word in _SAYS:
            yield from (f"{word}.{code.rstrip(';')}" for code in pattern.findall(line))


def engine() -> str:
    """Return all of the engine."""
    return "\n".join(
        path.read_text("utf-8") for path in sorted(ROOT.glob("roles/change_linux/files/*.sh"))
    )


def python_codes() -> set[str]:
    """Return the codes that the controller can say."""
    texts = (path.read_text("utf-8") for path in (ROOT / "opsrunner").rglob("*.py"))
    said = re.compile(r'\b(?:Why\(\s*|code=)"([a-z_]+)"')
    return {code for text in texts for code in said.findall(text)}


def test_every_code_has_its_chinese_and_nothing_else_has() -> None:
    codes = set(said_by(engine()))
    assert {code.partition(".")[0] for code in codes} == ENGINE
    assert codes | python_codes() == set(CHINESE)
    assert len(_RAW.findall(engine())) == len(ENGINE) - 2  # each in its one helper


def test_a_new_code_would_be_seen() -> None:
    new = (
        '  ops_refuse brand_new "words"\n  { ops_blocked "$1" moon "x"; return 1; }\n'
        '  ops_tell note "$1" said "x"\n  ops_tell trouble "$1" bad "x" || ops_compare "$1" inode\n'
        "# ops_refuse comment\n"
    )
    assert set(said_by(new)) == {
        "refused.brand_new", "blocked.moon", "note.said", "trouble.bad", "drift.inode",
    }


@pytest.mark.parametrize(("why", "said"), [
    (Why("blocked.read_only", "it is read-only", "read_only: /etc/x"),
     "/etc/x：所在文件系统为只读，拒绝变更（it is read-only）"),
    (Why("refused.busy", "pid 7", "busy"), "主机锁被其他进程占用（pid 7）"),
    (Why("unconfirmed", ""), "变更后未能确认"),
    (Why("", "whatever was said"), "whatever was said"),
])
def test_the_words_stay_beside_the_chinese(why: Why, said: str) -> None:
    assert chinese(why) == said


def test_a_lines_reasons_come_back_from_its_data() -> None:
    whys = (Why("refused.busy", "pid 7"), Why("drift.file", "expected a, found b", "/etc/x"))
    assert text(whys) == "pid 7; /etc/x: expected a, found b"
    assert reasons_of(text(whys), as_data(*whys)) == whys
    assert reasons_of("an older journal", {}) == (Why("", "an older journal"),)
    assert reasons_of("", {}) == ()
    assert as_data() == {}
