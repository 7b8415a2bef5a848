"""What groups ask of higher systems."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from app.subject import Subject


@dataclass(frozen=True)
class Automation:
    """Something that works for a group. last: when it last used what is published there, None: not told."""

    name: str
    last: datetime | None


@dataclass(frozen=True)
class Kind:
    """A type of secret that only members of a group can create and change."""

    title: object
    logo: str


@dataclass(frozen=True)
class Published:
    """What one person published in a group: the first names, and how many there are."""

    names: Sequence[str]
    total: int


@dataclass(frozen=True)
class Ending:
    """What ends with a group. publications: the first of them, as in Panels, with `actor`: what used it last, "" if
    nothing did. mark: changes whenever something is published or withdrawn."""

    publications: Sequence[Mapping[str, Any]]
    total: int
    mark: str


@dataclass(frozen=True)
class Publications:
    """Some of what is published in a group: id, logo, type_id, type_title, name, owner, last_use, may_withdraw."""

    rows: Sequence[Mapping[str, Any]] = ()
    total: int = 0
    page: int = 1


class Panels(Protocol):
    """A port, filled by the vault: what is published in a group, and what a group is good for."""

    def publications(self, subject: Subject, group: UUID, *, page: int = 1) -> Publications:
        """Return what this person may know of it, twenty a page, the last changed first. Beyond the last: the last."""

    def counts(self, groups: Sequence[UUID]) -> Mapping[UUID, int]:
        """Return how many secrets are published in each group."""

    def automations(self, subject: Subject, group: UUID) -> Sequence[Automation]:
        """Return what used publications of the group lately, the latest first, as far as this person may know it."""

    def kinds(self, group: UUID) -> Sequence[Kind]:
        """Return the types of secrets that need this group."""


class Leaving(Protocol):
    """A port, filled by the vault: what somebody who leaves has published."""

    def published_by(self, subject: Subject, group: UUID, people: Collection[UUID]) -> Mapping[UUID, Published]:
        """Return what each of these people published in the group and `subject` may withdraw."""

    def hold_published(self, group: UUID, people: Collection[UUID]) -> None:
        """Hold what these people published in the group, in the order of the ids: before anybody's own row."""

    def withdraw_all(self, subject: Subject, user: UUID, group: UUID) -> None:
        """Take out of the group what this member published in it, as far as `subject` may."""


class Deleting(Protocol):
    """A port, filled by the vault: what ends with a group."""

    def ending(self, subject: Subject, group: UUID) -> Ending:
        """Return what is published in the group, to who may delete it."""

    def hold_published(self, group: UUID) -> None:
        """Hold what is published in the group, in the order of the ids: before anybody's own row."""

    def end(self, subject: Subject, group: UUID) -> int:
        """Take everything out of the group, in the present transaction; return how much that was."""
