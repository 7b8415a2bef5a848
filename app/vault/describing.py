"""What the audit log calls secrets: their names to those who have them, to everybody else only that there is one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.audit.ports import Described
from app.clock import Clock
from app.credentials.registry import Registry
from app.database import Unit
from app.errors import Damaged
from app.subject import Subject
from app.vault.activity import labels_of
from app.vault.heads import SECRET, Head, Heads
from app.vault.policy import USE, Level
from app.vault.shelves import Shelves, normalised


class SecretNames:
    """Fills audit.Describes."""

    kind = "secret"
    gone = _l("a purged secret")
    unknown = _l("an unknown secret")

    def __init__(self, unit: Unit, clock: Clock, heads: Heads, shelves: Shelves, registry: Registry) -> None:
        self._unit, self._clock, self._heads = unit, clock, heads
        self._shelves, self._registry = shelves, registry

    def names(self, reader: Subject | None, ids: Collection[UUID]) -> Mapping[UUID, Described]:
        """Return what the reader may know of those that exist."""
        rows = self._unit.execute(self._heads.rows.selection.where(SECRET.c.id.in_(ids))).all()
        return {row.id: self._described(row, reader) for row in rows}

    def find(self, reader: Subject, text: str, most: int) -> Sequence[UUID]:
        """Return the secrets of the reader's own vault whose names have all these words."""
        words = normalised(text).split()
        if not words or not reader.may(USE):
            return ()
        entries = sorted(self._shelves.of(reader.id).entries.values(), key=lambda entry: (entry.sort_key, entry.id))
        return [each.id for each in entries if each.head and _has(words, each.name)][:most]

    def _described(self, row: object, reader: Subject | None) -> Described:
        try:
            head = self._heads.verified(row)  # type: ignore[arg-type]  # a row of `rows.selection`
        except Damaged:
            return Described(_("a damaged secret"))
        kind = self._registry.get(head.type)
        text = head.name if reader and self._is_readable(head, reader) else _("a secret not shared with you")
        return Described(text, note=str(kind.title) if kind else head.type, words=labels_of(kind))

    def _is_readable(self, head: Head, reader: Subject) -> bool:
        """Return whether the reader finds its name elsewhere, too: in their vault, or as its owner in the trash."""
        grant = head.grant(reader.id, self._clock())
        return grant is not None and reader.may(USE) and (head.deleted_at is None or grant.level is Level.OWNER)


def _has(words: Sequence[str], name: str) -> bool:
    plain = normalised(name)
    return all(word in plain for word in words)
