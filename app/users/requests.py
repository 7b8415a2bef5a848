"""What strangers ask for at the door: one row whatever they typed, about which a worker decides when they are gone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Protocol
from uuid import UUID, uuid4

from sqlalchemy import Table, delete, select, update

from app.audit.service import Audit
from app.clock import Clock
from app.database import Unit
from app.errors import Damaged, Unavailable
from app.keys.sealed import SealedRows
from app.keys.trail import Note, Trail
from app.users.links import For
from app.users.models import RequestContent, RequestRow

log = logging.getLogger(__name__)

REQUEST: Table = RequestRow.__table__  # type: ignore[assignment]  # a mapped class's table

ACTOR = "door"
"""Who decides, in the trail."""
GONE = 2
"""The revision that the trail tells of a request that was dropped; none ever changes."""
MOST_AT_ONCE = 50
TRIES = 5
FIRST_WAIT = timedelta(minutes=1)
"""After the first failure; it doubles with each."""


class Decision(Protocol):
    """Decides about one kind of request, in the transaction that removes it."""

    def decide(self, address: str, *, language: str) -> None:
        """Do what follows from this request. address: as it was typed. language: of the page."""


class Requests:
    """Stores requests, and lets them be decided one at a time."""

    def __init__(
        self,
        unit: Unit,
        clock: Clock,
        rows: SealedRows[RequestContent],
        audit: Audit,
        trail: Trail,
        decisions: Mapping[str, Decision],
    ) -> None:
        """decisions: by a link's purpose."""
        self._unit, self._clock, self._rows = unit, clock, rows
        self._audit, self._trail, self._decisions = audit, trail, decisions
        self.wake: Callable[[], None] = lambda: None
        """Called when a request has been committed."""

    def ask(self, purpose: For, *, address: str, language: str) -> None:
        """Store a request, in the same steps whatever the address is."""
        now = self._clock()
        content = RequestContent(address, language)
        columns = {"purpose": purpose.value, "created_at": now, "due_at": now, "tries": 0}
        with self._unit.writing():
            self._rows.insert(uuid4(), content, Note("request.ask", detail={"purpose": purpose.value}), **columns)
            self._unit.after_commit(self.wake)

    def due(self) -> list[UUID]:
        """Return some of the requests that wait for a decision, those that waited longest first."""
        waiting = select(REQUEST.c.id).where(REQUEST.c.due_at <= self._clock())
        rows = self._unit.execute(waiting.order_by(REQUEST.c.due_at, REQUEST.c.id).limit(MOST_AT_ONCE)).all()
        return [row.id for row in rows]

    def settle(self, request_id: UUID) -> None:
        """Decide about a request in a unit of its own; nothing if somebody else does so.

        What fails is put off, and dropped after some tries. Raises Unavailable if the database does not answer.
        """
        try:
            with self._unit.open(), self._unit.writing():
                self._decide(request_id)
        except Unavailable:
            raise
        except Damaged as damage:
            self._audit.trouble(damage)
            self._put_off(request_id, damage)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with one request, the others go on
            self._put_off(request_id, error)

    def _decide(self, request_id: UUID) -> None:
        mine = self._rows.selection.where(REQUEST.c.id == request_id)
        row = self._unit.execute(mine.with_for_update(of=REQUEST, skip_locked=True)).one_or_none()
        if row is None:
            return
        opened = self._rows.open(row)
        purpose = opened.columns["purpose"]
        self._rows.remove(opened, Note("request.decide", actor=ACTOR, detail={"purpose": purpose}))
        self._decisions[purpose].decide(opened.content.address, language=opened.content.language)

    def _put_off(self, request_id: UUID, error: Exception) -> None:
        """Let a request wait for another try, or drop it after the last; the log names no address."""
        facts = {"id": str(request_id), "why": type(error).__name__}
        this, last = REQUEST.c.id == request_id, REQUEST.c.tries >= TRIES - 1
        with self._unit.open(), self._unit.writing():
            if self._unit.execute(delete(REQUEST).where(this, last)).rowcount:
                note = Note("request.drop", actor=ACTOR)
                self._trail.record(note, kind=self._rows.kind, object_id=request_id, revision=GONE, gone=True)
                log.error("a request was dropped after %s tries", TRIES, extra={"facts": facts})
                return
            tries: int = self._unit.execute(select(REQUEST.c.tries).where(this)).scalar_one_or_none() or 0
            later = self._clock() + FIRST_WAIT * 2**tries
            self._unit.execute(update(REQUEST).where(this).values(tries=tries + 1, due_at=later))
            log.warning("a request waits for another try", extra={"facts": facts})
