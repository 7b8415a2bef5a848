"""What the audit log calls groups."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.audit.ports import Described
from app.database import Unit
from app.groups.models import GroupRow
from app.groups.names import key_of
from app.groups.service import Groups
from app.subject import Subject

TABLE = GroupRow.__table__


class GroupsDescribed:
    """Fills audit.Describes. Whoever reads the log sees every group's name."""

    kind = "group"
    gone = _l("a deleted group")
    unknown = _l("an unknown group")

    def __init__(self, unit: Unit, groups: Groups) -> None:
        self._unit, self._groups = unit, groups

    def names(self, _reader: Subject | None, ids: Collection[UUID]) -> Mapping[UUID, Described]:
        """Return the names of those that exist; of a row that does not verify, that it is damaged."""
        found = {each.id: Described(each.name) for each in self._groups.names(ids).values()}
        missing = [each for each in ids if each not in found]
        if missing:
            there = self._unit.execute(select(TABLE.c.id).where(TABLE.c.id.in_(missing)))
            found |= {row.id: Described(_("a damaged group")) for row in there}
        return found

    def find(self, _reader: Subject, text: str, most: int) -> Sequence[UUID]:
        """Return groups whose names begin so."""
        key = key_of(text)
        if not key:
            return ()
        fitting = TABLE.c.name_key.startswith(key, autoescape=True)
        rows = self._unit.execute(select(TABLE.c.id).where(fitting).order_by(TABLE.c.name_key).limit(most)).all()
        return [*self._groups.names([row.id for row in rows])]
