"""The ansible-vault store: what it gives, and that no failure carries clear text along."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from opsrunner.errors import ExitCode, InputError
from opsrunner.secrets.ansible_vault import AnsibleVaultStore
from opsrunner.secrets.store import Secret, SecretStore

CANARY = "Canary-51de-must-not-show"
PASSWORD = "Canary-pass-93aa-must-not-show"  # noqa: S105 - planted, to be searched for


def vault(path: Path, content: str, password: str = PASSWORD) -> Path:
    lib = VaultLib([("default", VaultSecret(password.encode()))])
    path.write_bytes(lib.encrypt(content, VaultSecret(password.encode())))
    return path


def opened(path: Path) -> SecretStore:
    return AnsibleVaultStore(path, Secret("vault password", PASSWORD))


def everything_said(error: BaseException) -> str:
    """Return what any logger of exceptions could say: our frames with locals, every chained one."""
    frames = error.__traceback__
    while frames and "/opsrunner/" not in frames.tb_frame.f_code.co_filename:
        frames = frames.tb_next  # the test's own frames hold the canary, of course
    assert frames is not None
    chain = traceback.TracebackException(type(error), error, frames, capture_locals=True)
    said, queue = ["".join(chain.format())], [error]
    while queue:
        one = queue.pop()
        said.append(repr(one.args) + repr(vars(one)))
        queue += [linked for linked in (one.__cause__, one.__context__) if linked]
    return "".join(said)


def test_names_and_values(tmp_path: Path) -> None:
    store = opened(vault(tmp_path / "vault.yml", f"zeta: 'x'\nalpha: '{CANARY}'\n"))
    assert store.names() == ["alpha", "zeta"]
    assert store.get("alpha").reveal() == CANARY
    assert CANARY not in repr(store) + repr(vars(store))


def test_missing_name_lists_the_others(tmp_path: Path) -> None:
    store = opened(vault(tmp_path / "vault.yml", f"alpha: '{CANARY}'\n"))
    with pytest.raises(InputError, match=r"beta.*alpha") as error:
        store.get("beta")
    assert error.value.__context__ is None
    assert CANARY not in everything_said(error.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"a: [{CANARY}\nb: {{{CANARY}", "not YAML"),
        (f"- {CANARY}\n", "not a mapping"),
        (CANARY, "not a mapping"),
        (f"a: [{CANARY}]\nb: 5\nc: '{CANARY}'\n", "must be text"),
        (f"[{CANARY}]: '1'\n", "not YAML"),
        (f"'a': '{CANARY}'\n5: '{CANARY}'\n", "must be text"),
    ],
)
def test_broken_content_is_told_without_the_content(
    tmp_path: Path, content: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = vault(tmp_path / "vault.yml", content)
    with pytest.raises(InputError, match=words) as error:
        opened(path)
    said = everything_said(error.value) + caplog.text
    assert str(path) in said
    assert CANARY not in said
    assert PASSWORD not in said


def test_all_wrong_values_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        opened(vault(tmp_path / "vault.yml", f"a: [{CANARY}]\nb: 5\nc: '{CANARY}'\n"))
    assert [problem.key for problem in error.value.problems] == ["a", "b"]


def test_wrong_password_or_damage(tmp_path: Path) -> None:
    path = vault(tmp_path / "vault.yml", f"a: '{CANARY}'\n")
    assert opened(path).names() == ["a"]  # the control
    with pytest.raises(InputError, match="another password") as error:
        AnsibleVaultStore(path, Secret("vault password", "wrong-Canary-guess"))
    assert "wrong-Canary-guess" not in everything_said(error.value)
    assert error.value.exit_code is ExitCode.BAD_INPUT


@pytest.mark.parametrize("keep", [14, 15, 20, 30, 100, -41, -40, -1])
def test_cut_file_is_one_clear_problem(tmp_path: Path, keep: int) -> None:
    path = vault(tmp_path / "vault.yml", f"a: '{CANARY}'\n")
    path.write_bytes(path.read_bytes().rstrip(b"\n")[:keep])
    with pytest.raises(InputError, match=r"damaged|not encrypted"):
        opened(path)


def test_clear_text_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vault.yml").write_text(f"a: '{CANARY}'\n")
    with pytest.raises(InputError, match="not encrypted") as error:
        opened(tmp_path / "vault.yml")
    assert CANARY not in str(error.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        opened(tmp_path / "none.yml")
