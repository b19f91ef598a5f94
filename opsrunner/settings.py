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
from pydantic_core import ErrorDetails

from opsrunner.errors import Problem, SettingsError
from opsrunner.wording import message, wrong

FILE = "opsrunner.toml"
PREFIX = "OPSRUNNER_"
ROOT = "OPSRUNNER_ROOT"  # where the project is, when it is not above the working directory
_MIB = 1024 * 1024

Whole = Annotated[int, Field(strict=True)]  # TOML has types: no "25", no true
Positive = Annotated[Whole, Field(ge=1)]


class Options(BaseModel):
    """What the file or the environment can set; the defaults are here and nowhere else."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    inventory: Path = Path("inventories/local")
    policies: Path = Path("policies")
    store: Path = Path("reports/evidence")
    reports: Path = Path("reports")
    forks: Annotated[Whole, Field(ge=1, le=500)] = 25
    probe_seconds: Positive = 30
    host_seconds: Positive = 180
    rule_seconds: Positive = 10  # processor time of judging one rule on one host
    probe_bytes: Positive = 2 * _MIB  # output of one probe, cut on the host
    host_bytes: Positive = 16 * _MIB  # output of all probes of one host
    language: Literal["zh", "en"] = "zh"  # of papers, and what HTML begins in
    paper_template: Path | None = None  # a DOCX template of the customer, for papers
    secrets_file: Path | None = None  # encrypted by ansible-vault: name -> text, for policies
    vault_password_file: Path | None = None
    vault_password_fd: Annotated[Whole, Field(ge=3)] | None = None


class Settings(Options):
    """Everything a run is told in advance, with the project's root; every path is absolute."""

    root: Path


def load_settings(start: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Given a working directory and an environment, return the settings.

    ``OPSRUNNER_<NAME>`` wins over the file. Raise SettingsError with every problem: a file that
    is no TOML, an unknown name, a wrong type, limits that contradict each other.
    """
    environ = os.environ if environ is None else environ
    root = find_root(start or Path.cwd(), environ)
    in_file, problems = _from_file(root / FILE)
    in_environment, found = _from_environment(environ)
    problems += found
    if problems:
        raise SettingsError(problems)
    options = {**dict(Options()), **in_file, **in_environment}
    options = {name: root / v if isinstance(v, Path) else v for name, v in options.items()}
    settings = Settings(root=root, **options)
    problems = _contradictions(settings, root / FILE)
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
        marks = [(folder / name).is_dir() for name in ("policies", "playbooks")]
        if (folder / FILE).is_file() or all(marks):
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
    try:
        options = Options.model_validate(values)
    except ValidationError as error:
        return {}, [Problem(str(path), *one) for one in wrong(error, _message)]
    return options.model_dump(exclude_unset=True), []


def _from_environment(environ: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """Given an environment, return its values, typed, and its problems."""
    names = sorted(name for name in environ if name.startswith(PREFIX) and name != ROOT)
    empty = [name for name in names if not environ[name]]
    problems = [Problem("environment", name, "is empty; unset it") for name in empty]
    given = {n.removeprefix(PREFIX).lower(): environ[n] for n in names if n not in empty}
    try:
        options = Options.model_validate_strings(given)
    except ValidationError as error:
        found = wrong(error, _message)
        return {}, problems + [Problem("environment", PREFIX + k.upper(), why) for k, why in found]
    return options.model_dump(exclude_unset=True), problems


def _message(detail: ErrorDetails) -> str:
    """Given one error, return what is wrong and how to mend it."""
    if detail["type"] == "extra_forbidden":
        return f"unknown; known: {', '.join(Options.model_fields)}"
    return message(detail)


def _contradictions(settings: Settings, file: Path) -> list[Problem]:
    """Given settings of the right types, return a problem for each pair that cannot be meant."""
    problems = [
        Problem(str(file), f"probe_{unit}", f"is over host_{unit}: one probe is a part of a host")
        for unit in ("seconds", "bytes")
        if getattr(settings, f"probe_{unit}") > getattr(settings, f"host_{unit}")
    ]
    if settings.vault_password_file and settings.vault_password_fd is not None:
        message = "give vault_password_file or vault_password_fd, not both"
        problems.append(Problem(str(file), "vault_password_fd", message))
    return problems
