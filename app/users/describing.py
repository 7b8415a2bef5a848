"""What the audit log calls people and roles."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.audit.ports import Described
from app.database import Unit
from app.errors import Damaged
from app.keys.sealed import SealedRows
from app.subject import Subject
from app.users.directory import found_by
from app.users.models import RoleContent
from app.users.permissions import BUILT_IN
from app.users.service import ROLE, USER, User, Users
from app.users.words import fits, words_asked, words_of


class PeopleNames:
    """Fills audit.Describes for people. Whoever reads the log sees everybody's name."""

    kind = "user"
    gone = _l("a deleted user")
    unknown = _l("an unknown user")

    def __init__(self, unit: Unit, users: Users) -> None:
        self._unit, self._users = unit, users

    def names(self, _reader: Subject | None, ids: Collection[UUID]) -> Mapping[UUID, Described]:
        """Return the names of those that exist; of a row that does not verify, that it is damaged."""
        found = {each.id: Described(each.name, each.initials, each.email) for each in self._users.people(ids).values()}
        missing = [each for each in ids if each not in found]
        if missing:
            there = self._unit.execute(select(USER.c.id).where(USER.c.id.in_(missing)))
            found |= {row.id: Described(_("a damaged user")) for row in there}
        return found

    def find(self, _reader: Subject, text: str, most: int) -> Sequence[UUID]:
        """Return the person with this address, and people with words that begin so, whether they are active or not."""
        exact = self._exact(text)
        asked = words_asked(text)
        rows = self._unit.execute(found_by(asked, active=False)) if asked else ()
        people = self._users.people(dict.fromkeys(row.user for row in rows))
        fitting = [
            each for each in people.values() if fits(asked, words_of(each.first_name, each.last_name, each.email))
        ]
        known = {each.id: each for each in [*exact, *sorted(fitting, key=lambda each: (each.name.casefold(), each.id))]}
        return [*known][:most]

    def _exact(self, text: str) -> list[User]:
        try:
            found = self._users.find(text)
        except Damaged:
            return []
        return [found] if found else []


class RoleNames:
    """Fills audit.Describes for roles."""

    kind = "role"
    gone = _l("a deleted role")
    unknown = _l("an unknown role")

    def __init__(self, unit: Unit, roles: SealedRows[RoleContent]) -> None:
        self._unit, self._roles = unit, roles

    def names(self, _reader: Subject | None, ids: Collection[UUID]) -> Mapping[UUID, Described]:
        """Return the names of those that exist."""
        rows = self._unit.execute(self._roles.selection.where(ROLE.c.id.in_(ids))).all()
        found = {}
        for row in rows:
            try:
                found[row.id] = Described(role_title(row.id, self._roles.open(row).columns["name"]))
            except Damaged:
                found[row.id] = Described(_("a damaged role"))
        return found

    def find(self, _reader: Subject, _text: str, _most: int) -> Sequence[UUID]:
        """Roles are found by the links of the lines that name them."""
        return ()


def role_title(role: UUID, name: str) -> str:
    """Return a role's name, of a built-in one in the reader's language."""
    titles = {"Administrator": _("Administrator"), "Member": _("Member")}
    return str(titles[BUILT_IN[role]]) if role in BUILT_IN else name
