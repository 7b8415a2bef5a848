"""What the audit log asks of higher systems."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from app.audit.actions import Text
from app.subject import Subject


@dataclass(frozen=True)
class Described:
    """An object as one reader may know it.

    initials: of a person. note: said more quietly. words: what stands for names that details of its events hold.
    """

    text: str
    initials: str = ""
    note: str = ""
    words: Mapping[str, Text] = field(default_factory=dict)


class Describes(Protocol):
    """A port: names for the objects of one kind, as far as the reader may see them.

    gone, unknown: what stands for an object that there was, and for one that the trail never told of.
    """

    kind: str
    gone: Text
    unknown: Text

    def names(self, reader: Subject | None, ids: Collection[UUID]) -> Mapping[UUID, Described]:
        """Return those of them that exist, by a number of statements that does not depend on how many they are.

        reader: None for a command, which sees no more than everybody with the permission does.
        """

    def find(self, reader: Subject, text: str, most: int) -> Sequence[UUID]:
        """Return up to `most` objects whose names fit what somebody typed, of those whose names the reader may see."""
