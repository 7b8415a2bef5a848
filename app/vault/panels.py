"""What a group's page shows of the vault, and what becomes of publications when somebody leaves or a group ends."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, select

from app.audit.service import Audit, Event
from app.clock import Clock
from app.credentials.registry import Registry
from app.database import Unit
from app.errors import Damaged
from app.groups.ports import Automation, Ending, Kind, Publications, Published
from app.groups.service import Groups
from app.subject import Subject
from app.vault.activity import USE, name_of
from app.vault.heads import ACCESS, PUBLICATION, SECRET, Head, Heads, misled
from app.vault.listing import PAGE
from app.vault.pages.sharing import publications
from app.vault.policy import Level
from app.vault.service import note
from app.vault.sharing import Sharing

NAMED = 5
"""So many names of what one person published are shown."""
ENDING_SHOWN = 20
LATELY = timedelta(days=30)
LOOKED_AT = 200
"""Publications, the last changed ones, whose last use is looked at to find what works for a group."""
MOST_AUTOMATIONS = 8


class GroupPanel:
    """Fills groups.Panels, groups.Leaving and groups.Deleting."""

    def __init__(
        self, unit: Unit, clock: Clock, heads: Heads, groups: Groups, sharing: Sharing, registry: Registry, audit: Audit
    ) -> None:
        self._unit, self._clock, self._heads, self._groups = unit, clock, heads, groups
        self._sharing, self._registry, self._audit = sharing, registry, audit

    def publications(self, subject: Subject, group: UUID, *, page: int = 1) -> Publications:
        """Return name, type, owner and last use: to who manages the group of all, to a member of their own."""
        manages, here = self._groups.manages(subject, group), _kept_in(group)
        if not manages:
            here = here.where(PUBLICATION.c.secret.in_(_owned(subject)))
        total = int(self._unit.execute(select(func.count()).select_from(here.subquery())).scalar_one())
        page = min(max(1, page), max(1, -(-total // PAGE)))
        newest = here.order_by(PUBLICATION.c.changed_at.desc(), PUBLICATION.c.secret)
        some = newest.limit(PAGE).offset((page - 1) * PAGE)
        found = sorted(self._verified(SECRET.c.id.in_(some), group), key=_last_changed_first)
        shown = [head for head in found if manages or subject.id in head.owners()]
        uses = {secret: event.time for secret, event in self._last_uses(some).items()}
        return Publications(publications(shown, uses, reader=subject.id), total, page)

    def counts(self, groups: Sequence[UUID]) -> Mapping[UUID, int]:
        """Return how many secrets are published in each group, as the rows that find them say."""
        here = (PUBLICATION.c.group.in_(groups)) & (SECRET.c.deleted_at.is_(None))
        statement = (
            select(PUBLICATION.c.group, func.count())
            .join(SECRET, SECRET.c.id == PUBLICATION.c.secret)
            .where(here)
            .group_by(PUBLICATION.c.group)
        )
        found: Any = self._unit.execute(statement).all()
        return dict(map(tuple, found))

    def automations(self, subject: Subject, group: UUID) -> Sequence[Automation]:
        """Return by name what used something here in the last 30 days; to who manages the group, when, too."""
        manages, since = self._groups.manages(subject, group), self._clock() - LATELY
        newest = (
            select(PUBLICATION.c.secret)
            .where(PUBLICATION.c.group == group)
            .order_by(PUBLICATION.c.changed_at.desc())
            .limit(LOOKED_AT)
        )
        uses = [each for each in self._last_uses(newest).values() if each.detail.get("group") == str(group)]
        last: dict[str, Event] = {}
        for event in sorted(uses, key=lambda each: each.number, reverse=True):
            if event.time > since and event.actor:
                last.setdefault(event.actor, event)
        return [
            Automation(name_of(actor), event.time if manages else None)
            for actor, event in [*last.items()][:MOST_AUTOMATIONS]
        ]

    def kinds(self, group: UUID) -> Sequence[Kind]:
        """Return the types that need this group."""
        return [Kind(kind.title, kind.logo) for kind in self._registry if kind.group == group]

    def published_by(self, subject: Subject, group: UUID, people: Collection[UUID]) -> Mapping[UUID, Published]:
        """Return what each of these people published here and `subject` may withdraw; of each the first names."""
        here = (PUBLICATION.c.group == group) & PUBLICATION.c.by.in_(people) & SECRET.c.deleted_at.is_(None)
        if not self._groups.manages(subject, group):
            here = here & SECRET.c.id.in_(_owned(subject))
        place = func.row_number().over(partition_by=PUBLICATION.c.by, order_by=PUBLICATION.c.changed_at.desc())
        total = func.count().over(partition_by=PUBLICATION.c.by)
        ranked = (
            select(PUBLICATION.c.by, PUBLICATION.c.secret, place.label("place"), total.label("total"))
            .join(SECRET, SECRET.c.id == PUBLICATION.c.secret)
            .where(here)
            .subquery()
        )
        rows = self._unit.execute(select(ranked).where(ranked.c.place <= NAMED)).all()
        heads = {head.id: head for head in self._verified(SECRET.c.id.in_([row.secret for row in rows]), group)}
        names: dict[UUID, list[str]] = {}
        for row in rows:
            if row.secret in heads and _published(heads[row.secret], row.by, group):
                names.setdefault(row.by, []).append(heads[row.secret].name)
        totals = {row.by: row.total for row in rows}
        return {by: Published(sorted(found, key=str.casefold), totals[by]) for by, found in names.items()}

    def hold_published(self, group: UUID, people: Collection[UUID] | None = None) -> None:
        """Hold what is published in the group until the transaction ends, in the order of the ids.

        people: only what they published.
        """
        here = select(PUBLICATION.c.secret).where(PUBLICATION.c.group == group)
        self._heads.hold(here if people is None else here.where(PUBLICATION.c.by.in_(people)))

    def withdraw_all(self, subject: Subject, user: UUID, group: UUID) -> None:
        """Take out of the group what this member published in it, what lies in the trash too.

        What `subject` neither owns nor manages stays.
        """
        manages = self._groups.manages(subject, group)
        theirs = select(PUBLICATION.c.secret).where(PUBLICATION.c.group == group, PUBLICATION.c.by == user)
        for head in self.published_in(group, theirs, trashed_too=True):
            if _published(head, user, group) and (manages or subject.id in head.owners()):
                self._sharing.withdraw(subject, head.id, group=group, trashed_too=True)

    def ending(self, subject: Subject, group: UUID) -> Ending:
        """Return what is published here, the last changed ones, with what used each of them last."""
        here = PUBLICATION.c.group == group
        all_of_it = self._unit.execute(select(PUBLICATION.c.secret).where(here)).scalars().all()
        mark = sha256(b"".join(sorted(secret.bytes for secret in all_of_it))).hexdigest()
        newest = _kept_in(group).order_by(PUBLICATION.c.changed_at.desc())
        heads = self.published_in(group, newest.limit(ENDING_SHOWN))
        uses = self._last_uses(newest.limit(ENDING_SHOWN))
        used = {secret: each for secret, each in uses.items() if each.detail.get("group") == str(group)}
        shown = publications(heads, {secret: each.time for secret, each in used.items()}, reader=subject.id)
        actors = {secret: name_of(each.actor or "") for secret, each in used.items()}
        total = self.counts([group]).get(group, 0)
        return Ending([{**each, "actor": actors.get(each["id"], "")} for each in shown], total, mark)

    def end(self, subject: Subject, group: UUID) -> int:
        """Take everything out of the group, what lies in the trash too.

        Heads that do not verify keep naming a group that is gone; the rows that lead to them go.
        """
        ended = 0
        for head in self.published_in(group, trashed_too=True):
            locked = self._heads.load(head.id, lock=True)
            if locked is None or not locked.is_published_in(group):
                continue
            left = tuple(each for each in locked.publications if each.group != group)
            record = note("secret.withdraw", subject, group=str(group))
            self._heads.change(locked, record, content=replace(locked.opened.content, publications=left))
            ended += 1
        self._unit.execute(delete(PUBLICATION).where(PUBLICATION.c.group == group))
        return ended

    def published_in(self, group: UUID, only: Select[Any] | None = None, *, trashed_too: bool = False) -> list[Head]:
        """Return the verified heads that are published in a group, by name; damage is recorded and passed over.

        only: a statement of the secrets that are asked for.
        """
        published = select(PUBLICATION.c.secret).where(PUBLICATION.c.group == group)
        here: ColumnElement[bool] = SECRET.c.id.in_(published)
        if only is not None:
            here = here & SECRET.c.id.in_(only)
        if not trashed_too:
            here = here & SECRET.c.deleted_at.is_(None)
        return self._verified(here, group)

    def _verified(self, where: ColumnElement[bool], group: UUID) -> list[Head]:
        found = []
        for row in self._unit.execute(self._heads.rows.selection.where(where)).all():
            try:
                head = self._heads.verified(row)
            except Damaged as damage:
                self._audit.trouble(damage)
                continue
            if head.is_published_in(group):
                found.append(head)
            else:
                self._audit.trouble(misled("publication", head.id))
        return sorted(found, key=lambda head: (head.name.casefold(), head.id))

    def _last_uses(self, secrets: Select[Any]) -> Mapping[UUID, Event]:
        """Return what last used each of these secrets in process."""
        return self._audit.last_by_automations(secrets, USE)


def _last_changed_first(head: Head) -> tuple[float, UUID]:
    return -head.changed_at.timestamp(), head.id


def _kept_in(group: UUID) -> Select[Any]:
    """Return a statement of the secrets outside of the trash that rows find in a group."""
    kept = (PUBLICATION.c.group == group) & SECRET.c.deleted_at.is_(None)
    return select(PUBLICATION.c.secret).join(SECRET, SECRET.c.id == PUBLICATION.c.secret).where(kept)


def _owned(subject: Subject) -> Select[Any]:
    """Return a statement of the secrets that rows call this person's own."""
    return select(ACCESS.c.secret).where(ACCESS.c.user == subject.id, ACCESS.c.level == Level.OWNER.value)


def _published(head: Head, user: UUID, group: UUID) -> bool:
    return any(each.group == group and each.by == user for each in head.publications)
