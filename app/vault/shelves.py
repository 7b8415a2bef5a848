"""Shelves: what each person sees, kept opened in this process for as long as nothing has changed."""

from __future__ import annotations

import re
import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from sys import getsizeof
from threading import Lock
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row, bindparam, select

from app.audit.service import Audit
from app.clock import Clock
from app.database import Unit
from app.errors import Damaged
from app.vault.heads import ACCESS, SECRET, SHELF, Head, Heads, misled
from app.vault.policy import Level

MOST_NAMED = 400
"""Above so many heads to open, a statement asks for all of a person's instead of naming each."""
ENTRY_BYTES, GRANT_BYTES, PART_BYTES, TEXT_FACTOR = 1500, 850, 72, 5
"""What an entry takes: itself, for each person or group that has it, for each part of its sort key, and how often
its texts are held; measured with tracemalloc (tests/vault/test_shelves.py)."""

REFERENCE_BYTES = 10
"""What a list takes for each of its items: a reference, and room to grow."""

MOST_ARRANGED = 16
"""Arrangements kept with a shelf: the addresses that ask for them are anybody's to make up."""

ARRANGED_BYTES = 1024
"""What an arrangement takes beside a reference to each entry."""

DRAWN_BYTES = 128 * 1024
"""What lists that were drawn as HTML take with a shelf, at most: four pages of about 30 KiB."""

CHANGES = select(SHELF.c.changes).where(SHELF.c.user == bindparam("owner"))
Text = TypeVar("Text", bound=str)
DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Entry:
    """A secret as one person's list shows it. head None: damaged, and only its id and type are known."""

    id: UUID
    type_id: str
    revision: int
    changed_at: datetime
    head: Head | None
    level: Level
    section: str
    """personal, shared or published; the section of a damaged one is personal."""
    sort_key: tuple[Any, ...] = field(repr=False)
    haystack: str = field(repr=False)

    @property
    def name(self) -> str:
        return self.head.name if self.head else ""

    @property
    def size(self) -> int:
        """Bytes that this takes, at most: the more people have it, the more."""
        others = len(self.head.access) + len(self.head.publications) if self.head else 0
        texts = TEXT_FACTOR * len(self.haystack.encode()) + PART_BYTES * len(self.sort_key)
        return ENTRY_BYTES + GRANT_BYTES * others + texts

    @property
    def summary(self) -> str:
        return self.head.summary if self.head else ""


@dataclass
class Shelf:
    """One person's entries, as of a count of changes, and arrangements of them that were asked for."""

    changes: int
    entries: dict[UUID, Entry]
    holds_until: datetime | None
    """The next moment at which somebody's access ends, and the entries change by themselves."""
    arranged: dict[object, Any] = field(default_factory=dict)
    drawn: dict[object, Any] = field(default_factory=dict)

    @cached_property
    def types(self) -> list[str]:
        """The types of the entries."""
        return sorted({entry.type_id for entry in self.entries.values()})

    @property
    def size(self) -> int:
        """Bytes that this takes, at most."""
        arranged = MOST_ARRANGED * (ARRANGED_BYTES + REFERENCE_BYTES * len(self.entries))
        return DRAWN_BYTES + arranged + sum(entry.size for entry in self.entries.values())

    def arrangement(self, key: object, make: Callable[[], Any]) -> Any:
        """Return what was made for `key` before, or make it; a few are kept."""
        found = self.arranged.get(key)
        if found is None:
            found = make()
            while len(self.arranged) >= MOST_ARRANGED:
                self.arranged.pop(next(iter(self.arranged)), None)
            self.arranged[key] = found
        return found

    def drawing(self, key: object, draw: Callable[[], Text]) -> Text:
        """Return what was drawn for `key` before, or draw it; the last ones are kept, as far as there is room."""
        found: Text | None = self.drawn.get(key)
        if found is None:
            found = draw()
            room = DRAWN_BYTES - getsizeof(found)
            while sum(map(getsizeof, list(self.drawn.values()))) > max(0, room):
                self.drawn.pop(next(iter(list(self.drawn)), None), None)
            if room >= 0:
                self.drawn[key] = found
        return found


