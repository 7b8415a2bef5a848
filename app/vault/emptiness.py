"""Whether the blob store is empty: asked before the first keyring is made."""

from __future__ import annotations

from app.blobs.store import BlobStore


class NoBlobs:
    """Fills keys.Emptiness."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store

    def why_not_empty(self) -> str | None:
        """Return a line that says what lies there, or None. Raises Unavailable."""
        if next(iter(self._store.list()), None) is None:
            return None
        return "the blob store holds blobs, but the database no keyring: restore the database that belongs to them"
