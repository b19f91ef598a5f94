"""The role's variables are the declared remedies: no more, no fewer, nothing typed twice."""

from __future__ import annotations

from pathlib import Path

import yaml

from opsrunner.remedies.base import Reads, Remedy, remedies
from tests.roles.harden_spec import ROLE, defaults_text, spec_text, write


def test_the_files_are_those_of_the_remedies(tmp_path: Path) -> None:
    for name in ("defaults", "meta"):
        (tmp_path / name).mkdir()
    write(tmp_path)
    for file in ("defaults/main.yml", "meta/argument_specs.yml"):
        fresh, kept = ((root / file).read_text(encoding="utf-8") for root in (tmp_path, ROLE))
        assert kept == fresh, f"{file}: run python -m tests.roles.harden_spec"


def test_a_remedy_more_is_another_text() -> None:
    more = Remedy("harden_linux_zz", "zz", "int", "Seconds: at most.", lambda _: Reads(),
                  lambda _, __: None)
    declared = {**remedies(), more.variable: more}
    assert yaml.safe_load(defaults_text(declared))[more.variable] is None
    option = yaml.safe_load(spec_text(declared))["argument_specs"]["main"]["options"][more.variable]
    assert option == {"type": "int", "default": None, "description": "Seconds: at most."}
    assert more.variable not in defaults_text(remedies())
