"""Groups: find them, create them, and who belongs to them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from flask_babel import gettext as _
from sqlalchemy import BindParameter, Select, Table, bindparam, func, select

from app.audit.service import Audit, Overtaken
from app.clock import Clock
from app.database import Unit
from app.errors import Damaged, Forbidden, Invalid, Refused
from app.groups.models import GroupContent, GroupRow
from app.groups.ports import Leaving
from app.keys.sealed import Opened, SealedRows
from app.keys.trail import Note
from app.subject import SYSTEM, GroupLevel, Subject
from app.users.directory import Directory
from app.users.service import MEMBERSHIP, By, User, Users, note

TABLE: Table = GroupRow.__table__  # type: ignore[assignment]  # a mapped class's table

USE, CREATE, MANAGE = "group.use", "group.create", "group.manage"
DESCRIBE = "group.describe"
"""What makes a new revision and leaves the members as they are."""
TEAM, SYSTEM_KIND = "team", "system"
LONGEST_NAME, LONGEST_DESCRIPTION = 100, 500
SYSTEM_COMMAND_NAME = "system"
LIKE_SYSTEM = frozenset({"system group", "systemgruppe"})
"""What pages call the system group, as names are compared: no team is called so."""
MOST_KEPT = 5000


@dataclass(frozen=True)
class Group:
    """A group, verified."""

    id: UUID
    name: str
    description: str
    system: bool
    revision: int


@dataclass(frozen=True)
class Wish:
    """What the members page wants for one person. level None: remove; keep: what they published stays."""

    user: UUID
    level: GroupLevel | None
    keep: bool = True


@dataclass(frozen=True)
class Addition:
    """Somebody who is to become a member, named by their exact address. field: the input that names them."""

    address: str
    level: GroupLevel = GroupLevel.MEMBER
    field: str = "add"


class Groups:
    """What can be asked and changed about groups and their members."""

    def __init__(
        self,
        unit: Unit,
        clock: Clock,
        rows: SealedRows[GroupContent],
        users: Users,
        directory: Directory,
        audit: Audit,
        leaving: list[Leaving],
    ) -> None:
        self._unit, self._clock, self._rows, self._users = unit, clock, rows, users
        self._directory, self._audit, self._leaving = directory, audit, leaving
        self._kept: dict[UUID, Opened[GroupContent]] = {}
        self._probing = self.probe(bindparam("groups", expanding=True))

    def first_start(self) -> None:
        """Store the system group; fills keys.FirstStart."""
        self._rows.insert(
            SYSTEM,
            GroupContent(""),
            Note("group.create", actor="first-start"),
            name="System",
            name_key="system",
            kind=SYSTEM_KIND,
            created_at=self._clock(),
        )

    def probe(self, ids: BindParameter[Any]) -> Select[Any]:
        """Return a statement of (id, revision, newest_revision) for the groups that `ids` is going to hold.

        Fills users.GroupProbe.
        """
        return select(TABLE.c.id, TABLE.c.revision, self._rows.newest).where(TABLE.c.id.in_(ids))

    def existing(self, found: Sequence[tuple[UUID, int, int | None]]) -> frozenset[UUID]:
        """Return the ids of those that are there and verify; opened ones are kept by revision."""
        return frozenset(self._opened(found))

    def records(self, subject: Subject) -> Mapping[str, object]:
        """Return the groups that the subject belongs to; fills users.PersonalRecords."""
        named = self.names(subject.groups)
        mine = [(named[group].name, level.value) for group, level in subject.groups.items() if group in named]
        return {"groups": [{"name": name, "level": level} for name, level in sorted(mine)]}

    def names(self, ids: Iterable[UUID]) -> dict[UUID, Group]:
        """Return the groups with these ids that exist and verify."""
        wanted = list(set(ids))
        if not wanted:
            return {}
        found = [tuple(row) for row in self._unit.execute(self._probing, {"groups": wanted})]
        return {group_id: as_group(opened) for group_id, opened in self._opened(found).items()}

    def all(self) -> list[Group]:
        """Return all groups that verify, by name."""
        found = []
        for row in self._unit.execute(self._rows.selection).all():
            try:
                found.append(as_group(self._rows.open(row)))
            except Damaged as damage:
                self._audit.trouble(damage)
        return sorted(found, key=lambda group: (not group.system, group.name.casefold()))

    def named(self, name: str) -> Group:
        """Return the group with this name; `system` is the system group. Raises Invalid."""
        if name == SYSTEM_COMMAND_NAME:
            found = self.names([SYSTEM]).get(SYSTEM)
            if found is None:
                raise Damaged("the system group is gone or damaged", kind="group", object_id=SYSTEM)
            return found
        for group in self.all():
            if not group.system and key_of(group.name) == key_of(name):
                return group
        raise Invalid(_("There is no group named %(name)s.", name=name))

    def count(self, group: UUID) -> int:
        """Return how many members the group has, as the rows that find them say."""
        statement = select(func.count()).where(MEMBERSHIP.c.group == group)
        return int(self._unit.execute(statement).scalar_one())

    def counts(self, groups: Sequence[UUID]) -> dict[UUID, int]:
        """Return how many members each group has."""
        statement = (
            select(MEMBERSHIP.c.group, func.count()).where(MEMBERSHIP.c.group.in_(groups)).group_by(MEMBERSHIP.c.group)
        )
        rows: Any = self._unit.execute(statement).all()
        found: dict[UUID, int] = dict(map(tuple, rows))
        return {group: found.get(group, 0) for group in groups}

    def mine(self, subject: Subject) -> list[Group]:
        """Return the groups that a person sees: their own; who manages all groups sees all."""
        subject.require(USE, action="group.list")
        if subject.may(MANAGE):
            return self.all()
        return sorted(self.names(subject.groups).values(), key=lambda group: (not group.system, group.name.casefold()))

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
            raise Forbidden(action="group.members", kind="group", object_id=group_id)
        return group

    def members(self, subject: Subject, group_id: UUID) -> list[tuple[User, GroupLevel]]:
        """Return who belongs to a group, to those who see it. Raises Refused."""
        self.visible(subject, group_id)
        return self._users.members(group_id)

    def create(self, by: By, *, name: str, description: str = "") -> Group:
        """Store a new team; who creates it in the browser becomes its first admin. Raises Invalid, Forbidden."""
        if isinstance(by, Subject):
            by.require(CREATE)
        shown = _name(name)
        with self._unit.writing():
            taken = select(TABLE.c.id).where(TABLE.c.name_key == key_of(shown))
            if key_of(shown) in LIKE_SYSTEM or self._unit.execute(taken).first():
                raise Invalid(_("There is a group with this name already."), field="name")
            opened = self._rows.insert(
                uuid4(),
                GroupContent(_description(description)),
                note("group.create", by),
                name=shown,
                name_key=key_of(shown),
                kind=TEAM,
                created_at=self._clock(),
            )
            if isinstance(by, Subject):
                self._join(by, opened.id, by.id, GroupLevel.ADMIN)
        return as_group(opened)

    def add_member(self, by: By, group_id: UUID, user_id: UUID, *, level: GroupLevel = GroupLevel.MEMBER) -> None:
        """Make an active person a member. Raises Invalid, Refused, Forbidden."""
        with self._unit.writing():
            self._lock(by, group_id)
            self._join(by, group_id, user_id, level)
            self._count_change(by, group_id)

    def set_level(self, by: By, group_id: UUID, user_id: UUID, *, level: GroupLevel) -> None:
        """Change what a member may do. Raises Invalid for a team's last admin and for who is no member."""
        with self._unit.writing():
            self._lock(by, group_id)
            before = self._admins(group_id)
            self._refuse_outsider(group_id, user_id)
            self._set_level(by, group_id, user_id, level)
            self._refuse_without_admin(group_id, before)
            self._count_change(by, group_id)

    def remove_member(self, by: By, group_id: UUID, user_id: UUID) -> None:
        """End a membership; what the person published stays. Raises Invalid for a team's last admin."""
        with self._unit.writing():
            self._lock(by, group_id)
            before = self._admins(group_id)
            self._leave(by, group_id, user_id)
            self._refuse_without_admin(group_id, before)
            self._count_change(by, group_id)

    def look_up(self, subject: Subject, group_id: UUID, text: str) -> list[User]:
        """Return the people whom `text` may mean and who are no members yet, to who manages the group.

        Raises Refused, Forbidden, Throttled.
        """
        self.managed(subject, group_id)
        return self._directory.look_up(
            subject, text, without=[user.id for user, _level in self._users.members(group_id)]
        )

    def save_members(
        self,
        subject: Subject,
        group_id: UUID,
        *,
        revision: int,
        wishes: Sequence[Wish] = (),
        additions: Sequence[Addition] = (),
    ) -> None:
        """Change members together, or nothing.

        revision: the one that the page showed. Raises Overtaken if members were changed since, unless all that is
        wished for is so already; Invalid, Forbidden, Refused, Throttled.
        """
        with self._unit.writing():
            group = self._lock(subject, group_id)
            present = {user.id: level for user, level in self._users.members(group_id)}
            if overtaken := self._overtaken(group, revision):
                if overtaken.last and self._is_so(present, wishes, additions):  # the same form came twice
                    return
                raise overtaken
            before = self._admins(group_id)
            added = [self._join_by_address(subject, group_id, each) for each in additions]
            changed = [self._change_member(subject, group_id, present, wish) for wish in wishes]
            if added or any(changed):
                self._refuse_without_admin(group_id, before)
                self._count_change(subject, group_id)

    def described(self, subject: Subject, group_id: UUID) -> Group:
        """Return a team to who may change its description. Raises Refused, Forbidden."""
        group = self.managed(subject, group_id)
        if group.system:
            raise Forbidden(action=DESCRIBE, kind="group", object_id=group_id)
        return group

    def describe(self, subject: Subject, group_id: UUID, *, description: str) -> None:
        """Change a team's description. Raises Forbidden, Refused, Invalid."""
        with self._unit.writing():
            group = self._lock(subject, group_id)
            if group.system:
                raise Invalid(_("The system group cannot be changed."))
            self._rows.change(
                self._load(group_id), note(DESCRIBE, subject), content=GroupContent(_description(description))
            )

    def _overtaken(self, group: Group, revision: int) -> Overtaken | None:
        """Return what to raise if members were changed since this revision."""
        if group.revision == revision:
            return None
        if not 0 < revision < group.revision:
            return Overtaken()
        since = [event for event in self._audit.later(group.id, revision) if event.action != DESCRIBE]
        return Overtaken(since[-1]) if since else None

    def _is_so(self, present: Mapping[UUID, GroupLevel], wishes: Sequence[Wish], additions: Sequence[Addition]) -> bool:
        """Return whether all that is wished for is so already."""
        found = [(self._users.find(each.address), each.level) for each in additions]
        return all(present.get(wish.user) is wish.level for wish in wishes) and all(
            user is not None and present.get(user.id) is level for user, level in found
        )

    def _change_member(self, subject: Subject, group_id: UUID, present: Mapping[UUID, GroupLevel], wish: Wish) -> bool:
        """Do what is wished for one member; return whether that changed anything."""
        if wish.user not in present:
            raise Invalid(_("Somebody on this page has left the group. Open it again."))
        if wish.level == present[wish.user]:
            return False
        self._apply(subject, group_id, wish)
        return True

    def _join_by_address(self, subject: Subject, group_id: UUID, addition: Addition) -> UUID:
        try:
            user = self._directory.named(subject, addition.address)
            self._join(subject, group_id, user.id, addition.level)
        except Invalid as invalid:
            raise Invalid(invalid.message, field=addition.field if invalid.field == "add" else invalid.field) from None
        return user.id

    def _apply(self, subject: Subject, group_id: UUID, wish: Wish) -> None:
        if wish.level is None:
            if not wish.keep:
                for port in self._leaving:
                    port.withdraw_all(subject, wish.user, group_id)
            self._leave(subject, group_id, wish.user)
        else:
            self._set_level(subject, group_id, wish.user, wish.level)

    def _lock(self, by: By, group_id: UUID) -> Group:
        """Return the group, held until the transaction ends, to who may change its members, then as now."""
        if not isinstance(by, Subject):
            return as_group(self._load(group_id))
        self.managed(by, group_id)
        group = as_group(self._load(group_id))
        mine = self._users.get(by.id)  # a group admin may have been removed since the request began
        if not (mine and mine.active and (by.may(MANAGE) or mine.account.level_in(group_id) is GroupLevel.ADMIN)):
            raise Forbidden(action="group.members", kind="group", object_id=group_id)
        return group

    def _load(self, group_id: UUID) -> Opened[GroupContent]:
        opened = self._rows.load(group_id, lock=True)
        if opened is None:
            raise Refused(action="group.members", kind="group", object_id=group_id)
        return opened

    def _join(self, by: By, group_id: UUID, user_id: UUID, level: GroupLevel) -> None:
        user = self._users.get(user_id)
        if user is None or not user.active:
            raise Invalid(_("Only active people can become members."), field="add")
        if user.account.level_in(group_id):
            raise Invalid(_("%(name)s is a member already.", name=user.name), field="add")
        self._set_level(by, group_id, user_id, level)

    def _set_level(self, by: By, group_id: UUID, user_id: UUID, level: GroupLevel) -> None:
        if group_id == SYSTEM and level is GroupLevel.ADMIN:
            raise Invalid(_("The system group has members only, no admins."))
        record = note("group.add-member", by, group=str(group_id), user=str(user_id), level=level.value)
        self._users.set_membership(record, user_id, group=group_id, level=level)
        self._audit.record(record, kind="group", object_id=group_id)

    def _leave(self, by: By, group_id: UUID, user_id: UUID) -> None:
        self._refuse_outsider(group_id, user_id)
        record = note("group.remove-member", by, group=str(group_id), user=str(user_id))
        self._users.set_membership(record, user_id, group=group_id, level=None)
        self._audit.record(record, kind="group", object_id=group_id)

    def _refuse_outsider(self, group_id: UUID, user_id: UUID) -> None:
        user = self._users.get(user_id)
        if user is None or user.account.level_in(group_id) is None:
            raise Invalid(_("This person is not a member."))

    def _count_change(self, by: By, group_id: UUID) -> None:
        """Raise the group's revision, so that a members page of before is refused."""
        self._rows.change(self._load(group_id), note("group.members", by))

    def _admins(self, group_id: UUID) -> bool:
        return any(level is GroupLevel.ADMIN and user.active for user, level in self._users.members(group_id))

    def _refuse_without_admin(self, group_id: UUID, before: bool) -> None:
        """Raise Invalid if a team that had an admin would have none."""
        if before and not self._admins(group_id):
            raise Invalid(_("A group keeps at least one admin."))

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
    return Group(opened.id, name, opened.content.description, system, opened.revision)


def key_of(name: str) -> str:
    """Return a name as it is compared."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _name(text: str) -> str:
    name = unicodedata.normalize("NFC", text).strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid(_("A name has 1 to %(most)s letters.", most=LONGEST_NAME), field="name")
    return name


def _description(text: str) -> str:
    plain = text.strip()
    if len(plain) > LONGEST_DESCRIPTION or "\0" in plain:
        raise Invalid(_("At most %(most)s letters.", most=LONGEST_DESCRIPTION), field="description")
    return plain
