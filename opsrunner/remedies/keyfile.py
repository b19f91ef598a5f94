"""Small ``name = value`` files of PAM's modules: a setting put where a reader looks for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from opsrunner.remedies import marked
from opsrunner.remedies.lines import parted, split


def with_settings(text: str, settings: Mapping[str, str | None]) -> str:
    """Given a file and settings (None: the name alone), return it with them in force.

    The last line of a name counts, as for the modules: it is rewritten. A name that only a
    comment shows (``# deny = 3``) follows that comment; others go into our block at the end.
    """
    for name in sorted(settings):
        value = settings[name]
        new = name if value is None else f"{name} = {value}"
        changed = _rewritten(text, name, new) or _uncommented(text, name, new)
        text = changed or _added(text, new)
    return text


def _rewritten(text: str, name: str, new: str) -> str | None:
    pattern = re.compile(
        rf"(\s*){re.escape(name)}(?![^\s=#])[^#]*?(\s*(?:#.*)?)", re.IGNORECASE | re.DOTALL,
    )
    return _at_last(text, pattern, lambda match: match.group(1) + new + match.group(2))


def _uncommented(text: str, name: str, new: str) -> str | None:
    pattern = re.compile(rf"#\s?{re.escape(name)}\s*(?:=.*)?", re.IGNORECASE)
    return _at_last(text, pattern, lambda match: f"{match.group()}\n{new}")


def _at_last(
    text: str, pattern: re.Pattern[str], change: Callable[[re.Match[str]], str],
) -> str | None:
    """Return the text with its last matching line changed, None when no line matches."""
    lines = split(text)
    for index in reversed(range(len(lines))):
        body, ending = parted(lines[index])
        match = pattern.fullmatch(body)
        if match:
            lines[index] = change(match) + ending
            return "".join(lines)
    return None


def _added(text: str, new: str) -> str:
    rest, ours = marked.cut(text)
    return marked.put(rest, sorted([*ours, new]))
