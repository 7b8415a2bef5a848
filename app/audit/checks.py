"""Checks of the chain: who checked it last and with what result, and one that goes on beside the requests."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Thread
from uuid import UUID, uuid4

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.audit.models import AuditCheckRow, AuditRow
from app.audit.service import event_of
from app.audit.trail import AuditTrail
from app.audit.words import READ, VERIFY
from app.clock import Clock
from app.database import Unit
from app.errors import TresorError
from app.keys.trail import Note, Revised
from app.subject import Subject
from app.web.logs import without_text

log = logging.getLogger(__name__)

TABLE: Table = AuditCheckRow.__table__  # type: ignore[assignment]  # a mapped class's table
ROW_ID = 1
NEWEST = select(func.max(AuditRow.number))

FORGOTTEN = timedelta(minutes=2)
"""A check that told nothing for so long has ended with its process."""

TOLD_EVERY = 25
"""Parts of the chain between two times that a check tells how far it came."""

PAUSE = 0.01
"""Seconds between two parts, in which requests are answered."""

ANSWERED_WITHIN = 1.0
"""Seconds that whoever asks for a check waits for its result; a longer one goes on without them."""


@dataclass(frozen=True)
class Ahead:
    """A row of which the trail does not tell that it became so new: its end was cut."""

    kind: str
    id: UUID
    revision: int


@dataclass
class Result:
    """What a check found. events: the number of the last one."""

    events: int = 0
    broken: list[int] = field(default_factory=list)
    ahead: list[Ahead] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        return not self.broken and not self.ahead


@dataclass(frozen=True)
class LastCheck:
    """The newest check that the trail tells of. genuine: whether that event itself is as it was recorded."""

    at: datetime
    by: UUID | None
    actor: str | None
    number: int
    events: int
    broken: int
    ahead: int
    first: int | None
    genuine: bool

    @property
    def intact(self) -> bool:
        return self.genuine and not self.broken and not self.ahead


@dataclass(frozen=True)
class Running:
    """A check that goes on. forgotten: its process ended before it did."""

    position: int
    total: int
    forgotten: bool


class Checks:
    """Checks the whole chain. A result is an event, so that nobody who writes the database can make one up."""

    def __init__(self, unit: Unit, clock: Clock, trail: AuditTrail, rows: list[Revised]) -> None:
        self._unit, self._clock, self._trail, self._rows = unit, clock, trail, rows

    def last(self) -> LastCheck | None:
        """Return the newest check, by one statement."""
        found = self._trail.latest_genuine(VERIFY)
        if found is None:
            return None
        event, detail = event_of(found[0]), event_of(found[0]).detail
        broken, ahead, first = (_count(detail.get(name)) for name in ("broken", "ahead", "first"))
        events = _count(detail.get("events")) or 0
        genuine = found[1] and broken is not None and ahead is not None
        return LastCheck(
            event.time, event.subject, event.actor, event.number, events, broken or 0, ahead or 0, first, genuine
        )

    def running(self) -> Running | None:
        """Return the check that goes on, or was left unfinished."""
        row = self._unit.execute(select(TABLE)).one_or_none()
        if row is None:
            return None
        return Running(row.position, row.total, row.seen_at < self._clock() - FORGOTTEN)

    def begin(self, subject: Subject) -> bool:
        """Begin a check unless one goes on; return whether its result is there already. Raises Forbidden."""
        subject.require(READ)
        holder = uuid4()
        with self._unit.writing():
            begun = self._claim(holder)
        self._unit.commit()
        if not begun:
            return False
        thread = Thread(target=self._run, args=(holder, subject.id), name="audit-check", daemon=True)
        thread.start()
        thread.join(ANSWERED_WITHIN)
        return not thread.is_alive()

    def check(self, *, told: Callable[[int], None] = lambda _position: None, pause: float = 0) -> Result:
        """Check the chain, and that no row is newer than it tells. told: called with how far it came."""
        result = Result()
        for part, (number, broken) in enumerate(self._trail.checked(), 1):
            result.events = number
            result.broken += broken
            if part % TOLD_EVERY == 0:
                told(number)
            time.sleep(pause)
        result.ahead = [Ahead(each.kind, *found) for each in self._rows for found in each.ahead()]
        return result

    def record(self, result: Result, *, subject: UUID | None = None, actor: str | None = None) -> None:
        """Record a result in the trail."""
        counts = {"events": result.events, "broken": len(result.broken), "ahead": len(result.ahead)}
        detail = {name: str(count) for name, count in counts.items()}
        if result.broken:
            detail["first"] = str(result.broken[0])
        with self._unit.writing():
            self._trail.record(Note(VERIFY, subject=subject, actor=actor, detail=detail), kind="audit")

    def _run(self, holder: UUID, subject: UUID) -> None:
        """Check beside the requests, tell how far it came, and record the result."""
        try:
            with self._unit.open():
                result = self.check(told=lambda position: self._tell(holder, position), pause=PAUSE)
                with self._unit.writing():
                    self.record(result, subject=subject)
                    self._unit.execute(delete(TABLE).where(TABLE.c.holder == holder))
        except TresorError as error:
            log.error("audit check not finished: %s", error)
        except Exception as error:  # or the thread would print its text, and values with it
            log.error("audit check not finished: %s", type(error).__name__, exc_info=without_text(error))

    def _claim(self, holder: UUID) -> bool:
        """Return whether this is the only check that goes on now."""
        now = self._clock()
        values = {
            "holder": holder,
            "position": 0,
            "total": self._unit.execute(NEWEST).scalar_one() or 0,
            "seen_at": now,
        }
        insert = (sqlite if self._unit.is_sqlite else postgresql).insert(TABLE).values(id=ROW_ID, **values)
        claimed = insert.on_conflict_do_update(
            index_elements=[TABLE.c.id], set_=values, where=TABLE.c.seen_at < now - FORGOTTEN
        ).returning(TABLE.c.id)
        return self._unit.execute(claimed).first() is not None

    def _tell(self, holder: UUID, position: int) -> None:
        with self._unit.writing():
            values = {"position": position, "seen_at": self._clock()}
            self._unit.execute(update(TABLE).where(TABLE.c.holder == holder).values(values))
        self._unit.commit()


def _count(text: str | None) -> int | None:
    """Return a number that a detail holds; None for what is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
