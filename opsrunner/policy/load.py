"""``policies/`` -> one ``Policies`` object, or one PolicyError that lists every problem."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from opsrunner.errors import PolicyError, Problem
from opsrunner.policy import crosscheck
from opsrunner.policy.models import (
    Control,
    Platform,
    PlatformFile,
    Profile,
    Rule,
    Waiver,
    WaiverFile,
)
from opsrunner.policy.yaml import read
from opsrunner.wording import wrong

Model = TypeVar("Model", bound=BaseModel)
_NOT_JUDGED_BY = ("people.yml", "calendar", "business", "backup", "drills")


@dataclass(frozen=True, slots=True)
class Policies:
    """Everything under ``policies/`` by id, and the hash of the bytes it was read from."""

    rules: Mapping[str, Rule]
    topics: Mapping[str, str]  # rule id -> folder
    controls: Mapping[str, Control]
    profiles: Mapping[str, Profile]
    waivers: tuple[Waiver, ...]
    platforms: Mapping[str, Platform]
    sha256: str
    files: Mapping[str, bytes]  # path below policies/ -> bytes, the bundle that is recorded


def load_policies(root: Path, today: date, *, crosscheck_names: bool = True) -> Policies:
    """Given the policies folder and the date, return what it holds.

    Raise PolicyError with every problem of every file: bad YAML, unknown keys, wrong types,
    names that do not agree, cyclic profiles, waivers that have expired.
    """
    if not root.is_dir():
        raise PolicyError([Problem(str(root), "", "no such folder; give --policies")])
    problems: list[Problem] = []
    rule_files = sorted((root / "rules").glob("*/*.yml"))
    files = _bundle(root)
    rules = _models(rule_files, Rule, problems)
    platforms = _models([root / "platforms.yml"], PlatformFile, problems).get("platforms")
    waivers = _models(sorted((root / "waivers").glob("*.yml")), WaiverFile, problems)
    policies = Policies(
        rules=rules,
        topics={path.stem: path.parent.name for path in rule_files},
        controls=_models(sorted((root / "controls").glob("*.yml")), Control, problems),
        profiles=_models(sorted((root / "profiles").glob("*.yml")), Profile, problems),
        waivers=tuple(waiver for file in waivers.values() for waiver in file.waivers),
        platforms=platforms.platforms if platforms else {},
        sha256=_digest(files),
        files=files,
    )
    problems += _duplicates(rule_files)
    if not problems and crosscheck_names:  # names can be compared once every file is read
        problems += crosscheck.check(policies, root, today)
    if problems:
        raise PolicyError(problems)
    return policies


def read_models(
    paths: Iterable[Path], model: type[Model], problems: list[Problem],
) -> dict[Path, Model]:
    """Given files and the model of their content, return what could be read, by file.

    What is wrong with the others is added to ``problems``.
    """
    found: dict[Path, Model] = {}
    for path in paths:
        value, failed = read(path)
        problems += failed
        if failed:
            continue
        try:
            found[path] = model.model_validate(value)
        except ValidationError as error:
            problems += [Problem(str(path), key, why) for key, why in wrong(error)]
    return found


def _models(paths: Iterable[Path], model: type[Model], problems: list[Problem]) -> dict[str, Model]:
    return {path.stem: found for path, found in read_models(paths, model, problems).items()}


def _duplicates(paths: Iterable[Path]) -> list[Problem]:
    seen: dict[str, Path] = {}
    problems = []
    for path in paths:
        if path.stem in seen:
            problems.append(Problem(str(path), "id", f"the id is taken by {seen[path.stem]}"))
        seen.setdefault(path.stem, path)
    return problems


def _bundle(root: Path) -> dict[str, bytes]:
    """Return the files that verdicts and remedies come from.

    Who may approve, and when changes may be made, is asked anew each time: a person's telephone
    number is no reason to void a plan, and has no place in the evidence of every run.
    """
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*.yml"))
        if path.is_file() and path.relative_to(root).parts[0] not in _NOT_JUDGED_BY
    }


def _digest(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, data in files.items():
        digest.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\n".encode())
    return digest.hexdigest()
