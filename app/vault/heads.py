"""Heads: what a secret is now, who has it, where it is published; and the one loader that gives them out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, Select, Table, bindparam, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from app.clock import Clock
from app.database import Unit
from app.errors import Damaged, Forbidden, Invalid, Refused
from app.keys.sealed import Opened, SealedRows, strict
from app.keys.trail import Note
from app.subject import Subject
from app.users.acting import Acting
from app.vault.models import AccessRow, PublicationRow, SecretRow, ShelfRow, VersionRow
from app.vault.policy import Act, Level

TOO_LOW = _l("Your level on this secret does not allow this. One of its owners can change that. Nothing was changed.")
MOST_PEOPLE = 500
MOST_GROUPS = 500

ACCESS: Table = AccessRow.__table__  # type: ignore[assignment]  # a mapped class's table
PUBLICATION: Table = PublicationRow.__table__  # type: ignore[assignment]
SECRET: Table = SecretRow.__table__  # type: ignore[assignment]
SHELF: Table = ShelfRow.__table__  # type: ignore[assignment]
VERSION: Table = VersionRow.__table__  # type: ignore[assignment]
MADE_WITH = select(SECRET.c.id).where(SECRET.c.once == bindparam("key"))
INSERT_ACCESS, INSERT_PUBLICATION = insert(ACCESS), insert(PUBLICATION)


@strict
@dataclass(frozen=True)
class Grant:
    """A person's access: given by whom, when, and until when. Owners have no end date."""

    user: UUID
    level: Level
    until: datetime | None
    by: UUID
    at: datetime

    def holds(self, now: datetime) -> bool:
        return self.until is None or now < self.until


@strict
@dataclass(frozen=True)
class Publication:
    """A group whose automations may use the secret."""

    group: UUID
    by: UUID
    at: datetime


@strict
@dataclass(frozen=True)
class HeadContent:
    """What a head's seal holds beside the bound columns."""

    name: str = field(repr=False)
    summary: str = field(repr=False)
    access: tuple[Grant, ...]
    publications: tuple[Publication, ...]


@dataclass(frozen=True)
class Head:
    """A secret as it is now, verified."""

    opened: Opened[HeadContent]
    id: UUID
    type: str
    version: int
    revision: int
    changed_at: datetime
    deleted_at: datetime | None
    name: str = field(repr=False)
    summary: str = field(repr=False)
    access: tuple[Grant, ...]
    publications: tuple[Publication, ...]

    def grant(self, user: UUID, now: datetime) -> Grant | None:
        """Return the access that a person has at this moment."""
        return next((each for each in self.access if each.user == user and each.holds(now)), None)

    def owners(self) -> list[UUID]:
        return [grant.user for grant in self.access if grant.level is Level.OWNER]

    def is_published_in(self, group: UUID) -> bool:
        return any(each.group == group for each in self.publications)


