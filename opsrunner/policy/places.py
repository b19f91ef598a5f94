"""Where data and its copies are, as a backup policy names it; never with a password in it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from opsrunner.plan.models import Name


def _without_secret(location: str) -> str:
    if re.search(r"://[^/@]*:[^/@]*@|passw(or)?d=|secret=", location, re.IGNORECASE):
        raise ValueError("holds a password; name the secret under encryption, keep it in the vault")
    return location


def _absolute(path: str) -> str:
    if not re.match(r"/|[A-Za-z]:\\", path):
        raise ValueError("must be an absolute path")
    return path


Location = Annotated[Name, AfterValidator(_without_secret)]
DataPath = Annotated[Name, AfterValidator(_absolute)]
