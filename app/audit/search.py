"""Finds events among millions: newest first, along an index for what is asked, and never through all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, func, literal, select, true, union_all

from app.audit.models import AuditRow
from app.audit.service import REFUSED, Event, event_of
from app.database import Unit

TABLE: Table = AuditRow.__table__  # type: ignore[assignment]  # a mapped class's table
C = TABLE.c

LOOKED_AT = 10_000
"""So many entries along an index are looked at for what no index finds, before a page says how far it came."""

CLOCKS_DIFFER = timedelta(hours=1)
"""Days find all of their entries as long as no clock that wrote the trail was wrong by more than half of this."""


@dataclass(frozen=True)
class Wanted:
    """What of the trail is asked for, all of it together.

    mentioned: objects and people of which one is meant; actor: an automation. actions: one of these.
    since, until: from the one moment on and before the other.
    before, after: the page of those before or after an entry's number; neither: the newest.
    """

    person: UUID | None = None
    actor: str = ""
    object_id: UUID | None = None
    mentioned: Collection[UUID | str] | None = None
    actions: Sequence[str] = ()
    refused: bool = False
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True)
class Found:
    """Events, newest first.

    newer: the number after which newer ones that fit may be looked for, None if these are the newest. older: the
    number before which older ones may be, None if there are none. cut: looking ended before the page was full.
    """

    events: Sequence[Event]
    newer: int | None = None
    older: int | None = None
    cut: bool = False


class Search:
    """Asks the trail. Each condition that an index knows is a path; the others are looked at along it."""

    def __init__(self, unit: Unit, *, looked_at: int = LOOKED_AT) -> None:
        self._unit, self._looked_at = unit, looked_at

    def page(self, wanted: Wanted, *, most: int) -> Found:
        """Return up to `most` events that fit."""
        bounds = self._bounds(wanted)
        if wanted.after is not None:
            return self._newer(wanted, bounds, wanted.after, most)
        start = [C.number < wanted.before] if wanted.before is not None else []
        numbers, stop = self._along(wanted, [*bounds, *start], most, newest=True)
        events, full = self._events(numbers[:most]), len(numbers) > most
        newer = None
        if wanted.before is not None:
            newer = events[0].number if events else wanted.before - 1
        if full:
            return Found(events, newer, events[-1].number)
        return Found(events, newer, None if stop is None else stop + 1, cut=stop is not None and len(events) < most)

    def walk(self, *, since: datetime | None, until: datetime | None, at_once: int) -> Iterator[list[Event]]:
        """Yield all events of some days, oldest first, `at_once` at a time."""
        wanted = Wanted(since=since, until=until)
        bounds, last = self._bounds(wanted), -(2**63)
        while True:
            statement = select(TABLE).where(*bounds, C.number > last).order_by(C.number).limit(at_once)
            rows = self._unit.execute(statement).all()
            if not rows:
                return
            last = rows[-1].number
            events = [event_of(row) for row in rows]
            yield [each for each in events if (not since or each.time >= since) and (not until or each.time < until)]

    def _newer(self, wanted: Wanted, bounds: list[ColumnElement[bool]], after: int, most: int) -> Found:
        numbers, stop = self._along(wanted, [*bounds, C.number > after], most, newest=False)
        full = len(numbers) > most
        if not full and stop is None:
            return self.page(replace(wanted, after=None), most=most)
        events = self._events(numbers[:most])
        older = events[-1].number if events else after + 1
        return Found(events, events[0].number if full or stop is None else stop - 1, older, cut=len(events) < most)

    def _along(
        self, wanted: Wanted, bounds: list[ColumnElement[bool]], most: int, *, newest: bool
    ) -> tuple[list[int], int | None]:
        """Return up to most + 1 numbers in the order of looking, and the number at which looking stopped, if it did."""
        paths, rest = _paths(wanted), _rest(wanted)
        order = C.number.desc() if newest else C.number.asc()
        stop = self._stop(paths, bounds, order, newest=newest) if rest else None
        if stop is not None:
            bounds = [*bounds, C.number > stop if newest else C.number < stop]
        each = [select(C.number).where(path, *bounds, *rest).order_by(order).limit(most + 1) for path in paths]
        numbers = {row.number for row in self._unit.execute(_together(each))}
        return sorted(numbers, reverse=newest)[: most + 1], stop

    def _stop(
        self, paths: list[ColumnElement[bool]], bounds: list[ColumnElement[bool]], order: Any, *, newest: bool
    ) -> int | None:
        """Return the number of the first entry along a path that is not looked at any more."""
        each = [
            select(C.number).where(path, *bounds).order_by(order).offset(self._looked_at).limit(1) for path in paths
        ]
        found = [row.number for row in self._unit.execute(_together(each))]
        return (max if newest else min)(found, default=None)

    def _bounds(self, wanted: Wanted) -> list[ColumnElement[bool]]:
        """Return between which numbers the days lie: after the last one well before and before the first well after."""
        found: list[ColumnElement[bool]] = []
        if wanted.since:
            earlier = select(C.number).where(C.time < wanted.since - CLOCKS_DIFFER).order_by(C.time.desc()).limit(1)
            found += [C.number > number for number in self._unit.execute(earlier).scalars()]
        if wanted.until:
            later = select(C.number).where(C.time >= wanted.until + CLOCKS_DIFFER).order_by(C.time).limit(1)
            found += [C.number < number for number in self._unit.execute(later).scalars()]
        return found

    def _events(self, numbers: Sequence[int]) -> list[Event]:
        """Return these events, newest first."""
        if not numbers:
            return []
        statement = select(TABLE).where(C.number.in_(numbers)).order_by(C.number.desc())
        return [event_of(row) for row in self._unit.execute(statement)]


def _paths(wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return the conditions, each with an index of its own, of which one leads to every event that is asked for."""
    if wanted.mentioned is not None:
        return [path for each in wanted.mentioned for path in _mentions(each)] or [literal(value=False)]
    if wanted.object_id:
        return _of_object(wanted.object_id)
    if wanted.person:
        return [_led(C.subject, wanted.person)]
    if wanted.actor:
        return [_led(C.actor, wanted.actor)]
    return [_led(C.action, each) for each in wanted.actions] or [true()]


