"""The trail itself: append at the end of a transaction, newest revisions, and the check of the chain."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Table, func, insert, select, text

from app.audit.models import AuditRow
from app.clock import Clock
from app.crypto.keyring import chain
from app.database import Unit
from app.errors import Damaged
from app.keys.keyrings import Keyrings
from app.keys.trail import Note

APPEND_LOCK = 0x54525353
"""The number of PostgreSQL's advisory lock for appending."""

READ_AT_ONCE = 1000

MOST_NAMED = 1000
"""How many missing events of one gap are named: an event made up far away leaves a long one."""

TABLE: Table = AuditRow.__table__  # type: ignore[assignment]  # a mapped class's table
LAST = select(TABLE.c.number, TABLE.c.mac).order_by(TABLE.c.number.desc()).limit(1)
INSERT = insert(TABLE)
DECIDING = ("number", "time", "subject", "actor", "action", "kind", "object_id", "revision", "gone", "count", "detail")


@dataclass
class Waiting:
    """Events of this transaction that are not stored yet, and the objects whose revision they tell."""

    events: list[dict[str, Any]] = field(default_factory=list)
    told: set[UUID] = field(default_factory=set)


@dataclass(frozen=True)
class Head:
    """The end of the chain."""

    number: int
    mac: bytes


class AuditTrail:
    """Appends events, last before COMMIT, so that the chain's lock is held shortest."""

    def __init__(self, unit: Unit, clock: Clock, keyrings: Keyrings) -> None:
        self._unit, self._clock, self._keyrings = unit, clock, keyrings
        self._highest = 0

    def record(
        self,
        note: Note,
        *,
        kind: str = "",
        object_id: UUID | None = None,
        revision: int | None = None,
        gone: bool = False,
        count: int = 1,
    ) -> None:
        """Keep an event for the end of this transaction."""
        waiting = self._waiting()
        if not waiting.events:
            self._unit.before_commit(lambda: self._append(waiting))
        if revision is not None and object_id is not None:
            waiting.told.add(object_id)
        waiting.events.append(
            {
                "subject": note.subject,
                "actor": note.actor,
                "action": note.action,
                "kind": kind,
                "object_id": object_id,
                "revision": revision,
                "gone": int(gone),
                "count": count,
                "detail": _canonical(note.detail),
            }
        )

    def newest(self, object_id: ColumnElement[UUID]) -> ColumnElement[int | None]:
        """Return the expression for the newest revision that the trail knows of an object."""
        return select(func.max(TABLE.c.revision)).where(TABLE.c.object_id == object_id).scalar_subquery()

    def told(self, object_id: UUID) -> bool:
        """Return whether an event with a revision of this object waits for the commit."""
        return self._unit.is_writing and object_id in self._waiting().told

    def lost(self, kind: str, ids: ColumnElement[UUID]) -> list[UUID]:
        """Return the objects of a kind that the trail tells of and does not call gone, and that have no row.

        ids: the column that holds the ids of those that have one.
        """
        told = (TABLE.c.kind == kind) & TABLE.c.revision.is_not(None) & TABLE.c.object_id.not_in(select(ids))
        statement = (
            select(TABLE.c.object_id).where(told).group_by(TABLE.c.object_id).having(func.max(TABLE.c.gone) == 0)
        )
        return [row.object_id for row in self._unit.execute(statement)]

    def head(self) -> Head:
        """Return the end of the chain; number 0 for an empty one. Raises Damaged if the chain became shorter."""
        highest = self._highest  # before reading: another thread may append meanwhile
        row = self._unit.execute(LAST).one_or_none()
        head = Head(row.number, row.mac) if row else Head(0, b"")
        if head.number < highest:
            raise Damaged(f"audit: event {highest} was there and is gone", action="audit.damaged")
        if not self._unit.is_writing:  # what is not committed may yet be rolled back
            self._saw(head.number)
        return head

    def broken(self) -> Iterator[int]:
        """Yield the number of every event that is missing, altered or out of the chain."""
        for _number, found in self.checked():
            yield from found

    def checked(self) -> Iterator[tuple[int, list[int]]]:
        """Check the whole chain, some events at a time: yield how far it came, and what is broken of these."""
        expected, previous = 1, b""
        for rows in self._all():
            found: list[int] = []
            for row in rows:
                found += range(expected, min(row.number, expected + MOST_NAMED))
                if not self._follows(row, previous):
                    found.append(row.number)
                expected, previous = row.number + 1, row.mac
            yield rows[-1].number, found

    def latest_genuine(self, action: str) -> tuple[Row[Any], bool] | None:
        """Return the newest event with this action, and whether it is as it was recorded; None if there is none."""
        this = select(func.max(TABLE.c.number)).where(TABLE.c.action == action).scalar_subquery()
        rows = self._unit.execute(
            select(TABLE).where(TABLE.c.number.in_([this, this - 1])).order_by(TABLE.c.number.desc())
        ).all()
        if not rows or rows[0].action != action:
            return None
        before = rows[1].mac if len(rows) > 1 else b""
        return rows[0], self._follows(rows[0], before)

    def _follows(self, row: Row[Any], previous: bytes) -> bool:
        key = self._key(row.key)
        return key is not None and chain(key, previous, *self._items(row._mapping)) == row.mac

    def _all(self) -> Iterator[Sequence[Row[Any]]]:
        """Yield every event in order, some at a time: a read has no transaction in which a cursor could live."""
        last = -(2**63)  # one made up in front of the first is seen too
        while rows := self._unit.execute(
            select(TABLE).where(TABLE.c.number > last).order_by(TABLE.c.number).limit(READ_AT_ONCE)
        ).all():
            yield rows
            last = rows[-1].number

    def _waiting(self) -> Waiting:
        found: Waiting = self._unit.fact(self, Waiting)
        return found

    def _append(self, waiting: Waiting) -> None:
        if not self._unit.is_sqlite:
            self._unit.execute(text(f"SELECT pg_advisory_xact_lock({APPEND_LOCK})"))
        head, now = self.head(), self._clock()
        key = self._keyrings.current.audit_keys[-1]
        rows = []
        for event in waiting.events:
            row = {**event, "number": head.number + 1, "time": now, "key": key.number}
            head = Head(row["number"], chain(key.key, head.mac, *self._items(row)))
            rows.append({**row, "mac": head.mac})
        waiting.events.clear()
        self._unit.execute(INSERT, rows)
        self._unit.after_commit(lambda: self._saw(head.number))

    def _saw(self, number: int) -> None:
        self._highest = max(self._highest, number)

    def _items(self, row: Any) -> list[Any]:
        return [row[name] for name in DECIDING]

    def _key(self, number: int) -> bytes | None:
        keys = self._keyrings.current.audit_keys
        return next((key.key for key in keys if key.number == number), None)


def _canonical(detail: Mapping[str, str]) -> str:
    return json.dumps(dict(detail), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
