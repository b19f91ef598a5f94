"""What a shell ends with after its profile scripts: idle time, umask, history."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from opsrunner.facts.base import CannotTell, Host, fact
from opsrunner.facts.profile import PEOPLE, PROBES, agreed, inner_ends, values_of
from opsrunner.models import Reason
from opsrunner.parse.confkeys import scanned
from opsrunner.parse.shellstate import Scripts, World

_Answer = Any  # what is asked of one person, or the CannotTell why nobody knows
_DATE = re.compile(r"%[cDFxy]|%Y")
_TIME = re.compile(r"%[cTXrRsH]")
_UNLIMITED = 1 << 31


def _told(answers: list[_Answer]) -> list[_Answer]:
    """Given answers and reasons why there is none, return the answers. Raise where all fail.

    One person whose shell is certainly wrong settles a rule, whatever nobody knows of others;
    that all are known is a fact of its own (``..._known``).
    """
    told = [answer for answer in answers if not isinstance(answer, CannotTell)]
    if not told:
        raise next(answer for answer in answers if isinstance(answer, CannotTell))
    return told


def _known(answers: list[_Answer]) -> bool:
    """Return True. Raise the first reason why one of the answers is missing."""
    for answer in answers:
        if isinstance(answer, CannotTell):
            raise answer
    return True


def _asked(host: Host, ask: Callable[[str, list[World]], _Answer]) -> list[_Answer]:
    answers: list[_Answer] = []
    for name, worlds in host.get("profile.ends").items():
        try:
            answers.append(ask(name, worlds))
        except CannotTell as reason:
            answers.append(reason)
    return answers


def _idle(_name: str, worlds: list[World]) -> tuple[int, bool]:
    """Return the weakest idle time of one person, and whether it is fixed."""
    values = [max(scanned(value) or 0, 0) for value, _ in values_of(worlds, "TMOUT")]
    frozen = ["TMOUT" in world.readonly for world in worlds]
    doubt = next((world.doubt for world in worlds if not world.sure), "")
    if doubt and (len(set(values)) > 1 or len(set(frozen)) > 1):
        raise CannotTell(Reason.UNPARSABLE, f"TMOUT depends on {doubt}")
    return 0 if 0 in values else max(values), all(frozen)


@fact(probes=PROBES, facts=["profile.ends"])
def timeout(host: Host) -> dict[str, Any]:
    """Return after how many idle seconds a login shell ends, and whether that is fixed.

    Shape: ``{"seconds": 600, "readonly": True}``: the weakest over root and ordinary users, as
    far as known; 0 never ends. bash takes the number TMOUT begins with. Source: bash(1), TMOUT.
    """
    idle = _told(_asked(host, _idle))
    seconds = [one for one, _ in idle]
    return {
        "seconds": 0 if 0 in seconds else max(seconds),
        "readonly": all(fixed for _, fixed in idle),
    }


@fact(probes=PROBES, facts=["profile.ends"])
def timeout_known(host: Host) -> bool:
    """Return True when ``timeout`` is known for everybody."""
    return _known(_asked(host, _idle))


@fact(probes=PROBES, facts=["profile.ends", "profile.scripts"])
def umasks(host: Host) -> dict[str, str]:
    """Return the umask that interactive shells end with, in four octal digits, as far as known.

    Shape: ``{"root login": "0027", "user login": "0027", "user shell": "0022", ...}``; ``login``
    is a login shell, ``shell`` one started from it, which reads bashrc only; ``staff`` is a user
    whose group has another name. Several values of one are joined by ``or``. Source: bash(1).
    """
    return {shell: mask for part in _told(_masks(host)) for shell, mask in part.items()}


@fact(probes=PROBES, facts=["profile.ends", "profile.scripts"])
def umasks_known(host: Host) -> bool:
    """Return True when ``umasks`` is known for everybody."""
    return _known(_masks(host))


def _masks(host: Host) -> list[_Answer]:
    scripts_: Scripts = host.get("profile.scripts")
    people = {person.name: person for person in PEOPLE}

    def login(name: str, worlds: list[World]) -> dict[str, str]:
        return {f"{name} login": " or ".join(agreed(worlds, "umask"))}

    def inside(name: str, worlds: list[World]) -> dict[str, str]:
        person = people[name]
        seen = scripts_.seen_by(person)
        masks = agreed(worlds, "umask")
        later = [end for mask in masks for end in inner_ends(seen, person, mask)]
        return {f"{name} shell": " or ".join(agreed(later, "umask"))}

    return [*_asked(host, login), *_asked(host, inside)]


@fact(probes=PROBES, facts=["profile.ends"])
def history(host: Host) -> dict[str, Any]:
    """Return what a login shell writes down of its commands, the weakest over all that is known.

    Shape: ``{"stamped": True, "size": 1000, "kept": True}``: date and time in HISTTIMEFORMAT,
    HISTSIZE (500 when unset; negative is unlimited), and whether a history file is written.
    Source: bash(1), HISTTIMEFORMAT, HISTSIZE, HISTFILE.
    """
    stamped, sizes, kept = zip(*_told(_asked(host, _written)), strict=True)
    return {"stamped": all(stamped), "size": min(sizes), "kept": all(kept)}


@fact(probes=PROBES, facts=["profile.ends"])
def history_known(host: Host) -> bool:
    """Return True when ``history`` is known for everybody."""
    return _known(_asked(host, _written))


def _written(_name: str, worlds: list[World]) -> tuple[bool, int, bool]:
    formats = agreed(worlds, "HISTTIMEFORMAT")
    files, switches = agreed(worlds, "HISTFILE"), agreed(worlds, "history")
    return (
        all(_DATE.search(text) and _TIME.search(text) for text in formats),
        min(_size(text) for text in agreed(worlds, "HISTSIZE")),
        not {"", "/dev/null"}.intersection(files) and set(switches) == {"on"},
    )


def _size(text: str) -> int:
    if text == "":
        return 500  # what bash sets itself
    number = scanned(text) if re.fullmatch(r"\s*[+-]?\d+\s*", text) else 0
    return _UNLIMITED if number is not None and number < 0 else number or 0
