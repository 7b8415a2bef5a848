"""Whom a person finds here: by the exact address always, by a beginning of a name as far as the setting allows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, Table, exists, select

from app.database import Unit
from app.errors import Invalid, Throttled
from app.options.models import Directory as Shown
from app.options.service import Options
from app.subject import Subject
from app.users.catalogue import READ
from app.users.models import UserWordRow
from app.users.service import ACTIVE, MEMBERSHIP, USER, User, Users
from app.users.throttle import Throttle
from app.users.words import MOST_WORDS, fits, words_asked, words_of

WORD: Table = UserWordRow.__table__  # type: ignore[assignment]  # a mapped class's table

HITS = 8
BEYOND = b"\xff"
"""Greater than whatever may follow the beginning of a word: no byte of UTF-8."""


class Directory:
    """Finds active people, for who may give them something. Each question counts against a limit."""

    def __init__(self, unit: Unit, users: Users, throttle: Throttle, options: Options) -> None:
        self._unit, self._users, self._throttle, self._options = unit, users, throttle, options

    def look_up(
        self, subject: Subject, text: str, *, without: Collection[UUID] = (), outside: UUID | None = None
    ) -> list[User]:
        """Return at most 8 people whom `text` may mean: the one with this address first, then by name.

        without: people who are not asked for. outside: a group whose members are not. Raises Throttled.
        """
        asked = words_asked(text)
        if not asked:
            return []
        self._throttle.looked_up(subject.id)
        exact = self._users.find(text)
        found = [exact] if exact and exact.active and exact.id not in without and _is_outside(exact, outside) else []
        if (shown := self._shown_to(subject)) != "exact":
            known = {user.id for user in found}
            more = self._beginning(subject, asked, without, outside, whole=shown == "everybody")
            found += [user for user in more if user.id not in known and _is_outside(user, outside)]
        return found[:HITS]

    def named(self, subject: Subject, address: str) -> User:
        """Return the active person with exactly this address. It counts whether there is one or not.

        Raises Invalid, in the same words whether nobody has it or who has it is not active; Throttled.
        """
        self._throttle.looked_up(subject.id)
        found = self._users.find(address)
        if found is None or not found.active:
            raise Invalid(_("Nobody with the address %(address)s is active here.", address=address), field="add")
        return found

    def known(self, subject: Subject, addresses: Sequence[str]) -> dict[str, User]:
        """Return the active people with exactly these addresses, as many as the subject may still ask for.

        For a form that shows again what was typed: each address counts, and beyond the limit nobody is known.
        """
        found = {}
        for address in addresses:
            try:
                found[address] = self.named(subject, address)
            except Invalid:
                continue
            except Throttled:
                break
        return found

    def _shown_to(self, subject: Subject) -> Shown:
        """Return whom this person sees: who may read the list of people has everybody anyway."""
        return "everybody" if subject.may(READ) else self._options.directory

    def _beginning(
        self, subject: Subject, asked: list[bytes], without: Collection[UUID], outside: UUID | None, *, whole: bool
    ) -> list[User]:
        statement = found_by(asked).where(WORD.c.user.not_in(without))
        if outside is not None:
            statement = statement.where(~belongs(WORD.c.user, [outside]))
        if not whole:
            shared = subject.groups.keys() - {outside}
            if not shared:
                return []
            statement = statement.where(belongs(WORD.c.user, [*shared]))
        ids = dict.fromkeys(row.user for row in self._unit.execute(statement))
        people = self._users.people([*ids][:HITS])
        fitting = [user for user in people.values() if self._is_meant(subject, user, asked, whole=whole)]
        return sorted(fitting, key=lambda user: (user.name.casefold(), user.id))

    def _is_meant(self, subject: Subject, user: User, asked: list[bytes], *, whole: bool) -> bool:
        """Return what the person's own row says, whatever led to it."""
        ours = whole or any(user.account.level_in(group) for group in subject.groups)
        return user.active and ours and fits(asked, words_of(user.first_name, user.last_name, user.email))


def found_by(asked: list[bytes], *, active: bool = True) -> Select[Any]:
    """Return a statement of people who have a word for each beginning, in the order of the longest one.

    active: only of those who are.

    It walks along the words that begin so and stops after enough of them, whatever the number of people.
    """
    statement = along(asked).join(USER, USER.c.id == WORD.c.user).limit(HITS * MOST_WORDS)
    return statement.where(USER.c.status == ACTIVE) if active else statement


def along(asked: list[bytes]) -> Select[Any]:
    """Return a statement of all who have a word for each beginning, once for each word with the longest one."""
    longest, *others = sorted(asked, key=len, reverse=True)
    statement = select(WORD.c.user).where(begins(WORD, longest)).order_by(WORD.c.word, WORD.c.user)
    return statement.where(*(has_word(WORD.c.user, beginning) for beginning in others))


def has_word(user: ColumnElement[UUID], beginning: bytes) -> ColumnElement[bool]:
    """Return the condition that a person has a word that begins so."""
    another = WORD.alias()
    return exists().where(another.c.user == user, begins(another, beginning))


def belongs(user: ColumnElement[UUID], groups: Sequence[UUID]) -> ColumnElement[bool]:
    """Return the condition that a row leads from a person to one of these groups."""
    return exists().where(MEMBERSHIP.c.user == user, MEMBERSHIP.c.group.in_(groups))


def _is_outside(user: User, group: UUID | None) -> bool:
    return group is None or user.account.level_in(group) is None


def begins(table: Any, beginning: bytes) -> ColumnElement[bool]:
    """Return the condition that a word of this table begins so: a range of its index."""
    between: ColumnElement[bool] = (table.c.word >= beginning) & (table.c.word < beginning + BEYOND)
    return between
