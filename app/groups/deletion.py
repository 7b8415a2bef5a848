"""Deleting a group: what ends with it is shown before, and ends in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from app.audit.service import Overtaken
from app.database import Unit
from app.errors import Forbidden
from app.groups.finding import MANAGE, TABLE, Group
from app.groups.models import GroupContent
from app.groups.ports import Deleting
from app.groups.service import Groups
from app.keys.sealed import SealedRows
from app.subject import Subject
from app.users.service import MEMBERSHIP, note

DELETE = "group.delete"


@dataclass(frozen=True)
class LastLook:
    """What ends with a group, as the question before its deletion shows it. mark: of what was shown."""

    group: Group
    members: int
    publications: Sequence[Mapping[str, Any]]
    total: int
    mark: str


class Deletion:
    """Deletes teams. Their members' rows are not resealed: a group that is gone gives nothing, its id never returns."""

    def __init__(
        self, unit: Unit, rows: SealedRows[GroupContent], groups: Groups, deleting: Sequence[Deleting]
    ) -> None:
        self._unit, self._rows, self._groups, self._deleting = unit, rows, groups, deleting

    def question(self, subject: Subject, group_id: UUID) -> LastLook:
        """Return what would end. Raises Forbidden, for the system group too; Refused."""
        subject.require(MANAGE, action=DELETE)
        group = self._groups.visible(subject, group_id)
        if group.system:
            raise Forbidden(action=DELETE, kind="group", object_id=group_id)
        ending = [port.ending(subject, group_id) for port in self._deleting]
        mark = sha256("|".join([group.name, *(each.mark for each in ending)]).encode()).hexdigest()[:32]
        shown = [publication for each in ending for publication in each.publications]
        return LastLook(group, self._groups.sizes([group])[group_id], shown, sum(each.total for each in ending), mark)

    def delete(self, subject: Subject, group_id: UUID, *, mark: str) -> None:
        """Take everything out of a group and remove it.

        mark: of what the question showed. Raises Overtaken if the group is called otherwise by now, or something
        else is published in it; Forbidden, Refused.
        """
        self.question(subject, group_id)
        with self._unit.writing():
            self._groups.held(group_id)
            for port in self._deleting:
                port.hold_published(group_id)
            _held, subject = self._groups.locked(subject, group_id)
            # stronger than `locked`: whoever publishes here at the same moment comes before this or is refused
            self._unit.execute(select(TABLE.c.id).where(TABLE.c.id == group_id).with_for_update())
            now = self.question(subject, group_id)
            if now.mark != mark:
                raise Overtaken()
            ended = sum(port.end(subject, group_id) for port in self._deleting)
            self._unit.execute(delete(MEMBERSHIP).where(MEMBERSHIP.c.group == group_id))
            told = {"name": now.group.name, "members": str(now.members), "publications": str(ended)}
            self._rows.remove(self._groups.held(group_id), note(DELETE, subject, **told))
