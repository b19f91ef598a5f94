"""authselect of EL 8 and 9: what it would write if a feature were enabled.

The profile's templates are on the host. Rendered with the features that are on, they must give
the files that are there (comments and blank lines aside, as ``authselect check`` compares them);
only then is the same done with one feature more. Whatever differs is for a person. Source:
authselect ``lib/util/template.c``, ``evaluator.c``, authselect-profiles(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from opsrunner.changes.draft import ByHand, Draft
from opsrunner.changes.state import REGULAR, FileState

HOME = "/etc/authselect/"
_CONF = f"{HOME}authselect.conf"
_PAM = ("system-auth", "password-auth", "fingerprint-auth", "smartcard-auth", "switchable-auth",
        "postlogin")
_OTHERS = ("nsswitch.conf", "dconf-db", "dconf-locks")
_COPIES = "/var/lib/authselect/"  # versions up to 1.2 keep what they wrote
_PROFILES = ("/usr/share/authselect/default/", "/usr/share/authselect/vendor/")
_CUSTOM = f"{HOME}custom/"
READS = (
    _CONF, *(HOME + name for name in _PAM), *(_COPIES + name for name in _PAM),
    *(f"{folder}*/{name}" for folder in (*_PROFILES, _CUSTOM) for name in (*_PAM, *_OTHERS)),
)
_PREAMBLE = re.compile(r"(?:#[^\n]*\n)*\n?")
_OPERATOR = re.compile(
    r"\{(?:(continue|stop|include|exclude) if ([^{}|:]+)"
    r"|if ([^{}|:]+):([^{}|]*)(?:\|([^{}|]*))?)\}",
)
_TOKEN = re.compile(r'\s*(?:"([^"]+)"|(\(|\)|and\b|or\b|not\b))')
_BLANK = " \t\r\v\f"


class _TemplateError(ValueError):
    pass


def rules(draft: Draft) -> bool:
    """Return whether a profile is selected: the stacks of logins are files of authselect."""
    return any(
        draft.file(path).path.startswith(HOME) for path in draft.paths("/etc/pam.d/")
    )


def enabled(draft: Draft, feature: str) -> dict[str, str]:
    """Given a feature, return by real path what authselect would write. Raise ByHand."""
    profile, *features = draft.text(_CONF).split() or [""]
    if feature in features:
        return {}
    folder = _folder(draft, profile)
    try:
        texts = _regenerated(draft, folder, features, feature)
    except _TemplateError as error:
        raise _by_hand(feature, str(error), str(error)) from None
    old = [name for name in features if name in _first_features(draft)]
    new = sorted({feature, *features}.difference(old))  # whatever came first in this plan
    return {**texts, _CONF: "\n".join([profile, *old, *new]) + "\n"}


def _first_features(draft: Draft) -> list[str]:
    """Return the features that were on before anything of this plan."""
    state = draft.state.files[_CONF]
    content = state.content if isinstance(state, FileState) else None
    return (content or b"").decode("utf-8", "surrogateescape").split()[1:]


def _folder(draft: Draft, profile: str) -> str:
    if profile.startswith("custom/"):
        return f"{_CUSTOM}{profile.removeprefix('custom/')}/"
    for folder in reversed(_PROFILES):
        if draft.paths(f"{folder}{profile}/"):
            return f"{folder}{profile}/"
    raise _by_hand(profile or "?", "找不到所选配置档的模板", "its profile's templates are missing")


def _regenerated(draft: Draft, folder: str, features: list[str], feature: str) -> dict[str, str]:
    found: dict[str, str] = {}
    known = False
    for name in (*_PAM, *_OTHERS):
        if not (folder + name in draft.state.files and draft.exists(folder + name)):
            continue
        template = draft.text(folder + name)
        known = known or f'"{feature}"' in template
        now, new = render(template, features), render(template, [*features, feature])
        if now == new:
            continue
        if name in _OTHERS:
            raise _TemplateError(f"{name} would change, too")
        found |= _written(draft, name, now, new)
    if not known:
        raise _TemplateError("the selected profile has no such feature")
    return found


def _written(draft: Draft, name: str, now: str, new: str) -> dict[str, str]:
    """Return a generated file and its copy with new content under their old preamble."""
    found = {}
    for path in (HOME + name, _COPIES + name):
        if draft.file(path).kind != REGULAR:
            continue
        text = draft.text(path)
        if _meaning(text) != _meaning(now):
            raise _TemplateError(f"{path} was modified outside authselect")
        preamble = _PREAMBLE.match(text)
        found[draft.file(path).path] = (preamble.group() if preamble else "") + new
    return found


def _meaning(text: str) -> list[str]:
    """Return what counts of a generated file: no comments, blank lines, surrounding blanks."""
    lines = (line.strip() for line in text.split("\n"))
    return [line for line in lines if line and not line.startswith("#")]


def render(template: str, features: list[str]) -> str:
    """Given a template and the features that are on, return what authselect generates from it."""
    lines: list[str] = []
    for line in template.split("\n"):
        kept = _rendered(line, features)
        if kept is _STOP:
            lines.append("")
            break
        if kept is not None:
            lines.append(kept.rstrip(_BLANK))
    return "\n".join(lines)


_STOP = "\0"


def _rendered(line: str, features: list[str]) -> str | None:
    """Return a line without its operators, None when it goes, _STOP when all from here on goes."""
    while match := _OPERATOR.search(line):
        word, expression, choice, yes, no = match.groups()
        holds = _holds(expression or choice, features)
        if word in ("continue", "stop"):
            return None if holds == (word == "continue") else _STOP
        if word in ("include", "exclude"):
            if holds != (word == "include"):
                return None
            line = line[: match.start()] + line[match.end() :]
        else:
            line = line[: match.start()] + (yes if holds else no or "") + line[match.end() :]
    if re.search(r"\{(?:continue|stop|include|exclude|if|imply)\b", line):
        raise _TemplateError(f"an operator nobody here knows: {line.strip()}")
    return line


def _holds(expression: str, features: list[str]) -> bool:
    """Return whether an expression such as ``"a" and not ("b" or "c")`` holds."""
    words = list(_tokens(expression))
    value = _any_of(words, features)
    if words:
        raise _TemplateError(f"an expression nobody here knows: {expression}")
    return value


def _tokens(expression: str) -> Iterator[str]:
    at = 0
    while match := _TOKEN.match(expression, at):
        yield f'"{match.group(1)}"' if match.group(1) else match.group(2)
        at = match.end()
    if expression[at:].strip():
        raise _TemplateError(f"an expression nobody here knows: {expression}")


def _any_of(words: list[str], features: list[str]) -> bool:
    value = _all_of(words, features)
    while words and words[0] == "or":
        words.pop(0)
        value = _all_of(words, features) or value
    return value


def _all_of(words: list[str], features: list[str]) -> bool:
    value = _one(words, features)
    while words and words[0] == "and":
        words.pop(0)
        value = _one(words, features) and value
    return value


def _one(words: list[str], features: list[str]) -> bool:
    word = words.pop(0) if words else ""
    if word == "not":
        return not _one(words, features)
    if word == "(":
        value = _any_of(words, features)
        if not words or words.pop(0) != ")":
            raise _TemplateError("a bracket is not closed")
        return value
    if not word.startswith('"'):
        raise _TemplateError("an expression nobody here knows")
    return word.strip('"') in features


def _by_hand(feature: str, zh: str, en: str) -> ByHand:
    return ByHand(
        f"须人工执行 authselect enable-feature {feature} 或修改配置档: {zh}",
        f"run authselect enable-feature {feature} or change the profile by hand: {en}",
    )
