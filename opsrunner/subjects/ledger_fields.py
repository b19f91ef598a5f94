"""What an inventory may declare about a host for the ledgers (台账): the whole allow-list.

Only these fields ever leave the inventory: no other variable, so no password, can reach a
subject's attributes. ``ops_ledger_defaults`` (for a group) lies under ``ops_ledger`` (for a host).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from opsrunner.errors import Problem
from opsrunner.wording import message, wrong

Text = Annotated[str, Field(min_length=1, max_length=200)]
Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1)]


class _Fields(BaseModel):
    """Typed exactly as written: no guessing of a number from a text, no unknown key."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Database(_Fields):
    """One database instance on the host; ``role`` is its place in a cluster."""

    name: Text
    product: Literal[
        "oracle",
        "oracle-rac",
        "oracle-dataguard",
        "mysql",
        "mariadb",
        "postgresql",
        "sqlserver",
        "dameng",
        "kingbase",
    ]
    version: Text | None = None
    port: Port | None = None
    role: Literal["single", "primary", "standby", "node"] | None = None
    purpose: Text | None = None


class Software(_Fields):
    """One piece of base software (基础软件) on the host: middleware, runtime, agent."""

    name: Text
    version: Text | None = None
    port: Port | None = None
    purpose: Text | None = None


class LedgerFields(_Fields):
    """The ledger fields of one host; all optional, a missing one shows as not declared."""

    system: Text | None = None
    owner: Text | None = None  # the role that answers for the host, never a person's name
    location: Text | None = None
    os: Text | None = None
    cpu: Count | None = None
    memory_gb: Count | None = None
    disk_gb: Count | None = None
    importance: Literal["core", "important", "general"] | None = None
    purpose: Text | None = None
    databases: list[Database] = []
    software: list[Software] = []


def parse_ledger(
    values: Mapping[str, Any], file: str, key: str
) -> tuple[dict[str, Any], list[Problem]]:
    """Given the declared mapping, return its fields as plain JSON values, and every problem."""
    try:
        fields = LedgerFields.model_validate(dict(values))
    except ValidationError as error:
        return {}, [Problem(file, f"{key}.{at}", why) for at, why in wrong(error, _message)]
    return fields.model_dump(exclude_none=True), []


def _message(detail: ErrorDetails) -> str:
    """Given one error, return what is wrong and how to mend it."""
    if detail["type"] == "extra_forbidden":
        nested = str(detail["loc"][0]) if len(detail["loc"]) > 1 else ""
        models: dict[str, type[_Fields]] = {"databases": Database, "software": Software}
        known = models.get(nested, LedgerFields)
        return f"unknown key; known: {', '.join(known.model_fields)}"
    return message(detail)