class Shelves:
    """Gives out shelves: one query says whether a kept one still holds; only new revisions are opened."""

    def __init__(self, unit: Unit, clock: Clock, heads: Heads, audit: Audit, *, most_bytes: int) -> None:
        self._unit, self._clock, self._heads, self._audit = unit, clock, heads, audit
        self._most_bytes = most_bytes
        self._kept: OrderedDict[UUID, Shelf] = OrderedDict()
        self._sizes: dict[UUID, int] = {}
        self._lock = Lock()

    def of(self, user: UUID) -> Shelf:
        """Return what a person sees now."""
        changes = self._unit.execute(CHANGES, {"owner": user}).scalar_one_or_none() or 0
        kept = self._kept.get(user)
        if kept is None or kept.changes != changes:
            kept = self._read(user, changes, kept)
            self._keep(user, kept)
        elif kept.holds_until is not None and self._clock() >= kept.holds_until:
            kept = self._arrange(user, changes, [each.head or each for each in kept.entries.values()])
            self._keep(user, kept)
        else:
            self._used(user)
        return kept

    def drop(self, user: UUID) -> None:
        """Forget what is kept for a person, who has signed out."""
        with self._lock:
            self._kept.pop(user, None)
            self._sizes.pop(user, None)

    def _read(self, user: UUID, changes: int, kept: Shelf | None) -> Shelf:
        mine = (ACCESS.c.user == user) & (SECRET.c.deleted_at.is_(None))
        newest = self._heads.rows.newest
        listed = select(SECRET.c.id, SECRET.c.revision, newest).join(ACCESS, ACCESS.c.secret == SECRET.c.id).where(mine)
        known = kept.entries if kept else {}
        found: list[Head | Entry] = []
        wanted = set()
        for row in self._unit.execute(listed):
            entry = known.get(row.id)
            if entry and entry.head and entry.revision == row.revision == row.newest_revision:
                found.append(entry.head)
            else:
                wanted.add(row.id)
        return self._arrange(user, changes, found + self._opened(user, wanted))

    def _opened(self, user: UUID, wanted: set[UUID]) -> list[Head | Entry]:
        """Return these heads opened, by one statement however many they are."""
        if not wanted:
            return []
        # asked again whether they are listed: who was taken off the list since then is no damage
        still = select(ACCESS.c.secret).where(ACCESS.c.user == user)
        if len(wanted) <= MOST_NAMED:
            still = still.where(ACCESS.c.secret.in_(wanted))
        rows = self._unit.execute(self._heads.rows.selection.where(SECRET.c.id.in_(still))).all()
        return [self._verified(row) for row in rows if row.id in wanted]

    def _verified(self, row: Row[Any]) -> Head | Entry:
        try:
            return self._heads.verified(row)
        except Damaged as damage:
            self._audit.trouble(damage)
            return Entry(
                row.id, row.type, row.revision, row.changed_at, None, Level.VIEWER, "personal", sort_key(""), ""
            )

    def _arrange(self, user: UUID, changes: int, found: list[Head | Entry]) -> Shelf:
        now = self._clock()
        entries: dict[UUID, Entry] = {}
        for each in found:
            if isinstance(each, Entry):
                entries[each.id] = each
            elif entry := self._entry(user, each, now):
                entries[each.id] = entry
        ends = [grant.until for head in found if isinstance(head, Head) for grant in head.access if grant.until]
        return Shelf(changes, entries, min((end for end in ends if end > now), default=None))

    def _entry(self, user: UUID, head: Head, now: datetime) -> Entry | None:
        grant = head.grant(user, now)
        if grant is None:
            if all(each.user != user for each in head.access):
                self._audit.trouble(misled("access", head.id))
            return None
        return Entry(
            head.id,
            head.type,
            head.revision,
            head.changed_at,
            head,
            grant.level,
            section_of(head, user, now),
            sort_key(head.name),
            normalised(f"{head.name}\n{head.summary}"),
        )

    def _used(self, user: UUID) -> None:
        with self._lock:
            if user in self._kept:
                self._kept.move_to_end(user)

    def _keep(self, user: UUID, shelf: Shelf) -> None:
        if self._unit.is_writing:
            return  # what this transaction sees may be undone, and its count of changes be another's
        with self._lock:
            self._kept[user] = shelf
            self._kept.move_to_end(user)
            self._sizes[user] = shelf.size
            while sum(self._sizes.values()) > self._most_bytes and len(self._kept) > 1:
                oldest, _ = self._kept.popitem(last=False)
                del self._sizes[oldest]


def section_of(head: Head, user: UUID, now: datetime) -> str:
    """Return the one section of a person's vault in which a secret stands."""
    if head.publications:
        return "published"
    others = any(grant.user != user and grant.holds(now) for grant in head.access)
    return "shared" if others else "personal"


def normalised(text: str) -> str:
    """Return text as search compares it: without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def sort_key(name: str) -> tuple[Any, ...]:
    """Return a key that orders names without case and accents (DIN 5007-1), digits by their value."""
    parts = DIGITS.split(normalised(name))
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)
