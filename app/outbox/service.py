"""Puts mails into the outbox: each exists if and only if what caused it does."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from app.clock import Clock
from app.database import Unit
from app.keys.sealed import SealedRows
from app.keys.trail import Note
from app.outbox.models import Mail
from app.outbox.templates import MailTemplate


class Outbox:
    """Takes mails while something sends them; else nothing is stored, and whoever asks is told so."""

    def __init__(self, unit: Unit, clock: Clock, rows: SealedRows[Mail], language: str) -> None:
        self._unit, self._clock, self._rows, self._language = unit, clock, rows, language
        self._deliver: Callable[[], None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether mails are sent at all."""
        return self._deliver is not None

    def opens(self, deliver: Callable[[], None]) -> None:
        """Begin to take mails; whoever sends them says so when it is activated. deliver: called after a commit."""
        self._deliver = deliver

    def enqueue(self, template: MailTemplate, to: str, *, by: Note, language: str | None = None, **values: str) -> bool:
        """Store a mail to one address with what the present transaction changes; return whether it is going to be sent.

        language: the recipient's, None for the settings'. by: who causes it, for the trail.
        """
        if self._deliver is None:
            return False
        spoken = language or self._language
        subject, body = template.written(spoken, values)
        mail = Mail((to,), subject, body, spoken, template.one_time)
        record = Note("mail.enqueue", subject=by.subject, actor=by.actor, detail={"template": template.name})
        with self._unit.writing():
            self._rows.insert(uuid4(), mail, record, template=template.name, created_at=self._clock())
            self._unit.after_commit(self._deliver)
        return True
