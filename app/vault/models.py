"""The vault's tables: heads and versions, which decide; access, publication and shelf, which find."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Time
from app.keys.models import Sealed


class SecretRow(Sealed, Base):
    """The head: what a secret is now. `version` counts edits of values, `revision` every change of the row."""

    __tablename__ = "secret"

    type: Mapped[str]
    version: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(Time)
    deleted_at: Mapped[datetime | None] = mapped_column(Time)
    once: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)

    __table_args__ = (Index(None, "type", "deleted_at"),)


class VersionRow(Base):
    """An immutable state of a secret's credentials; `wrapped` holds its DEK, bound to every other column."""

    __tablename__ = "version"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    secret: Mapped[UUID] = mapped_column(ForeignKey("secret.id"))
    number: Mapped[int]
    type: Mapped[str]
    schema: Mapped[int]
    author: Mapped[UUID]
    time: Mapped[datetime] = mapped_column(Time)
    blob: Mapped[str] = mapped_column(index=True)
    size: Mapped[int]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (UniqueConstraint("secret", "number"),)


class AccessRow(Base):
    """Finds the secrets that a person may see; the head decides."""

    __tablename__ = "access"

    secret: Mapped[UUID] = mapped_column(ForeignKey("secret.id"), primary_key=True)
    user: Mapped[UUID] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
    level: Mapped[str]
    until: Mapped[datetime | None] = mapped_column(Time)
    by: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(Time)


class PublicationRow(Base):
    """Finds the secrets that a group's automations may use; the head decides."""

    __tablename__ = "publication"

    secret: Mapped[UUID] = mapped_column(ForeignKey("secret.id"), primary_key=True)
    group: Mapped[UUID] = mapped_column(ForeignKey("group.id"), primary_key=True)
    type: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(Time)
    by: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(Time)

    __table_args__ = (Index(None, "group", "type", "changed_at"), Index(None, "group", "by"))


class ShelfRow(Base):
    """Counts the changes to what one person sees, so that a list that is kept knows whether it still holds."""

    __tablename__ = "shelf"

    user: Mapped[UUID] = mapped_column(ForeignKey("user.id"), primary_key=True)
    changes: Mapped[int]


class LeaseRow(Base):
    """Who may run a task that only one process should run at a time."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[UUID]
    until: Mapped[datetime] = mapped_column(Time)
