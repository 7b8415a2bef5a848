"""Who belongs to a group: joining, levels, leaving."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.errors import Forbidden, Invalid, Refused
from app.groups.finding import CHANGE_MEMBERS, MANAGE, TABLE, Finding, Group
from app.groups.ports import Leaving
from app.groups.telling import JOIN, Telling
from app.subject import GroupLevel, Subject
from app.users.directory import Directory
from app.users.memberships import Member
from app.users.service import MOST_GROUPS, By, User, note
from app.web.additions import too_many

DESCRIBE, RENAME = "group.describe", "group.rename"
ADD, LEAVE, REMOVE = "group.add-member", "group.leave", "group.remove-member"
"""LEAVE: somebody left by themselves. That somebody who manages all groups made themselves a member is JOIN."""
APART = frozenset({DESCRIBE, RENAME})
"""What makes a new revision and leaves the members as they are."""
PAGE = 20
"""So many members are shown at a time."""
LARGE = 1000
"""The number of members of a larger group is kept as long as its revision is the same: each change raises it."""


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


@dataclass(frozen=True)
class MembersShown:
    """Some of a group's members. total: how many it has; page from 1; query: what was searched for, "" nothing."""

    members: Sequence[Member]
    total: int
    page: int
    query: str
    more: bool
    """Whether a search found more than is shown."""


