"""What the page of settings asks of higher systems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from app.subject import Subject


@dataclass(frozen=True)
class Fixed:
    """A setting that the file alone decides, as the page shows it. name: as in the file; never a secret."""

    name: str
    title: str
    value: str


class FixedSettings(Protocol):
    """A port: what of a system's own settings matters to an administrator."""

    def fixed_settings(self) -> Sequence[Fixed]: ...


class Acting(Protocol):
    """A port, filled by users: who changes settings, as they are within the transaction that does it."""

    def acting(self, by: Subject, *needed: str, action: str) -> Subject:
        """Return them with what they still may. Raises Forbidden for who lacks what is needed by now."""


class Names(Protocol):
    """A port, filled by users: who a person is called."""

    def name_of(self, person: UUID) -> str | None: ...
