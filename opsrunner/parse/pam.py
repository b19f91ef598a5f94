"""PAM's configuration as libpam reads it: files of ``/etc/pam.d`` -> the stack of a service.

Follows ``libpam/pam_handlers.c`` and ``pam_misc.c``: a line ends at its first ``#``, a
backslash at its end continues it, words in brackets are one word, ``include`` and
``substack`` bring in the lines of one type, a line libpam cannot understand is a module that
always fails, and a type the service does not configure is taken from ``other``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

_TYPES = frozenset(("auth", "account", "password", "session"))
_DEEPEST = 16  # PAM_SUBSTACK_MAX_LEVEL
_FOLDERS = ("/etc/pam.d/", "/usr/lib/pam.d/")
_RETURNS = (
    "success", "open_err", "symbol_err", "service_err", "system_err", "buf_err", "perm_denied",
    "auth_err", "cred_insufficient", "authinfo_unavail", "user_unknown", "maxtries",
    "new_authtok_reqd", "acct_expired", "session_err", "cred_unavail", "cred_expired", "cred_err",
    "no_module_data", "conv_err", "authtok_err", "authtok_recover_err", "authtok_lock_busy",
    "authtok_disable_aging", "try_again", "ignore", "abort", "authtok_expired", "module_unknown",
    "bad_item", "conv_again", "incomplete", "default",
)
Control = tuple[tuple[str, str], ...]  # return code -> action, "default" for the others
_KEYWORDS: Mapping[str, Control] = {
    "required": (("success", "ok"), ("new_authtok_reqd", "ok"), ("ignore", "ignore")),
    "requisite": (
        ("success", "ok"), ("new_authtok_reqd", "ok"), ("ignore", "ignore"), ("default", "die"),
    ),
    "optional": (("success", "ok"), ("new_authtok_reqd", "ok"), ("default", "ignore")),
    "sufficient": (("success", "done"), ("new_authtok_reqd", "done"), ("default", "ignore")),
}


class PamFileError(ValueError):
    """A file libpam gives up on: nothing of the service works any more."""


@dataclass(frozen=True, slots=True)
class Handler:
    """One module in a stack; ``module`` is ``pam_unix``, or empty for a line that always fails.

    ``level`` counts the substacks around it, ``where`` is ``file:line``; ``substack`` marks the
    place where one begins: libpam keeps it as an entry that jumps count.
    """

    module: str
    args: tuple[str, ...]
    control: Control
    level: int
    where: str
    substack: bool = False

    def action(self, code: str) -> str:
        """Given a return code, return ignore, ok, done, bad, die, reset or a number to jump."""
        fallback = "bad"
        for known, action in self.control:
            if known == code:
                return action
            if known == "default":
                fallback = action
        return fallback

    def option(self, name: str) -> str | None:
        """Given an option's name, return the value of the last ``name=value``, None without."""
        start = name + "="
        found = [arg[len(start) :] for arg in self.args if arg.startswith(start)]
        return found[-1] if found else None


_Handlers = Iterator[tuple[str, Handler]]
_Loaded = tuple[tuple[tuple[str, Handler], ...], bool]


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    words: tuple[str, ...]

    def word(self, index: int) -> str:
        return self.words[index] if index < len(self.words) else ""


