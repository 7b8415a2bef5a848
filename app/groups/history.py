"""What was changed about a group lately, in sentences, for who manages it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.audit.service import Audit, Event
from app.groups.members import ADD, DESCRIBE, LEAVE, REMOVE, RENAME
from app.groups.service import Groups
from app.groups.telling import JOIN
from app.subject import SYSTEM, GroupLevel, Subject
from app.users.cli import ACTOR
from app.users.service import User, Users

SHOWN = 10
RAISE, STEP_DOWN = "group.raise", "group.step-down"
"""Sentences of their own for becoming an admin, and for giving that up; no event is called so."""
FOUNDER = ("founder", "first")
"""The detail of who creates a group, and how it was called before."""
TOLD = (ADD, JOIN, LEAVE, REMOVE, DESCRIBE, RENAME, "group.create")

SENTENCES: Mapping[str, tuple[LazyString, LazyString]] = {  # by the reader, by others: verbs follow the person
    "group.create": (_l("You created the group"), _l("%(who)s created the group")),
    ADD: (_l("You made %(other)s a member"), _l("%(who)s made %(other)s a member")),
    RAISE: (_l("You made %(other)s a group admin"), _l("%(who)s made %(other)s a group admin")),
    STEP_DOWN: (_l("You are no longer an admin"), _l("%(who)s is no longer an admin")),
    JOIN: (_l("You added yourself"), _l("%(who)s added themselves")),
    JOIN + RAISE: (_l("You made yourself a group admin"), _l("%(who)s made themselves a group admin")),
    LEAVE: (_l("You left"), _l("%(who)s left")),
    REMOVE: (_l("You removed %(other)s"), _l("%(who)s removed %(other)s")),
    DESCRIBE: (_l("You changed the description"), _l("%(who)s changed the description")),
    RENAME: (_l("You renamed it; it was called %(before)s"), _l("%(who)s renamed it; it was called %(before)s")),
}


@dataclass(frozen=True)
class GroupEvent:
    """An event as a page shows it. amber: somebody made themselves a member."""

    text: str
    at: datetime
    amber: bool


class History:
    """Turns a group's events into sentences, with the names that people have today."""

    def __init__(self, audit: Audit, users: Users, groups: Groups) -> None:
        self._audit, self._users, self._groups = audit, users, groups

    def latest(self, subject: Subject, group_id: UUID) -> list[GroupEvent]:
        """Return the last changes, newest first, to who manages the group. Raises Refused, Forbidden."""
        self._groups.managed(subject, group_id)
        events = self._audit.by_people(group_id, only=TOLD, most=SHOWN, refused_too=False)
        for action in (ADD, REMOVE):
            events += self._audit.by_automation(group_id, ACTOR, action, most=SHOWN)
        events = [each for each in events if not _is_of_creation(each)]
        newest = sorted(events, key=lambda event: event.number, reverse=True)[:SHOWN]
        people = self._users.people(_people(newest))
        return [GroupEvent(_sentence(event, subject, people), event.time, event.action == JOIN) for event in newest]

    def last_of_system(self) -> datetime | None:
        """Return when the members of the system group were last changed, None if they never were."""
        last = self._audit.changes(SYSTEM, only=("group.members",), most=1)
        return last[0].time if last else None


def _is_of_creation(event: Event) -> bool:
    """Return whether somebody became admin of the group that they created, which another event tells."""
    return event.action == ADD and not event.detail.keys().isdisjoint(FOUNDER)


def _people(events: Sequence[Event]) -> set[UUID]:
    acted = {event.subject for event in events if event.subject}
    return acted | {found for event in events if (found := _other(event))}


def _other(event: Event) -> UUID | None:
    try:
        return UUID(event.detail["user"])
    except (KeyError, ValueError):  # no other one, or written by another hand
        return None


def _sentence(event: Event, subject: Subject, people: Mapping[UUID, User]) -> str:
    raised = event.detail.get("level") == GroupLevel.ADMIN.value
    key = {ADD: RAISE, JOIN: JOIN + RAISE}.get(event.action, event.action) if raised else event.action
    if key == ADD and event.subject == _other(event):
        key = STEP_DOWN
    other, who = people.get(_other(event) or subject.id), people.get(event.subject or subject.id)
    values = {
        "who": _("The command line") if event.actor else who.name if who else _("Somebody"),
        "other": _("you") if other and other.id == subject.id else other.name if other else _("somebody"),
        "before": event.detail.get("before", ""),
    }
    by_me, by_others = SENTENCES[key]
    return str(by_me if event.subject == subject.id else by_others) % values
