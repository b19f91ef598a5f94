"""Shell scripts as a tree: enough of bash to follow what profile scripts do.

Words stay raw; what they stand for is decided when they are followed (``shellrun.py``). What
this parser does not know it refuses with ValueError rather than guess.
"""

from __future__ import annotations

import re
from functools import lru_cache

from opsrunner.parse.shelllexer import Lexer
from opsrunner.parse.shelltree import (
    Apart,
    Case,
    Chain,
    Function,
    If,
    Lines,
    Loop,
    Node,
    Not,
    Simple,
    Test,
)

_REDIRECTS = frozenset(("<", ">", ">>", "<<", "<<-", "<<<", ">&", "<&", "&>", "&>>", ">|", "<>"))
_ENDS = frozenset(("then", "elif", "else", "fi", "do", "done", "esac", "}"))
_SEPARATORS = frozenset(("\n", ";", "&"))
_CLOSING = frozenset((")", ";;", ";&", ";;&"))
_AFTER = ("\n", ";", "&", "&&", "||", "|", ")")
_DEEPEST = 40


@lru_cache(maxsize=2048)  # a fleet's hosts mostly have the same files
def parse(text: str) -> Lines:
    """Given a script, return its tree. Raise ValueError for what is not understood."""
    reader = _Parser(text)
    try:
        lines = reader.lines(frozenset())
    except (IndexError, RecursionError):
        raise ValueError("the script ends in the middle of a command") from None
    if reader.peek() is not None:
        raise ValueError(f"unexpected {reader.peek()!r}")
    return lines


class _Parser(Lexer):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def lines(self, ends: frozenset[str]) -> Lines:
        """Given the words that end it, return the commands up to one of them."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("the script nests too deeply")
        units: list[tuple[Node, ...]] = []
        unit: list[Node] = []
        while (word := self.peek()) is not None:
            operator = self.is_operator()
            if word in ends or (operator and word in _CLOSING):
                break
            if not operator or word not in _SEPARATORS:
                unit.append(self._chain())
                self._separated(ends)
                continue
            self.take()
            if word == "\n" and unit:
                units.append(tuple(unit))
                unit = []
            elif word == "&" and unit:
                unit[-1] = Apart(unit[-1])
        if unit:
            units.append(tuple(unit))
        self._depth -= 1
        return Lines(tuple(units))

    def _some(self, ends: frozenset[str]) -> Lines:
        lines = self.lines(ends)
        if not lines.units:
            raise ValueError("a condition is missing")
        return lines

    def _separated(self, ends: frozenset[str]) -> None:
        """Raise ValueError when a command follows another one without anything between them."""
        word = self.peek()
        if word is not None and not self.is_operator() and word not in ends:
            raise ValueError(f"unexpected {word}")

    def _chain(self) -> Node:
        links = [("", self._pipeline())]
        while self.peek() in ("&&", "||"):
            operator = self.take()
            self._newlines()
            links.append((operator, self._pipeline()))
        return links[0][1] if len(links) == 1 else Chain(tuple(links))

    def _pipeline(self) -> Node:
        if self.peek() == "!":
            self.take()
            return Not(self._pipeline())
        first = self._command()
        if self.peek() not in ("|", "|&"):
            return first
        while self.peek() in ("|", "|&"):
            self.take()
            self._newlines()
            self._command()
        return Apart(first)

    def _newlines(self) -> None:
        while self.peek() == "\n":
            self.take()

    def _command(self) -> Node:
        token = self.peek()
        special = {
            "if": self._if, "for": self._for, "while": self._while, "until": self._while,
            "case": self._case, "{": self._group, "(": self._subshell, "[[": self._test,
            "function": self._function,
        }.get(token or "")
        if special is None:
            return self._simple()
        self.take()
        node = special()
        self._redirects()
        return node

    def _expect(self, word: str) -> None:
        if self.take() != word:
            raise ValueError(f"expected {word}")

    def _if(self) -> Node:
        arms = []
        otherwise = None
        word = "if"
        while word in ("if", "elif"):
            condition = self._some(frozenset(("then",)))
            self._expect("then")
            arms.append((condition, self.lines(frozenset(("elif", "else", "fi")))))
            word = self.take()
        if word == "else":
            otherwise = self.lines(frozenset(("fi",)))
            word = self.take()
        if word != "fi":
            raise ValueError("expected fi")
        return If(tuple(arms), otherwise)

    def _for(self) -> Node:
        if self.peek() == "(":
            raise ValueError("an arithmetic for is not followed")
        name = self.take()
        self._newlines()
        words: list[str] = ['"$@"']
        if self.peek() == "in":
            self.take()
            words = []
            while not self.is_operator():
                words.append(self.take())
        while self.peek() in (";", "\n"):
            self.take()
        return Loop(name, tuple(words), None, self._do())

    def _while(self) -> Node:
        condition = self._some(frozenset(("do",)))
        return Loop("", (), condition, self._do())

    def _do(self) -> Lines:
        self._expect("do")
        body = self.lines(frozenset(("done",)))
        self._expect("done")
        return body

    def _case(self) -> Node:
        word = self.take()
        self._newlines()
        self._expect("in")
        arms = []
        self._newlines()
        while self.peek() != "esac":
            if self.peek() == "(":
                self.take()
            patterns = [self.take()]
            while self.peek() == "|":
                self.take()
                patterns.append(self.take())
            self._expect(")")
            arms.append((tuple(patterns), self.lines(frozenset(("esac",)))))
            if self.peek() == ";;":
                self.take()
            elif self.peek() != "esac":
                raise ValueError("a case arm that falls through is not followed")
            self._newlines()
        self._expect("esac")
        return Case(word, tuple(arms))

    def _group(self) -> Node:
        body = self.lines(frozenset(("}",)))
        self._expect("}")
        return body

    def _subshell(self) -> Node:
        if self.text.startswith("(", self.at) and self.held is None:
            start = self.at + 1
            self.at = self.balanced(start, "(", ")")
            self._expect(")")
            return Simple(("let", self.text[start : self.at - 2]))  # (( arithmetic ))
        body = self.lines(frozenset())
        self._expect(")")
        return Apart(body)

    def _test(self) -> Node:
        end = re.compile(r"\s\]\](?=[\s;&|)]|$)").search(self.text, self.at)
        if end is None:
            raise ValueError("[[ without ]]")
        text = self.text[self.at : end.start()]
        self.at, self.held = end.end(), None
        return Test(text.strip())

    def _function(self) -> Node:
        name = self.take()
        if self.peek() == "(":
            self.take()
            self._expect(")")
        self._newlines()
        return Function(name, self._command())

    def _redirects(self) -> None:
        while self._redirect():
            pass

    def _redirect(self) -> bool:
        token = self.peek()
        if token is None or not self.is_operator() or token not in _REDIRECTS:
            return False
        self.take()
        target = self.take()
        if token in ("<<", "<<-"):
            self.here.append(re.sub(r"[\\'\"]", "", target))
        return True

    def _simple(self) -> Node:
        words: list[str] = []
        while (word := self.peek()) is not None:
            if not self.is_operator():
                if not words and word in _ENDS:
                    raise ValueError(f"unexpected {word}")
                words.append(self.take())
            elif word == "(" and len(words) == 1:
                self.take()
                self._expect(")")
                self._newlines()
                return Function(words[0], self._command())
            elif not self._redirect():
                break
        if not words and word not in (None, *_AFTER):
            raise ValueError(f"unexpected {word!r}")
        return Simple(tuple(words))
