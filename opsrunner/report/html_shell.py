"""What every HTML page of ours begins with: our own style and script, and nothing else allowed."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from opsrunner.report.text import visible


def asset(name: str) -> str:
    """Given the name of a file in ``templates/``, return its text."""
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def policy(*inline: str) -> str:
    """Given style and script, return the policy under which the page may do these and no more."""
    style, script = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline
    )
    return (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src 'sha256-{style}'; script-src 'sha256-{script}'"
    )


def environment() -> Environment:
    """Return Jinja as our pages use it: everything escaped, nothing undefined."""
    made = Environment(
        loader=PackageLoader("opsrunner.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["visible"] = visible
    return made
