"""``lookup('secret', NAME)`` in a real ansible-playbook, with a real vault: right, and silent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

ROOT = Path(__file__).parents[3]
CANARY = "Can{{ 1 + 1 }}ary-'\"\\ 口令"
PASSWORD = "vault-canary"  # noqa: S105 - planted, to be searched for
PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    needed: "{{ lookup('secret', NAMES) }}"
  tasks:
    - debug: {msg: "{{ needed | length }}"}  # without no_log, so that what is wrong can be read
    - copy: {content: "{{ needed }}", dest: TARGET, mode: "0600"}
      no_log: true
"""


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    """Return an encrypted file of two secrets."""
    text = yaml.safe_dump({"backup/site/restic": CANARY, "other": "o"})
    secret = VaultSecret(PASSWORD.encode())
    path = tmp_path / "secrets.yml"
    path.write_bytes(VaultLib([("default", secret)]).encrypt(text, secret))
    return path


def play(
    folder: Path, names: str, password: str | None = PASSWORD, **environ: str,
) -> tuple[int, str]:
    """Run a play that writes a secret to a file; return exit code and all that was printed."""
    (folder / "play.yml").write_text(
        PLAY.replace("NAMES", names).replace("TARGET", str(folder / "written")), encoding="utf-8",
    )
    options = []
    if password is not None:
        file = folder / "password"
        file.touch(mode=0o600)
        file.write_text(password)
        options = ["--vault-password-file", str(file)]
    done = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), "-vvvv", "-i", "localhost,",
         str(folder / "play.yml"), *options],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
             **environ},
    )
    said = done.stdout + done.stderr
    assert "ary-'" not in said, "the secret is never printed"
    assert PASSWORD not in said
    return done.returncode, " ".join(said.split())


def test_a_secret_arrives_as_it_is_and_is_never_printed(tmp_path: Path, vault: Path) -> None:
    code, said = play(tmp_path, f"'backup/site/restic', file='{vault}'")
    assert code == 0, said
    assert (tmp_path / "written").read_text(encoding="utf-8") == CANARY


def test_file_and_password_can_come_from_the_settings(tmp_path: Path, vault: Path) -> None:
    password = tmp_path / "own"
    password.touch(mode=0o600)
    password.write_text(PASSWORD)
    code, said = play(
        tmp_path, "'backup/site/restic'", None,
        OPSRUNNER_SECRETS_FILE=str(vault), OPSRUNNER_VAULT_PASSWORD_FILE=str(password),
    )
    assert code == 0, said
    assert (tmp_path / "written").read_text(encoding="utf-8") == CANARY


def test_what_is_wrong_is_said_without_a_secret(tmp_path: Path, vault: Path) -> None:
    code, said = play(tmp_path, f"'nobody', 'none', file='{vault}'")
    assert code != 0
    assert "nobody: no such secret; the file has: backup/site/restic, other" in said
    assert "none: no such secret" in said, "all that is missing at once"
    code, said = play(tmp_path, f"'other', file='{vault}'", "another")
    assert (code != 0, "cannot be decrypted: another password" in said) == (True, True), said
    code, said = play(tmp_path, f"'other', file='{vault}'", None)
    assert (code != 0, "no vault password" in said) == (True, True), said
    code, said = play(tmp_path, "'other'")
    assert (code != 0, "set OPSRUNNER_SECRETS_FILE" in said) == (True, True), said
    assert not (tmp_path / "written").exists()
