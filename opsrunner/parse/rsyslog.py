"""rsyslog's configuration, old and new syntax mixed: where which messages of this host go.

Statements are followed in order, so a ``stop`` or ``~`` takes messages away from those after it.
Source: rsyslog.conf(5), RainerScript documentation, rsyslog ``grammar/lexer.l``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from opsrunner.parse.rsyslogtext import block, call, joined, line, skip
from opsrunner.parse.syslogfilter import (
    ALL,
    EVERYTHING,
    NOTHING,
    SOME,
    Filter,
    compared,
    expression,
    selector,
)

DEFAULT = "RSYSLOG_DefaultRuleset"
_OWN_INPUTS = frozenset(("imuxsock", "imjournal", "imklog"))
_OBJECT = re.compile(
    r"(module|input|global|template|main_queue|timezone|parser|lookup_table|dyn_stats|ruleset|"
    r"include|percentile_stats|ratelimit)\s*\(",
    re.IGNORECASE,
)
_SELECTOR = re.compile(
    r"[A-Za-z0-9*][\w,*]*\.[!=]*[\w*]+(?:[;,]+[\w,*]+\.[!=]*[\w*]+)*;?(?=[\s{]|$)",
)
_PROPERTY = re.compile(r":\s*([\w.$!-]+)\s*,\s*(!?)\s*(\w+)\s*,\s*\"((?:[^\"\\]|\\.)*)\"")
_KEYWORD = re.compile(r"(stop|set|unset|reset|call_indirect|call|foreach|continue)\b")
_LOGIN = re.compile(
    r"sshd|sudo|\bsu\b|login|passwd|auth|cron|useradd|usermod|systemd", re.IGNORECASE,
)
_OFF = frozenset(("off", "no", "0", "false"))
_DEEPEST = 10


@dataclass(frozen=True, slots=True)
class Output:
    """One action.

    ``kind``: ``file``, ``template`` (a file named by a template), ``channel`` (a file that a
    program of its own cuts), ``forward`` or ``other``. ``sure``: the set of messages it surely
    gets, ``perhaps``: those it may get. ``mode``: the FileCreateMode in force.
    """

    kind: str
    target: str
    sure: int
    perhaps: int
    mode: int = 0o644


@dataclass(slots=True)
class Routes:
    """What a configuration does: outputs, loaded modules, and filters that may drop messages."""

    outputs: list[Output] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    doubts: list[tuple[int, str]] = field(default_factory=list)
    umask: int | None = None


def follow(text: str, include: Callable[[str], Iterable[str]]) -> Routes:
    """Given ``rsyslog.conf`` and what gives the texts of an include, return the routes."""
    reader = _Reader(include)
    reader.read(text, EVERYTHING)
    return reader.routes


class _Reader:
    """Follows statements; holds what earlier ones left behind for later ones."""

    def __init__(self, include: Callable[[str], Iterable[str]]) -> None:
        self.routes = Routes()
        self._include = include
        self._alive = ALL
        self._last = NOTHING
        self._why = ""  # the text of the last condition
        self._mode = 0o644
        self._ruleset = DEFAULT
        self._rulesets: dict[str, str] = {}
        self._channels: dict[str, str] = {}
        self._narrow = False  # inside a BSD block for one program or host
        self._depth = 0

    def read(self, text: str, scope: Filter) -> None:
        """Follow the statements of a text, each limited to the messages of ``scope``."""
        if self._depth >= _DEEPEST:
            return
        self._depth += 1
        rest = joined(text)
        while rest := skip(rest):
            left = self._statement(rest, scope)
            rest = left if len(left) < len(rest) else ""
        self._depth -= 1

    def _statement(self, text: str, scope: Filter) -> str:
        if text[0] == "$" and text[1:2].isalpha():
            words, rest = line(text)
            self._directive(words)
            return rest
        name = _OBJECT.match(text)
        if name:
            return self._object(name.group(1).lower(), text)
        if re.match(r"if\b", text):
            return self._condition(text, scope)
        if text[0] == "}":
            return text[1:]
        return self._rule(text, scope)

    def _rule(self, text: str, scope: Filter) -> str:
        """Follow a filter and its actions, or actions alone."""
        if text[0] == "&":
            return self._actions(text[1:], self._last)
        if text[0] in "+!" or (text[0] == "-" and text[1:2] != "/"):
            words, rest = line(text)
            self._narrow = words[1:].strip() not in ("*", "")
            return rest
        match = _PROPERTY.match(text)
        if match:
            name, negated, operator, value = match.groups()
            chosen = compared(f"${name.lower()}", "==", value) if operator == "isequal" else SOME
            self._why = match.group(0)
            self._last = scope & (~chosen if negated else chosen)
            return self._actions(text[match.end() :], self._last)
        match = _SELECTOR.match(text)
        if match is None:
            return self._actions(text, scope)
        try:
            self._last = scope & selector(match.group(0))
        except ValueError:
            return line(text)[1]  # rsyslog reports the line and leaves it out
        return self._actions(text[match.end() :], self._last)

    def _condition(self, text: str, scope: Filter) -> str:
        match = re.match(r"if\b(.*?)\bthen\b", text, re.DOTALL)
        if match is None:
            return line(text)[1]
        chosen = expression(match.group(1))
        self._why = match.group(1).strip()
        self._last = scope & chosen
        rest = self._actions(skip(text[match.end() :]), self._last)
        other = skip(rest)
        if not re.match(r"else\b", other):
            return rest
        after, inverted = skip(other[4:]), scope & ~chosen
        if re.match(r"if\b", after):
            return self._condition(after, inverted)
        return self._actions(after, inverted)

    def _actions(self, text: str, chosen: Filter) -> str:
        text = text.lstrip(" \t")
        if text[:1] == "{":
            inside, rest = block(text)
            self.read(inside, chosen)
            return rest
        if re.match(r"action\s*\(", text):
            parameters, rest = call(text)
            self._action(parameters, chosen)
            return rest
        match = _KEYWORD.match(text)
        if match:
            return self._keyword(match.group(1), text, chosen)
        words, rest = line(text)
        self._old_action(words.strip(), chosen)
        return rest

    def _keyword(self, word: str, text: str, chosen: Filter) -> str:
        if word == "stop":
            self._discard(chosen)
            return text[4:]
        if word in ("set", "unset", "reset"):
            return text.partition(";")[2]
        if word == "foreach":
            return block(text)[1]
        if word == "call":
            match = re.match(r"call\s+([\w.-]+)", text)
            if match:
                self.read(self._rulesets.get(match.group(1), ""), chosen)
                return text[match.end() :]
        return line(text)[1]

    def _discard(self, chosen: Filter) -> None:
        unsure = chosen.perhaps & ~(0 if self._narrow else chosen.sure) & self._alive
        if unsure and _LOGIN.search(self._why):
            self.routes.doubts.append((unsure, self._why))
        if self._ruleset == DEFAULT and not self._narrow:
            self._alive &= ~chosen.sure

    def _output(self, kind: str, target: str, chosen: Filter, mode: int | None = None) -> None:
        if self._ruleset != DEFAULT:
            return
        sure = 0 if self._narrow else chosen.sure & self._alive
        self.routes.outputs.append(Output(
            kind, target, sure, chosen.perhaps & self._alive, self._mode if mode is None else mode,
        ))

    def _action(self, parameters: dict[str, str], chosen: Filter) -> None:
        kind = parameters.get("type", "").lower().removeprefix("builtin:")
        if parameters.get("config.enabled", "on").lower() in _OFF:
            return
        if kind == "omfile":
            mode = _octal(parameters.get("filecreatemode", ""), self._mode)
            named = "file" if "file" in parameters else "template"
            target = parameters.get("file") or parameters.get("dynafile", "")
            self._output(named, target, chosen, mode)
        elif kind in ("omfwd", "omrelp"):
            for target in re.split(r"[\s,\"]+", parameters.get("target", "")):
                if target:
                    self._output("forward", target, chosen)
        else:
            self._output("other", kind, chosen)

    def _old_action(self, words: str, chosen: Filter) -> None:
        target = re.split(r"[;\s]", words.lstrip("-"), maxsplit=1)[0]
        if target == "~":
            self._discard(chosen)
        elif target.startswith("/"):
            self._output("file", target, chosen)
        elif target.startswith("?"):
            self._output("template", target[1:], chosen)
        elif target.startswith("@"):
            self._output("forward", _old_host(target), chosen)
        elif target.startswith(":omrelp:"):
            self._output("forward", _old_host(target.removeprefix(":omrelp:")), chosen)
        elif target.startswith((":omfile:$", "$")):
            name = target.rpartition("$")[2]
            self._output("channel", self._channels.get(name, ""), chosen)
        elif target:
            self._output("other", target, chosen)

    def _directive(self, words: str) -> None:
        name, _, value = words[1:].replace("\t", " ").partition(" ")
        name, value = name.lower(), value.strip()
        if name == "includeconfig":
            self._included(value)
        elif name == "filecreatemode":
            self._mode = _octal(value, self._mode)
        elif name == "umask":
            self.routes.umask = _octal(value, 0)
        elif name == "modload":
            self.routes.modules.append(value.partition(" ")[0].removesuffix(".so"))
        elif name == "ruleset":
            self._ruleset = value
        elif name == "defaultruleset":
            self.routes.doubts.append((ALL, words))
        elif name == "outchannel":
            parts = [part.strip() for part in value.split(",")]
            self._channels[parts[0]] = [*parts, ""][1]
        elif name == "resetconfigvariables":
            self._mode = 0o644

    def _included(self, pattern: str) -> None:
        for text in self._include(pattern.strip("\"' ")):
            self.read(text, EVERYTHING)

    def _object(self, word: str, text: str) -> str:
        parameters, rest = call(text)
        if word in ("template", "ruleset") and skip(rest)[:1] == "{":
            inside, rest = block(rest)
            if word == "ruleset":
                self._rulesets[parameters.get("name", "")] = inside
        if word == "ruleset" and parameters.get("name") == DEFAULT:
            self.read(self._rulesets[DEFAULT], EVERYTHING)
        elif word == "include":
            self._included(parameters.get("file", ""))
            self.read(parameters.get("text", ""), EVERYTHING)
        elif word == "global" and "umask" in parameters:
            self.routes.umask = _octal(parameters["umask"], 0)
        elif word == "module":
            self._module(parameters)
        if parameters.get("type") in _OWN_INPUTS and "ruleset" in parameters:
            self.routes.doubts.append((ALL, f"input {parameters['type']} has a ruleset"))
        return rest

    def _module(self, parameters: dict[str, str]) -> None:
        name = parameters.get("load", "").removeprefix("builtin:").removesuffix(".so")
        self.routes.modules.append(name)
        if name == "omfile":
            self._mode = _octal(parameters.get("filecreatemode", ""), self._mode)


def _octal(text: str, otherwise: int) -> int:
    return int(text, 8) if re.fullmatch(r"[0-7]{1,5}", text) else otherwise


def _old_host(target: str) -> str:
    """Given ``@@(o)[::1]:514;template``, return the host."""
    target = re.sub(r"^@{1,2}(\([^)]*\))?", "", target)
    match = re.match(r"\[([^\]]*)\]|([^:;\s]+)", target)
    return (match.group(1) or match.group(2) or "") if match else ""
