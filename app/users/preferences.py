"""Remembers how a person likes pages."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.database import Unit
from app.subject import Subject
from app.users.look import Look, look_of
from app.users.service import User
from app.users.sessions import PREFERENCES
from app.web.languages import LANGUAGES

Whose = Subject | User


class Preferences:
    """Stores what decides nothing, so that no seal is needed. The forms have checked what is chosen."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def look(self, subject: Whose) -> Look:
        """Return what a person chose, as it is stored now."""
        mine = select(PREFERENCES).where(PREFERENCES.c.user == subject.id)
        row = self._unit.execute(mine).one_or_none()
        return look_of(row) if row else Look()

    def language(self, user: Whose) -> str | None:
        """Return the language that a person chose, None if they chose none that is spoken here."""
        chosen = self.look(user).language
        return chosen if chosen in LANGUAGES else None

    def told_up_to(self, subject: Whose) -> int:
        """Return the number of the last event that a person was told of and dismissed, 0 for none."""
        mine = select(PREFERENCES.c.told_up_to).where(PREFERENCES.c.user == subject.id)
        number = self._unit.execute(mine).scalar_one_or_none()
        return number if isinstance(number, int) else 0

    def keep_told(self, subject: Subject, *, number: int) -> None:
        """Remember that a person has read what was done up to the event with this number."""
        self._keep(subject, told_up_to=number)

    def forget(self, user: User) -> None:
        """Drop what is kept of somebody who is going to be removed."""
        with self._unit.writing():
            self._unit.execute(PREFERENCES.delete().where(PREFERENCES.c.user == user.id))

    def languages(self, people: Sequence[UUID]) -> dict[UUID, str | None]:
        """Return the language that each of these people chose; None and not named: none."""
        rows = self._unit.execute(
            select(PREFERENCES.c.user, PREFERENCES.c.language).where(PREFERENCES.c.user.in_(people))
        )
        return {row.user: row.language for row in rows}

    def speak(self, subject: Whose, *, language: str) -> None:
        """Remember a person's language."""
        self._keep(subject, language=language)

    def live(self, subject: Subject, *, language: str, time_zone: str) -> None:
        """Remember a person's language and time zone; no zone: the installation's."""
        self._keep(subject, language=language, time_zone=time_zone or None)

    def wear(self, subject: Subject, *, theme: str) -> None:
        """Remember the theme."""
        self._keep(subject, theme=theme)

    def arrange(self, subject: Subject, *, theme: str, single_keys: str, **of_secrets: str | int) -> None:
        """Remember how pages look and answer. of_secrets: density and reveal_seconds, where there are secrets."""
        self._keep(subject, theme=theme, single_keys=single_keys, **of_secrets)

    def _keep(self, subject: Whose, **values: object) -> None:
        with self._unit.writing():
            mine = PREFERENCES.c.user == subject.id
            if not self._unit.execute(PREFERENCES.update().where(mine).values(values)).rowcount:
                self._unit.execute(PREFERENCES.insert().values(user=subject.id, **values))
