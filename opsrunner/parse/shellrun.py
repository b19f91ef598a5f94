"""What a shell ends with: its profile scripts are followed on paper, nothing is run.

Where a condition cannot be known both branches are followed, each in a world of its own that
says of itself that it is not sure. Source: bash(1).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial

from opsrunner.parse import shellcommands
from opsrunner.parse.shell import parse
from opsrunner.parse.shellstate import Person, Scripts, World, merged
from opsrunner.parse.shelltest import Truth, bracket_test, negated
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
from opsrunner.parse.shellwords import Unknown, expand

Results = list[tuple[World, Truth]]
_DEEPEST = 25
_ROUNDS = 200
_IDS = re.compile(r"(?:/usr)?(?:/bin/)?(id|whoami|logname)((?: +-[a-z]+)*)( +2> */dev/null)?")
_LISTING = re.compile(r"(?:/usr)?(?:/bin/)?(run-parts|ls|find)\b.*(/etc/profile\.d)\b")


class Shell:
    """One interactive bash of one person over the scripts of a host."""

    def __init__(self, scripts: Scripts, person: Person, *, login: bool) -> None:
        self.scripts, self.person, self.login = scripts, person, login
        self.functions: dict[str, Node] = {}
        self.depth = 0  # of scripts and functions inside each other
        self.calls = 0  # of functions alone
        self.hidden: set[str] = set()  # by local variables of the function that runs

    # --- words -----------------------------------------------------------------------------

    def expand(self, world: World, word: str, *, pattern: bool = False) -> str | None:
        """Given a raw word, return its value, None when only running it would tell."""
        try:
            return expand(word, world.value, partial(self._answer, world), pattern=pattern)
        except (Unknown, ValueError, IndexError):
            return None

    def _answer(self, world: World, command: str) -> str | None:
        command = command.strip()
        match = _IDS.fullmatch(command)
        if match:
            return self._identity(match.group(1), match.group(2).replace("-", ""))
        if _LISTING.match(command):
            return "\n".join(self.scripts.glob("/etc/profile.d/*.sh"))
        if command == "umask":
            return world.value("umask")
        return None

    def _identity(self, program: str, options: str) -> str | None:
        letters = set(options.replace(" ", ""))
        if program in ("whoami", "logname") or letters - {"r"} == {"u", "n"}:
            return self.person.name
        if letters - {"r"} == {"g", "n"}:
            return self.person.group
        return str(self.person.uid) if letters - {"r"} == {"u"} else None

    def exists(self, how: str, path: str) -> Truth:
        """Given a file test and a path, return whether it holds, None when nobody looked."""
        if how == "-d":
            known = path.rstrip("/") in ("/etc/profile.d", self.person.home, "", "/etc", "/tmp")  # noqa: S108 - a script asks for it
            return True if known else None
        there = self.scripts.there(path)
        if there and how in ("-x", "-s", "-h", "-L"):
            return None
        return there

    # --- commands --------------------------------------------------------------------------

    def source(self, world: World, path: str) -> list[World]:
        """Given a script's path, return the worlds after it was read in."""
        text = self.scripts.texts.get(path)
        if text is None:
            return [world]
        try:
            tree = parse(text)
        except ValueError as error:
            return [world.tainted(f"{path}: {error}")]
        if self.depth >= _DEEPEST:
            return [world.tainted(f"{path} reads itself in")]
        self.depth += 1
        worlds = [world]
        for unit in tree.units:
            worlds = [_resumed(after, "line")
                      for before in worlds for after, _ in self._unit(unit, before)]
        self.depth -= 1
        return merged([_resumed(after, "file") for after in worlds], world)

    def run(self, node: Node, world: World) -> Results:
        """Given a command, return the worlds after it, each with whether it succeeded."""
        if world.stopped or isinstance(node, Apart):
            return [(world, None)]
        follow: Callable[[Node, World], Results] = {  # type: ignore[assignment]
            Lines: self._lines, Simple: self._simple, Chain: self._chain, If: self._if,
            Loop: self._loop, Case: self._case, Not: self._not, Test: self._test,
            Function: self._define,
        }[type(node)]
        return follow(node, world)

    def _unit(self, nodes: tuple[Node, ...], world: World) -> Results:
        results: Results = [(world, True)]
        for node in nodes:
            results = [after for before, _ in results for after in self.run(node, before)]
        return results

    def _lines(self, lines: Lines, world: World) -> Results:
        return self._unit(tuple(node for unit in lines.units for node in unit), world)

    def _settled(self, results: Results, before: World, truth: Truth = None) -> Results:
        return [(world, truth) for world in merged([world for world, _ in results], before)]

    def _chain(self, chain: Chain, world: World) -> Results:
        results: Results = [(world, True)]
        for operator, node in chain.links:
            wanted = {"": None, "&&": True, "||": False}[operator]
            after: Results = []
            for before, truth in results:
                if operator and truth is not None and truth is not wanted:
                    after.append((before, truth))
                elif operator and truth is None:
                    doubted = before.doubted(_shown(node))
                    after += [(doubted, not wanted), *self.run(node, doubted)]
                else:
                    after += self.run(node, before)
            results = after
        truths = {truth for _, truth in results}
        return self._settled(results, world, truths.pop() if len(truths) == 1 else None)

    def _if(self, node: If, world: World) -> Results:
        waiting, done = [world], []
        for condition, body in node.arms:
            following = []
            for before in waiting:
                for after, truth in self.run(condition, before):
                    here = after if truth is not None else after.doubted(_shown(condition))
                    if truth is not False:
                        done += self.run(body, here)
                    if truth is not True:
                        following.append(here)
            waiting = following
        for before in waiting:
            done += self.run(node.otherwise, before) if node.otherwise else [(before, True)]
        return self._settled(done, world)

    def _loop(self, node: Loop, world: World) -> Results:
        if node.condition is not None:
            return self._maybe(node, world)
        items: list[str] = []
        for word in node.words:
            value = self.expand(world, word)
            if value is None:
                return self._maybe(node, world.with_(node.name, None))
            items += self._fields(word, value)
        worlds = [world]
        for item in items[:_ROUNDS]:
            results = [after for before in worlds
                       for after in self.run(node.body, before.with_(node.name, item))]
            worlds = merged([after for after, _ in results], world)
        return [(after, True) for after in worlds]

    def _fields(self, word: str, value: str) -> list[str]:
        if word.startswith(('"', "'")):
            return [value]
        found: list[str] = []
        for field in value.split():
            found += (self.scripts.glob(field) if re.search(r"[*?[]", field) else []) or [field]
        return found

    def _maybe(self, node: Loop, world: World) -> Results:
        doubted = world.doubted("a loop")
        return self._settled([(doubted, None), *self.run(node.body, doubted)], world)

    def _case(self, node: Case, world: World) -> Results:
        value = self.expand(world, node.word)
        done: Results = []
        here = world
        for patterns, body in node.arms:
            globs = [self.expand(world, pattern, pattern=True) for pattern in patterns]
            if value is None or None in globs:
                here = here.doubted(f"case {node.word}")
                done += self.run(body, here)
            elif any(fnmatchcase(value, glob or "") for glob in globs):
                return self._settled([*done, *self.run(body, here)], world)
        return self._settled([*done, (here, True)], world)

    def _not(self, node: Not, world: World) -> Results:
        return [(after, negated(truth)) for after, truth in self.run(node.inside, world)]

    def _test(self, node: Test, world: World) -> Results:
        pattern = partial(self.expand, world, pattern=True)
        return [(world, bracket_test(node.text, partial(self.expand, world), pattern, self.exists))]

    def _define(self, node: Function, world: World) -> Results:
        self.functions[node.name] = node.body
        return [(world, True)]

    def _simple(self, node: Simple, world: World) -> Results:
        return shellcommands.run(self, list(node.words), world)


def _resumed(world: World, kind: str) -> World:
    return replace(world, stopped="") if world.stopped == kind else world


def _shown(node: Node) -> str:
    """Return a condition in few words, for the reason of a doubt."""
    if isinstance(node, Simple):
        return " ".join(node.words)[:60]
    if isinstance(node, Test):
        return f"[[ {node.text} ]]"[:60]
    if isinstance(node, Lines) and node.units:
        return _shown(node.units[0][0])
    if isinstance(node, Chain):
        return _shown(node.links[0][1])
    return _shown(node.inside) if isinstance(node, Not) else "a condition"
