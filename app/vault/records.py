"""What the vault tells a person who exports their own data: which secrets they have, and nothing of what is in them."""

from __future__ import annotations

from collections.abc import Mapping

from app.subject import Subject
from app.vault.heads import Head
from app.vault.policy import USE, Level
from app.vault.shelves import Shelves
from app.vault.trash import Trash


class OwnSecrets:
    """Fills users.PersonalRecords."""

    def __init__(self, shelves: Shelves, trash: Trash) -> None:
        self._shelves, self._trash = shelves, trash

    def records(self, subject: Subject) -> Mapping[str, object]:
        """Return name, type, level and dates; of damaged ones there is no name."""
        if not subject.may(USE):
            return {}
        entries = sorted(self._shelves.of(subject.id).entries.values(), key=lambda entry: entry.sort_key)
        kept = [_told(entry.head, entry.type_id, entry.level) for entry in entries]
        trashed = [_told(head, head.type, Level.OWNER) for head in self._trash.listed(subject)]
        return {"secrets": kept, "trash": trashed}


def _told(head: Head | None, type_id: str, level: Level) -> Mapping[str, object]:
    return {
        "name": head.name if head else None,
        "type": type_id,
        "level": level.value,
        "changed_at": head.changed_at.isoformat() if head else None,
        "deleted_at": head.deleted_at.isoformat() if head and head.deleted_at else None,
    }
