"""What the pages about people ask of groups: their names, and what a person leaves behind in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import exists, select

from app.database import Unit
from app.groups.service import TABLE, Groups
from app.subject import SYSTEM, GroupLevel, Subject
from app.users.service import ACTIVE, MEMBERSHIP, USER, User


class GroupsOfPeople:
    """Fills users.GroupNames and users.Departure."""

    def __init__(self, unit: Unit, groups: Groups) -> None:
        self._unit, self._groups = unit, groups

    def titles(self, ids: Iterable[UUID]) -> Mapping[UUID, str]:
        """Return the names of those that exist and verify."""
        return {group.id: group.name for group in self._groups.names(ids).values()}

    def choices(self, *, most: int) -> Sequence[tuple[UUID, str]]:
        """Return some groups to choose from, the system group first."""
        first = select(TABLE.c.id).order_by(TABLE.c.name_key).limit(most)
        named = self.titles([SYSTEM, *(row.id for row in self._unit.execute(first))])
        return sorted(named.items(), key=lambda each: (each[0] != SYSTEM, each[1].casefold(), each[0]))

    def without_admin(self, user: UUID) -> Sequence[str]:
        """Return the names of the teams that would have no active admin without this person, as the rows say."""
        other = MEMBERSHIP.alias("other")
        another = exists().where(
            other.c.group == MEMBERSHIP.c.group,
            other.c.user != user,
            other.c.level == GroupLevel.ADMIN.value,
            USER.c.id == other.c.user,
            USER.c.status == ACTIVE,
        )
        led = (MEMBERSHIP.c.user == user) & (MEMBERSHIP.c.level == GroupLevel.ADMIN.value)
        found = self._unit.execute(select(MEMBERSHIP.c.group).where(led, ~another))
        return sorted(self.titles([row.group for row in found]).values(), key=str.casefold)

    def hold_of(self, user: UUID) -> None:
        """Hold this person's groups, in the order of their ids."""
        theirs = select(MEMBERSHIP.c.group).where(MEMBERSHIP.c.user == user)
        held = select(TABLE.c.id).where(TABLE.c.id.in_(theirs)).order_by(TABLE.c.id)
        self._unit.execute(held.with_for_update(of=TABLE, key_share=True))

    def forget(self, by: Subject, user: User) -> None:
        """Tell in each group that this person is a member no more."""
        self._groups.depart(by, user)
