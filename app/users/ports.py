"""What users ask of higher systems."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import BindParameter, Select

from app.subject import Subject


class GroupProbe(Protocol):
    """A port, filled by groups: which of a person's groups exist."""

    def probe(self, ids: BindParameter[Any]) -> Select[Any]:
        """Return a statement of (id, revision, newest_revision) for the groups that `ids` is going to hold."""

    def existing(self, found: Sequence[tuple[UUID, int, int | None]]) -> frozenset[UUID]:
        """Return the ids of the groups that are there and verify; opened ones are kept by revision."""


class PersonalRecords(Protocol):
    """A port: what a higher system keeps about a person, for the export of their own data."""

    def records(self, subject: Subject) -> Mapping[str, object]:
        """Return it by name, ready for JSON; no secret value is in it."""


class CommandGroups(Protocol):
    """A port, filled by groups: lets `users create` name groups."""

    def joining(self, name: str) -> Callable[[UUID], None]:
        """Return what makes a person a member of the group with that name. Raises Invalid."""
