"""The catalogue of permissions, declared by systems beside the use cases that they guard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from flask_babel.speaklater import LazyString

from app.errors import Misconfigured

ADMINISTRATOR = UUID("5e570000-0000-4000-8000-000000000002")
MEMBER = UUID("5e570000-0000-4000-8000-000000000003")
BUILT_IN = {ADMINISTRATOR: "Administrator", MEMBER: "Member"}


@dataclass(frozen=True)
class Permission:
    """Something that a role may allow. everybody: the role Member holds it. system: whose it is, as a heading."""

    name: str
    title: LazyString | str
    description: LazyString | str
    everybody: bool
    system: LazyString | str = ""


class Permissions:
    """All permissions of the active systems."""

    def __init__(self) -> None:
        self._known: dict[str, Permission] = {}

    def declare(
        self,
        name: str,
        title: LazyString | str,
        description: LazyString | str,
        *,
        everybody: bool = False,
        system: LazyString | str = "",
    ) -> None:
        """Add a permission. system: the heading above it, "" for that of the last one whose name begins alike.

        Raises Misconfigured if another system declared the name.
        """
        if name in self._known:
            raise Misconfigured(f"permission {name}: declared twice")
        alike = [each for each in self._known.values() if _subject(each.name) == _subject(name)]
        heading = system or (alike[-1].system if alike else "")
        self._known[name] = Permission(name, title, description, everybody, heading)

    def all(self) -> list[Permission]:
        """Return all of them, in the order in which they were declared."""
        return [*self._known.values()]

    def of(self, role: UUID, stored: Iterable[str]) -> frozenset[str]:
        """Return what a role allows: Administrator everything, Member what is everybody's, others what is stored."""
        if role == ADMINISTRATOR:
            return frozenset(self._known)
        if role == MEMBER:
            return frozenset(each.name for each in self._known.values() if each.everybody)
        return frozenset(stored) & self._known.keys()


def _subject(name: str) -> str:
    return name.partition(".")[0]
