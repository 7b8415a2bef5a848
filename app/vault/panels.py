"""What a group's page shows of the vault, and what becomes of publications when somebody leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.database import Unit
from app.errors import Damaged
from app.groups.service import Groups
from app.subject import Subject
from app.vault.heads import PUBLICATION, SECRET, Head, Heads
from app.vault.pages import publication


class GroupPanel:
    """Fills groups.Panels."""

    def __init__(self, unit: Unit, heads: Heads, groups: Groups) -> None:
        self._unit, self._heads, self._groups = unit, heads, groups

    def publications(self, subject: Subject, group: UUID) -> Sequence[Mapping[str, Any]]:
        """Return name, type, owner and last use: to who manages the group of all, to a member of their own."""
        manages = self._groups.manages(subject, group)
        shown = []
        for head in self.published_in(group):
            mine = subject.id in head.owners()
            if manages or mine:
                shown.append(publication(head, may_withdraw=True))
        return shown

    def published_in(self, group: UUID) -> list[Head]:
        """Return the verified heads that are published in a group, by name; damaged ones are passed over."""
        here = select(PUBLICATION.c.secret).where(PUBLICATION.c.group == group)
        statement = self._heads.rows.selection.where(SECRET.c.id.in_(here), SECRET.c.deleted_at.is_(None))
        found = []
        for row in self._unit.execute(statement).all():
            try:
                head = self._heads.verified(row)
            except Damaged:
                continue
            if head.is_published_in(group):
                found.append(head)
        return sorted(found, key=lambda head: (head.name.casefold(), head.id))
