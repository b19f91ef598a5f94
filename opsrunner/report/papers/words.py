"""Words that every paper has, whatever it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from opsrunner.report.paper import PLAN_DIGEST, Cell, Language, Paper, Say, Table, same

WORDS: Final[Mapping[str, Say]] = {
    "number": Say("编号", "Number"),
    "date": Say("日期", "Date"),
    "digest": PLAN_DIGEST,
    "contents": Say("目录", "Contents"),
    "versions": Say("版本记录", "Version record"),
    "version": Say("版本", "Version"),
    "author": Say("编制人", "Author"),
    "what": Say("说明", "What"),
    "signatures": Say("签署", "Signatures"),
    "role": Say("职责", "Role"),
    "name": Say("姓名", "Name"),
    "signature": Say("签字", "Signature"),
    "evidence": Say("附录：证据清单", "Appendix: evidence"),
    "item": Say("证据", "Evidence"),
    "page": Say("第 {} 页，共 {} 页", "Page {} of {}"),
    "fact": Say("项目", "Item"),
    "value": Say("内容", "Content"),
    "cover": Say("封面", "Cover"),
    "print": Say("打印", "Print"),
}


def words(language: Language) -> dict[str, str]:
    """Given a language, return the words in it by key."""
    return {key: text.in_(language) for key, text in WORDS.items()}


def versions(paper: Paper) -> Table:
    """Given a paper, return its version record as a table."""
    rows = [
        [Cell(same(version)), Cell(same(date)), Cell(same(author)), Cell(what)]
        for version, date, author, what in paper.versions
    ]
    heads = [WORDS[key] for key in ("version", "date", "author", "what")]
    return Table(heads, rows, (14, 20, 22, 44), caption=WORDS["versions"])


def evidence(paper: Paper) -> Table:
    """Given a paper, return what it rests on as a table."""
    rows = [[Cell(name), Cell(same(sha))] for name, sha in paper.evidence.items()]
    return Table([WORDS["item"], same("SHA-256")], rows, (38, 62), caption=WORDS["evidence"])
