"""The person whom an unknown address stands for: opened as somebody is, so that looking takes no less time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.clock import EPOCH
from app.crypto.keyring import Keyring
from app.keys.keyrings import Keyrings
from app.keys.sealed import SealedRows
from app.users.models import Account
from app.users.permissions import MEMBER

ADDRESS = "nobody.in.particular@example.org"
HASH_LENGTH = 97
"""Of a hash with today's parameters, in characters."""


class Nobody:
    """A sealed row that is stored nowhere."""

    def __init__(self, rows: SealedRows[Account], keyrings: Keyrings) -> None:
        self._rows, self._keyrings = rows, keyrings
        self._kept: tuple[Keyring, dict[str, Any]] | None = None

    def open(self) -> None:
        """Do what opening a person's row takes."""
        keyring, kept = self._keyrings.current, self._kept
        if kept is None or kept[0] is not keyring:
            self._kept = kept = keyring, self._row()
        self._rows.open_columns(dict(kept[1]))

    def _row(self) -> dict[str, Any]:
        account = Account("$" * HASH_LENGTH, 1, (MEMBER,), ())
        names = {"first_name": "Nobody", "last_name": "Particular", "status": "active", "created_at": EPOCH}
        return self._rows.stored_nowhere(UUID(int=0), account, email=ADDRESS, email_key=ADDRESS, **names)
