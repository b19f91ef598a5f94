"""Words and operators of a shell script: quotes, expansions and here-documents kept whole."""

from __future__ import annotations

import re

_SPACE = re.compile(r"(?:[ \t]|\\\n)+")
_OPERATOR = re.compile(r"&&|\|\||;;&|;;|;&|<<<|<<-|<<|>>|>&|<&|&>>|&>|>\||<>|\|&|[;&|()<>\n]")
_PLAIN = re.compile(r"[^\s;&|()<>'\"\\$`]+")
_STREAM = re.compile(r"\d+(?=[<>])")  # 2>file: which stream does not matter here
_ARRAY = re.compile(r"[A-Za-z_]\w*(\[[^\]]*\])?\+?=$")


class Lexer:
    """Words and operators of a script, one after the other."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.held: tuple[str, bool] | None = None
        self.here: list[str] = []  # end words of here-documents that begin at the next newline

    def peek(self) -> str | None:
        """Return the next token without taking it: an operator, a word, None at the end."""
        if self.held is None:
            self.held = self._read()
        return self.held[0] or None

    def take(self) -> str:
        """Return the next token and go past it."""
        token = self.peek()
        if token is None:
            raise ValueError("the script ends in the middle of a command")
        self.held = None
        return token

    def is_operator(self) -> bool:
        """Return whether the next token is an operator rather than a word."""
        self.peek()
        return self.held is not None and self.held[1]

    def _read(self) -> tuple[str, bool]:
        space = _SPACE.match(self.text, self.at)
        if space:
            self.at = space.end()
        if self.text.startswith("#", self.at):
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
        if self.at >= len(self.text):
            return "", False
        stream = _STREAM.match(self.text, self.at)
        if stream:
            self.at = stream.end()
        operator = _OPERATOR.match(self.text, self.at)
        if operator and not self.text.startswith(("<(", ">("), self.at):
            self.at = operator.end()
            if operator.group() == "\n":
                self._skip_here_documents()
            return operator.group(), True
        return self._word(), False

    def _word(self) -> str:
        start = self.at
        while self.at < len(self.text):
            char = self.text[self.at]
            plain = _PLAIN.match(self.text, self.at)
            if plain:
                self.at = plain.end()
            elif char == "\\":
                self.at += 2
            elif char in "'\"`":
                self.at = self._closed(self.at)
            elif char == "$":
                self._dollar()
            elif char == "(" and self._opens_in_word(start):
                self.at = self.balanced(self.at + 1, "(", ")")
            elif char in "<>" and start == self.at:  # process substitution
                self.at = self.balanced(self.at + 2, "(", ")")
            else:
                break
        return self.text[start : self.at]

    def _opens_in_word(self, start: int) -> bool:
        before = self.text[start : self.at]
        return bool(_ARRAY.match(before)) or (len(before) > 0 and before[-1] in "@+?*!")

    def _dollar(self) -> None:
        follows = self.text[self.at + 1 : self.at + 2]
        if follows in ("(", "{"):
            self.at = self.balanced(self.at + 2, follows, ")" if follows == "(" else "}")
        else:
            self.at += 1

    def _closed(self, at: int) -> int:
        """Given where a quote opens, return where it is closed, after the quote."""
        quote, at = self.text[at], at + 1
        while self.text[at] != quote:
            if quote != "'" and self.text[at] == "\\":
                at += 2
            elif quote == '"' and self.text.startswith(("$(", "${"), at):
                opening = self.text[at + 1]
                at = self.balanced(at + 2, opening, ")" if opening == "(" else "}")
            elif quote == '"' and self.text[at] == "`":
                at = self._closed(at)
            else:
                at += 1
        return at + 1

    def balanced(self, at: int, opening: str, closing: str) -> int:
        """Given a place inside brackets, return the place after the closing one."""
        depth = 1
        while depth:
            char = self.text[at]
            if char == "\\":
                at += 2
                continue
            if char in "\"'`":
                at = self._closed(at)
                continue
            depth += (char == opening) - (char == closing)
            at += 1
        return at

    def _skip_here_documents(self) -> None:
        for word in self.here:
            end = re.compile(rf"(?m)^\t*{re.escape(word)}$").search(self.text, self.at)
            self.at = len(self.text) if end is None else end.end()
        self.here = []
