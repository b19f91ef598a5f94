"""What the commands of a profile script do to the shell that reads it: bash's builtins."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from opsrunner.parse.shell import parse
from opsrunner.parse.shellstate import World
from opsrunner.parse.shelltest import Truth, words_test

if TYPE_CHECKING:
    from opsrunner.parse.shellrun import Results, Shell

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\+?)=(.*)", re.DOTALL)
_ELEMENT = re.compile(r"[A-Za-z_]\w*\[[^\]]*\]\+?=.*", re.DOTALL)
_KEPT_WORDS = re.compile(r"TMOUT|HIST|umask|PATH|readonly|source")
# Scripts of the distribution's own packages: they set colours, languages, completion.
_VENDOR = ("/usr/share/", "/usr/lib/", "/usr/lib64/", "/usr/libexec/", "/etc/sysconfig/",
           "/etc/locale.conf", "/etc/default/", "/etc/bash_completion")
_PRINTERS = re.compile(  # what is customary in eval "$(...)": it prints no line that counts
    r"\(?`?\$?\(?\s*(?:SHELL=\S+\s+)?(?:/usr)?(?:/s?bin/)?(dircolors|lesspipe(?:\.sh)?|ssh-agent|tset"
    r"|resize|locale|keychain|starship|direnv|zoxide|tput)\b",
)
_PATH_PRINTERS = re.compile(r"\(?`?\$?\(?\s*\S*\b(pyenv|rbenv|nodenv|jenv|brew|conda|mise|asdf)\b")
_SYMBOLIC = re.compile(r"([ugoa]*)([=+-])([rwx]*)")
_DEEPEST = 25
_BITS = {"r": 4, "w": 2, "x": 1}


def run(shell: Shell, words: list[str], world: World) -> Results:
    """Given a command's raw words, return the worlds after it with whether it succeeded."""
    assignments = []
    while words and (_ASSIGNMENT.fullmatch(words[0]) or _ELEMENT.fullmatch(words[0])):
        assignments.append(words.pop(0))
    if not words:
        for text in assignments:
            world = _assign(shell, text, world)
        return [(world, True)]
    name = shell.expand(world, words[0])
    if name in ("builtin", "command", "time") and len(words) > 1 and words[1][:1] != "-":
        return run(shell, words[1:], world)
    if name in shell.functions:
        return _call(shell, words, world)
    builtin = _BUILTINS.get(name or "")
    return builtin(shell, words[1:], world) if builtin else [(world, None)]


def _assign(shell: Shell, text: str, world: World) -> World:
    match = _ASSIGNMENT.fullmatch(text)
    if match is None or world.stopped:
        return world
    name, plus, raw = match.groups()
    if name in world.readonly:
        return replace(world, stopped="line")  # bash drops the rest of what it has read at once
    value = None if raw.startswith("(") else shell.expand(world, raw)
    before = world.value(name)
    if plus and value is not None:
        value = None if before is None else before + value
    return world.with_(name, value)


def _call(shell: Shell, words: list[str], world: World) -> Results:
    if shell.depth > _DEEPEST:
        return [(world.tainted(f"{words[0]} calls itself"), None)]
    given: dict[str, str | None] = {str(number): "" for number in range(1, 10)}
    given |= {str(number): shell.expand(world, word) for number, word in enumerate(words[1:], 1)}
    values = [given[str(number)] for number in range(1, len(words))]
    given["@"] = given["*"] = None if None in values else " ".join(map(str, values))
    given["#"] = str(len(values))
    outer = {name: world.variables.get(name, "") for name in given}
    shell.depth, shell.calls = shell.depth + 1, shell.calls + 1
    inside = replace(world, variables={**world.variables, **given})
    hidden, shell.hidden = shell.hidden, set()
    results = shell.run(shell.functions[words[0]], inside)
    # What a local variable hid is lost to this reading.
    outer |= dict.fromkeys(shell.hidden, None)
    shell.hidden = hidden
    shell.depth, shell.calls = shell.depth - 1, shell.calls - 1
    return [
        (
            replace(
                after,
                variables={**after.variables, **outer},
                stopped="" if after.stopped == "file" else after.stopped,
            ),
            truth,
        )
        for after, truth in results
    ]


def _declare(shell: Shell, words: list[str], world: World) -> Results:
    if shell.calls and not any(re.fullmatch(r"-[A-Za-z]*g[A-Za-z]*", word) for word in words):
        return _local(shell, words, world)
    return _export(shell, words, world)


def _export(shell: Shell, words: list[str], world: World, *, freeze: bool = False) -> Results:
    """Follow ``export``, ``readonly`` and ``declare``: an error in them stops nothing."""
    for word in words:
        if re.fullmatch(r"[-+][A-Za-z]+", word):
            if "f" in word or "F" in word or word == "-p":
                return [(world, True)]
            freeze = freeze or (word[0] == "-" and "r" in word)
            continue
        match = _ASSIGNMENT.fullmatch(word)
        name = match.group(1) if match else shell.expand(world, word)
        if name is None or not re.fullmatch(r"[A-Za-z_]\w*", name) or name in world.readonly:
            continue
        if match:
            world = _assign(shell, word, world)
        if freeze:
            world = replace(world, readonly=world.readonly | {name})
    return [(world, True)]


def _local(shell: Shell, words: list[str], world: World) -> Results:
    names = [word.partition("=")[0] for word in words if not word.startswith("-")]
    shell.hidden.update(names)
    return _read(shell, names, world)


