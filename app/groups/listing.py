"""All groups, for who manages them: searched, filtered, sorted, twenty at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select

from app.audit.service import Audit
from app.database import Unit
from app.errors import Damaged
from app.groups.finding import MANAGE, TABLE, Group, as_group
from app.groups.models import GroupContent
from app.groups.names import LIKE_SYSTEM, LONGEST_NAME, key_of
from app.groups.service import TEAM, Groups
from app.keys.sealed import SealedRows
from app.subject import SYSTEM, GroupLevel, Subject
from app.users.memberships import Memberships
from app.users.service import ACTIVE, MEMBERSHIP, USER, User

PAGE = 20
"""As many as app.web.paging has on a page."""
ADMINS_NAMED = 2
MINE, LEADERLESS = "mine", "no-admin"
FILTERS = ("", MINE, LEADERLESS)
NAME, NEWEST, OLDEST = "name", "newest", "oldest"
SORTS = (NAME, NEWEST, OLDEST)


@dataclass(frozen=True)
class WantedGroups:
    """What of all groups is asked for. query: part of a name; page from 1."""

    query: str = ""
    filter: str = ""
    sort: str = NAME
    page: int = 1


@dataclass(frozen=True)
class GroupsFound:
    """One page of groups. total: how many fit on all pages; members: how many each has; admins: the first active
    ones, one more than is named if there are more."""

    wanted: WantedGroups
    groups: Sequence[Group]
    total: int
    page: int
    members: Mapping[UUID, int]
    admins: Mapping[UUID, Sequence[User]]


class AllGroups:
    """Lists groups. It opens those alone that one page shows."""

    def __init__(
        self, unit: Unit, rows: SealedRows[GroupContent], groups: Groups, memberships: Memberships, audit: Audit
    ) -> None:
        self._unit, self._rows, self._groups = unit, rows, groups
        self._memberships, self._audit = memberships, audit

    def page(self, subject: Subject, wanted: WantedGroups) -> GroupsFound:
        """Return one page; one beyond the last: the last. Raises Forbidden."""
        subject.require(MANAGE, action="group.list-all")
        fitting = self._fitting(subject, wanted)
        total = int(self._unit.execute(select(func.count()).select_from(TABLE).where(*fitting)).scalar_one())
        page = min(max(1, wanted.page), max(1, -(-total // PAGE)))
        statement = self._rows.selection.where(*fitting).order_by(*_order(wanted.sort))
        groups = []
        for row in self._unit.execute(statement.limit(PAGE).offset((page - 1) * PAGE)).all():
            try:
                groups.append(as_group(self._rows.open(row)))
            except Damaged as damage:
                self._audit.trouble(damage)
        ids = [group.id for group in groups]
        admins = self._memberships.some_leaders(ids, most=ADMINS_NAMED + 1)
        return GroupsFound(wanted, groups, total, page, self._groups.sizes(groups), admins)

    def _fitting(self, subject: Subject, wanted: WantedGroups) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        plain = "".join(each for each in wanted.query[:LONGEST_NAME] if each.isprintable())
        if key := key_of(plain):
            named: ColumnElement[bool] = TABLE.c.name_key.contains(key, autoescape=True)
            is_system = any(each.startswith(key.replace(" ", "")) for each in LIKE_SYSTEM)
            found.append(named | (TABLE.c.id == SYSTEM) if is_system else named)
        if wanted.filter == MINE:
            found.append(TABLE.c.id.in_([*subject.groups]))
        if wanted.filter == LEADERLESS:
            found += [TABLE.c.kind == TEAM, ~_has_leader()]
        return found


def _has_leader() -> ColumnElement[bool]:
    admin = (MEMBERSHIP.c.group == TABLE.c.id) & (MEMBERSHIP.c.level == GroupLevel.ADMIN.value)
    return exists().where(admin, USER.c.id == MEMBERSHIP.c.user, USER.c.status == ACTIVE)


def _order(sort: str) -> Sequence[Any]:
    if sort == NEWEST:
        return (TABLE.c.created_at.desc(), TABLE.c.id)
    if sort == OLDEST:
        return (TABLE.c.created_at, TABLE.c.id)
    return (TABLE.c.name_key, TABLE.c.id)
