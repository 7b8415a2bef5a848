"""What others ask the trail: the last events of an object, and one event written by a use case."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, Table, bindparam, func, select, union_all

from app.audit.models import AuditRow
from app.audit.refusals import RefusalLog
from app.audit.trail import AuditTrail
from app.database import Unit
from app.errors import TresorError
from app.keys.trail import Note

MOST_COUNTED = 1000
"""Uses are counted up to here, so that a page costs the same however often a secret is used."""

TABLE: Table = AuditRow.__table__  # type: ignore[assignment]  # a mapped class's table
MOST = bindparam("most", type_=Integer)
OF_ACTION = (
    select(TABLE.c.number).where(TABLE.c.object_id == bindparam("which")).order_by(TABLE.c.number.desc()).limit(MOST)
)
SOME = OF_ACTION.where(TABLE.c.action == bindparam("done")).subquery()
USES = (
    select(TABLE.c.time, TABLE.c.actor, select(func.count()).select_from(SOME).scalar_subquery().label("times"))
    .where(TABLE.c.object_id == bindparam("which"), TABLE.c.action == bindparam("done"))
    .order_by(TABLE.c.number.desc())
    .limit(1)
)


@dataclass(frozen=True)
class Event:
    """An event as stored."""

    number: int
    time: datetime
    subject: UUID | None
    actor: str | None
    action: str
    object_id: UUID | None
    count: int
    detail: Mapping[str, str]


@dataclass(frozen=True)
class Uses:
    """What was done to an object again and again. times: MOST_COUNTED + 1 for more than MOST_COUNTED."""

    last: datetime
    times: int
    actor: str | None


class Audit:
    """Reads and writes events on behalf of use cases."""

    def __init__(self, unit: Unit, trail: AuditTrail, refusals: RefusalLog) -> None:
        self._unit, self.trail, self._refusals = unit, trail, refusals

    def record(self, note: Note, *, kind: str, object_id: UUID) -> None:
        """Record an event that changes no row, such as a reveal, in this transaction."""
        self.trail.record(note, kind=kind, object_id=object_id)

    def record_now(self, note: Note, *, kind: str, object_id: UUID) -> None:
        """Record a use in process, whatever becomes of the work around it.

        A read has no transaction, so this begins and commits one; within a change it belongs to that.
        """
        alone = self._unit.is_open and not self._unit.is_writing
        with self._unit.writing():
            self.trail.record(note, kind=kind, object_id=object_id)
        if alone:
            self._unit.commit()

    def trouble(self, error: TresorError) -> None:
        """Record an error that ends nothing: damage that a list passes over, a sign-in that failed.

        Equal ones of a minute are one event. It is committed at once, or after the change in which it was seen,
        even if that is undone.
        """
        if self._unit.is_writing:
            self._unit.afterwards(lambda: self._refusals.refused(error, None))
            return
        self._refusals.refused(error, None)
        if self._unit.is_open:
            self._unit.commit()

    def last(self, object_id: UUID, *, most: int, only: tuple[str, ...]) -> list[Event]:
        """Return the newest events of an object whose action is one of `only`, newest first."""
        values = {"which": object_id, "most": most}
        return [_event(row) for row in self._unit.execute(_newest_of(only), values)]

    def uses(self, object_id: UUID, action: str) -> Uses | None:
        """Return how often `action` was done to an object, and the last time; None if never."""
        values = {"which": object_id, "done": action, "most": MOST_COUNTED + 1}
        row = self._unit.execute(USES, values).one_or_none()
        return None if row is None else Uses(row.time, row.times, row.actor)


@lru_cache(maxsize=64)
def _newest_of(actions: tuple[str, ...]) -> Select[Any]:
    """Return a statement of the newest events of one object, asked for action by action.

    Each is a short walk along an index, however many events of other actions the object has.
    """
    each = [select(OF_ACTION.where(TABLE.c.action == action).subquery()) for action in actions]
    together = union_all(*each).subquery()
    newest = select(together.c.number).order_by(together.c.number.desc()).limit(MOST)
    return select(TABLE).where(TABLE.c.number.in_(newest)).order_by(TABLE.c.number.desc())


def _event(row: Any) -> Event:
    return Event(row.number, row.time, row.subject, row.actor, row.action, row.object_id, row.count, _read(row.detail))


def _read(detail: str) -> Mapping[str, str]:
    """Return an event's detail; nothing of one that another hand wrote and that cannot be read."""
    try:
        found = json.loads(detail)
    except ValueError:
        return {}
    return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}