class Heads:
    """Loads, stores and changes heads, and keeps the tables that find them in step."""

    def __init__(self, unit: Unit, clock: Clock, rows: SealedRows[HeadContent], acting: Acting) -> None:
        self._unit, self._clock, self.rows, self.acting = unit, clock, rows, acting
        upsert = (sqlite if unit.is_sqlite else postgresql).insert(SHELF)
        raised = {"changes": SHELF.c.changes + 1}
        self._count = upsert.on_conflict_do_update(index_elements=[SHELF.c.user], set_=raised)

    def usable(self, subject: Subject, secret_id: UUID, act: Act, *, trashed: bool = False) -> Head:
        """Return the head if this person may do `act` with it now: the one loader.

        trashed: look in the trash instead of the vault. Raises Forbidden without the permission or with too
        low a level, Refused if it does not exist or is not theirs, Damaged if it is theirs and does not verify.
        """
        head = self._found(subject, secret_id, act, lock=False)
        self.check(subject, head, act, trashed=trashed)
        return head

    def held(self, subject: Subject, secret_id: UUID, act: Act, *, trashed: bool = False) -> tuple[Subject, Head]:
        """Return who acts, as they are now, and the head as `usable` does, both held until the transaction ends.

        The one loader of what is about to be changed: what was true when the request began decides nothing any more.
        Raises as `usable` and Acting do.
        """
        head = self._found(subject, secret_id, act, lock=True)
        now = self.acting(subject, action=act.name)
        self.check(now, head, act, trashed=trashed)
        return now, head

    def _found(self, subject: Subject, secret_id: UUID, act: Act, *, lock: bool) -> Head:
        subject.require(act.permission, action=act.name)
        refused = Refused(action=act.name, kind="secret", object_id=secret_id)
        try:
            head = self.load(secret_id, lock=lock)
        except Damaged:
            if self._is_listed(secret_id, subject.id):
                raise
            raise refused from None
        if head is None:
            raise refused
        return head

    def check(self, subject: Subject, head: Head, act: Act, *, trashed: bool = False) -> None:
        """Raise as `usable` does unless this person may do `act` with a head that has been opened."""
        subject.require(act.permission, action=act.name)
        grant = head.grant(subject.id, self._clock())
        if grant is None or (head.deleted_at is not None) is not trashed:
            raise Refused(action=act.name, kind="secret", object_id=head.id)
        if grant.level.rank < act.level.rank:
            kind, text = (Refused, "") if trashed else (Forbidden, TOO_LOW)
            raise kind(text, action=act.name, kind="secret", object_id=head.id)

    def load(self, secret_id: UUID, *, lock: bool = False) -> Head | None:
        """Return the head for code that decides by itself who may have it. Raises Damaged."""
        opened = self.rows.load(secret_id, lock=lock)
        return None if opened is None else as_head(opened)

    def hold(self, secrets: Select[Any] | Collection[UUID]) -> None:
        """Hold some secrets until the transaction ends, in the order of their ids: before anybody's own row."""
        some = select(SECRET.c.id).where(SECRET.c.id.in_(secrets)).order_by(SECRET.c.id)
        self._unit.execute(some.with_for_update(of=SECRET, key_share=True))

    def verified(self, row: Row[Any]) -> Head:
        """Return a row of `rows.selection` as a head. Raises Damaged."""
        return as_head(self.rows.open(row))

    def made_with(self, once: bytes) -> UUID | None:
        """Return the secret that was created with this idempotency key.

        Inside of a transaction: whoever asks for the same one waits, so that two at once make one secret.
        """
        if self._unit.is_writing and not self._unit.is_sqlite:
            number = int.from_bytes(once[:8], signed=True)
            self._unit.execute(select(func.pg_advisory_xact_lock(number)))
        found: UUID | None = self._unit.execute(MADE_WITH, {"key": once}).scalar_one_or_none()
        return found

    def insert(self, secret_id: UUID, content: HeadContent, note: Note, **columns: Any) -> Head:
        """Store a new head with its index rows."""
        head = as_head(self.rows.insert(secret_id, content, note, **columns))
        self._index(head)
        self._count_change({grant.user for grant in head.access})
        return head

    def change(self, seen: Head, note: Note, *, content: HeadContent | None = None, **columns: Any) -> Head:
        """Store the next revision of a head with its index rows. Raises Conflict, or Invalid above 500 entries."""
        if content and (len(content.access) > MOST_PEOPLE or len(content.publications) > MOST_GROUPS):
            most = {"people": MOST_PEOPLE, "groups": MOST_GROUPS}
            raise Invalid(_("A secret is shared with at most %(people)s people and %(groups)s groups.", **most))
        head = as_head(self.rows.change(seen.opened, note, content=content, **columns))
        for table in (ACCESS, PUBLICATION):
            self._unit.execute(delete(table).where(table.c.secret == head.id))
        self._index(head)
        self._count_change({grant.user for grant in (*head.access, *seen.access)})
        return head

    def remove(self, seen: Head, note: Note) -> None:
        """Destroy a secret: its versions' keys, its index rows, its head."""
        for table in (VERSION, ACCESS, PUBLICATION):
            self._unit.execute(delete(table).where(table.c.secret == seen.id))
        self.rows.remove(seen.opened, note)
        self._unit.after_commit(self._unit.empty_log)
        self._count_change({grant.user for grant in seen.access})

    def _index(self, head: Head) -> None:
        """Store the rows that find a head."""
        people = [
            {"secret": head.id, "user": g.user, "level": g.level.value, "until": g.until, "by": g.by, "at": g.at}
            for g in head.access
        ]
        groups = [
            {
                "secret": head.id,
                "group": p.group,
                "type": head.type,
                "changed_at": head.changed_at,
                "by": p.by,
                "at": p.at,
            }
            for p in head.publications
        ]
        if people:
            self._unit.execute(INSERT_ACCESS, people)
        if groups:
            self._unit.execute(INSERT_PUBLICATION, groups)

    def _count_change(self, people: set[UUID]) -> None:
        """Tell the kept lists of these people that something changed; rows are locked in the order of their ids."""
        if people:
            self._unit.execute(self._count, [{"user": each, "changes": 1} for each in sorted(people)])

    def _is_listed(self, secret_id: UUID, user: UUID) -> bool:
        listed = (ACCESS.c.secret == secret_id) & (ACCESS.c.user == user)
        return self._unit.execute(select(ACCESS.c.secret).where(listed)).first() is not None


def misled(table: str, secret_id: UUID) -> Damaged:
    """Return what to record of a row that finds a secret whose head does not know of it."""
    reason = f"{table}: a row names secret {secret_id}, whose head does not know of it"
    return Damaged(reason, kind="secret", object_id=secret_id, action=f"{table}.damaged")


def as_head(opened: Opened[HeadContent]) -> Head:
    """Return a verified row as a head."""
    columns: Mapping[str, Any] = opened.columns
    inside = opened.content
    return Head(
        opened,
        opened.id,
        columns["type"],
        columns["version"],
        opened.revision,
        columns["changed_at"],
        columns["deleted_at"],
        inside.name,
        inside.summary,
        inside.access,
        inside.publications,
    )
