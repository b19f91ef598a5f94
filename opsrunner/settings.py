"""Settings: ``opsrunner.toml`` in the project's root, then ``OPSRUNNER_*`` -> one typed object.

Validated once, all problems at once. A secret is never a setting: only where to read it is.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from opsrunner.errors import Problem, SettingsError

FILE = "opsrunner.toml"
PREFIX = "OPSRUNNER_"
ROOT = "OPSRUNNER_ROOT"  # where the project is, when it is not above the working directory
_MIB = 1024 * 1024

Folder = Annotated[Path, Field(strict=False)]  # TOML has no paths
Positive = Annotated[int, Field(ge=1)]


class Settings(BaseModel):
    """Everything a run can be told in advance; relative paths are below ``root``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    root: Folder
    inventory: Folder = Path("inventories/local")
    policies: Folder = Path("policies")
    store: Folder = Path("reports/evidence")
    reports: Folder = Path("reports")
    forks: Annotated[int, Field(ge=1, le=500)] = 25
    probe_seconds: Positive = 30
    host_seconds: Positive = 180
    probe_bytes: Positive = 2 * _MIB  # output of one probe, cut on the host
    host_bytes: Positive = 16 * _MIB  # output of all probes of one host
    language: Literal["zh", "en"] = "zh"
    vault_password_file: Folder | None = None
    vault_password_fd: Annotated[int, Field(ge=3)] | None = None


def load_settings(start: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Given a working directory and an environment, return the settings.

    ``OPSRUNNER_<NAME>`` wins over the file. Raise SettingsError with every problem: a file that
    is no TOML, an unknown name, a wrong type, limits that contradict each other.
    """
    environ = os.environ if environ is None else environ
    root = find_root(start or Path.cwd(), environ)
    values, problems = _from_file(root / FILE)
    from_environment, found = _from_environment(environ)
    problems += found
    if problems:
        raise SettingsError(problems)
    given = {**values, **from_environment}
    settings = Settings.model_validate({"root": root, **_below(root, given)})
    problems = _contradictions(settings, from_environment)
    if problems:
        raise SettingsError(problems)
    return settings


def find_root(start: Path, environ: Mapping[str, str]) -> Path:
    """Given a working directory, return the project's root.

    That is ``OPSRUNNER_ROOT``, else the nearest folder upwards with ``opsrunner.toml`` or with
    ``policies`` and ``playbooks``, else the checkout this package lies in. Raise SettingsError.
    """
    if environ.get(ROOT):
        root = Path(environ[ROOT])
        if not root.is_dir():
            raise SettingsError([Problem("environment", ROOT, f"is not a folder: {root}")])
        return root.resolve()
    package = Path(__file__).resolve().parents[1]
    for folder in (start.resolve(), *start.resolve().parents, package):
        if (folder / FILE).is_file() or all((folder / d).is_dir() for d in ("policies", "playbooks")):
            return folder
    raise SettingsError(
        f"no project here: run inside a checkout, or set {ROOT} to the folder with policies/"
    )


def _from_file(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    """Given the settings file, return its values, typed, and its problems; none when absent."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, []
    except OSError as error:
        return {}, [Problem(str(path), "", f"cannot be read: {error.strerror}")]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return {}, [Problem(str(path), "", f"is not TOML: {error}")]
    problems = [
        Problem(str(path), "root", "is where this file lies; it cannot be set")
        for _ in [0]
        if "root" in values
    ]
    return _validated(values, problems, str(path), lambda key: key, strict=True)
