"""The committed schemas are the models', and every policy file satisfies its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from opsrunner.policy.schema import FOLDER, MODELS, schema
from opsrunner.policy.yaml import read

ROOT = Path(__file__).parents[2]
PLACES = {
    "rule": "policies/rules/*/*.yml",
    "control": "policies/controls/*.yml",
    "profile": "policies/profiles/*.yml",
    "waivers": "policies/waivers/*.yml",
    "platforms": "policies/platforms.yml",
    "cases": "tests/policies/cases/*/*.yml",
    "people": "policies/people.yml",
    "calendar": "policies/calendar/*.yml",
    "business": "policies/business/*.yml",
    "backup": "policies/backup/*.yml",
    "drill": "policies/drills/*.yml",
}


@pytest.mark.parametrize("name", MODELS)
def test_a_committed_schema_is_the_models(name: str) -> None:
    written = (ROOT / FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert written == schema(name), "run: python -m opsrunner.policy.schema"


def plain(value: Any) -> Any:  # noqa: ANN401 - dates become text, as JSON has none
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def files() -> Iterator[tuple[str, Path]]:
    for name, pattern in PLACES.items():
        for path in sorted(ROOT.glob(pattern)):
            yield name, path


def test_every_policy_file_satisfies_its_schema() -> None:
    validators = {
        name: jsonschema.Draft202012Validator(json.loads(schema(name))) for name in MODELS
    }
    for name, path in files():
        value, problems = read(path)
        assert not problems
        errors = [error.message for error in validators[name].iter_errors(plain(value))]
        assert errors == [], path
