"""What groups ask of higher systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from app.subject import Subject


class Panels(Protocol):
    """A port, filled by the vault: what is published in a group."""

    def publications(self, subject: Subject, group: UUID) -> Sequence[Mapping[str, Any]]:
        """Return what this person may know of it: id, logo, type_title, name, owner, last_use, may_withdraw."""

    def counts(self, groups: Sequence[UUID]) -> Mapping[UUID, int]:
        """Return how many secrets are published in each group."""


class Leaving(Protocol):
    """A port, filled by the vault: what somebody who leaves has published."""

    def published_by_member(self, group: UUID) -> Mapping[UUID, Sequence[str]]:
        """Return the names of what each member published in the group."""

    def withdraw_all(self, subject: Subject, user: UUID, group: UUID) -> None:
        """Take out of the group what this member published in it."""
