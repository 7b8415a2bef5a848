"""Who acts, as they are when something is stored: what they were when their request began decides nothing any more.

Rows are held in one order, so that two who act wait in turn and never for each other: one-time links; the role
Administrator, or the settings; groups; secrets; people, those whom it concerns and oneself by one statement; roles that
are given or deleted. Several of a kind: in the order of their ids.

Out of this order are what somebody shares or publishes between two of these steps, the rows that count the changes to
lists of secrets, where a transaction changes several, and the reset of a password, which holds its person before its
link and has nobody who acts. Where two meet there, the database gives one of them a conflict.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast
from uuid import UUID

from sqlalchemy import bindparam, select

from app.database import Unit
from app.errors import SignInNeeded
from app.subject import GroupLevel, Subject
from app.users.models import UserRow

if TYPE_CHECKING:
    from app.users.sessions import Sessions

Who = TypeVar("Who", bound=Subject | str)

HELD = (
    select(UserRow.id)
    .where(UserRow.id.in_(bindparam("people", expanding=True)))
    .order_by(UserRow.id)
    .with_for_update(key_share=True)  # rows that name them may come and go
)
KNOWN = "acting"
"""The facts of a transaction under which each person who acts in it is kept, by session."""


class Acting:
    """Holds people, and says who acts: for each use case that changes something, within its transaction.

    It is called once all else is held that the use case changes.
    """

    def __init__(self, unit: Unit, sessions: Sessions) -> None:
        self._unit, self._sessions = unit, sessions

    def __call__(self, by: Who, *needed: str, action: str, on: Iterable[UUID] = ()) -> Who:
        """Return who acts: of what the request began with, what they still may and lead; a command stays as it is.

        on: the people whom it concerns; they and who acts are held until the transaction ends. Raises SignInNeeded if
        the session was ended meanwhile or its person disabled (that it is over by time meanwhile ends no request),
        Forbidden for who lacks one of the permissions that are `needed`, Damaged.
        """
        if not self._unit.is_writing:
            raise RuntimeError("who acts is held: this belongs inside of `with unit.writing()`")
        self._hold({*on, by.id} if isinstance(by, Subject) else {*on})
        if not isinstance(by, Subject):
            return by
        known: dict[bytes, Subject] = self._unit.fact((KNOWN, by.id), dict)
        if by.session_hash not in known:
            known[by.session_hash] = self._again(by)
        now = _narrowed(by, known[by.session_hash])
        for permission in needed:
            now.require(permission, action=action)
        return cast("Who", now)

    def _hold(self, people: set[UUID]) -> None:
        held: set[UUID] = self._unit.fact("people who are held", set)
        if not people <= held:
            self._unit.execute(HELD, {"people": [*people]})
            held |= people

    def _again(self, by: Subject) -> Subject:
        now = self._sessions.again(by)
        if now is None:
            raise SignInNeeded()
        return now


def _narrowed(by: Subject, now: Subject) -> Subject:
    """Return somebody as they are now, without what they were given since the request began."""
    groups = {
        group: level if by.is_admin_of(group) else GroupLevel.MEMBER
        for group, level in now.groups.items()
        if by.is_member(group)
    }
    return replace(now, permissions=by.permissions & now.permissions, groups=groups)


def forget(unit: Unit, person: UUID) -> None:
    """Let somebody be asked for anew who acts further in this transaction: their row or a session was changed."""
    unit.forget((KNOWN, person))
