"""The export of a person's own data: what Tresor keeps about them, and no secret value."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.audit.service import Audit
from app.clock import Clock
from app.database import Unit
from app.errors import Refused
from app.subject import Subject
from app.users.own_sessions import OwnSessions
from app.users.ports import PersonalRecords
from app.users.preferences import Preferences
from app.users.service import User, Users, note

EXPORT = "user.export"
MOST_EVENTS = 10_000


class PersonalData:
    """Collects what is stored about who asks; higher systems add what they keep."""

    def __init__(
        self,
        unit: Unit,
        clock: Clock,
        users: Users,
        preferences: Preferences,
        sessions: OwnSessions,
        audit: Audit,
        others: list[PersonalRecords],
    ) -> None:
        self._unit, self._clock, self._users, self._preferences = unit, clock, users, preferences
        self._sessions, self._audit, self._others = sessions, audit, others

    def export(self, subject: Subject) -> dict[str, Any]:
        """Return the subject's data, ready for JSON, and record that it left. Raises Refused."""
        user = self._users.get(subject.id)
        if user is None:
            raise Refused(action=EXPORT, kind="user", object_id=subject.id)
        found: dict[str, Any] = {
            "exported_at": _written(self._clock()),
            "profile": self._profile(user),
            "preferences": vars(self._preferences.look(subject)),
            "sessions": [
                {"browser": each.agent, "begun_at": _written(each.begun_at), "last_used_at": _written(each.seen_at)}
                for each in self._sessions.of(subject)
            ],
        }
        for port in self._others:
            found.update(port.records(subject))
        events = self._events(subject)
        found["events"], found["older_events_left_out"] = events[:MOST_EVENTS], len(events) > MOST_EVENTS
        with self._unit.writing():
            self._audit.record(note(EXPORT, subject), kind="user", object_id=subject.id)
        return found

    def _profile(self, user: User) -> dict[str, Any]:
        names = self._users.role_names()
        return {
            "id": str(user.id),
            "email": user.email,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "status": user.status,
            "created_at": _written(user.opened.columns["created_at"]),
            "roles": [names[role] for role in user.account.roles if role in names],
        }

    def _events(self, subject: Subject) -> list[dict[str, Any]]:
        """Return what the trail tells of this person, the newest first; not what it tells of others with it.

        More than MOST_EVENTS are MOST_EVENTS + 1.
        """
        return [
            {
                "time": _written(event.time),
                "action": event.action,
                "by_me": event.subject == subject.id,
                "object": event.kind,
                "object_id": str(event.object_id) if event.object_id else None,
                "count": event.count,
            }
            for event in self._audit.about(subject.id, most=MOST_EVENTS + 1)
        ]


def _written(moment: datetime) -> str:
    return moment.isoformat()
