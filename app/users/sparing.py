"""Mails that strangers can cause: a few in half an hour to one person, the others silently not."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from app.audit.service import Audit
from app.clock import Clock
from app.keys.trail import Note
from app.users.requests import ACTOR

MOST = 3
WITHIN = timedelta(minutes=30)
"""No longer than a link to a new password holds, so that who asks has one, or else gets a mail."""


class Sparing:
    """Counts, in the trail, what was sent."""

    def __init__(self, clock: Clock, audit: Audit) -> None:
        self._clock, self._audit = clock, audit

    def allows(self, action: str, *, kind: str, object_id: UUID) -> bool:
        """Return whether one more mail of this kind may go to somebody now; if so, it is recorded as sent."""
        last = self._audit.by_automation(object_id, ACTOR, action, most=MOST)
        if len(last) == MOST and self._clock() - last[-1].time < WITHIN:
            return False
        self._audit.record(Note(action, actor=ACTOR), kind=kind, object_id=object_id)
        return True
