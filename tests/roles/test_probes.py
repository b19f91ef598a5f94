"""No probe takes a missing tool for an answer: what a host may lack is asked for before its use.

A probe that ends with 127 says "the tool is not on the host", and facts rest on that. A tool
missing in the middle of a body would say the same of the wrong one, or nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest

from opsrunner.parse.shell import _Parser
from opsrunner.parse.shelltree import Function, Node, Simple
from opsrunner.sources.script import load_probes
from tests.roles.readme import ROLES

FILES = ROLES / "observe_linux" / "files"
SHELL = frozenset((
    ".", ":", "[", "break", "cd", "command", "continue", "echo", "eval", "exec", "exit", "export",
    "false", "local", "printf", "read", "return", "set", "shift", "test", "trap", "true", "umask",
    "unset", "wait",
))
# On every host: POSIX utilities, GNU coreutils, findutils, grep, sed and gzip.
BASE = frozenset((
    "awk", "basename", "cat", "cut", "date", "dirname", "expr", "find", "grep", "gzip", "head",
    "id", "ls", "od", "readlink", "sed", "sha256sum", "sort", "stat", "tail", "tr", "uname",
    "uniq", "wc", "xargs",
))
SYSTEMD = frozenset(("systemctl", "timedatectl"))  # come with what makes this folder:
SYSTEMD_RUNS = "[ -d /run/systemd/system ]"
# Asked for by how it ends: each file that could not be unpacked is named "failed".
SEEN_TO_FAIL = {"kylin.advisories": frozenset(("bzip2", "xz", "zstd"))}
CALLS = frozenset(("$ssh_call", '"$ssh_bin"'))  # what sshd_calls named: it looked for it itself
ASSIGNED = re.compile(r"[A-Za-z_]\w*\+?=")
BY_NAME = re.compile(r"\"?\$\{?([A-Za-z_]\w*)")


class Commands(_Parser):
    """Reads a body and keeps the first word of every command in it, substitutions included."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.words: set[str] = set()
        self.functions: dict[str, str] = {}  # the text of each, by name

    def read(self) -> Commands:
        """Read the whole text and return itself. Raise ValueError for what is not understood."""
        self.lines(frozenset())
        if self.peek() is not None:
            raise ValueError(f"unexpected {self.peek()!r}")
        return self

    def _simple(self) -> Node:
        start = self.at
        node = super()._simple()
        if isinstance(node, Function):
            self.functions[node.name] = self.text[start : self.at]
        elif isinstance(node, Simple):
            words = [word for word in node.words if not ASSIGNED.match(word)]
            self.words.update(words[:1])
        return node

    def balanced(self, at: int, opening: str, closing: str) -> int:
        """Read what stands in ``$( )`` as a body of its own."""
        end = super().balanced(at, opening, closing)
        if self.text.startswith("$(", at - 2) and self.text[at] != "(":
            inner = type(self)(self.text[at : end - 1]).read()
            self.words |= inner.words
        return end


def used(body: str, helpers: Mapping[str, str]) -> tuple[set[str], str]:
    """Given a body and the prelude's functions, return its commands and all text it runs."""
    found = Commands(body).read()
    words, own, text = set(found.words), set(found.functions), body
    while called := sorted(words & helpers.keys() - own):
        for name in called:
            words |= Commands(body_of(helpers[name])).read().words
            text += helpers[name]
        own.update(called)
    return words - own, text


def body_of(function: str) -> str:
    """Given a function's text, return what stands in its braces."""
    return function[function.index("{") + 1 : function.rindex("}")]


def unguarded(body: str, helpers: Mapping[str, str]) -> Iterator[str]:
    """Given a probe's body and the prelude's functions, yield tools it uses and did not ask for."""
    words, text = used(body, helpers)
    for word in sorted(words - SHELL - BASE - CALLS):
        variable = BY_NAME.match(word)
        name = re.escape(variable.group(1) if variable else word)
        asked = [rf"-x \"?\$?{name}\"? \]"]
        if variable:
            asked.append(rf"\b{name}=\"?\$\(command -v ")
        else:
            asked.append(rf"\b(need|command -v) [^|;)\n]*(?<![\w-]){name}(?![\w-])")
        if word in SYSTEMD and SYSTEMD_RUNS in text:
            continue
        if not any(re.search(form, text) for form in asked):
            yield word


def prelude() -> Mapping[str, str]:
    """Return the text of each function that every probe can use."""
    return Commands((FILES / "prelude.sh").read_text(encoding="utf-8")).read().functions


@pytest.mark.parametrize("name", sorted(load_probes(FILES / "probes")))
def test_every_tool_that_a_host_may_lack_is_asked_for(name: str) -> None:
    lacking = set(unguarded(load_probes(FILES / "probes")[name].body, prelude()))
    assert lacking == SEEN_TO_FAIL.get(name, set())


@pytest.mark.parametrize(("body", "found"), [
    ("need rpm\nrpm -qa | sort", []),
    ("rpm -qa | sort", ["rpm"]),
    ("sort /x | rpm -qa", ["rpm"]),
    ('x=$(for i in 1; do echo "$(rpm -q y)"; done)', ["rpm"]),
    ("need rpm-build\nLC_ALL=C rpm -qa </dev/null", ["rpm"]),
    ('case $x in a) true ;; *) while read -r y; do { nft list; }; done <"$(ip a)" ;; esac',
     ["ip", "nft"]),
    ("if command -v ip >/dev/null 2>&1; then ip a; fi", []),
    ('x=$(command -v nft 2>/dev/null)\n"$x" list', []),
    ('"$x" list', ['"$x"']),
    ("helps", ["lsof"]),
    ("need lsof\nhelps", []),
    ("own() { lsof; }\nown", ["lsof"]),
    ("""echo 'rpm -qa' "ip a" # nft""", []),
])
def test_the_guard_sees_a_tool_wherever_it_stands(body: str, found: list[str]) -> None:
    helpers = {
        "helps": "helps() { deeper; }", "deeper": "deeper() { lsof; }", "need": "need() { true; }",
    }
    assert list(unguarded(body, helpers)) == found
