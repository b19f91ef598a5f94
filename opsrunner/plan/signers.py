"""``policies/allowed_signers``: whose key is whose, in OpenSSH's own format (ssh-keygen(1)).

OpenSSH decides about signatures. What is read here is which key is which person's, and what the
format allows and an approval must not: patterns, authorities, a key that is two people's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from opsrunner.errors import PolicyError, Problem
from opsrunner.plan.people import People

FILE = "allowed_signers"
NAMESPACE = "opsrunner-plan"
_FIELD = re.compile(r'(?:"[^"]*"|[^\s"])+')
_KEY_TYPE = re.compile(r"(ssh|ecdsa|sk)-[A-Za-z0-9@.-]+")
_NAMESPACES = re.compile(r'(?:^|,)namespaces="([^"]*)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Signer:
    """One line: the key's SHA-256 fingerprint as ssh-keygen shows it, and the person's id."""

    line: int
    principal: str
    person: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Signers:
    """The file and what it says."""

    path: Path
    signers: tuple[Signer, ...]

    def of_key(self, fingerprint: str) -> Signer | None:
        """Given a key's fingerprint, return whose it is."""
        return next((one for one in self.signers if one.fingerprint == fingerprint), None)


def fingerprint(blob: bytes) -> str:
    """Given a public key's bytes, return its fingerprint: ``SHA256:...``."""
    digest = hashlib.sha256(blob).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def load_signers(policies: Path, people: People) -> Signers:
    """Given the policies folder and the people, return the signers.

    Raise PolicyError with every problem: a line that is none, a pattern, a principal that is
    nobody's, a key without the namespace or of two people.
    """
    path = policies / FILE
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError([Problem(str(path), "", f"cannot be read: {error}")]) from error
    problems: list[Problem] = []
    found: list[Signer] = []
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                found.append(_signer(number, line, people))
            except ValueError as error:
                problems.append(Problem(str(path), f"line {number}", str(error)))
    problems += _two_people(path, found)
    if problems:
        raise PolicyError(problems)
    return Signers(path, tuple(found))


def _signer(number: int, line: str, people: People) -> Signer:
    """Given a line, return its signer. Raise ValueError saying what is wrong with it."""
    fields = _FIELD.findall(line)
    options = "" if len(fields) > 1 and _KEY_TYPE.fullmatch(fields[1]) else "".join(fields[1:2])
    key = fields[2:] if options else fields[1:]
    if len(key) < 2 or not _KEY_TYPE.fullmatch(key[0]):  # noqa: PLR2004 - type and key
        raise ValueError('must be: PRINCIPAL namespaces="opsrunner-plan" KEYTYPE KEY')
    if re.search(r"(^|,)cert-authority", options, re.IGNORECASE):
        raise ValueError("cert-authority is not taken: name each person's key")
    named = _NAMESPACES.search(options)
    if named is None or NAMESPACE not in named[1].split(","):
        raise ValueError(f'says nothing of plans; add namespaces="{NAMESPACE}"')
    person = people.by_principal(fields[0])
    if person is None:
        raise ValueError(f"{fields[0]} is the principal of nobody in {people.file}")
    try:
        blob = base64.b64decode(key[1], validate=True)
    except binascii.Error:
        raise ValueError("the key is no base64") from None
    return Signer(number, fields[0], person, fingerprint(blob))


def _two_people(path: Path, found: list[Signer]) -> list[Problem]:
    owner: dict[str, Signer] = {}
    return [
        Problem(str(path), f"line {one.line}", f"is {first.person}'s key too: line {first.line}")
        for one in found
        if (first := owner.setdefault(one.fingerprint, one)).person != one.person
    ]
