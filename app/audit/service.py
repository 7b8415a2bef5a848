"""What others ask the trail: what people and automations did to an object, and one event written by a use case."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, bindparam, func, select

from app.audit.models import AuditRow
from app.audit.refusals import RefusalLog
from app.audit.trail import AuditTrail
from app.database import Unit
from app.errors import Conflict, TresorError
from app.keys.trail import Note

TABLE = AuditRow.__table__

MOST_COUNTED = 1000
"""Up to so many events are counted, so that a page costs the same however often something was used."""

MOST_AUTOMATIONS = 50

REFUSED = '%"outcome":%'
"""How the detail of a refusal looks (RefusalLog), as LIKE finds it; no other event has an outcome."""

# What every page of a secret asks, built once: a statement costs more to build than to run.
THIS = (TABLE.c.object_id == bindparam("wanted")) & TABLE.c.action.in_(bindparam("only", expanding=True))
MOST, SKIP = bindparam("most", type_=Integer), bindparam("skip", type_=Integer)
BY_PEOPLE = select(TABLE).where(THIS, TABLE.c.actor.is_(None)).order_by(TABLE.c.number.desc()).limit(MOST).offset(SKIP)
BY_PEOPLE_LET = BY_PEOPLE.where(TABLE.c.detail.not_like(REFUSED))
CHANGES = select(TABLE).where(THIS, TABLE.c.revision.is_not(None)).order_by(TABLE.c.revision.desc()).limit(MOST)


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


@dataclass(frozen=True)
class Uses:
    """What one automation did to an object: when last, and how often, as far as it was counted."""

    actor: str
    last: Event
    times: int
    """More than MOST_COUNTED are MOST_COUNTED + 1."""
    groups: frozenset[str]
    """The ids of the groups that the counted ones happened in, as text."""


class Overtaken(Conflict):
    """Somebody saved the same page first. last: the newest of their changes, None if the trail knows none."""

    def __init__(self, last: Event | None = None) -> None:
        super().__init__()
        self.last = last


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

        Equal ones of a minute are one event. It is committed at once, or after the change in which it was seen,
        even if that is undone.
        """
        if self._unit.is_writing:
            self._unit.afterwards(lambda: self._refusals.refused(error, None))
            return
        self._refusals.refused(error, None)
        if self._unit.is_open:
            self._unit.commit()

    def by_people(
        self, object_id: UUID, *, only: tuple[str, ...], most: int, skip: int = 0, refused_too: bool = True
    ) -> list[Event]:
        """Return the newest events of an object that no automation caused and whose action is one of `only`.

        Newest first. Its cost does not grow with how often automations used the object.
        """
        statement = BY_PEOPLE if refused_too else BY_PEOPLE_LET
        asked = {"wanted": object_id, "only": only, "most": most, "skip": skip}
        return [event_of(row) for row in self._unit.execute(statement, asked)]

    def count_by_people(self, object_id: UUID, *, only: tuple[str, ...]) -> int:
        """Return how many such events there are; more than MOST_COUNTED are MOST_COUNTED + 1."""
        some = select(TABLE.c.number).where(*_people(object_id, only)).limit(MOST_COUNTED + 1).subquery()
        counted: int = self._unit.execute(select(func.count()).select_from(some)).scalar_one()
        return counted

    def changes(self, object_id: UUID, *, only: tuple[str, ...], most: int) -> list[Event]:
        """Return the newest events that made a new revision of an object and whose action is one of `only`."""
        asked = {"wanted": object_id, "only": only, "most": most}
        return [event_of(row) for row in self._unit.execute(CHANGES, asked)]

    def newest_of(self, action: str, *, most: int) -> list[Event]:
        """Return the newest events with this action, newest first."""
        statement = select(TABLE).where(TABLE.c.action == action).order_by(TABLE.c.number.desc()).limit(most)
        return [event_of(row) for row in self._unit.execute(statement)]

    def automations(self, object_id: UUID, action: str) -> list[Uses]:
        """Return what each automation did to an object, the latest first."""
        found = [self._uses(object_id, actor, action) for actor in self._actors(object_id)]
        return sorted([each for each in found if each], key=lambda each: each.last.number, reverse=True)

    def by_automation(self, object_id: UUID, actor: str, action: str, *, most: int, skip: int = 0) -> list[Event]:
        """Return one automation's newest events of an object, newest first."""
        statement = select(TABLE).where(*_automation(object_id, actor, action)).order_by(TABLE.c.number.desc())
        return [event_of(row) for row in self._unit.execute(statement.limit(most).offset(skip))]

    def later(self, object_id: UUID, revision: int) -> list[Event]:
        """Return the events that made the revisions of an object after this one, oldest first."""
        after = (TABLE.c.object_id == object_id) & (TABLE.c.revision > revision)
        return [event_of(row) for row in self._unit.execute(select(TABLE).where(after).order_by(TABLE.c.number))]

    def last_change(
        self, object_id: UUID, *, after: int, only: frozenset[str] | None = None, but: frozenset[str] = frozenset()
    ) -> Event | None:
        """Return the newest event that made a revision of an object after this one; its action is one of `only`,
        if that is given, and none of `but`."""
        there = (TABLE.c.object_id == object_id) & (TABLE.c.revision > after) & TABLE.c.action.not_in(but)
        statement = select(TABLE).where(there).order_by(TABLE.c.revision.desc()).limit(1)
        if only is not None:
            statement = statement.where(TABLE.c.action.in_(only))
        row = self._unit.execute(statement).one_or_none()
        return event_of(row) if row else None

    def last_by_automations(self, objects: Select[tuple[UUID]], action: str) -> Mapping[UUID, Event]:
        """Return the newest event that an automation caused of each of these objects, as far as there is one."""
        wanted = objects.subquery()
        [object_id] = wanted.c
        done = (TABLE.c.object_id == object_id) & TABLE.c.actor.is_not(None) & (TABLE.c.action == action)
        newest = select(TABLE.c.number).where(done).order_by(TABLE.c.number.desc()).limit(1).scalar_subquery()
        numbers = select(newest).select_from(wanted)
        rows = self._unit.execute(select(TABLE).where(TABLE.c.number.in_(numbers)))
        return {event.object_id: event for event in map(event_of, rows) if event.object_id}

    def latest(self, object_id: ColumnElement[UUID], action: str) -> ColumnElement[datetime | None]:
        """Return the expression for when an automation last did `action` to an object."""
        by_automation = TABLE.c.actor.is_not(None)
        done = select(TABLE.c.time).where(TABLE.c.object_id == object_id, by_automation, TABLE.c.action == action)
        return done.order_by(TABLE.c.number.desc()).limit(1).scalar_subquery()

    def about(self, person: UUID, *, most: int) -> list[Event]:
        """Return the newest events of what a person did and of what was done to their account, newest first.

        An index finds each kind; its cost grows with `most` alone.
        """
        done_to = TABLE.c.object_id == person
        kinds = (TABLE.c.subject == person, done_to & TABLE.c.actor.is_(None), done_to & TABLE.c.actor.is_not(None))
        found: dict[int, Event] = {}
        for kind in kinds:
            statement = select(TABLE).where(kind).order_by(TABLE.c.number.desc()).limit(most)
            found.update((row.number, event_of(row)) for row in self._unit.execute(statement))
        return [found[number] for number in sorted(found, reverse=True)[:most]]

    def told_of(self, ids: Collection[UUID]) -> set[UUID]:
        """Return those of these objects of which the trail tells that there was one."""
        those = TABLE.c.object_id.in_(ids) & TABLE.c.revision.is_not(None)
        return {row.object_id for row in self._unit.execute(select(TABLE.c.object_id).where(those).distinct())}

    def _actors(self, object_id: UUID) -> list[str]:
        """Return the names of the automations that caused events of an object: one step of the index for each."""
        names: list[str] = []
        while len(names) < MOST_AUTOMATIONS:
            beyond = [TABLE.c.actor > last for last in names[-1:]]
            this = TABLE.c.object_id == object_id
            statement = select(func.min(TABLE.c.actor)).where(this, TABLE.c.actor.is_not(None), *beyond)
            name: str | None = self._unit.execute(statement).scalar_one()
            if name is None:
                break
            names.append(name)
        return names

    def _uses(self, object_id: UUID, actor: str, action: str) -> Uses | None:
        last = self.by_automation(object_id, actor, action, most=1)
        if not last:
            return None
        newest = (
            select(TABLE.c.detail)
            .where(*_automation(object_id, actor, action))
            .order_by(TABLE.c.number.desc())
            .limit(MOST_COUNTED + 1)
            .subquery()
        )
        statement = select(newest.c.detail, func.count().label("times")).group_by(newest.c.detail)
        rows = self._unit.execute(statement).all()
        groups = {found for row in rows if (found := _read(row.detail).get("group"))}
        return Uses(actor, last[0], sum(row.times for row in rows), frozenset(groups))


def _people(object_id: UUID, only: tuple[str, ...]) -> tuple[ColumnElement[bool], ...]:
    return TABLE.c.object_id == object_id, TABLE.c.actor.is_(None), TABLE.c.action.in_(only)


def _automation(object_id: UUID, actor: str, action: str) -> tuple[ColumnElement[bool], ...]:
    return TABLE.c.object_id == object_id, TABLE.c.actor == actor, TABLE.c.action == action


def event_of(row: Any) -> Event:
    """Return a row of the trail as an event."""
    return Event(
        row.number, row.time, row.subject, row.actor, row.action, row.kind, row.object_id, row.count, _read(row.detail)
    )


def _read(detail: str) -> Mapping[str, str]:
    """Return an event's detail; nothing of one that another hand wrote and that cannot be read."""
    try:
        found = json.loads(detail)
    except ValueError:
        return {}
    return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}
