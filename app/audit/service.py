"""What others ask the trail: the last events of an object, and one event written by a use case."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.audit.models import AuditRow
from app.audit.refusals import RefusalLog
from app.audit.trail import AuditTrail
from app.database import Unit
from app.errors import TresorError
from app.keys.trail import Note

TABLE = AuditRow.__table__


@dataclass(frozen=True)
class Event:
    """An event as stored."""

    number: int
    time: datetime
    subject: UUID | None
    actor: str | None
    action: str
    kind: str
    object_id: UUID | None
    count: int
    detail: Mapping[str, str]


class Audit:
    """Reads and writes events on behalf of use cases."""

    def __init__(self, unit: Unit, trail: AuditTrail, refusals: RefusalLog) -> None:
        self._unit, self.trail, self._refusals = unit, trail, refusals

    def record(self, note: Note, *, kind: str, object_id: UUID) -> None:
        """Record an event that changes no row, such as a reveal, in this transaction."""
        self.trail.record(note, kind=kind, object_id=object_id)

    def record_now(self, note: Note, *, kind: str, object_id: UUID) -> None:
        """Record what a read found damaged, or a use in process, whatever becomes of the work around it.

        A read has no transaction, so this begins and commits one; within a change it belongs to that.
        """
        alone = self._unit.is_open and not self._unit.is_writing
        with self._unit.writing():
            self.trail.record(note, kind=kind, object_id=object_id)
        if alone:
            self._unit.commit()

    def trouble(self, error: TresorError) -> None:
        """Record an error that ends nothing: damage that a list passes over, a sign-in that failed.

        Equal ones of a minute are one event. Outside of a transaction it is committed at once.
        """
        alone = self._unit.is_open and not self._unit.is_writing
        self._refusals.refused(error, None)
        if alone:
            self._unit.commit()

    def last(self, object_id: UUID, *, most: int, only: tuple[str, ...]) -> list[Event]:
        """Return the newest events of an object whose action is one of `only`, newest first."""
        statement = (
            select(TABLE)
            .where(TABLE.c.object_id == object_id, TABLE.c.action.in_(only))
            .order_by(TABLE.c.number.desc())
            .limit(most)
        )
        return [_event(row) for row in self._unit.execute(statement)]

    def about(self, person: UUID, *, most: int) -> list[Event]:
        """Return the newest events of what a person did and of what was done to their account, newest first."""
        theirs = (TABLE.c.subject == person) | (TABLE.c.object_id == person)
        statement = select(TABLE).where(theirs).order_by(TABLE.c.number.desc()).limit(most)
        return [_event(row) for row in self._unit.execute(statement)]

    def uses(self, object_ids: list[UUID], action: str) -> dict[UUID, tuple[datetime, int, str | None]]:
        """Return for each object that `action` was done to: when last, how often, and by which actor last."""
        if not object_ids:
            return {}
        newest = (
            select(TABLE.c.object_id, func.max(TABLE.c.number).label("number"), func.count().label("times"))
            .where(TABLE.c.object_id.in_(object_ids), TABLE.c.action == action)
            .group_by(TABLE.c.object_id)
            .subquery()
        )
        statement = select(TABLE.c.object_id, TABLE.c.time, TABLE.c.actor, newest.c.times).join(
            newest, TABLE.c.number == newest.c.number
        )
        return {row.object_id: (row.time, row.times, row.actor) for row in self._unit.execute(statement)}


def _event(row: Any) -> Event:
    detail = _read(row.detail)
    return Event(row.number, row.time, row.subject, row.actor, row.action, row.kind, row.object_id, row.count, detail)


def _read(detail: str) -> Mapping[str, str]:
    """Return an event's detail; nothing of one that another hand wrote and that cannot be read."""
    try:
        found = json.loads(detail)
    except ValueError:
        return {}
    return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}
