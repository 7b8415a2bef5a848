"""The audit trail's table."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Time


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

    __table_args__ = (Index(None, "object_id", "revision"), Index(None, "object_id", "action", "number"))
