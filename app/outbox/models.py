"""The outbox's table: a mail is sealed, its recipients too."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Time
from app.keys.models import Sealed
from app.keys.sealed import strict


class OutboxRow(Sealed, Base):
    """A mail that waits. Everything but its kind and time stands inside the seal (Mail)."""

    __tablename__ = "outbox"

    template: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Time, index=True)


@strict
@dataclass(frozen=True)
class Mail:
    """What a mail's seal holds. one_time: the body holds a link that may be used once."""

    to: tuple[str, ...] = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)
    language: str
    one_time: bool
