"""The administrators' list of all people: searched, filtered, sorted, twenty a page, as fast for many as for few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Exists, Select, exists, func, select

from app.audit.service import Audit
from app.clock import EPOCH
from app.database import Unit
from app.errors import Damaged
from app.subject import Subject
from app.users.catalogue import READ
from app.users.directory import WORD, begins
from app.users.service import ACTIVE, DISABLED, INVITED, LISTED, MEMBERSHIP, USER_ROLE, User, Users
from app.users.words import MOST_WORDS, fits, words_asked, words_of

PAGE = 20
MOST_COUNTED = 1000
"""So many people can be paged through, and are counted: a search or a filter finds the others."""
MOST_FOUND = 200
"""So many people one search finds."""
MOST_ACTIVE = 10_000
STATUSES = (ACTIVE, INVITED, DISABLED)
NAME, SIGN_IN, CREATED = "name", "sign-in", "created"
ORDERS: dict[str, tuple[ColumnElement[Any], ...]] = {
    NAME: (LISTED.c.name, LISTED.c.user),
    SIGN_IN: (LISTED.c.signed_in_at.desc(), LISTED.c.user.desc()),
    CREATED: (LISTED.c.created_at.desc(), LISTED.c.user.desc()),
}
"""Each follows an index, forwards or backwards."""


@dataclass(frozen=True)
class Asked:
    """What of all people is asked for. "" and None: not narrowed; page from 1."""

    query: str = ""
    status: str = ""
    role: UUID | None = None
    group: UUID | None = None
    sort: str = NAME
    page: int = 1

    @property
    def words(self) -> list[bytes]:
        """The beginnings of words that are searched for."""
        return words_asked(self.query)


@dataclass(frozen=True)
class Listed:
    """A row of the list. user None: damaged; signed_in_at None: never."""

    id: UUID
    user: User | None
    signed_in_at: datetime | None


@dataclass(frozen=True)
class PeoplePage:
    """One page of the list. more: there are more than the total, which only a narrower question finds."""

    asked: Asked
    rows: Sequence[Listed]
    total: int
    more: bool
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


class PeopleList:
    """Lists people to who may see all of them. Opens the rows that it shows and no others."""

    def __init__(self, unit: Unit, users: Users, audit: Audit) -> None:
        self._unit, self._users, self._audit = unit, users, audit

    def page(self, subject: Subject, asked: Asked) -> PeoplePage:
        """Return one page of people. A page beyond the last one: the last one. Raises Forbidden."""
        subject.require(READ, action="user.list")
        found, cut = self._found(asked)
        total = self._counted(found, MOST_COUNTED)
        more, total = cut or total > MOST_COUNTED, min(total, MOST_COUNTED)
        page = min(max(1, asked.page), max(1, -(-total // PAGE)))
        shown = found.order_by(*ORDERS[asked.sort]).limit(PAGE).offset((page - 1) * PAGE)
        places = [(row.user, row.signed_in_at) for row in self._unit.execute(shown)]
        people = self._users.people([user_id for user_id, _at in places])
        rows = [
            Listed(user_id, people.get(user_id), at if at > EPOCH else None)
            for user_id, at in places
            if user_id not in people or self._belongs(people[user_id], asked)
        ]
        return PeoplePage(asked, rows, total, more, page)

    def active(self) -> tuple[int, bool]:
        """Return how many people are active, and whether there are more than were counted."""
        counted = self._counted(select(LISTED.c.user).where(LISTED.c.status == ACTIVE), MOST_ACTIVE)
        return min(counted, MOST_ACTIVE), counted > MOST_ACTIVE

    def _found(self, asked: Asked) -> tuple[Select[Any], bool]:
        """Return a statement of the places that fit, without order, and whether a search found too many."""
        statement = select(LISTED.c.user, LISTED.c.signed_in_at)
        if asked.query:
            ids, cut = self._searched(asked)
            return statement.where(LISTED.c.user.in_(ids)), cut
        if asked.status:
            statement = statement.where(LISTED.c.status == asked.status)
        few, conditions = self._narrowing(asked)
        if few is not None:
            statement = statement.where(LISTED.c.user.in_(few))
        return statement.where(*conditions), False

    def _narrowing(self, asked: Asked) -> tuple[list[UUID] | None, list[Exists]]:
        """Return who a role or group names if they are few, and what else is to hold of each person.

        Few are looked up one by one and sorted; of many, the order's index is walked until a page is full.
        """
        few: list[UUID] | None = None
        for here in _members(asked):
            rows = self._unit.execute(here.limit(MOST_COUNTED + 1)).all()
            if len(rows) <= MOST_COUNTED and (few is None or len(rows) < len(few)):
                few = [row.user for row in rows]
        return few, [_holds(here) for here in _members(asked)]

    def _searched(self, asked: Asked) -> tuple[list[UUID], bool]:
        """Return whom the words find, in their order, at most MOST_FOUND; and whether there are more."""
        words = sorted(asked.words, key=len, reverse=True)
        if not words:
            return [], False
        statement = select(WORD.c.user).where(begins(WORD, words[0]))
        for number, beginning in enumerate(words[1:]):
            another = WORD.alias(f"word_{number}")
            statement = statement.where(exists().where(another.c.user == WORD.c.user, begins(another, beginning)))
        if asked.status:
            place = LISTED.alias("place")
            statement = statement.where(exists().where(place.c.user == WORD.c.user, place.c.status == asked.status))
        statement = statement.where(*(_holds(here, of=WORD.c.user) for here in _members(asked)))
        statement = statement.order_by(WORD.c.word, WORD.c.user).limit((MOST_FOUND + 1) * MOST_WORDS)
        found = [*dict.fromkeys(row.user for row in self._unit.execute(statement))]
        return found[:MOST_FOUND], len(found) > MOST_FOUND

    def _counted(self, statement: Select[Any], most: int) -> int:
        """Return how many rows there are; more than `most` are `most` + 1."""
        some = statement.with_only_columns(LISTED.c.user).limit(most + 1).subquery()
        counted: int = self._unit.execute(select(func.count()).select_from(some)).scalar_one()
        return counted

    def _belongs(self, user: User, asked: Asked) -> bool:
        """Return whether a person's own row says what was asked for; what misled is recorded."""
        belongs = (
            (not asked.status or user.status == asked.status)
            and (asked.role is None or asked.role in user.account.roles)
            and (asked.group is None or user.account.level_in(asked.group) is not None)
            and (not asked.query or fits(asked.words, words_of(user.first_name, user.last_name, user.email)))
        )
        if not belongs:
            reason = f"a row of a list names user {user.id}, whose own row does not fit"
            self._audit.trouble(Damaged(reason, action="listed.damaged", kind="user", object_id=user.id))
        return belongs


def _members(asked: Asked) -> list[Select[Any]]:
    """Return a statement of who holds the role and one of who belongs to the group, as far as they are asked for."""
    found = []
    if asked.role is not None:
        found.append(select(USER_ROLE.c.user).where(USER_ROLE.c.role == asked.role))
    if asked.group is not None:
        found.append(select(MEMBERSHIP.c.user).where(MEMBERSHIP.c.group == asked.group))
    return found


def _holds(here: Select[Any], *, of: ColumnElement[UUID] = LISTED.c.user) -> Exists:
    """Return the condition that a person is among those of a statement."""
    return here.where(here.selected_columns.user == of).correlate(of.table).exists()
