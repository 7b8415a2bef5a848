"""Who acts: a person with the permissions, groups and session that a request was found to have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.errors import Forbidden

SYSTEM = UUID("5e570000-0000-4000-8000-000000000001")
"""The system group: of the installation's own automations. One fixed id; no name is looked up."""


class GroupLevel(StrEnum):
    """What a member may do in a group."""

    MEMBER = "member"
    ADMIN = "admin"


@dataclass(frozen=True)
class Subject:
    """A signed-in person, as sealed in their row when the request began."""

    id: UUID
    email: str
    first_name: str
    last_name: str
    permissions: frozenset[str] = frozenset()
    groups: Mapping[UUID, GroupLevel] = field(default_factory=dict)
    language: str | None = None
    theme: str | None = None
    density: str | None = None
    time_zone: str | None = None
    reveal_seconds: int = 10
    single_keys: bool = True
    """Whether single keys act as shortcuts (WCAG 2.1.4)."""
    session_hash: bytes = field(default=b"", repr=False)
    confirmed_at: datetime | None = None
    """When the password was last asked for in this session (step-up)."""
    must_change_password: bool = False
    """Whether nothing else can be done in this session before the password is another one."""
    factors: frozenset[str] = frozenset()
    """By what this person proved in this session who they are: "password", and what is added to it."""
    signed_in_until: datetime | None = None
    """When the session ends if no more requests come."""

    @property
    def name(self) -> str:
        """What the person is called: by the address if a command made them without a name."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def initials(self) -> str:
        return (self.first_name[:1] + self.last_name[:1]).upper() or self.email[:2].upper()

    def seconds_left(self, now: datetime) -> int:
        """Return how long the session lasts if no more requests come."""
        return max(0, int((self.signed_in_until - now).total_seconds())) if self.signed_in_until else 0

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    def require(self, permission: str, *, action: str = "") -> None:
        """Raise Forbidden unless this person holds `permission`."""
        if permission not in self.permissions:
            raise Forbidden(action=action or permission)

    def is_member(self, group: UUID) -> bool:
        return group in self.groups

    def is_admin_of(self, group: UUID) -> bool:
        return self.groups.get(group) is GroupLevel.ADMIN
