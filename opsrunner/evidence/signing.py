"""OpenSSH signatures (``ssh-keygen -Y``), which any assessor's machine can check.

The key is made on first use and stays in the store. It tells a reader elsewhere that the
evidence is this store's and unchanged since; it is no defence against the account that owns
the store. That is what a head kept elsewhere is for (``verify --expect``).
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from opsrunner.errors import EvidenceError
from opsrunner.evidence.faults import evidence_errors

PRINCIPAL = "opsrunner"
EVIDENCE = "opsrunner-evidence"  # namespace of heads
EXPORT = "opsrunner-export"  # namespace of an export's SHA256SUMS
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Signer:
    """The ed25519 key in ``folder`` and the ``allowed_signers`` file beside it."""

    folder: Path

    @property
    def key(self) -> Path:
        """Return the path of the private key."""
        return self.folder / "signing"

    @property
    def allowed_signers(self) -> Path:
        """Return the path of the file that ``ssh-keygen -Y verify`` reads."""
        return self.folder / "allowed_signers"

    def create(self) -> None:
        """Make key and ``allowed_signers`` unless the key is there. Raise EvidenceError."""
        if self.key.exists():
            return
        making = self.folder / "making"
        for stale in (making, making.with_suffix(".pub")):
            stale.unlink(missing_ok=True)
        _keygen("-q", "-t", "ed25519", "-N", "", "-C", PRINCIPAL, "-f", str(making))
        public = making.with_suffix(".pub").read_text("ascii").strip()
        line = f'{PRINCIPAL} namespaces="{EVIDENCE},{EXPORT}" {public}\n'
        self.allowed_signers.write_text(line, "ascii")
        making.with_suffix(".pub").replace(self.key.with_suffix(".pub"))
        making.replace(self.key)  # last: while it is missing, all of this is done again

    def sign(self, data: bytes, namespace: str) -> bytes:
        """Given bytes and a namespace, return the armoured signature. Raise EvidenceError."""
        return _keygen("-Y", "sign", "-f", str(self.key), "-n", namespace, data=data)

    def fault(self, data: bytes, signature: Path, namespace: str) -> str | None:
        """Given bytes and their signature file, return why it does not hold, None when it does."""
        signer = ("-f", str(self.allowed_signers), "-I", PRINCIPAL, "-n", namespace)
        try:
            _keygen("-Y", "verify", *signer, "-s", str(signature), data=data)
        except EvidenceError as error:
            return str(error)
        return None

    def fingerprint(self) -> str:
        """Return the key's SHA-256 fingerprint, to be handed over apart from any export."""
        answer = _keygen("-l", "-f", str(self.key.with_suffix(".pub"))).decode()
        return answer.split()[1]


def _keygen(*arguments: str, data: bytes = b"") -> bytes:
    with evidence_errors("run ssh-keygen"):
        done = subprocess.run(
            ["ssh-keygen", *arguments],
            input=data,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
            env={**os.environ, "LC_ALL": "C"},
        )
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).decode(errors="replace").split())
        raise EvidenceError(f"ssh-keygen: {said or done.returncode}")
    return done.stdout
