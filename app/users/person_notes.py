"""What invitations and changes of address add to a person's page for administrators."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for
from flask_babel import gettext as _

from app.subject import Subject
from app.users.catalogue import CHANGE, INVITE
from app.users.ports import Link, Mark
from app.users.service import INVITED, User, Users
from app.users.told import Told


class AccountNotes:
    """Fills PersonNotes."""

    def __init__(self, users: Users, told: Told) -> None:
        self._users, self._told = users, told

    def marks(self, reader: Subject, person: User) -> Sequence[Mark]:  # alike for every reader
        """Return by whom the account was reset within 30 days."""
        return [Mark(each.text, "warn") for each in self._told.marks(person.id)]

    def links(self, reader: Subject, person: User) -> Sequence[Link]:
        """Return the way to the invitation of who has not accepted it, or to another address."""
        if person.status == INVITED:
            url = url_for("invitations.show", user_id=person.id)
            return [Link("invitation", _("Invitation"), "send", url, dialog=False)] if reader.may(INVITE) else []
        if not reader.may(CHANGE) or not self._users.allowed(person) <= reader.permissions:
            return []
        if person.id == reader.id:
            return [Link("address", _("Change email"), "at-sign", url_for("addresses.mine"))]
        return [Link("address", _("Change email"), "at-sign", url_for("addresses.of_user", user_id=person.id))]