def _unset(_shell: Shell, words: list[str], world: World) -> Results:
    if "-f" in words:
        return [(world, True)]
    for name in (word for word in words if word != "-v"):
        if name not in world.readonly:
            world = world.with_(name, "")
    return [(world, True)]


def _source(shell: Shell, words: list[str], world: World) -> Results:
    path = shell.expand(world, words[0]) if words else None
    if path is None:
        return [(world.tainted(f"reads in {words[0] if words else '?'}"), None)]
    there = shell.scripts.there(path)
    if there is None and not path.startswith(_VENDOR):
        return [(world.tainted(f"reads in {path}"), None)]
    return [(after, True if there else None) for after in shell.source(world, path)]


def _eval(shell: Shell, words: list[str], world: World) -> Results:
    raw = " ".join(words)
    values = [shell.expand(world, word) for word in words]
    if None not in values:
        known = " ".join(value for value in values if value)
        try:
            results = shell.run(parse(known), world)
        except ValueError:
            return [(world.tainted(f"eval {raw[:40]}"), None)]
        # An error drops what eval has read, not the line it stands in.
        return [(replace(after, stopped="") if after.stopped == "line" else after, truth)
                for after, truth in results]
    text, why = raw.strip("\"'"), f"eval {raw[:40]}"
    if _KEPT_WORDS.search(raw):
        return [(world.tainted(why), None)]
    if _PATH_PRINTERS.match(text):
        return [(replace(world.with_("PATH", None), doubt=why), None)]
    return [(world if _PRINTERS.match(text) else world.tainted(why), None)]


def _umask(shell: Shell, words: list[str], world: World) -> Results:
    given = [word for word in words if word not in ("-S", "-p", "--")]
    if not given:
        return [(world, True)]
    text = shell.expand(world, given[0])
    mask = _mask(text, world) if text is not None else None
    if mask == "":  # bash refuses it: then nothing changes
        return [(world, False)]
    return [(world.with_("umask", mask), True)]


def _mask(text: str, world: World) -> str | None:
    """Given umask's argument, return the new mask, empty when bash refuses it, None unknown."""
    if text.isdigit():
        good = re.fullmatch(r"[0-7]+", text) and int(text, 8) <= 0o777  # noqa: PLR2004 - all bits
        return f"{int(text, 8):04o}" if good else ""
    before = world.value("umask")
    if before is None:
        return None
    allowed = 0o777 & ~int(before, 8)
    for clause in text.split(","):
        match = _SYMBOLIC.fullmatch(clause)
        if match is None:
            return ""
        allowed = _changed(allowed, *match.groups())
    return f"{0o777 & ~allowed:04o}"


def _changed(allowed: int, who: str, how: str, what: str) -> int:
    bits = sum(_BITS[letter] for letter in set(what))
    for shift, letter in ((6, "u"), (3, "g"), (0, "o")):
        if who and letter not in who and "a" not in who:
            continue
        if how == "=":
            allowed = allowed & ~(7 << shift) | bits << shift
        else:
            allowed = allowed | bits << shift if how == "+" else allowed & ~(bits << shift)
    return allowed


def _set(_shell: Shell, words: list[str], world: World) -> Results:
    for sign, option in pairwise(words):
        if option == "history" and sign in ("-o", "+o"):
            world = world.with_("history", "on" if sign == "-o" else "off")
            if sign == "-o" and world.value("HISTSIZE") == "":  # it loads the history at once
                world = world.with_("HISTSIZE", "500")
    return [(world, True)]


def _shopt(shell: Shell, words: list[str], world: World) -> Results:
    truth: Truth = None
    if words == ["-q", "login_shell"]:
        truth = shell.login
    return [(world, truth)]


def _let(_shell: Shell, words: list[str], world: World) -> Results:
    changed = re.findall(r"([A-Za-z_]\w*)\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)", " ".join(words))
    return _read(_shell, changed, world)


def _read(_shell: Shell, words: list[str], world: World) -> Results:
    for name in (word for word in words if re.fullmatch(r"[A-Za-z_]\w*", word)):
        world = world.with_(name, None) if name not in world.readonly else world
    return [(world, None)]


def _printf(shell: Shell, words: list[str], world: World) -> Results:
    return _read(shell, words[1:2], world) if words[:1] == ["-v"] else [(world, True)]


def _bracket(shell: Shell, words: list[str], world: World) -> Results:
    inside = words[:-1] if words[-1:] == ["]"] else words
    return [(world, words_test(inside, partial(shell.expand, world), shell.exists))]


def _exec(_shell: Shell, words: list[str], world: World) -> Results:
    return [(world.tainted(f"exec {words[0]}") if words else world, None)]


def _stop(kind: str) -> _Builtin:
    return lambda _shell, _words, world: [(replace(world, stopped=kind), None)]


def _say(truth: Truth) -> _Builtin:
    return lambda _shell, _words, world: [(world, truth)]


_Builtin = Callable[["Shell", list[str], World], "Results"]
_BUILTINS: dict[str, _Builtin] = {
    "export": _export, "declare": _declare, "typeset": _declare,
    "readonly": partial(_export, freeze=True), "local": _local, "unset": _unset,
    ".": _source, "source": _source, "eval": _eval, "umask": _umask, "set": _set,
    "shopt": _shopt, "read": _read, "mapfile": _read, "readarray": _read, "printf": _printf,
    "let": _let, "[": _bracket, "test": _bracket, "exec": _exec, "return": _stop("file"),
    "exit": _stop("shell"), "logout": _stop("shell"), "true": _say(truth=True),
    ":": _say(truth=True), "false": _say(truth=False), "tty": _say(truth=True),
    "echo": _say(truth=True), "alias": _say(truth=True),
}
