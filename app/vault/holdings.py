"""What becomes of somebody's secrets when they are disabled or deleted: handed over unread, or deleted, never lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, Select, delete, exists, func, select

from app.audit.service import Audit
from app.clock import Clock
from app.credentials.registry import Registry
from app.database import Unit
from app.errors import Damaged, Invalid, Refused
from app.groups.service import Groups
from app.subject import Subject
from app.users.ports import Alone, Holding
from app.users.service import ACTIVE, USER, User, Users
from app.vault.heads import ACCESS, SECRET, SHELF, Grant, Head, Heads
from app.vault.policy import DELETE, Level
from app.vault.service import note
from app.vault.telling import Telling

HAND_OVER = "secret.hand-over"


class SecretHoldings:
    """Fills users.Holdings and users.Departure. Opens heads, no version: nobody reads a value here."""

    def __init__(
        self,
        unit: Unit,
        clock: Clock,
        heads: Heads,
        users: Users,
        groups: Groups,
        registry: Registry,
        audit: Audit,
        telling: Telling,
    ) -> None:
        self._unit, self._clock, self._heads, self._telling = unit, clock, heads, telling
        self._users, self._groups, self._registry, self._audit = users, groups, registry, audit

    def owned(self, user: UUID) -> Mapping[str, int]:
        """Return how many secrets of each type a person owns, as the rows that find them say."""
        statement = (
            select(SECRET.c.type, func.count().label("times"))
            .join(ACCESS, ACCESS.c.secret == SECRET.c.id)
            .where(_owns(user), SECRET.c.deleted_at.is_(None))
            .group_by(SECRET.c.type)
        )
        counted: Counter[str] = Counter()
        for row in self._unit.execute(statement):
            counted[self._title(row.type)] += row.times
        return dict(sorted(counted.items(), key=lambda each: each[0].casefold()))

    def alone_count(self, user: UUID) -> int:
        """Return how many secrets nobody else owns who is active, as the rows that find them say."""
        return int(self._unit.execute(select(func.count()).select_from(_alone(user).subquery())).scalar_one())

    def in_trash(self, user: UUID) -> int:
        """Return how many secrets lie in this person's trash."""
        mine = select(func.count()).select_from(ACCESS).join(SECRET, SECRET.c.id == ACCESS.c.secret)
        return int(self._unit.execute(mine.where(_owns(user), SECRET.c.deleted_at.is_not(None))).scalar_one())

    def alone(self, user: UUID, *, most: int, skip: int = 0) -> Alone:
        """Return some of what nobody else owns who is active, the last changed first; damage is recorded and counted.

        Only these are opened, however many there are.
        """
        some = self._heads.rows.selection.where(SECRET.c.id.in_(_alone(user)))
        rows = self._unit.execute(some.order_by(SECRET.c.changed_at.desc(), SECRET.c.id).limit(most).offset(skip)).all()
        opened = self._opened(rows)
        holdings = [self._holding(head, user) for head in opened if user in head.owners()]
        listed = self.alone_count(user)
        return Alone(holdings, listed - (len(rows) - len(holdings)), len(rows) - len(opened), listed)

    def is_alone(self, user: UUID, holding: UUID) -> bool:
        """Return whether nobody else owns this secret who is active, as the rows that find it say."""
        return self._unit.execute(_alone(user).where(ACCESS.c.secret == holding)).first() is not None

    def hold(self, holdings: Collection[UUID]) -> None:
        """Hold some secrets until the transaction ends, in the order of their ids."""
        self._heads.hold(holdings)

    def hold_of(self, user: UUID) -> None:
        """Hold what a person has access to until the transaction ends, in the order of the ids."""
        self._heads.hold(_had_by(user))

    def hand_over(self, by: Subject, user: UUID, holding: UUID, *, to: UUID) -> None:
        """Make somebody else the owner of a secret in place of this person, who keeps no access.

        Raises Refused if it is not this person's alone (any more), Invalid for the one who decides it and for who
        cannot own it, Damaged.
        """
        with self._unit.writing():
            head = self._settled(user, holding, HAND_OVER)
            by = self._heads.acting(by, action=HAND_OVER, on=[to])
            self._refuse_heir(by, head, user, to)
            now = self._clock()
            given = Grant(to, Level.OWNER, None, by=by.id, at=now)
            access = (*(grant for grant in head.access if grant.user not in {user, to}), given)
            record = note(HAND_OVER, by, user=str(to), former=str(user))
            self._heads.change(head, record, content=replace(head.opened.content, access=access))
            present = {grant.user for grant in head.access if grant.holds(now)}
            self._telling.handed_over(by, holding, record, former=user, to=to, access=present)

    def delete(self, by: Subject, user: UUID, holding: UUID) -> None:
        """Move a secret of this person to the trash. Raises Refused if it is not theirs alone (any more), Damaged."""
        with self._unit.writing():
            head = self._settled(user, holding, DELETE.name)
            by = self._heads.acting(by, action=DELETE.name)
            self._heads.change(head, note(DELETE.name, by, former=str(user)), deleted_at=self._clock())

    def forget(self, by: Subject, user: User) -> None:
        """Take this person out of all access lists, in the trash too; what they published stays.

        Raises Invalid while they alone own something, which would be lost.
        """
        for secret_id in self._unit.execute(_had_by(user.id).order_by(ACCESS.c.secret)).scalars().all():
            self._take_out(by, user.id, secret_id)
        self._unit.execute(delete(ACCESS).where(ACCESS.c.user == user.id))  # of what is damaged
        self._unit.execute(delete(SHELF).where(SHELF.c.user == user.id))

    def _take_out(self, by: Subject, user: UUID, secret_id: UUID) -> None:
        try:
            head = self._heads.load(secret_id, lock=True)
        except Damaged as damage:
            self._audit.trouble(damage)
            return
        if head is None or all(grant.user != user for grant in head.access):
            return
        if head.deleted_at is None and self._is_alone(head, user):
            raise Invalid(_("Something is still theirs alone. Hand it over or delete it first."))
        access = tuple(grant for grant in head.access if grant.user != user)
        content = replace(head.opened.content, access=access)
        self._heads.change(head, note("secret.unshare", by, user=str(user)), content=content)

    def _settled(self, user: UUID, holding: UUID, action: str) -> Head:
        """Return a secret, locked, that this person alone owns."""
        head = self._heads.load(holding, lock=True)
        if head is None or head.deleted_at is not None or not self._is_alone(head, user):
            raise Refused(action=action, kind="secret", object_id=holding)
        return head

    def _refuse_heir(self, by: Subject, head: Head, user: UUID, to: UUID) -> None:
        """Raise Invalid for who may not get a secret; their row is held, so that nobody disables them meanwhile."""
        if to == by.id:
            raise Invalid(_("You cannot hand over to yourself."))
        heir = self._users.get(to)
        if heir is None or not heir.active or to == user:
            raise Invalid(_("Only active people can own it."))
        needed = self._needed(head)
        if needed and heir.account.level_in(needed) is None:
            raise Invalid(_("%(name)s is no member of the group that this type needs.", name=heir.name))

    def _is_alone(self, head: Head, user: UUID) -> bool:
        """Return whether this person owns a secret and nobody else does who is active, as the seals say."""
        owners = head.owners()
        others = self._users.people(owner for owner in owners if owner != user)
        return user in owners and not any(other.active for other in others.values())

    def _opened(self, rows: Sequence[Row[Any]]) -> list[Head]:
        found = []
        for row in rows:
            try:
                found.append(self._heads.verified(row))
            except Damaged as damage:
                self._audit.trouble(damage)
        return found

    def _holding(self, head: Head, user: UUID) -> Holding:
        kind, now = self._registry.get(head.type), self._clock()
        others = [grant.user for grant in head.access if grant.user != user and grant.holds(now)]
        groups = self._groups.names([each.group for each in head.publications]).values()
        named = sorted((group.name for group in groups), key=str.casefold)
        logo = kind.logo if kind else "unplug"
        return Holding(head.id, self._title(head.type), logo, head.changed_at, others, named, self._needed(head))

    def _needed(self, head: Head) -> UUID | None:
        kind = self._registry.get(head.type)
        return kind.group if kind else None

    def _title(self, type_id: str) -> str:
        kind = self._registry.get(type_id)
        return str(kind.title) if kind else _("Type missing")


def _owns(user: UUID) -> ColumnElement[bool]:
    return (ACCESS.c.user == user) & (ACCESS.c.level == Level.OWNER.value)


def _had_by(user: UUID) -> Select[tuple[UUID]]:
    """Return a statement of the secrets that rows lead this person to."""
    return select(ACCESS.c.secret).where(ACCESS.c.user == user)


def _alone(user: UUID) -> Select[tuple[UUID]]:
    """Return a statement of the secrets outside of the trash that nobody else owns who is active."""
    other = ACCESS.alias("other")
    another = exists().where(
        other.c.secret == ACCESS.c.secret,
        other.c.user != user,
        other.c.level == Level.OWNER.value,
        USER.c.id == other.c.user,
        USER.c.status == ACTIVE,
    )
    return (
        select(ACCESS.c.secret)
        .join(SECRET, SECRET.c.id == ACCESS.c.secret)
        .where(_owns(user), SECRET.c.deleted_at.is_(None), ~another)
    )
