"""Groups as they are found: verified, kept by revision, shown to those who may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import BindParameter, Select, Table, bindparam, select

from app.audit.service import Audit, Overtaken
from app.clock import Clock
from app.database import Unit
from app.errors import Damaged, Forbidden, Invalid, Refused
from app.groups.models import GroupContent, GroupRow
from app.groups.names import key_of
from app.keys.sealed import Opened, SealedRows
from app.subject import SYSTEM, Subject
from app.users.acting import Who
from app.users.memberships import Memberships
from app.users.service import Users

TABLE: Table = GroupRow.__table__  # type: ignore[assignment]  # a mapped class's table

USE, CREATE, MANAGE = "group.use", "group.create", "group.manage"
CHANGE_MEMBERS = "group.members"
SYSTEM_COMMAND_NAME = "system"
MOST_KEPT = 5000


@dataclass(frozen=True)
class Group:
    """A group, verified."""

    id: UUID
    name: str
    description: str
    system: bool
    revision: int
    created_at: datetime


class Finding:
    """Finds groups and says who sees and manages them."""

    def __init__(
        self,
        unit: Unit,
        clock: Clock,
        rows: SealedRows[GroupContent],
        users: Users,
        memberships: Memberships,
        audit: Audit,
    ) -> None:
        self._unit, self._clock, self._rows, self._users = unit, clock, rows, users
        self._memberships, self._audit = memberships, audit
        self._kept: dict[UUID, Opened[GroupContent]] = {}
        self._probing = self.probe(bindparam("groups", expanding=True))

    def probe(self, ids: BindParameter[Any]) -> Select[Any]:
        """Return a statement of (id, revision, newest_revision) for the groups that `ids` is going to hold.

        Fills users.GroupProbe.
        """
        return select(TABLE.c.id, TABLE.c.revision, self._rows.newest).where(TABLE.c.id.in_(ids))

    def existing(self, found: Sequence[tuple[UUID, int, int | None]]) -> frozenset[UUID]:
        """Return the ids of those that are there and verify; opened ones are kept by revision."""
        return frozenset(self._opened(found))

    def names(self, ids: Iterable[UUID]) -> dict[UUID, Group]:
        """Return the groups with these ids that exist and verify."""
        wanted = list(set(ids))
        if not wanted:
            return {}
        found = [tuple(row) for row in self._unit.execute(self._probing, {"groups": wanted})]
        return {group_id: as_group(opened) for group_id, opened in self._opened(found).items()}

    def called(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        """Return what groups with these ids are called, those that were deleted too, which say so."""
        wanted = set(ids)
        found = {group.id: group.name for group in self.names(wanted).values()}
        for group_id in wanted - found.keys():
            if last := self._audit.changes(group_id, only=("group.delete",), most=1):
                found[group_id] = _("%(name)s (deleted)", name=last[0].detail.get("name") or _("a group"))
        return found

    def all(self) -> list[Group]:
        """Return all groups that verify, by name."""
        found = []
        for row in self._unit.execute(self._rows.selection).all():
            try:
                found.append(as_group(self._rows.open(row)))
            except Damaged as damage:
                self._audit.trouble(damage)
        return in_order(found)

    def named(self, name: str) -> Group:
        """Return the group with this name; `system` is the system group. Raises Invalid, Damaged."""
        if name == SYSTEM_COMMAND_NAME:
            found = self.names([SYSTEM]).get(SYSTEM)
            if found is None:
                raise Damaged("the system group is gone or damaged", kind="group", object_id=SYSTEM)
            return found
        same = (TABLE.c.name_key == key_of(name)) & (TABLE.c.id != SYSTEM)
        row = self._unit.execute(self._rows.selection.where(same)).one_or_none()
        if row is None:
            raise Invalid(_("There is no group named %(name)s.", name=name))
        return as_group(self._rows.open(row))

    def mine(self, subject: Subject) -> list[Group]:
        """Return the groups that a person belongs to, by name; the system group first."""
        subject.require(USE, action="group.list")
        return in_order(self.names(subject.groups).values())

    def visible(self, subject: Subject, group_id: UUID) -> Group:
        """Return a group to its members and to who manages all groups. Raises Refused."""
        subject.require(USE, action="group.open")
        group = self.names([group_id]).get(group_id)
        if group is None or not (subject.is_member(group_id) or subject.may(MANAGE)):
            raise Refused(action="group.open", kind="group", object_id=group_id)
        return group

    def manages(self, subject: Subject, group_id: UUID) -> bool:
        """Return whether a person decides about a group's members and publications.

        A team's admins do, and who manages all groups; about the system group administrators alone.
        """
        if group_id == SYSTEM:
            return subject.may(MANAGE) and self._users.is_administrator(subject.id)
        return subject.may(MANAGE) or subject.is_admin_of(group_id)

    def managed(self, subject: Subject, group_id: UUID) -> Group:
        """Return a group to who manages it. Raises Refused, Forbidden for its other members."""
        group = self.visible(subject, group_id)
        if not self.manages(subject, group_id):
            raise Forbidden(action=CHANGE_MEMBERS, kind="group", object_id=group_id)
        return group

    def locked(self, by: Who, group_id: UUID, *, on: Iterable[UUID] = ()) -> tuple[Group, Who]:
        """Return a group, held until the transaction ends, to who manages it then as now; and who acts, as of now.

        on: the people whom it concerns, held too. Raises Refused, Forbidden, SignInNeeded.
        """
        if isinstance(by, Subject):
            self.managed(by, group_id)  # before it is held: nobody waits for whom it does not concern
        group = as_group(self.held(group_id))
        by = self._users.acting(by, action=CHANGE_MEMBERS, on=on)
        if isinstance(by, Subject):
            self.managed(by, group_id)
        return group, by

    def held(self, group_id: UUID) -> Opened[GroupContent]:
        """Return a group's row, held until the transaction ends. Raises Refused, Damaged."""
        opened = self._rows.load(group_id, lock=True)
        if opened is None:
            raise Refused(action=CHANGE_MEMBERS, kind="group", object_id=group_id)
        return opened

    def overtaken(
        self, group: Group, revision: int, *, only: frozenset[str] | None = None, but: frozenset[str] = frozenset()
    ) -> Overtaken | None:
        """Return what to raise if one of these actions changed a group since this revision.

        only None: each action that is not in `but`.
        """
        if group.revision == revision:
            return None
        if not 0 < revision < group.revision:
            return Overtaken()
        last = self._audit.last_change(group.id, after=revision, only=only, but=but)
        return Overtaken(last) if last else None

    def _opened(self, found: Sequence[tuple[Any, ...]]) -> Mapping[UUID, Opened[GroupContent]]:
        opened = {}
        missing = []
        for group_id, revision, newest in found:
            kept = self._kept.get(group_id)
            if kept is not None and kept.revision == revision == newest:
                opened[group_id] = kept
            else:
                missing.append(group_id)
        if missing:
            opened |= self._read(missing)
        return opened

    def _read(self, ids: Sequence[UUID]) -> dict[UUID, Opened[GroupContent]]:
        if len(self._kept) > MOST_KEPT:
            self._kept.clear()
        found = {}
        for row in self._unit.execute(self._rows.selection.where(TABLE.c.id.in_(ids))).all():
            try:
                opened = self._rows.open(row)
            except Damaged as damage:
                self._audit.trouble(damage)
                continue
            found[opened.id] = opened
            if not self._unit.is_writing:
                self._kept[opened.id] = opened
        return found


def as_group(opened: Opened[GroupContent]) -> Group:
    """Return a verified row as a group. The system group is the one with its fixed id, whatever its row says."""
    system = opened.id == SYSTEM
    name = str(_("System group")) if system else opened.columns["name"]
    return Group(opened.id, name, opened.content.description, system, opened.revision, opened.columns["created_at"])


def in_order(groups: Iterable[Group]) -> list[Group]:
    """Return groups by name, the system group first."""
    return sorted(groups, key=lambda group: (not group.system, group.name.casefold()))
