"""What becomes of a refusal: an event in a transaction of its own, equal ones of a minute folded into one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.audit.trail import AuditTrail
from app.clock import Clock
from app.database import Unit
from app.errors import TresorError
from app.keys.trail import Note

WINDOW = timedelta(minutes=1)
MOST_REMEMBERED = 10_000

Key = tuple[UUID | None, str, UUID | None]


@dataclass
class Counted:
    """When the last event was written, and how many equal refusals came since."""

    since: datetime
    folded: int = 0


class RefusalLog:
    """Records refusals. Fills web.Refusals."""

    def __init__(self, unit: Unit, clock: Clock, trail: AuditTrail) -> None:
        self._unit, self._clock, self._trail = unit, clock, trail
        self._seen: dict[Key, Counted] = {}

    def refused(self, error: TresorError, subject: UUID | None) -> None:
        """Record `error`; equal ones (person, action, object) within a minute are counted into the next event."""
        count = self._due((subject, error.action, error.object_id))
        if not count:
            return
        note = Note(error.action or "request.refuse", subject=subject, detail={"outcome": type(error).__name__.lower()})
        with self._unit.writing():
            self._trail.record(note, kind=error.kind, object_id=error.object_id, count=count)

    def _due(self, key: Key) -> int:
        now = self._clock()
        seen = self._seen.get(key)
        if seen is not None and now - seen.since < WINDOW:
            seen.folded += 1
            return 0
        if len(self._seen) >= MOST_REMEMBERED:
            self._seen = {each: last for each, last in self._seen.items() if now - last.since < WINDOW}
        self._seen[key] = Counted(now)
        return 1 + (seen.folded if seen else 0)
