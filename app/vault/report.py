"""What the vault holds, in numbers: by type, in the trash, damaged, and what is published without an owner there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, func, select

from app.audit.service import Audit
from app.credentials.declare import CredentialType
from app.credentials.registry import Registry
from app.database import Unit
from app.errors import Damaged
from app.groups.service import Group, Groups
from app.subject import Subject
from app.users.permissions import Permissions
from app.users.service import ACTIVE, MEMBERSHIP, USER, User, Users
from app.vault.heads import ACCESS, PUBLICATION, SECRET, Head, Heads
from app.vault.policy import Level

REPORT = "vault.report"
MOST_OWNERLESS = 50
MOST_DAMAGED = 1000
"""So many of the newest events that tell of damage are read."""


@dataclass(frozen=True)
class TypeCount:
    """How many secrets of a type there are. kind None: it is not installed."""

    id: str
    kind: CredentialType | None
    kept: int
    trashed: int
    damaged: int


@dataclass(frozen=True)
class Ownerless:
    """A published secret of which no owner is an active member of the group. owners: those it has."""

    kind: CredentialType | None
    type_id: str
    group: Group
    owners: Sequence[User]


@dataclass(frozen=True)
class Numbers:
    """What the vault holds. damaged_at: when damage was seen last. more: there are more without an owner."""

    types: Sequence[TypeCount]
    ownerless: Sequence[Ownerless]
    more: bool
    damaged_at: datetime | None


def declare(permissions: Permissions) -> None:
    """Add the report's permission to the catalogue."""
    permissions.declare(
        REPORT,
        _l("See the vault’s numbers"),
        _l("How many secrets there are by type; no names, no contents."),
        system=_l("Vault"),
    )


class Report:
    """Counts secrets; opens only heads that it has to name an owner of, and no blob."""

    def __init__(
        self, unit: Unit, heads: Heads, registry: Registry, users: Users, groups: Groups, audit: Audit
    ) -> None:
        self._unit, self._heads, self._registry = unit, heads, registry
        self._users, self._groups, self._audit = users, groups, audit

    def numbers(self, subject: Subject) -> Numbers:
        """Return what the vault holds. Raises Forbidden."""
        subject.require(REPORT)
        damaged, damaged_at = self._damaged()
        ownerless, more = self._ownerless()
        return Numbers(self._types(damaged), ownerless, more, damaged_at)

    def missing_types(self) -> list[str]:
        """Return the types of stored secrets that are not installed: one step of the index for each stored type."""
        first = select(func.min(SECRET.c.type).label("type"))
        steps = first.cte("steps", recursive=True)
        following = select(func.min(SECRET.c.type)).where(SECRET.c.type > steps.c.type).scalar_subquery()
        steps = steps.union_all(select(following).where(steps.c.type.is_not(None)))
        stored = [row.type for row in self._unit.execute(select(steps.c.type)) if row.type is not None]
        return [each for each in stored if self._registry.get(each) is None]

    def _types(self, damaged: Counter[str]) -> list[TypeCount]:
        """Return each type with its numbers, by title."""
        statement = select(
            SECRET.c.type, func.count().label("all"), func.count(SECRET.c.deleted_at).label("trashed")
        ).group_by(SECRET.c.type)
        found = [
            TypeCount(row.type, self._registry.get(row.type), row.all - row.trashed, row.trashed, damaged[row.type])
            for row in self._unit.execute(statement)
        ]
        return sorted(found, key=lambda each: (each.kind is None, title_of(each.kind, each.id).casefold()))

    def _damaged(self) -> tuple[Counter[str], datetime | None]:
        """Return how many secrets were seen damaged and are still there, by type, and when the last one was seen."""
        events = self._audit.newest_of("secret.damaged", most=MOST_DAMAGED)
        seen = {event.object_id: event.time for event in reversed(events) if event.object_id}
        rows = self._unit.execute(select(SECRET.c.id, SECRET.c.type).where(SECRET.c.id.in_([*seen]))).all()
        last = max((seen[row.id] for row in rows), default=None)
        return Counter(row.type for row in rows), last

    def _ownerless(self) -> tuple[list[Ownerless], bool]:
        """Return published secrets without an owner in their group, by group, as their own rows say."""
        owner_there = (
            exists()
            .where(ACCESS.c.secret == PUBLICATION.c.secret, ACCESS.c.level == Level.OWNER.value)
            .where(MEMBERSHIP.c.user == ACCESS.c.user, MEMBERSHIP.c.group == PUBLICATION.c.group)
            .where(USER.c.id == ACCESS.c.user, USER.c.status == ACTIVE)
        )
        statement = (
            select(PUBLICATION.c.secret, PUBLICATION.c.group)
            .join(SECRET, SECRET.c.id == PUBLICATION.c.secret)
            .where(SECRET.c.deleted_at.is_(None), ~owner_there)
            .order_by(PUBLICATION.c.group, PUBLICATION.c.type, PUBLICATION.c.secret)
            .limit(MOST_OWNERLESS + 1)
        )
        pairs = [(row.secret, row.group) for row in self._unit.execute(statement)]
        heads = self._heads_of({secret for secret, _group in pairs})
        people = self._users.people(owner for head in heads.values() for owner in head.owners())
        groups = self._groups.names(group for _secret, group in pairs)
        found = [
            Ownerless(
                self._registry.get(heads[secret].type),
                heads[secret].type,
                groups[group],
                [people[owner] for owner in heads[secret].owners() if owner in people],
            )
            for secret, group in pairs[:MOST_OWNERLESS]
            if secret in heads and group in groups and heads[secret].is_published_in(group)
        ]
        return [each for each in found if not _owned_there(each)], len(pairs) > MOST_OWNERLESS

    def _heads_of(self, ids: set[UUID]) -> dict[UUID, Head]:
        """Return the heads that verify; what is damaged stands in the numbers of damage."""
        found = {}
        for row in self._unit.execute(self._heads.rows.selection.where(SECRET.c.id.in_(ids))).all():
            try:
                found[row.id] = self._heads.verified(row)
            except Damaged:
                continue
        return found


def title_of(kind: CredentialType | None, type_id: str) -> str:
    """Return what a type is called; one that is not installed by its id."""
    return str(kind.title) if kind else type_id


def _owned_there(each: Ownerless) -> bool:
    return any(owner.active and owner.account.level_in(each.group.id) for owner in each.owners)
