"""The port through which sealed rows are recorded and known to be fresh; the audit trail fills it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement


@dataclass(frozen=True)
class Note:
    """Who does what: the part of an event that a use case knows before the change is written."""

    action: str
    subject: UUID | None = None
    actor: str | None = None
    detail: Mapping[str, str] = field(default_factory=dict)


class Revised(Protocol):
    """A port: rows with a revision each, which whoever checks the trail compares with it."""

    kind: str

    def ahead(self) -> list[tuple[UUID, int]]:
        """Return id and revision of each row that is newer than the trail, whose end must have been cut."""


class Trail(Protocol):
    """Where every change of a sealed row is recorded with the row's new revision."""

    def record(
        self,
        note: Note,
        *,
        kind: str = "",
        object_id: UUID | None = None,
        revision: int | None = None,
        gone: bool = False,
    ) -> None:
        """Keep an event for the end of this transaction."""

    def newest(self, object_id: ColumnElement[UUID]) -> ColumnElement[int | None]:
        """Return the expression for the newest revision that the trail knows of an object."""

    def told(self, object_id: UUID) -> bool:
        """Return whether an event with a revision of this object waits for the commit."""
