"""What users ask of higher systems."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from sqlalchemy import BindParameter, Select

from app.subject import Subject

if TYPE_CHECKING:
    from app.users.service import User


class GroupProbe(Protocol):
    """A port, filled by groups: which of a person's groups exist."""

    def probe(self, ids: BindParameter[Any]) -> Select[Any]:
        """Return a statement of (id, revision, newest_revision) for the groups that `ids` is going to hold."""

    def existing(self, found: Sequence[tuple[UUID, int, int | None]]) -> frozenset[UUID]:
        """Return the ids of the groups that are there and verify; opened ones are kept by revision."""


class PersonalRecords(Protocol):
    """A port: what a higher system keeps about a person, for the export of their own data."""

    def records(self, subject: Subject) -> Mapping[str, object]:
        """Return it by name, ready for JSON; no secret value is in it."""


class CommandGroups(Protocol):
    """A port, filled by groups: lets `users create` name groups."""

    def joining(self, name: str) -> Callable[[UUID], None]:
        """Return what makes a person a member of the group with that name. Raises Invalid."""


class GroupNames(Protocol):
    """A port, filled by groups: what groups are called, for who may see people."""

    def titles(self, ids: Iterable[UUID]) -> Mapping[UUID, str]:
        """Return the names of those that exist and verify."""

    def choices(self, *, most: int) -> Sequence[tuple[UUID, str]]:
        """Return some groups to choose from, with their names, by name."""

    def without_admin(self, user: UUID) -> Sequence[str]:
        """Return the names of the teams that would have no active admin without this person."""


@dataclass(frozen=True)
class Holding:
    """Something that one person owns and nobody else who is active; whoever settles it learns no name and no value.

    kind: what it is, in words. people: the others who have access. groups: where its automations use it.
    needs: the group that an owner must belong to.
    """

    id: UUID
    kind: str
    logo: str
    changed_at: datetime
    people: Sequence[UUID]
    groups: Sequence[str]
    needs: UUID | None


@dataclass(frozen=True)
class Alone:
    """Some of what one person owns and nobody else who is active.

    listed: how much there is of it in all, as the rows say that find it. damaged: how much of this page is not shown
    because it cannot be settled. total: what is listed without that. page: which of the pages this is.
    """

    holdings: Sequence[Holding]
    total: int
    damaged: int
    listed: int
    page: int = 1


class Holdings(Protocol):
    """A port, filled by the vault: what a person owns, and what becomes of it when they are disabled or deleted."""

    def owned(self, user: UUID) -> Mapping[str, int]:
        """Return how much of each kind a person owns, as the rows that find it say."""

    def alone_count(self, user: UUID) -> int:
        """Return how much nobody else owns who is active, as the rows that find it say."""

    def alone(self, user: UUID, *, most: int, skip: int = 0) -> Alone:
        """Return some of what nobody else owns who is active, the last changed first."""

    def hold(self, holdings: Collection[UUID]) -> None:
        """Hold the rows of some, in the order of their ids: before anybody's own row."""

    def is_alone(self, user: UUID, holding: UUID) -> bool:
        """Return whether something is among it, as the rows that find it say."""

    def hand_over(self, by: Subject, user: UUID, holding: UUID, *, to: UUID) -> None:
        """Make somebody else the owner in place of this person; everybody with access is told.

        Raises Refused if it is not this person's alone (any more), Invalid for who cannot own it.
        """

    def delete(self, by: Subject, user: UUID, holding: UUID) -> None:
        """Delete it, as its owner would. Raises Refused if it is not this person's alone (any more)."""

    def in_trash(self, user: UUID) -> int:
        """Return how much of it lies in this person's trash."""


class Departure(Protocol):
    """A port: what else names a person who is deleted, in the transaction that deletes them."""

    def hold_of(self, user: UUID) -> None:
        """Hold the rows that name this person, in the order of their ids: before anybody's own row."""

    def forget(self, by: Subject, user: User) -> None:
        """Remove it. Raises Invalid, with the reason, if something would be lost in silence."""


@dataclass(frozen=True)
class Mark:
    """Something that everybody is to know about an account. look: "", ok, warn or bad."""

    text: str
    look: str = ""


@dataclass(frozen=True)
class Link:
    """A further act on a person's page; dialog: it opens above the page."""

    id: str
    label: str
    icon: str
    url: str
    dialog: bool = True


class PersonNotes(Protocol):
    """A port: what another part of the installation adds to a person's page for administrators."""

    def marks(self, reader: Subject, person: User) -> Sequence[Mark]:
        """Return what stands above it."""

    def links(self, reader: Subject, person: User) -> Sequence[Link]:
        """Return what this reader may do beyond the page itself."""
