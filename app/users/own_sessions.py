"""A person's own sessions: which there are, and how they end. Nobody sees or ends those of somebody else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from app.database import Unit
from app.errors import Refused
from app.subject import Subject
from app.users.service import User, Users
from app.users.sessions import Sessions

END = "session.end"


@dataclass(frozen=True)
class OwnSession:
    """A browser that is signed in. agent: what it said of itself; this: the one that asks."""

    id: UUID
    agent: str
    begun_at: datetime
    seen_at: datetime
    this: bool
    token_hash: bytes = field(repr=False)


class OwnSessions:
    """Lists and ends the sessions of who asks."""

    def __init__(self, unit: Unit, users: Users, sessions: Sessions) -> None:
        self._unit, self._users, self._sessions = unit, users, sessions

    def of(self, subject: Subject) -> list[OwnSession]:
        """Return the subject's sessions that hold: this one, then the others, the last used first."""
        user = self._users.get(subject.id)
        found = [_own(row, subject) for row in self._sessions.living(user)] if user else []
        return sorted(found, key=lambda session: not session.this)

    def end(self, subject: Subject, session_id: UUID) -> bool:
        """End one of the subject's sessions and return whether it was this one. Raises Refused if it is not theirs."""
        with self._unit.writing():
            session = next((each for each in self.of(subject) if each.id == session_id), None)
            if session is None:
                raise Refused(action=END, kind="session", object_id=session_id)
            self._sessions.end(session.token_hash)
        return session.this

    def end_others(self, subject: Subject) -> None:
        """End all of the subject's sessions but this one."""
        with self._unit.writing():
            for session in self.of(subject):
                if not session.this:
                    self._sessions.end(session.token_hash)

    def end_all(self, subject: Subject) -> User:
        """End all of the subject's sessions, this one too, and what was issued in any other way before."""
        return self._users.end_sessions(subject)


def _own(row: Row[Any], subject: Subject) -> OwnSession:
    this = bool(row.token_hash == subject.session_hash)
    return OwnSession(row.id, row.device, row.issued_at, row.seen_at, this, row.token_hash)
