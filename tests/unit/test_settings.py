"""Settings: where they come from, which wins, and every refusal at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsrunner.errors import ExitCode, SettingsError
from opsrunner.settings import load_settings

CANARY = "Canary-c4e1-must-not-show"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "policies").mkdir()
    (tmp_path / "playbooks").mkdir()
    return tmp_path


def refused(root: Path, toml: str = "", **environ: str) -> dict[tuple[str, str], str]:
    """Return the problems as {(file, key): message}; fail when there are none."""
    (root / "opsrunner.toml").write_text(toml)
    with pytest.raises(SettingsError) as error:
        load_settings(root, environ)
    assert error.value.exit_code is ExitCode.BAD_INPUT
    assert CANARY not in str(error.value)
    return {(Path(p.file).name, p.key): p.message for p in error.value.problems}


def test_defaults_need_no_file(root: Path) -> None:
    settings = load_settings(root, {"PATH": "/bin"})
    assert settings.root == root
    assert settings.inventory == root / "inventories/local"
    assert settings.store == root / "reports/evidence"
    assert (settings.forks, settings.probe_seconds, settings.host_seconds) == (25, 30, 180)
    assert (settings.probe_bytes, settings.host_bytes) == (2 * 1024**2, 16 * 1024**2)
    assert (settings.language, settings.vault_password_file) == ("zh", None)


def test_environment_wins_over_file_over_default(root: Path) -> None:
    (root / "opsrunner.toml").write_text('forks = 10\nlanguage = "en"\nstore = "/srv/evidence"\n')
    environ = {"OPSRUNNER_FORKS": "40", "OPSRUNNER_VAULT_PASSWORD_FILE": "private/pw"}
    settings = load_settings(root, environ)
    assert (settings.forks, settings.language) == (40, "en")
    assert settings.store == Path("/srv/evidence")
    assert settings.vault_password_file == root / "private/pw"


def test_all_problems_of_file_and_environment_at_once(root: Path) -> None:
    toml = """
        forks = "25"
        probe_seconds = true
        language = "fr"
        colour = 1
        root = "/"
        host_bytes = 0
        """
    problems = refused(root, toml, OPSRUNNER_FORKS="many", OPSRUNNER_FROKS="1", OPSRUNNER_STORE="")
    keys = ("forks", "probe_seconds", "language", "colour", "root", "host_bytes")
    assert set(problems) == {
        *(("opsrunner.toml", key) for key in keys),
        *(("environment", f"OPSRUNNER_{key}") for key in ("FORKS", "FROKS", "STORE")),
    }
    assert "known: inventory, policies" in problems["environment", "OPSRUNNER_FROKS"]


def test_secret_put_where_it_does_not_belong_is_not_repeated(root: Path) -> None:
    problems = refused(
        root,
        f'vault_password = "{CANARY}"\nforks = "{CANARY}"',
        OPSRUNNER_VAULT_PASSWORD=CANARY,
        OPSRUNNER_VAULT_PASSWORD_FD=CANARY,
    )
    assert ("environment", "OPSRUNNER_VAULT_PASSWORD") in problems
    assert len(problems) == 4


@pytest.mark.parametrize(
    ("toml", "key"),
    [
        ("probe_seconds = 200", "probe_seconds"),
        ("host_bytes = 1000", "probe_bytes"),
        ('vault_password_file = "x"\nvault_password_fd = 3', "vault_password_fd"),
    ],
)
def test_contradicting_limits(root: Path, toml: str, key: str) -> None:
    assert list(refused(root, toml)) == [("opsrunner.toml", key)]


def test_limits_that_just_fit(root: Path) -> None:
    (root / "opsrunner.toml").write_text("probe_seconds = 180\nprobe_bytes = 16777216\n")
    assert load_settings(root, {}).probe_seconds == 180


@pytest.mark.parametrize("content", [b"forks = = 1", b"\xff\xfe"])
def test_file_that_is_no_toml(root: Path, content: bytes) -> None:
    (root / "opsrunner.toml").write_bytes(content)
    with pytest.raises(SettingsError, match="is not TOML"):
        load_settings(root, {})


def test_root_is_found_upwards_and_can_be_said(root: Path, tmp_path: Path) -> None:
    deep = root / "policies" / "rules"
    deep.mkdir()
    assert load_settings(deep, {}).root == root
    other = tmp_path / "other"
    other.mkdir()
    assert load_settings(deep, {"OPSRUNNER_ROOT": str(other)}).root == other
    with pytest.raises(SettingsError, match="OPSRUNNER_ROOT"):
        load_settings(deep, {"OPSRUNNER_ROOT": str(root / "none")})
    (deep / "opsrunner.toml").write_text("")
    assert load_settings(deep, {}).root == deep
