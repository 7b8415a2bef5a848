"""The audit trail's table."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Time

BY_PEOPLE, BY_AUTOMATIONS = text("actor IS NULL"), text("actor IS NOT NULL")
"""An index for each, so that what people did is found at once among any number of uses, and what used it by name."""
BY_SOMEBODY = text("subject IS NOT NULL")


class AuditRow(Base):
    """One event. Rows are only ever added; each is chained to the one before by its MAC."""

    __tablename__ = "audit"

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    time: Mapped[datetime] = mapped_column(Time)
    subject: Mapped[UUID | None]
    actor: Mapped[str | None]
    action: Mapped[str]
    kind: Mapped[str]
    object_id: Mapped[UUID | None]
    revision: Mapped[int | None]
    gone: Mapped[int]
    count: Mapped[int]
    detail: Mapped[str]
    key: Mapped[int]
    mac: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        Index(None, "object_id", "revision"),
        Index("ix_audit_uses", "object_id", "number", sqlite_where=BY_AUTOMATIONS, postgresql_where=BY_AUTOMATIONS),
        Index("ix_audit_people", "object_id", "number", sqlite_where=BY_PEOPLE, postgresql_where=BY_PEOPLE),
        Index(
            "ix_audit_automations",
            *("object_id", "actor", "number"),
            sqlite_where=BY_AUTOMATIONS,
            postgresql_where=BY_AUTOMATIONS,
        ),
        Index("ix_audit_subject", "subject", "number", sqlite_where=BY_SOMEBODY, postgresql_where=BY_SOMEBODY),
        Index(None, "action", "number"),
        Index("ix_audit_actor", "actor", "number", sqlite_where=BY_AUTOMATIONS, postgresql_where=BY_AUTOMATIONS),
        Index(None, "time"),
    )


class AuditCheckRow(Base):
    """The check of the chain that goes on just now, and how far it came; it tells, and decides nothing."""

    __tablename__ = "audit_check"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[UUID]
    position: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[datetime] = mapped_column(Time)