def _mentions(each: UUID | str) -> list[ColumnElement[bool]]:
    if isinstance(each, str):
        return [_led(C.actor, each)]
    return [_led(C.subject, each), *_of_object(each)]


def _of_object(object_id: UUID) -> list[ColumnElement[bool]]:
    this = _led(C.object_id, object_id)
    return [this & C.actor.is_(None), this & C.actor.is_not(None)]


def _led(column: ColumnElement[Any], value: UUID | str) -> ColumnElement[bool]:
    """Return that a column has a value, so that PostgreSQL follows the column's index, however many rows have it.

    From how many there are on an average it would conclude that the newest of all entries hold enough of them, and
    read all when they do not, as of somebody who left. Of a range whose ends it does not see it expects few.
    """
    unseen = select(literal(value, column.type)).scalar_subquery()
    return (column == unseen) & column.between(unseen, unseen)


def _rest(wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return all conditions, as no index is tempted by; empty if the paths say everything."""
    found = [
        _plain(column) == value
        for column, value in (
            (C.object_id, wanted.object_id),
            (C.subject, wanted.person),
            (C.actor, wanted.actor),
        )
        if value
    ]
    if wanted.actions:
        found.append(_plain(C.action).in_(wanted.actions))
    alone = wanted.mentioned is None and len(found) <= 1
    rest = [] if alone else found
    if wanted.refused:
        rest.append(C.detail.like(REFUSED))
    if wanted.since:
        rest.append(_plain(C.time) >= wanted.since)
    if wanted.until:
        rest.append(_plain(C.time) < wanted.until)
    return rest


def _plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column so that it is compared where it is met: what leads there was chosen by `_paths`."""
    return func.coalesce(column, column)


def _together(statements: Sequence[Select[Any]]) -> Select[Any]:
    """Return one statement of the numbers that any of them finds."""
    parts = [select(each.subquery(f"path_{at}").c.number) for at, each in enumerate(statements)]
    return select(union_all(*parts).subquery("found").c.number)
