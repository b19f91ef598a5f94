"""Values of an inventory that only Ansible can fill in: templates, and what its vault encrypts."""

from __future__ import annotations

from collections.abc import Mapping

# Stands for what ansible-vault encrypted, and is itself no plain value.
WITHHELD = "{{ encrypted with ansible-vault }}"


def is_unfilled(value: object) -> bool:
    """Given a value in Python's own types, return whether a text anywhere in it is a template."""
    if isinstance(value, str):
        return "{{" in value or "{%" in value
    if isinstance(value, Mapping):
        return any(map(is_unfilled, value.values()))
    return isinstance(value, list) and any(map(is_unfilled, value))
