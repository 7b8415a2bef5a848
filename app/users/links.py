"""One-time links: a random token in an address, a row bound by HMAC, used by one statement whose row count decides."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, Table, delete, insert, select

from app.audit.service import Audit
from app.clock import Clock
from app.crypto.keyring import random_token, token_hash
from app.database import Unit
from app.errors import Damaged, Refused
from app.keys.keyrings import Keyrings
from app.keys.trail import Note, Trail
from app.users.models import LinkRow
from app.users.service import User, Users

LINK: Table = LinkRow.__table__  # type: ignore[assignment]  # a mapped class's table

PURPOSE = "link"
DECIDING = (
    *("token_hash", "id", "purpose", "user", "generation", "address", "copied_by", "issued_at", "ends_at"),
)  # fmt: skip
ISSUED, USED = 1, 2
"""The revisions that the trail tells of a link."""
KIND = "link"


class For(StrEnum):
    """What a link lets its holder do."""

    INVITATION = "invitation"
    REGISTRATION = "registration"
    RESET = "reset"
    ADDRESS = "address"


LASTS = {
    For.INVITATION: timedelta(days=7),
    For.REGISTRATION: timedelta(days=1),
    For.RESET: timedelta(minutes=30),
    For.ADDRESS: timedelta(days=1),
}


@dataclass(frozen=True)
class Link:
    """A link that holds, and whom it is for: None for who has no account yet.

    address: the one that it offers to become, or was sent to. copied_by: who saw it beside them.
    """

    id: UUID
    purpose: For
    user: User | None
    address: str
    copied_by: UUID | None
    issued_at: datetime
    ends_at: datetime
    token_hash: bytes = field(repr=False)


class Links:
    """Issues, finds and uses one-time links. GET finds, POST uses."""

    def __init__(self, unit: Unit, clock: Clock, keyrings: Keyrings, users: Users, audit: Audit, trail: Trail) -> None:
        self._unit, self._clock, self._keyrings, self._users = unit, clock, keyrings, users
        self._audit, self._trail = audit, trail
        self._statement = select(LINK, trail.newest(LINK.c.id).label("newest"))

    def issue(
        self, purpose: For, record: Note, *, user: User | None, address: str, copied_by: UUID | None = None
    ) -> str:
        """Store a link and return its token; those that this person, or this address, had for the same are over.

        user: whom it is for, None for who has no account yet; it ends with their sign-in generation. record: who
        issues it, for the trail.
        """
        now, token = self._clock(), random_token()
        row: dict[str, Any] = {
            "token_hash": token_hash(token),
            "id": uuid4(),
            "purpose": purpose.value,
            "user": user.id if user else None,
            "generation": user.account.generation if user else 0,
            "address": address,
            "copied_by": copied_by,
            "issued_at": now,
            "ends_at": now + LASTS[purpose],
        }
        row["mac"] = self._mac(row)
        with self._unit.writing():
            self._unit.execute(delete(LINK).where(LINK.c.ends_at <= now))
            if user:
                self.withdraw(user.id, purpose)
            else:
                same = LINK.c.user.is_(None) & (LINK.c.purpose == purpose.value) & (LINK.c.address == address)
                self._end(same, None)
            self._unit.execute(insert(LINK).values(row))
            self._trail.record(record, kind=KIND, object_id=row["id"], revision=ISSUED)
        return token

    def find(self, purpose: For, token: str) -> Link:
        """Return the link with this token. Raises Refused if there is none, it is over, used or for something else."""
        row = self._unit.execute(self._statement.where(LINK.c.token_hash == token_hash(token))).one_or_none()
        if row is not None:
            try:
                if (link := self._found(purpose, row)) is not None:
                    return link
            except Damaged as damage:
                self._audit.trouble(damage)
        raise Refused(action="link.open")

    def use(self, link: Link) -> None:
        """Consume a link within what it allows. Raises Refused if somebody was faster."""
        with self._unit.writing():
            using = delete(LINK).where(LINK.c.token_hash == link.token_hash)
            if self._unit.execute(using).rowcount != 1:
                raise Refused(action="link.use")
            who = link.user.id if link.user else None
            self._trail.record(Note("link.use", subject=who), kind=KIND, object_id=link.id, revision=USED, gone=True)

    def living(self, user_id: UUID, purpose: For) -> datetime | None:
        """Return until when a person's link for something holds, or None if they have none."""
        link = self.pending(user_id, purpose)
        return link.ends_at if link else None

    def pending(self, user_id: UUID, purpose: For) -> Link | None:
        """Return a person's link for something that nobody has used yet, or None if they have none that holds."""
        mine = (LINK.c.user == user_id) & (LINK.c.purpose == purpose.value)
        for row in self._unit.execute(self._statement.where(mine)).all():
            try:
                if (link := self._found(purpose, row)) is not None:
                    return link
            except Damaged as damage:
                self._audit.trouble(damage)
        return None

    def withdraw(self, user_id: UUID, *purposes: For) -> None:
        """End a person's links, of these purposes or of all."""
        with self._unit.writing():
            theirs = LINK.c.user == user_id
            if purposes:
                theirs &= LINK.c.purpose.in_([each.value for each in purposes])
            self._end(theirs, user_id)

    def _end(self, some: ColumnElement[bool], whose: UUID | None) -> None:
        for row in self._unit.execute(delete(LINK).where(some).returning(LINK.c.id)).all():
            record = Note("link.end", subject=whose)
            self._trail.record(record, kind=KIND, object_id=row.id, revision=USED, gone=True)

    def _found(self, purpose: For, row: Row[Any]) -> Link | None:
        """Return a row as a link, or None if it does not hold. Raises Damaged if it is not as it was issued."""
        if not hmac.compare_digest(self._mac(row._mapping), row.mac):
            raise _damaged(row, "altered")
        if row.newest != ISSUED and not (row.newest is None and self._trail.told(row.id)):
            raise _damaged(row, "the trail tells of its use, or not of it")
        if row.purpose != purpose.value or self._clock() >= row.ends_at:
            return None
        user = self._users.get(row.user) if row.user else None
        if row.user and (user is None or user.account.generation != row.generation):
            return None
        return Link(row.id, purpose, user, row.address, row.copied_by, row.issued_at, row.ends_at, row.token_hash)

    def _mac(self, row: Any) -> bytes:
        return self._keyrings.current.mac(PURPOSE, *(row[name] for name in DECIDING))


def _damaged(row: Row[Any], reason: str) -> Damaged:
    return Damaged(f"link {row.id}: {reason}", kind=KIND, object_id=row.id, action="link.damaged")
