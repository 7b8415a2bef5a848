"""Checks secrets as they lie: head, version rows, keys and blobs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.audit.trail import AuditTrail
from app.database import Unit
from app.errors import Damaged
from app.vault.heads import ACCESS, PUBLICATION, SECRET, VERSION, Head, Heads
from app.vault.safe import Safe


@dataclass(frozen=True)
class Finding:
    """A secret that does not verify, and why. kind: secret, access or publication."""

    kind: str
    id: UUID
    reason: str


class Verifier:
    """Walks through all secrets; a page of a thousand at a time."""

    def __init__(self, unit: Unit, heads: Heads, safe: Safe, trail: AuditTrail) -> None:
        self._unit, self._heads, self._safe, self._trail = unit, heads, safe, trail

    def count(self) -> int:
        """Return how many secrets there are, the trash included."""
        return len(self._ids())

    def findings(self, *, every_version: bool) -> Iterator[Finding]:
        """Yield what is damaged. every_version: look at older versions too. Raises Unavailable."""
        listed = self._ids()
        known = set(listed)
        for secret_id in listed:
            yield from self._of(secret_id, every_version=every_version)
        for secret_id in self._lost():
            yield Finding("secret", secret_id, "its head is missing")
        for table, kind in ((VERSION, "version"), (ACCESS, "access"), (PUBLICATION, "publication")):
            for (secret_id,) in self._unit.execute(select(table.c.secret).distinct()):
                if secret_id not in known:
                    yield Finding(kind, secret_id, "names a secret that is not there")

    def harmed(self) -> set[UUID]:
        """Return the secrets whose head or version rows are missing or do not verify; no blob is read."""
        return {*self._lost(), *(secret_id for secret_id in self._ids() if self._is_harmed(secret_id))}

    def _is_harmed(self, secret_id: UUID) -> bool:
        try:
            head = self._heads.load(secret_id)
        except Damaged:
            return True
        if head is None:
            return False  # purged since it was listed
        intact = [each.number for each in self._safe.versions(secret_id) if each.intact]
        if intact == list(range(head.version, 0, -1)):
            return False
        return self._is_unchanged(head) or self._is_harmed(secret_id)

    def _is_unchanged(self, head: Head) -> bool:
        """Return whether a head is still what it was; else what was compared with it proves nothing."""
        try:
            now = self._heads.load(head.id)
        except Damaged:
            return False
        return now is not None and now.revision == head.revision

    def _lost(self) -> list[UUID]:
        return self._trail.lost("secret", SECRET.c.id)

    def _ids(self) -> list[UUID]:
        return [row.id for row in self._unit.execute(select(SECRET.c.id).order_by(SECRET.c.id)).all()]

    def _of(self, secret_id: UUID, *, every_version: bool) -> Iterator[Finding]:
        try:
            head = self._heads.load(secret_id)
        except Damaged as damage:
            yield Finding("secret", secret_id, str(damage))
            return
        if head is None:
            return
        findings = [*self._versions(head, every_version=every_version), *self._index(head)]
        if findings and not self._is_unchanged(head):
            yield from self._of(secret_id, every_version=every_version)
        else:
            yield from findings

    def _versions(self, head: Head, *, every_version: bool) -> Iterator[Finding]:
        for number in range(1, head.version + 1) if every_version else (head.version,):
            try:
                self._safe.check(head.id, number)
            except Damaged as damage:
                yield Finding("secret", head.id, str(damage))
        numbers = select(VERSION.c.number).where(VERSION.c.secret == head.id, VERSION.c.number > head.version)
        for (number,) in self._unit.execute(numbers).all():
            yield Finding("secret", head.id, f"version {number} is beyond the head's {head.version}")

    def _index(self, head: Head) -> Iterator[Finding]:
        """The tables that only find: a row too many is passed over, a missing one hides."""
        people = {row.user for row in self._unit.execute(select(ACCESS.c.user).where(ACCESS.c.secret == head.id))}
        groups = {
            row.group for row in self._unit.execute(select(PUBLICATION.c.group).where(PUBLICATION.c.secret == head.id))
        }
        if people != {grant.user for grant in head.access}:
            yield Finding("access", head.id, "the rows that find it differ from its head")
        if groups != {each.group for each in head.publications}:
            yield Finding("publication", head.id, "the rows that find it differ from its head")
