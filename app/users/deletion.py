"""Deleting a person for good: nothing of theirs is lost in silence, and nothing names them any more but the trail."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, select

from app.database import Unit
from app.errors import Invalid
from app.keys.sealed import SealedRows
from app.subject import Subject
from app.users.administration import Administration
from app.users.catalogue import DELETE
from app.users.links import Links
from app.users.models import Account
from app.users.ports import Departure
from app.users.service import LISTED, MEMBERSHIP, USER, USER_ROLE, USER_WORD, User, note
from app.users.sessions import PREFERENCES, SESSION

FINDING = (SESSION, PREFERENCES, MEMBERSHIP, USER_ROLE, USER_WORD, LISTED)
"""Rows that belong to a person."""


class Deletion:
    """Deletes people who were disabled before, or never came."""

    def __init__(
        self,
        unit: Unit,
        administration: Administration,
        rows: SealedRows[Account],
        links: Links,
        departures: list[Departure],
    ) -> None:
        self._unit, self._administration, self._rows = unit, administration, rows
        self._links, self._departures = links, departures

    def deletable(self, subject: Subject, user_id: UUID) -> User:
        """Return a person who may be deleted. Raises Forbidden, Refused; Invalid for who is active."""
        subject.require(DELETE)
        user = self._administration.changeable(subject, user_id, DELETE)
        if user.active:
            raise Invalid(_("%(name)s is active. Disable them first.", name=user.name))
        return user

    def delete(self, subject: Subject, user_id: UUID) -> None:
        """Delete a person with all that names them. What they published stays.

        Raises Invalid while something is theirs alone, Forbidden, Refused.
        """
        subject.require(DELETE)
        with self._unit.writing():
            for port in self._departures:
                port.hold_of(user_id)
            subject, _user = self._administration.held(subject, user_id, DELETE, DELETE)
            # nobody gives them anything meanwhile: a row that would name them waits, and is refused
            self._unit.execute(select(USER.c.id).where(USER.c.id == user_id).with_for_update())
            user = self.deletable(subject, user_id)
            for port in self._departures:
                port.forget(subject, user)
            self._links.withdraw(user_id)
            for table in FINDING:
                self._unit.execute(delete(table).where(table.c.user == user_id))
            self._rows.remove(user.opened, note(DELETE, subject))
