"""The tables of people, roles, sessions and preferences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Time
from app.keys.models import Sealed
from app.keys.sealed import strict
from app.subject import GroupLevel


class UserRow(Sealed, Base):
    """A person. What they may do stands inside the seal (Account); every column is bound."""

    __tablename__ = "user"

    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    status: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Time)


class RoleRow(Sealed, Base):
    """A named set of permissions, which stands inside the seal (RoleContent)."""

    __tablename__ = "role"

    name: Mapped[str] = mapped_column(unique=True)


class UserRoleRow(Base):
    """Finds the people of a role; their rows decide."""

    __tablename__ = "user_role"

    user: Mapped[UUID] = mapped_column(ForeignKey("user.id"), primary_key=True)
    role: Mapped[UUID] = mapped_column(ForeignKey("role.id"), primary_key=True, index=True)


class MembershipRow(Base):
    """Finds the members of a group; their rows decide."""

    __tablename__ = "membership"

    user: Mapped[UUID] = mapped_column(ForeignKey("user.id"), primary_key=True)
    group: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    level: Mapped[str]


class UserWordRow(Base):
    """Finds people by the words of their names and address (words.py); their rows decide.

    A word is UTF-8, which both kinds of database order byte by byte, so that its beginning is a range of the index.
    """

    __tablename__ = "user_word"

    word: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user: Mapped[UUID] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)


class SessionRow(Base):
    """A signed-in browser, found by its token's hash; `mac` binds every column that decides.

    The trail tells of its beginning (revision 1) and its end, so that one put back after its end is refused.
    """

    __tablename__ = "session"

    FREE: ClassVar[Mapping[str, str]] = {
        "device": "shown to its owner, decides nothing",
        "seen_at": "written at most once a minute; the idle limit may be stretched by it, the absolute one may not",
    }

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    id: Mapped[UUID]
    user: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    generation: Mapped[int]
    issued_at: Mapped[datetime] = mapped_column(Time)
    ends_at: Mapped[datetime] = mapped_column(Time)
    confirmed_at: Mapped[datetime] = mapped_column(Time)
    factors: Mapped[str]
    device: Mapped[str]
    seen_at: Mapped[datetime] = mapped_column(Time)
    mac: Mapped[bytes] = mapped_column(LargeBinary)


class LinkRow(Base):
    """A one-time link, found by its token's hash; `mac` binds every column.

    The trail tells of its beginning (revision 1) and its use, so that one put back after its use is refused.
    """

    __tablename__ = "link"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    id: Mapped[UUID]
    purpose: Mapped[str]
    user: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"), index=True)
    generation: Mapped[int]
    address: Mapped[str]
    copied_by: Mapped[UUID | None]
    issued_at: Mapped[datetime] = mapped_column(Time)
    ends_at: Mapped[datetime] = mapped_column(Time, index=True)
    mac: Mapped[bytes] = mapped_column(LargeBinary)


class RequestRow(Sealed, Base):
    """What somebody whom nobody knows yet asked for with an address (RequestContent); a worker decides about it."""

    __tablename__ = "request"

    purpose: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Time, index=True)


class PreferencesRow(Base):
    """How a person likes pages; decides nothing. What of it counts: look.py."""

    __tablename__ = "preferences"

    user: Mapped[UUID] = mapped_column(ForeignKey("user.id"), primary_key=True)
    language: Mapped[str | None]
    theme: Mapped[str | None]
    density: Mapped[str | None]
    time_zone: Mapped[str | None]
    reveal_seconds: Mapped[int | None]
    single_keys: Mapped[str | None]
    last_sign_in: Mapped[datetime | None] = mapped_column(Time)


@strict
@dataclass(frozen=True)
class Membership:
    """A group that a person belongs to."""

    group: UUID
    level: GroupLevel


@strict
@dataclass(frozen=True)
class Account:
    """What a user's seal holds. password: an argon2id hash. generation: raised to end all sessions."""

    password: str | None = field(repr=False)
    generation: int
    roles: tuple[UUID, ...]
    memberships: tuple[Membership, ...]
    factors: tuple[str, ...] = field(default=(), repr=False)
    recovery_codes: tuple[str, ...] = field(default=(), repr=False)

    def level_in(self, group: UUID) -> GroupLevel | None:
        return next((each.level for each in self.memberships if each.group == group), None)


@strict
@dataclass(frozen=True)
class RoleContent:
    """What a role's seal holds."""

    permissions: tuple[str, ...]


@strict
@dataclass(frozen=True)
class RequestContent:
    """What a request's seal holds. language: of the page on which it was asked for."""

    address: str = field(repr=False)
    language: str
