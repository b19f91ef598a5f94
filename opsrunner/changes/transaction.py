"""Changes and a transaction's name -> the script that carries them out on the host.

The engine is ``roles/change_linux/files``. Each script goes over standard input of ``/bin/sh -s``
as a probe does (playbooks/change.yml), keeps ``@OPS_MARK@`` for its sender and is answered as
``answer.parse`` reads it. Everything stands in functions and variables and the last line starts
them, so that a script cut on its way does nothing.
"""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from opsrunner.changes.items import item_line, problems_of
from opsrunner.changes.operations import Changes
from opsrunner.errors import InputError, Problem

ROLE = Path(__file__).parents[2] / "roles" / "change_linux"
HOME = "/var/lib/opsrunner"
FORMAT = 1  # of items.sh on the host; an engine refuses one it does not know
SHORTEST = 1  # second; a plan wants minutes, a test a few seconds
_PARTS = (
    "report", "state", "items", "ready", "files", "live", "arm", "validators", "grammars", "pam",
    "activations", "mounts", "actions",
)
_TX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_PLAIN = re.compile(rb"[\t\n -~]*")
_NAMES = re.compile(r"(?m)^(validate|activate)_(\w+)\(\)")
_KIB = 1024


def begin_script(changes: Changes, tx: str, *, undo_after: int) -> str:
    """Given what to change, a new name and the seconds until the host undoes it, return a script.

    It locks, compares, keeps, arms the undo, stages, checks, puts in place and activates.
    Raise InputError listing every operation that cannot be carried out as it is written.
    """
    problems = [*_names(changes), *problems_of(changes)]
    if undo_after < SHORTEST:
        problems.append(Problem("change_linux", "undo_after", "must be at least one second"))
    if not changes:
        problems.append(Problem("change_linux", tx, "there is nothing to change"))
    if problems:
        raise InputError(problems)
    items = _items(changes)
    settings = {"OPS_UNDO_AFTER": str(undo_after), "OPS_ITEMS": items}
    return _script("begin", tx, settings, [items, *_contents(changes)])


def confirm_script(tx: str) -> str:
    """Given a transaction, return the script that checks and disarms it, for a fresh login."""
    return _script("confirm", tx)


def status_script(tx: str = "") -> str:
    """Return the script that lists the host's transactions; of ``tx`` its whole log as well."""
    return _script("status", tx)


def undo_script(tx: str, only: tuple[str, ...] = ()) -> str:
    """Given a transaction and perhaps some targets of it, return the script that undoes them.

    A confirmed one is undone item by item and only where it is as the transaction left it; one
    that nobody confirmed is undone as a whole, as its timer would.
    """
    return _script("undo", tx, _only(only))


def _only(targets: tuple[str, ...]) -> dict[str, str]:
    odd = [Problem("change_linux", target, "unprintable") for target in targets
           if not target.isprintable() or not target]
    if odd:
        raise InputError(odd)
    return {"OPS_ONLY": "\n".join(targets)}


def preview_script(tx: str, only: tuple[str, ...] = ()) -> str:
    """Given the same as ``undo_script``, return the script that says what an undo would meet.

    It reports what is not as the transaction left it, and changes nothing.
    """
    return _script("preview", tx, _only(only))


def clean_script(tx: str) -> str:
    """Given a finished transaction, return the script that forgets it on the host."""
    return _script("clean", tx)


@cache
def names(kind: str) -> frozenset[str]:
    """Given ``validate`` or ``activate``, return the closed list of names the engine has."""
    return frozenset(name for verb, name in _NAMES.findall(_engine()) if verb == kind)


@cache
def _engine() -> str:
    parts = [(ROLE / "files" / f"{part}.sh").read_text(encoding="utf-8") for part in _PARTS]
    lines = "\n".join(parts).splitlines()
    return "\n".join(line for line in lines if line.strip() and not line.lstrip().startswith("#"))


def _script(
    action: str, tx: str, settings: dict[str, str] | None = None, more: list[str] | None = None,
) -> str:
    if not _TX.fullmatch(tx) and (tx or action != "status"):
        raise InputError([Problem("change_linux", tx, "is no name of a transaction")])
    values = {
        "OPS_ONLY": "", "OPS_HOME": HOME, "OPS_TX": tx, "OPS_ACTION": action, **(settings or {}),
    }
    return "\n".join([
        f"OPS_ENGINE={shlex.quote(_engine())}",
        'eval "$OPS_ENGINE"',
        "OPS_MARK='@OPS_MARK@'",
        *(f"{name}={shlex.quote(value)}" for name, value in values.items()),
        *(more or []),
        "ops_main </dev/null",
        "",
    ])


def _names(changes: Changes) -> Iterator[Problem]:
    for kind, asked in (("validate", changes.validate), ("activate", changes.activate)):
        for name in asked:
            if name not in names(kind):
                yield Problem("change_linux", f"{kind}: {name}", "the engine has none of this name")


def _items(changes: Changes) -> str:
    """Return items.sh: what the engine walks over, and what it must know of it as a whole."""
    lines = [item_line(number, item) for number, item in enumerate(changes.operations, 1)]
    kinds = {line.split()[2] for line in lines}
    network = any(line.split()[3].startswith(("net.", "net/")) for line in lines
                  if line.split()[2] == "sysctl")
    kib = sum(len(content) // _KIB + 1 for _, content in _written(changes))
    return "\n".join([
        f"OPS_FORMAT={FORMAT}",
        f"OPS_VALIDATE='{' '.join(changes.validate)}'",
        f"OPS_ACTIVATE='{' '.join(changes.activate)}'",
        f"OPS_ACCOUNTS={'yes' if 'account' in kinds else ''}",
        f"OPS_NETWORK={'yes' if network else ''}",
        f"OPS_UNITS={'yes' if 'unit' in kinds else ''}",
        f"OPS_CONTENT_KIB={kib}",
        "ops_items() {",
        *(f"  {line}" for line in lines),
        "}",
    ])


def _contents(changes: Changes) -> Iterator[str]:
    yield "ops_content() {"
    yield "  case $1 in"
    for number, content in _written(changes):
        yield f"    {number}) {_printing(content)} ;;"
    yield "  esac"
    yield "}"


def _printing(content: bytes) -> str:
    """Return the command that prints it: as it is where no shell, mark or locale could mind."""
    if _PLAIN.fullmatch(content) and b"@OPS_" not in content:
        return f"printf %s {shlex.quote(content.decode())}"
    return f"printf %s {base64.b64encode(content).decode()} | base64 -d"


def _written(changes: Changes) -> Iterator[tuple[int, bytes]]:
    for number, item in enumerate(changes.operations, 1):
        after = getattr(item, "after", None)
        content = getattr(after, "content", None)
        if type(item).__name__ == "SetFile" and content is not None:
            yield number, content
