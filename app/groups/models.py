"""The groups' table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Time
from app.keys.models import Sealed
from app.keys.sealed import strict


class GroupRow(Sealed, Base):
    """A group; kind is team or system."""

    __tablename__ = "group"

    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Time, index=True)


@strict
@dataclass(frozen=True)
class GroupContent:
    """What a group's seal holds."""

    description: str
