"""A host for the facts whose answers come from a draft: a rule's fact judges what is on paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsrunner.changes.draft import Draft
from opsrunner.facts.base import Host, registry


class OnPaper(Host):
    """Facts of a draft, some of them in place of those the host has."""

    __slots__ = ("_draft", "_instead")

    def __init__(self, draft: Draft, instead: Mapping[str, Any]) -> None:
        """Given a draft and the facts that its files come to on paper."""
        super().__init__(draft.state.platform, {})
        self._draft = draft
        self._instead = instead

    def get(self, name: str) -> Any:  # noqa: ANN401 - a fact is any JSON-like value
        """Return a fact, from paper where paper decides it. Raise CannotTell as the fact does."""
        return self._instead[name] if name in self._instead else self._draft.fact(name)

    def judged(self, name: str) -> Any:  # noqa: ANN401 - a fact is any JSON-like value
        """Return what a fact comes to when it is computed from this host."""
        return registry()[name].compute(self)
