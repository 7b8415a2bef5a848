"""The keyring's table, and what makes a table sealed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class KeyringRow(Base):
    """The one row that holds the keyring, sealed under the root key."""

    __tablename__ = "keyring"

    id: Mapped[int] = mapped_column(primary_key=True)
    deployment: Mapped[UUID]
    revision: Mapped[int]
    seal: Mapped[bytes] = mapped_column(LargeBinary)


class Sealed:
    """A table whose rows are bound by their seal: every column but those in FREE (name → reason)."""

    FREE: ClassVar[Mapping[str, str]] = {}

    id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int]
    seal: Mapped[bytes] = mapped_column(LargeBinary)