class Members(Finding):
    """What can be asked and changed about members. No answer's cost grows with the size of a group."""

    def __init__(self, *finding: Any, directory: Directory, leaving: Sequence[Leaving], telling: Telling) -> None:
        super().__init__(*finding)
        self._large: dict[UUID, tuple[int, int]] = {}
        self._directory, self._leaving, self._telling = directory, leaving, telling

    def counts(self, groups: Sequence[UUID]) -> dict[UUID, int]:
        """Return how many members each group has, as the rows that find them say; 0 for one that does not exist."""
        return {**dict.fromkeys(groups, 0), **self.sizes([*self.names(groups).values()])}

    def sizes(self, groups: Sequence[Group]) -> dict[UUID, int]:
        """Return how many members each of these groups has; large ones are counted once for each revision."""
        kept = {group.id: self._large.get(group.id, (0, 0)) for group in groups}
        known = {group.id: kept[group.id][1] for group in groups if kept[group.id][0] == group.revision}
        missing = [group for group in groups if group.id not in known]
        if not missing:
            return known
        counted = self._memberships.counts([group.id for group in missing])
        if not self._unit.is_writing:
            large = {group.id: (group.revision, counted[group.id]) for group in missing if counted[group.id] > LARGE}
            self._large.update(large)
        return known | counted

    def members(self, subject: Subject, group_id: UUID, *, query: str = "", page: int = 1) -> MembersShown:
        """Return some of who belongs to a group, to those who see it. A page beyond the last: the last. Raises Refused.

        query: beginnings of words of their names or addresses.
        """
        group, wanted = self.visible(subject, group_id), query.strip()
        total = self.sizes([group])[group_id]
        if wanted:
            found = self._memberships.found(group_id, wanted, most=PAGE + 1)
            return MembersShown(found[:PAGE], total, 1, wanted, len(found) > PAGE)
        page = min(max(1, page), max(1, -(-total // PAGE)))
        shown = self._memberships.page(group_id, most=PAGE, skip=(page - 1) * PAGE)
        return MembersShown(shown, total, page, "", more=False)

    def these(self, subject: Subject, group_id: UUID, people: Sequence[UUID]) -> dict[UUID, Member]:
        """Return those of these people who are members, to those who see the group. Raises Refused."""
        self.visible(subject, group_id)
        return self._memberships.these(group_id, people)

    def leaders(self, subject: Subject, group_id: UUID, *, most: int) -> list[User]:
        """Return the first active admins, to those who see the group. Raises Refused."""
        self.visible(subject, group_id)
        return self._memberships.leaders(group_id, most=most)

    def add_member(self, by: By, group_id: UUID, user_id: UUID, *, level: GroupLevel = GroupLevel.MEMBER) -> None:
        """Make an active person a member. Raises Invalid, Refused, Forbidden."""
        with self._unit.writing():
            group, by = self.locked(by, group_id, on=[user_id])
            self._join(by, group, user_id, level)
            self._count_change(by, group_id)

    def set_level(self, by: By, group_id: UUID, user_id: UUID, *, level: GroupLevel) -> None:
        """Change what a member may do. Raises Invalid for a team's last admin and for who is no member."""
        with self._unit.writing():
            group, by = self.locked(by, group_id, on=[user_id])
            before = self._memberships.has_leader(group_id)
            self._refuse_outsider(group_id, user_id)
            self._set_level(by, group, user_id, level)
            self._refuse_without_admin(group_id, before)
            self._count_change(by, group_id)

    def remove_member(self, by: By, group_id: UUID, user_id: UUID) -> None:
        """End a membership; what the person published stays. Raises Invalid for a team's last admin."""
        with self._unit.writing():
            group, by = self.locked(by, group_id, on=[user_id])
            before = self._memberships.has_leader(group_id)
            self._end(by, group, user_id)
            self._refuse_without_admin(group_id, before)
            self._count_change(by, group_id)

    def depart(self, by: Subject, user: User) -> None:
        """End all memberships of somebody who is being deleted, as their removal from each group would be told.

        Their own row goes with them and is not resealed. A group that is gone or damaged is left as it is.
        """
        for group in sorted(self.names(each.group for each in user.account.memberships).values(), key=_by_id):
            record = note(REMOVE, by, group=str(group.id), user=str(user.id))
            self._audit.record(record, kind="group", object_id=group.id)
            self._telling.members_changed(by, group, record)
            self._count_change(by, group.id)

    def look_up(self, subject: Subject, group_id: UUID, text: str) -> list[User]:
        """Return the people whom `text` may mean and who are no members yet, to who manages the group.

        Raises Refused, Forbidden, Throttled.
        """
        self.managed(subject, group_id)
        return self._directory.look_up(subject, text, outside=group_id)

    def save_members(
        self,
        subject: Subject,
        group_id: UUID,
        *,
        revision: int,
        wishes: Sequence[Wish] = (),
        additions: Sequence[Addition] = (),
    ) -> None:
        """Change members together, or nothing. Who is not named stays as they are.

        revision: the one that the page showed. Raises Overtaken if members were changed since, unless all that is
        wished for is so already; Invalid, Forbidden, Refused, Throttled.
        """
        if wrong := too_many(additions):
            raise Invalid(wrong, field="add")
        with self._unit.writing():
            if taking := [wish.user for wish in wishes if wish.level is None and not wish.keep]:
                self.held(self.managed(subject, group_id).id)
                self._hold_published(group_id, taking)
            named = self._users.ids_of(each.address for each in additions)
            group, subject = self.locked(subject, group_id, on=[*named, *(wish.user for wish in wishes)])
            found = self._memberships.these(group_id, [wish.user for wish in wishes])
            present = {user: member.level for user, member in found.items()}
            if overtaken := self.overtaken(group, revision, but=APART):
                if overtaken.last and self._is_so(group_id, present, wishes, additions):  # the same form came twice
                    return
                raise overtaken
            before = self._memberships.has_leader(group_id)
            added = [self._join_by_address(subject, group, each) for each in additions]
            for user in taking:  # before any membership ends: it may be one's own
                self._withdraw(subject, user, group_id)
            changed = [self._change_member(subject, group, present, wish) for wish in wishes]
            if added or any(changed):
                self._refuse_without_admin(group_id, before)
                self._count_change(subject, group_id)

    def leavable(self, subject: Subject, group_id: UUID) -> Group:
        """Return a group that this person may leave by themselves.

        The system group they may not: administrators alone change its members, and do so on its page. Raises
        Refused for who is no member, Forbidden.
        """
        group = self.visible(subject, group_id)
        if not subject.is_member(group_id):
            raise Refused(action=LEAVE, kind="group", object_id=group_id)
        if group.system and not self.manages(subject, group_id):
            raise Forbidden(
                _("Only administrators change who belongs to the system group. Ask one of them."),
                action=LEAVE,
                kind="group",
                object_id=group_id,
            )
        return group

    def is_last_admin(self, subject: Subject, group_id: UUID) -> bool:
        """Return whether a team would have no admin without this person."""
        return [user.id for user in self._memberships.leaders(group_id, most=2)] == [subject.id]

    def leave(self, subject: Subject, group_id: UUID, *, keep: bool) -> None:
        """End one's own membership. keep: what one published stays.

        Raises Invalid for a team's last admin; Refused, Forbidden.
        """
        self.leavable(subject, group_id)
        with self._unit.writing():
            self.held(group_id)
            if not keep:
                self._hold_published(group_id, [subject.id])
            subject = self._users.acting(subject, action=LEAVE)
            group = self.leavable(subject, group_id)
            before = self._memberships.has_leader(group_id)
            if not keep:
                self._withdraw(subject, subject.id, group_id)
            self._end(subject, group, subject.id)
            self._refuse_without_admin(group_id, before)
            self._count_change(subject, group_id)

    def _is_so(
        self,
        group_id: UUID,
        present: Mapping[UUID, GroupLevel],
        wishes: Sequence[Wish],
        additions: Sequence[Addition],
    ) -> bool:
        """Return whether all that is wished for is so already."""
        found = [(self._users.find(each.address), each.level) for each in additions]
        return all(present.get(wish.user) is wish.level for wish in wishes) and all(
            user is not None and user.account.level_in(group_id) is level for user, level in found
        )

    def _change_member(self, subject: Subject, group: Group, present: Mapping[UUID, GroupLevel], wish: Wish) -> bool:
        """Do what is wished for one member; return whether that changed anything."""
        if wish.user not in present:
            raise Invalid(_("Somebody on this page has left the group. Open it again."))
        if wish.level == present[wish.user]:
            return False
        if wish.level is not None:
            self._set_level(subject, group, wish.user, wish.level)
            return True
        self._end(subject, group, wish.user)
        return True

    def _join_by_address(self, subject: Subject, group: Group, addition: Addition) -> UUID:
        try:
            user = self._directory.named(subject, addition.address)
            self._join(subject, group, user.id, addition.level)
        except Invalid as invalid:
            raise Invalid(invalid.message, field=addition.field if invalid.field == "add" else invalid.field) from None
        return user.id

    def _join(self, by: By, group: Group, user_id: UUID, level: GroupLevel, *, first: bool = False) -> None:
        user = self._users.get(user_id)
        if user is None or not user.active:
            raise Invalid(_("Only active people can become members."), field="add")
        if user.account.level_in(group.id):
            raise Invalid(_("%(name)s is a member already.", name=user.name), field="add")
        ended = self._ended(user) if len(user.account.memberships) >= MOST_GROUPS else ()
        self._set_level(by, group, user_id, level, first=first, ended=ended)

    def _ended(self, user: User) -> Sequence[UUID]:
        """Return the groups in a person's row that exist no more."""
        named = [each.group for each in user.account.memberships]
        there = set(self._unit.execute(select(TABLE.c.id).where(TABLE.c.id.in_(named))).scalars())
        return [group for group in named if group not in there]

    def _set_level(
        self,
        by: By,
        group: Group,
        user_id: UUID,
        level: GroupLevel,
        *,
        first: bool = False,
        ended: Sequence[UUID] = (),
    ) -> None:
        """Give a level. first: to who creates the group, which is no news to anybody."""
        if group.system and level is GroupLevel.ADMIN:
            raise Invalid(_("The system group has members only, no admins."))
        themselves = isinstance(by, Subject) and by.id == user_id and by.may(MANAGE) and not first
        action = JOIN if themselves and not self._is_admin(user_id, group.id) else ADD
        more = {"founder": "yes"} if first else {}
        record = note(action, by, group=str(group.id), user=str(user_id), level=level.value, **more)
        self._users.set_membership(record, user_id, group=group.id, level=level, ended=ended)
        self._audit.record(record, kind="group", object_id=group.id)
        self._telling.members_changed(by, group, record)

    def _is_admin(self, user_id: UUID, group_id: UUID) -> bool:
        member = self._memberships.these(group_id, [user_id]).get(user_id)
        return member is not None and member.level is GroupLevel.ADMIN

    def _end(self, by: By, group: Group, user_id: UUID) -> None:
        self._refuse_outsider(group.id, user_id)
        action = LEAVE if isinstance(by, Subject) and by.id == user_id else REMOVE
        record = note(action, by, group=str(group.id), user=str(user_id))
        self._users.set_membership(record, user_id, group=group.id, level=None)
        self._audit.record(record, kind="group", object_id=group.id)
        self._telling.members_changed(by, group, record)

    def _hold_published(self, group_id: UUID, people: Collection[UUID]) -> None:
        """Hold what these people published in a group that is held: before anybody's own row."""
        for port in self._leaving:
            port.hold_published(group_id, people)

    def _withdraw(self, subject: Subject, user_id: UUID, group_id: UUID) -> None:
        for port in self._leaving:
            port.withdraw_all(subject, user_id, group_id)

    def _refuse_outsider(self, group_id: UUID, user_id: UUID) -> None:
        user = self._users.get(user_id)
        if user is None or user.account.level_in(group_id) is None:
            raise Invalid(_("This person is not a member."))

    def _refuse_without_admin(self, group_id: UUID, before: bool) -> None:
        """Raise Invalid if a team that had an admin would have none."""
        if before and not self._memberships.has_leader(group_id):
            raise Invalid(_("A group keeps at least one admin."))

    def _count_change(self, by: By, group_id: UUID) -> None:
        """Raise the group's revision, so that a members page of before is refused."""
        self._rows.change(self.held(group_id), note(CHANGE_MEMBERS, by))


def _by_id(group: Group) -> UUID:
    return group.id
