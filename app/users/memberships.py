"""Who belongs to a group: some of them at a time, whatever their number; their own rows decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from app.audit.service import Audit
from app.database import Unit
from app.errors import Damaged
from app.subject import GroupLevel
from app.users.directory import WORD, along, belongs, has_word
from app.users.service import ACTIVE, MEMBERSHIP, USER, User, Users
from app.users.words import MOST_WORDS, words_asked

FEW = 500
"""Up to so many members are looked through when some are searched for; of more, the words of everybody are."""
AT_ONCE = 20
ORDER = (MEMBERSHIP.c.level, MEMBERSHIP.c.sort, MEMBERSHIP.c.user)
"""Admins first, then by name, as the index has them."""


@dataclass(frozen=True)
class Member:
    """A person in a group."""

    user: User
    level: GroupLevel

    @property
    def leads(self) -> bool:
        """Return whether this is an admin who can act as one."""
        return self.user.active and self.level is GroupLevel.ADMIN


class Memberships:
    """Reads members in the order of the rows that find them. No answer's cost grows with the size of the group."""

    def __init__(self, unit: Unit, users: Users, audit: Audit) -> None:
        self._unit, self._users, self._audit = unit, users, audit

    def page(self, group: UUID, *, most: int, skip: int = 0) -> list[Member]:
        """Return members in their order: admins first, then by name."""
        here = select(MEMBERSHIP.c.user).where(MEMBERSHIP.c.group == group).order_by(*ORDER)
        return self._opened(group, here.limit(most).offset(skip))

    def found(self, group: UUID, text: str, *, most: int) -> list[Member]:
        """Return the first members whose names or address have words that begin as those of `text` do."""
        asked = words_asked(text)
        if not asked:
            return []
        if self._is_larger(group, FEW):
            statement = along(asked).where(belongs(WORD.c.user, [group])).limit(most * MOST_WORDS)
        else:
            words = (has_word(MEMBERSHIP.c.user, beginning) for beginning in asked)
            here = MEMBERSHIP.c.group == group
            statement = select(MEMBERSHIP.c.user).where(here, *words).order_by(*ORDER).limit(most)
        return sorted(self._opened(group, statement, most=most), key=lambda each: (each.level.value, _by_name(each)))

    def these(self, group: UUID, people: Iterable[UUID]) -> dict[UUID, Member]:
        """Return those of these people who are members, as their own rows say."""
        found = self._users.people(people)
        levels = {user.id: user.account.level_in(group) for user in found.values()}
        return {user: Member(found[user], level) for user, level in levels.items() if level}

    def leaders(self, group: UUID, *, most: int) -> list[User]:
        """Return active admins, by name."""
        found: list[User] = []
        skip = 0
        while len(found) < most:
            some = self._unit.execute(self._active_admins(group).limit(AT_ONCE).offset(skip)).scalars().all()
            found += [member.user for member in self._verified(group, some) if member.leads]
            if len(some) < AT_ONCE:
                break
            skip += AT_ONCE
        return found[:most]

    def has_leader(self, group: UUID) -> bool:
        """Return whether an active admin is there."""
        return bool(self.leaders(group, most=1))

    def some_leaders(self, groups: Sequence[UUID], *, most: int) -> dict[UUID, list[User]]:
        """Return the first active admins of each group, in one statement for all groups."""
        place = func.row_number().over(partition_by=MEMBERSHIP.c.group, order_by=ORDER[1:]).label("place")
        admins = MEMBERSHIP.c.group.in_(groups) & (MEMBERSHIP.c.level == GroupLevel.ADMIN.value)
        ranked = (
            select(MEMBERSHIP.c.group, MEMBERSHIP.c.user, place)
            .join(USER, USER.c.id == MEMBERSHIP.c.user)
            .where(admins, USER.c.status == ACTIVE)
            .subquery()
        )
        rows = self._unit.execute(select(ranked).where(ranked.c.place <= most).order_by(ranked.c.place)).all()
        people = self._users.people({row.user for row in rows})
        found: dict[UUID, list[User]] = {group: [] for group in groups}
        for row in rows:
            user = people.get(row.user)
            if user and user.active and user.account.level_in(row.group) is GroupLevel.ADMIN:
                found[row.group].append(user)
        return found

    def counts(self, groups: Sequence[UUID]) -> dict[UUID, int]:
        """Return how many members each group has, as the rows that find them say."""
        here = MEMBERSHIP.c.group.in_(groups)
        statement = select(MEMBERSHIP.c.group, func.count()).where(here).group_by(MEMBERSHIP.c.group)
        rows: Any = self._unit.execute(statement).all()
        found: Mapping[UUID, int] = dict(map(tuple, rows))
        return {group: found.get(group, 0) for group in groups}

    def _active_admins(self, group: UUID) -> Select[Any]:
        admins = (MEMBERSHIP.c.group == group) & (MEMBERSHIP.c.level == GroupLevel.ADMIN.value)
        joined = select(MEMBERSHIP.c.user).join(USER, USER.c.id == MEMBERSHIP.c.user)
        return joined.where(admins, USER.c.status == ACTIVE).order_by(*ORDER)

    def _is_larger(self, group: UUID, number: int) -> bool:
        here = select(MEMBERSHIP.c.user).where(MEMBERSHIP.c.group == group)
        return self._unit.execute(here.limit(1).offset(number)).first() is not None

    def _opened(self, group: UUID, statement: Select[Any], *, most: int | None = None) -> list[Member]:
        ids = dict.fromkeys(self._unit.execute(statement).scalars())
        return self._verified(group, [*ids][:most])

    def _verified(self, group: UUID, ids: Sequence[UUID]) -> list[Member]:
        """Return these people in this order; whom a row led to without being a member is recorded as damage."""
        people = self._users.people(ids)
        found = []
        for user in filter(None, map(people.get, ids)):
            if level := user.account.level_in(group):
                found.append(Member(user, level))
            else:
                reason = f"membership: a row names user {user.id}, whose own row does not know of it"
                self._audit.trouble(Damaged(reason, action="membership.damaged", kind="user", object_id=user.id))
        return found


def _by_name(member: Member) -> tuple[str, UUID]:
    return member.user.name.casefold(), member.user.id
