"""Policies <-> the one blob that goes on record with a run, so that it can be read in ten years."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path, PurePosixPath

import orjson

from opsrunner.errors import EvidenceError
from opsrunner.policy.load import Policies, load_policies


def pack(policies: Policies) -> bytes:
    """Given policies, return the bytes of all their files as one JSON mapping."""
    return orjson.dumps(
        {name: data.decode("utf-8") for name, data in policies.files.items()},
        option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS,
    )


def unpack(data: bytes) -> Policies:
    """Given a packed bundle, return its policies. Raise EvidenceError or PolicyError.

    Names are not checked against today's facts: rules of an old run are texts, not checks.
    """
    files = orjson.loads(data)
    with tempfile.TemporaryDirectory(prefix="opsrunner-policies-") as folder:
        for name, text in files.items():
            relative = PurePosixPath(name)
            if relative.is_absolute() or ".." in relative.parts:
                raise EvidenceError(f"the policy bundle names a path outside itself: {name}")
            path = Path(folder) / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return load_policies(Path(folder), date.min, crosscheck_names=False)
