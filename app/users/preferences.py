"""How a person likes pages: language for now."""

from __future__ import annotations

from app.database import Unit
from app.subject import Subject
from app.users.sessions import PREFERENCES


class Preferences:
    """Stores what decides nothing, so that no seal is needed."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def speak(self, subject: Subject, *, language: str) -> None:
        """Remember a person's language."""
        with self._unit.writing():
            mine = PREFERENCES.c.user == subject.id
            if not self._unit.execute(PREFERENCES.update().where(mine).values(language=language)).rowcount:
                self._unit.execute(PREFERENCES.insert().values(user=subject.id, language=language))