class PamFiles:
    """The files libpam would read; ``debian`` is for its own ``@include``."""

    def __init__(self, texts: Mapping[str, str], *, debian: bool = False) -> None:
        self.texts = texts
        self._debian = debian
        self._loaded: dict[tuple[str, str, int, int], _Loaded] = {}

    def stack(self, service: str, kind: str) -> tuple[Handler, ...] | None:
        """Given a service and a type, return its handlers in order; None: libpam gives up on it.

        An empty stack denies.
        """
        own, other = self._service(service), self._service("other")
        if own is None or other is None or (not own and not other and not self.path(service)):
            return None
        for handlers in (own, other):
            found = tuple(handler for type_, handler in handlers if type_ == kind)
            if found:
                return found
        return ()

    def services(self) -> tuple[str, ...]:
        """Return the names that have a file, sorted."""
        return tuple(sorted({path.rpartition("/")[2] for path in self.texts}))

    def path(self, name: str) -> str | None:
        """Given a service or an included name, return the path libpam opens for it, if any."""
        paths = [name] if name.startswith("/") else [folder + name for folder in _FOLDERS]
        return next((path for path in paths if path in self.texts), None)

    def _service(self, name: str) -> tuple[tuple[str, Handler], ...] | None:
        if not self.path(name):
            return ()
        handlers, whole = self._load(name, "", 0, 0)
        return handlers if whole else None

    def _load(self, name: str, wanted: str, depth: int, level: int) -> _Loaded:
        """Return a file's handlers of one type (all without one), False where libpam gave up."""
        key = (name, wanted, depth, level)
        if key not in self._loaded:
            handlers, whole = [], True
            try:
                for item in self._read(name, wanted, depth, level):
                    handlers.append(item)  # noqa: PERF402 - what was read before a fault stays
            except PamFileError:
                whole = False
            self._loaded[key] = (tuple(handlers), whole)
        return self._loaded[key]

    def _read(self, name: str, wanted: str, depth: int, level: int) -> _Handlers:
        path = self.path(name)
        if path is None or depth >= _DEEPEST:
            raise PamFileError(f"{name} cannot be included")
        lines, complete = _lines(self.texts[path])
        for line in lines:
            if self._debian and line.word(0) == "@include":
                handlers, whole = self._load(line.word(1), wanted, depth + 1, level)
                yield from handlers
                if not whole:
                    raise PamFileError(f"{path} includes a broken file")
                continue
            type_ = line.word(0).removeprefix("-").lower()
            known = type_ in _TYPES
            type_ = type_ if known else wanted or "auth"  # "auth": the most sensitive
            if wanted in ("", type_):
                yield from self._handlers(line, type_, known, depth, level, path)
        if not complete:
            raise PamFileError(f"{path} ends in a continuation")

    def _handlers(
        self, line: _Line, type_: str, known: bool, depth: int, level: int, path: str,  # noqa: FBT001 - one line and where it stands
    ) -> _Handlers:
        where = f"{path}:{line.number}"
        control, target = line.word(1), line.word(2)
        if control.lower() not in ("include", "substack"):
            name = target.rpartition("/")[2].removesuffix(".so") if known else ""
            yield type_, Handler(name, line.words[3:], _control(control), level, where)
            return
        inner = control.lower() == "substack"
        if inner:
            yield type_, Handler("", (), (), level, where, substack=True)
        handlers, whole = self._load(target, type_, depth + 1, level + inner)
        yield from handlers
        if not whole:
            yield type_, Handler("", (), (), level, where)


@lru_cache(maxsize=4096)  # a fleet's hosts mostly have the same files
def _lines(text: str) -> tuple[tuple[_Line, ...], bool]:
    """Given a file, return its logical lines, and False when it ends in a continuation."""
    lines: list[_Line] = []
    held, start = "", 0
    for number, raw in enumerate(text.split("\n"), 1):
        content = raw.lstrip(" \t")
        if not content or content.startswith("#"):
            continue
        start = start or number
        before, comment, _ = content.partition("#")
        trimmed = before.rstrip(" \t")
        if not comment and trimmed.endswith("\\"):
            held += trimmed[:-1] + " "
            continue
        lines.append(_Line(start, _words(held + before)))
        held, start = "", 0
    return tuple(lines), not start


_WORD = re.compile(r"\[((?:\\\]|[^\]])*)(?:\]|$)|([^ \t\n]+)")


def _words(line: str) -> tuple[str, ...]:
    return tuple(
        plain if bracketed is None else bracketed.replace("\\]", "]")
        for bracketed, plain in (match.groups() for match in _WORD.finditer(line))
    )


_ACTION = re.compile(r"\s*=\s*(ignore|ok|done|bad|die|reset|0*[1-9][0-9]*)")


@lru_cache(maxsize=512)
def _control(text: str) -> Control:
    """Given a control word or the inside of its brackets, return what each code leads to."""
    if text.lower() in _KEYWORDS:
        return _KEYWORDS[text.lower()]
    actions: dict[str, str] = {}
    rest = text.strip()
    while rest:
        code = next((name for name in _RETURNS if rest.startswith(name)), "")
        action = _ACTION.match(rest, len(code))
        if not code or action is None:
            return (("default", "bad"),)
        if code == "default":  # fills what is not set yet: the first default holds
            actions.setdefault(code, action.group(1))
        else:
            actions[code] = action.group(1)
        rest = rest[action.end() :].lstrip()
    return tuple(actions.items())
