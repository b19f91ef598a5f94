"""``nft list ruleset`` text -> chains hooked to input, in the form that is walked.

What is not understood becomes a condition nobody can weigh, never one that is met or missed.
Source: nft(8).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from opsrunner.parse.netfilter import Chain, Condition, Match, Rule
from opsrunner.parse.nftrule import rules_of

_TOKEN = re.compile(r'#[^\n]*|"[^"\n]*"|[{}();\n]|\\\n|!=|==|[^\s{}();"]+')
_BLOCKS = frozenset(("set", "map"))


@dataclass(slots=True)
class Table:
    """One table: its family, chains by name, and the elements of its named sets."""

    family: str
    name: str = ""
    chains: dict[str, Chain] = field(default_factory=dict)
    hooked: list[str] = field(default_factory=list)  # base chains at input, in order of priority
    sets: dict[str, list[str]] = field(default_factory=dict)


def tokens(text: str) -> list[str]:
    """Given nft text, return its words; comments and continued line ends are gone."""
    found = (match.group() for match in _TOKEN.finditer(text))
    return [word for word in found if not word.startswith(("#", "\\\n"))]


@lru_cache(maxsize=128)
def tables_of(text: str) -> list[Table]:
    """Given a ruleset, return its tables. Raise ValueError for text that is no ruleset.

    Remembered: the hosts of a fleet have the same rules, and every sample packet asks again.
    """
    tables: dict[tuple[str, str], Table] = {}
    words = tokens(text)
    index = 0
    while index < len(words):
        if words[index] in ("\n", ";"):
            index += 1
            continue
        end = _line_end(words, index)
        head = [word for word in words[index:end] if word not in ("add", "create")]
        if head[:1] == ["table"] and words[end : end + 1] == ["{"]:
            family, name = (head[1], head[2]) if len(head) > 2 else ("ip", head[-1])  # noqa: PLR2004
            close = _close(words, end)
            table = tables.setdefault((family, name), Table(family, name))
            _read_table(table, words[end + 1 : close])
            index = close + 1
        elif head[:1] == ["flush"] and head[1:2] == ["ruleset"]:
            tables.clear()
            index = end
        elif head[:1] in (["flush"], ["delete"], ["destroy"], ["table"]) or not head:
            if head[:2] in (["delete", "table"], ["destroy", "table"], ["flush", "table"]):
                tables.pop((head[2], head[-1]), None)
            index = end + 1
        else:
            raise ValueError(f"not understood: {' '.join(words[index:end])[:80]}")
    for table in tables.values():
        table.hooked.sort(key=lambda name, table=table: table.chains[name].priority)  # type: ignore[misc]
    return list(tables.values())


def _line_end(words: list[str], start: int) -> int:
    for index in range(start, len(words)):
        if words[index] in ("\n", ";", "{"):
            return index
    return len(words)


def _close(words: list[str], opening: int) -> int:
    depth = 0
    for index in range(opening, len(words)):
        depth += (words[index] == "{") - (words[index] == "}")
        if depth == 0:
            return index
    raise ValueError("a block has no end")


def _statements(words: list[str]) -> Iterator[list[str]]:
    """Split a block's words at line ends and semicolons that stand in no braces."""
    depth = 0
    line: list[str] = []
    for word in words:
        depth += (word == "{") - (word == "}")
        if word in ("\n", ";") and depth == 0:
            if line:
                yield line
            line = []
        elif word != "\n":
            line.append(word)
    if line:
        yield line


def _read_table(table: Table, words: list[str]) -> None:
    chains: list[tuple[str, list[str]]] = []
    index = 0
    while index < len(words):
        end = _line_end(words, index)
        if words[end : end + 1] != ["{"]:
            index = end + 1
            continue
        close = _close(words, end)
        head, body = words[index:end], words[end + 1 : close]
        if head[:1] == ["chain"] and len(head) > 1:
            chains.append((head[1], body))
        elif head[:1] and head[0] in _BLOCKS and len(head) > 1:
            table.sets[head[1]] = _elements(body)
        index = close + 1
    for name, body in chains:
        table.chains[name] = _chain(table, name, body)


def _elements(line: list[str]) -> list[str]:
    if "elements" not in line:
        return []
    start = line.index("elements") + 2
    words = [word for word in line[start + 1 : _close(line, start)] if word != "\n"]
    return [part for word in words for part in word.split(",") if part]


def _chain(table: Table, name: str, body: list[str]) -> Chain:
    chain = Chain()
    for line in _statements(body):
        if line[0] == "type" and "hook" in line:
            if line[line.index("hook") + 1] in ("input", "prerouting") and line[1] == "filter":
                table.hooked.append(name)
                chain.policy = chain.policy or "accept"
                chain.priority = _priority(line)
        elif line[0] == "policy":
            chain.policy = line[1]
        elif line[0] not in ("comment", "flags", "devices", "device"):
            chain.rules.extend(rules_of(line, table.sets) or [_BLIND])
    return chain


_BLIND = Rule((Condition("fixed", fixed=Match.UNSURE),), verdict="unsure")
_NAMES = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100}


def _priority(line: list[str]) -> int:
    words = line[line.index("priority") + 1 :] if "priority" in line else ["0"]
    text = "".join(words)
    match = re.fullmatch(r"([a-z]*)([+-]?\d*)", text)
    if match is None:
        return 0
    return _NAMES.get(match.group(1), 0) + int(match.group(2) or 0)


def statements_of(text: str) -> Iterator[tuple[str, str, str]]:
    """Given a ruleset, yield (table, chain, rule) for each rule as it is written."""
    table = chain = ""
    for line in text.splitlines():
        words = line.strip()
        if words.startswith("table ") and words.endswith("{"):
            table, chain = words[6:-1].strip(), ""
        elif words.startswith("chain ") and words.endswith("{"):
            chain = words[6:-1].strip()
        elif words == "}":
            chain = ""
        elif chain and words:
            yield table, chain, words
