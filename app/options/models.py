"""The table of what the admin centre has changed: one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.database import Base
from app.keys.models import Sealed
from app.keys.sealed import strict

Directory = Literal["everybody", "groups", "exact"]


class OptionsRow(Sealed, Base):
    """The one row, made at the first change; what was chosen stands inside the seal (Chosen)."""

    __tablename__ = "options"


@strict
@dataclass(frozen=True)
class Chosen:
    """What the seal holds: what was chosen in the admin centre. None: what the settings file says."""

    registration: bool | None = None
    registration_domains: tuple[str, ...] | None = None
    directory: Directory | None = None
