"""Sign a plan's digest, and check such a signature: ``ssh-keygen -Y``, nothing of our own.

What is signed is the digest and a line feed, so that anybody can check it again:
``sha256sum plan.json | cut -c 1-64 | ssh-keygen -Y verify -n opsrunner-plan ...``.
"""

from __future__ import annotations

import base64
import binascii
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from opsrunner.errors import InputError, Problem, RunError
from opsrunner.plan.signers import NAMESPACE, Signers, fingerprint

_MAGIC, _VERSION = b"SSHSIG", 1
_PERSON_SECONDS = 300  # a passphrase is typed, a token touched
_SECONDS = 30
_KEYS = ("id_ed25519", "id_ed25519_sk", "id_ecdsa", "id_ecdsa_sk", "id_rsa")


def message(digest: str) -> bytes:
    """Given a plan's digest, return the bytes that are signed."""
    return f"{digest}\n".encode("ascii")


def sign(digest: str, key: Path) -> str:
    """Given a digest and a key file, return the armoured signature.

    The key may be a private key (a passphrase is asked for on the terminal) or a public one whose
    private part an agent holds. Raise InputError when ssh-keygen does not sign.
    """
    done = _run(
        ["-Y", "sign", "-f", str(key), "-n", NAMESPACE], message(digest), _PERSON_SECONDS,
        # A token asks to be touched on standard error: a person must see it.
        show=sys.stderr.isatty(),
    )
    if done.returncode:
        said = " ".join((done.stderr or b"see above").decode(errors="replace").split())
        raise InputError([Problem("--key", str(key), f"ssh-keygen did not sign: {said}")])
    return done.stdout.decode("ascii")


def fault(digest: str, signature: str, signers: Signers, when: Sequence[datetime]) -> str | None:
    """Given a digest, its signature, who may sign and at which times the key must be valid.

    Return why the signature does not hold, None when it does. Raise RunError without ssh-keygen.
    """
    try:
        signer = signers.of_key(signed_by(signature))
    except ValueError as error:
        return f"the signature cannot be read: {error}"
    if signer is None:
        return f"signed by a stranger: no line of {signers.path} has the key {signed_by(signature)}"
    with tempfile.NamedTemporaryFile(suffix=".sig") as file:
        file.write(signature.encode("ascii", "replace"))
        file.flush()
        for at in when:
            arguments = [
                "-Y", "verify", "-f", str(signers.path), "-I", signer.principal, "-n", NAMESPACE,
                "-s", file.name, f"-Overify-time={at.astimezone(UTC):%Y%m%d%H%M%SZ}",
            ]
            done = _run(arguments, message(digest), _SECONDS)
            if done.returncode:
                said = " ".join((done.stderr + done.stdout).decode(errors="replace").split())
                return f"the signature of {signer.principal} does not hold at {at:%FT%T%z}: {said}"
    return None


def signed_by(signature: str) -> str:
    """Given an armoured signature, return the fingerprint of the key. Raise ValueError."""
    begin, end = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
    text = signature.strip()
    if not (text.startswith(begin) and text.endswith(end)):
        raise ValueError("it is no OpenSSH signature")
    try:
        raw = base64.b64decode("".join(text[len(begin):-len(end)].split()), validate=True)
    except binascii.Error:
        raise ValueError("it is no base64") from None
    head, rest = raw[:10], raw[10:]
    if head != _MAGIC + _VERSION.to_bytes(4, "big"):
        raise ValueError("it is of another format")
    size = int.from_bytes(rest[:4], "big")
    if len(rest) < 4 + size or not size:
        raise ValueError("it is cut off")
    return fingerprint(rest[4 : 4 + size])


def own_key(signers: Signers, home: Path, scratch: Path) -> Path:
    """Given who may sign, a home folder and a private folder, return the key to sign with.

    That is the agent's, else one of ``~/.ssh``, that is in allowed_signers. Raise InputError.
    """
    listed = [line.split() for line in _agent_keys().splitlines()]
    for number, fields in enumerate(fields for fields in listed if len(fields) > 1):
        if signers.of_key(_fingerprint_of(fields[1])):
            path = scratch / f"agent-{number}.pub"
            path.write_text(" ".join(fields) + "\n", "utf-8")
            return path
    for name in _KEYS:
        public = home / ".ssh" / f"{name}.pub"
        fields = public.read_text("utf-8").split() if public.is_file() else []
        if len(fields) > 1 and signers.of_key(_fingerprint_of(fields[1])):
            return public.with_suffix("")
    message = f"no key of your agent or ~/.ssh is in {signers.path}; give --key FILE"
    raise InputError([Problem("--key", "", message)])


def _fingerprint_of(encoded: str) -> str:
    try:
        return fingerprint(base64.b64decode(encoded, validate=True))
    except binascii.Error:
        return ""


def _agent_keys() -> str:
    if not os.environ.get("SSH_AUTH_SOCK"):
        return ""
    done = subprocess.run(
        ["ssh-add", "-L"], capture_output=True, check=False, timeout=_SECONDS,
        stdin=subprocess.DEVNULL,
    )
    return "" if done.returncode else done.stdout.decode(errors="replace")


def _run(
    arguments: Sequence[str], data: bytes, seconds: int, *, show: bool = False,
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ssh-keygen", *arguments],
            input=data,
            stdout=subprocess.PIPE,
            stderr=None if show else subprocess.PIPE,
            check=False,
            timeout=seconds,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise RunError(f"cannot run ssh-keygen: {error}") from error
