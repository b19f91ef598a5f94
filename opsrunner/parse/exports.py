r"""NFS exports: what each line grants to whom. Source: exports(5).

A blank between a client and its options grants them to everybody, and a line may end in ``\``.
"""

from __future__ import annotations

import re

from opsrunner.parse.addresses import everybody

_WORD = re.compile(r'(?:"[^"]*"|[^\s"])+')
_CLIENT = re.compile(r"^(?P<client>[^()]*)(?:\((?P<options>[^()]*)\))?$")
_STARS = frozenset("*?.")


def offences(text: str) -> list[str]:
    """Given an exports file (or etab), return what it grants too widely.

    Raise ValueError for a line that exportfs would not take either.
    """
    found = []
    joined = re.sub(r"\\\r?\n", " ", text)
    for raw in joined.splitlines():
        words = _WORD.findall(re.sub(r"(^|\s)#.*$", "", raw))
        if not words:
            continue
        path, clients = words[0].strip('"'), words[1:]
        found += _line(path, clients)
    return found


def shares(text: str) -> list[str]:
    """Given an exports file, return the paths it exports."""
    joined = re.sub(r"\\\r?\n", " ", text)
    lines = (_WORD.findall(re.sub(r"(^|\s)#.*$", "", raw)) for raw in joined.splitlines())
    return [words[0].strip('"') for words in lines if words]


def _line(path: str, words: list[str]) -> list[str]:
    defaults: list[str] = []
    clients: list[tuple[str, list[str]]] = []
    for word in words:
        if word.startswith("-"):
            defaults = word[1:].split(",")
            continue
        match = _CLIENT.match(word)
        if match is None:
            raise ValueError(f"exports: {path} {word[:60]}")
        options = (match.group("options") or "").split(",")
        clients.append((match.group("client").strip('"'), [*defaults, *options]))
    found = []
    for client, options in clients or [("", defaults)]:
        if client == "" or set(client) <= _STARS or everybody(client):
            found.append(f"{path} {client or '(everybody)'}: every host")
        if not _squashes_root([option.strip().lower() for option in options]):
            found.append(f"{path} {client or '(everybody)'}: root stays root")
    return found


def _squashes_root(options: list[str]) -> bool:
    root, everyone = True, False
    anonymous = ""
    for option in options:
        if option in ("no_root_squash", "root_squash"):
            root = option == "root_squash"
        elif option in ("all_squash", "no_all_squash"):
            everyone = option == "all_squash"
        elif option.startswith("anonuid="):
            anonymous = option.partition("=")[2]
    return (root or everyone) and anonymous != "0"
