"""JSON schemas of the policy files, for editors and for people; generated from the models.

``python -m opsrunner.policy.schema`` writes them to ``policies/schema/``; a test keeps them true.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel

from opsrunner.activities.drill.scenario import Scenario
from opsrunner.judge.operators import OPERATORS
from opsrunner.plan.business import BusinessFile
from opsrunner.plan.calendar import CalendarFile
from opsrunner.plan.people import PeopleFile
from opsrunner.policy.backup import BackupFile
from opsrunner.policy.cases import CaseFile
from opsrunner.policy.models import Control, PlatformFile, Profile, Rule, WaiverFile

MODELS: dict[str, type[BaseModel]] = {
    "rule": Rule,
    "control": Control,
    "profile": Profile,
    "waivers": WaiverFile,
    "platforms": PlatformFile,
    "cases": CaseFile,
    "people": PeopleFile,
    "calendar": CalendarFile,
    "business": BusinessFile,
    "backup": BackupFile,
    "drill": Scenario,
}
FOLDER = Path("policies") / "schema"


def schema(name: str) -> str:
    """Given the name of a kind of policy file, return its JSON schema as text."""
    document = MODELS[name].model_json_schema()
    check = document.get("$defs", {}).get("Check")
    if check:
        check["properties"]["operator"] = {"enum": [None, *sorted(OPERATORS)], "default": None}
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def write(root: Path) -> list[Path]:
    """Given the project's root, write every schema; return the files."""
    paths = [root / FOLDER / f"{name}.json" for name in MODELS]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(schema(path.stem), encoding="utf-8")
    return paths


if __name__ == "__main__":
    write(Path.cwd())
