"""What a group's page shows of the vault, and what becomes of publications when somebody leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.audit.service import Audit
from app.database import Unit
from app.errors import Damaged
from app.groups.service import Groups
from app.subject import Subject
from app.vault.activity import USE
from app.vault.heads import PUBLICATION, SECRET, Head, Heads, misled
from app.vault.pages.sharing import publications
from app.vault.sharing import Sharing


class GroupPanel:
    """Fills groups.Panels and groups.Leaving."""

    def __init__(self, unit: Unit, heads: Heads, groups: Groups, sharing: Sharing, audit: Audit) -> None:
        self._unit, self._heads, self._groups = unit, heads, groups
        self._sharing, self._audit = sharing, audit

    def publications(self, subject: Subject, group: UUID) -> Sequence[Mapping[str, Any]]:
        """Return name, type, owner and last use: to who manages the group of all, to a member of their own."""
        manages = self._groups.manages(subject, group)
        shown = [head for head in self.published_in(group) if manages or subject.id in head.owners()]
        return publications(shown, self._last_uses(group), reader=subject.id)

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

    def published_by_member(self, group: UUID) -> Mapping[UUID, Sequence[str]]:
        """Return the names of what each member published in the group."""
        found: dict[UUID, list[str]] = {}
        for head in self.published_in(group):
            for publication in head.publications:
                if publication.group == group:
                    found.setdefault(publication.by, []).append(head.name)
        return found

    def withdraw_all(self, subject: Subject, user: UUID, group: UUID) -> None:
        """Take out of the group what this member published in it, what lies in the trash too."""
        for head in self.published_in(group, trashed_too=True):
            if _published(head, user, group):
                self._sharing.withdraw(subject, head.id, group=group, trashed_too=True)

    def published_in(self, group: UUID, *, trashed_too: bool = False) -> list[Head]:
        """Return the verified heads that are published in a group, by name; damage is recorded and passed over."""
        here = select(PUBLICATION.c.secret).where(PUBLICATION.c.group == group)
        statement = self._heads.rows.selection.where(SECRET.c.id.in_(here))
        if not trashed_too:
            statement = statement.where(SECRET.c.deleted_at.is_(None))
        found = []
        for row in self._unit.execute(statement).all():
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

    def _last_uses(self, group: UUID) -> Mapping[UUID, datetime | None]:
        """Return when each secret of a group was last used in process."""
        last = self._audit.latest(PUBLICATION.c.secret, USE)
        found: Any = self._unit.execute(select(PUBLICATION.c.secret, last).where(PUBLICATION.c.group == group)).all()
        return dict(map(tuple, found))


def _published(head: Head, user: UUID, group: UUID) -> bool:
    return any(each.group == group and each.by == user for each in head.publications)
