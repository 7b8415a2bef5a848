"""What others did with a person's account, told to them: read from the trail, which every change is in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask_babel import gettext as _

from app.audit.service import Audit, Event
from app.clock import Clock
from app.subject import Subject
from app.users.preferences import Preferences
from app.users.requests import ACTOR as BY_LINK
from app.users.service import User, Users

LASTS = timedelta(days=30)
MOST = 50
"""Of the newest changes of an account, so many are looked through."""

WORDS: Mapping[str, Callable[[str], str]] = {
    "user.address": lambda name: _("%(name)s changed the address that you sign in with.", name=name),
    "invitation.copy": lambda name: _("%(name)s copied the link of your invitation.", name=name),
    "user.roles": lambda name: _("%(name)s changed your roles.", name=name),
    "user.rename": lambda name: _("%(name)s changed your name.", name=name),
    "user.password": lambda name: _("%(name)s set your password.", name=name),
    "user.end-sessions": lambda name: _("%(name)s ended your sessions.", name=name),
    "user.disable": lambda name: _("%(name)s took your access.", name=name),
    "user.enable": lambda name: _("%(name)s gave you access again.", name=name),
}
"""What is told, by the action that the trail knows: each one makes a new revision of the person's row."""

RESETS: Mapping[str, Callable[[str], str]] = {
    "user.address": lambda name: _("Address changed by %(name)s", name=name),
    "user.password": lambda name: _("Password set by %(name)s", name=name),
}
"""By which somebody else may have taken the account over."""


@dataclass(frozen=True)
class Telling:
    """One thing that somebody else did, in words. number: of its event."""

    number: int
    time: datetime
    text: str


class Told:
    """Finds what was done to an account by others within 30 days; one statement, and one more for their names."""

    def __init__(self, clock: Clock, users: Users, preferences: Preferences, audit: Audit) -> None:
        self._clock, self._users, self._preferences, self._audit = clock, users, preferences, audit

    def of(self, person: UUID) -> list[Telling]:
        """Return what others did with a person's account, the newest first."""
        return self._told(person, WORDS)

    def unread(self, subject: Subject) -> list[Telling]:
        """Return what of it they have not dismissed yet."""
        return self._told(subject.id, WORDS, after=self._preferences.told_up_to(subject))

    def awaits(self, user: User) -> bool:
        """Return whether there is something that they have not dismissed."""
        newest = next(iter(self._events(user.id, WORDS)), None)
        return newest is not None and newest.number > self._preferences.told_up_to(user)

    def dismiss(self, subject: Subject, *, number: int) -> None:
        """Remember that they have read what was done up to the event with this number; of what is to come, nothing."""
        newest = next((event.number for event in self._events(subject.id, WORDS)), 0)
        read = min(number, newest)
        if read > self._preferences.told_up_to(subject):
            self._preferences.keep_told(subject, number=read)

    def marks(self, person: UUID) -> list[Telling]:
        """Return by whom an account was reset, for who looks after people; the newest first."""
        return self._told(person, RESETS, by_links=False)

    def _told(
        self, person: UUID, words: Mapping[str, Callable[[str], str]], *, after: int = 0, by_links: bool = True
    ) -> list[Telling]:
        """by_links: what somebody did with a link that was mailed to them, too."""
        found = [event for event in self._events(person, words) if event.number > after]
        events = [event for event in found if by_links or event.actor != BY_LINK]
        people = self._users.people([event.subject for event in events if event.subject])
        told = []
        for event in events:
            if event.actor == BY_LINK:
                told.append(Telling(event.number, event.time, _("Your password was replaced with a mailed link.")))
                continue
            by = people.get(event.subject) if event.subject else None
            name = by.name if by else _("Somebody") if event.subject else _("Somebody at the server")
            told.append(Telling(event.number, event.time, words[event.action](name)))
        return told

    def _events(self, person: UUID, actions: Collection[str]) -> list[Event]:
        since = self._clock() - LASTS
        found = self._audit.changes(person, only=tuple(actions), most=MOST)
        return [event for event in found if event.subject != person and event.time > since]
