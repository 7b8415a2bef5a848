"""The overview: one person's secrets by section, filtered, searched, sorted, twenty a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from uuid import UUID

from app.credentials.registry import Registry
from app.groups.service import Group, Groups
from app.subject import Subject
from app.users.service import User, Users
from app.vault.policy import USE, Level
from app.vault.shelves import Entry, Shelf, Shelves, normalised

PAGE = 20
SECTIONS = ("personal", "shared", "published")
SORTS = ("section", "name", "changed")


Parts = tuple[tuple[str, bool], ...]
"""A text in pieces, and of each whether a search found it."""


@dataclass(frozen=True)
class Wanted:
    """What of the vault is asked for. section "": all; type "": all; page from 1."""

    query: str = ""
    type: str = ""
    section: str = ""
    sort: str = "section"
    page: int = 1

    @cached_property
    def words(self) -> list[str]:
        """What is searched for, as names and summaries are compared with it; all of these must be found."""
        return normalised(self.query).split()


@dataclass(frozen=True)
class Listing:
    """One page of the overview. people and groups name those that the rows mention."""

    wanted: Wanted
    rows: Sequence[Entry]
    counts: dict[str, int]
    """How many each section has under the present type and search; "" for all."""
    total: int
    page: int
    types: list[str]
    empty: bool
    people: dict[UUID, User]
    groups: dict[UUID, Group]
    shelf: Shelf

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.page * PAGE, self.total)


@dataclass(frozen=True)
class Arrangement:
    """The entries of a shelf in one order, and how many each section has."""

    entries: Sequence[Entry]
    counts: dict[str, int]


class Overview:
    """Lists what a person sees. Reads no blob; its number of queries does not depend on the rows."""

    def __init__(self, shelves: Shelves, registry: Registry, users: Users, groups: Groups) -> None:
        self._shelves, self._registry = shelves, registry
        self._users, self._groups = users, groups

    def page(self, subject: Subject, wanted: Wanted) -> Listing:
        """Return one page of what this person sees. A page beyond the last one: the last one."""
        subject.require(USE, action="secret.list")
        shelf = self._shelves.of(subject.id)
        arranged = self._arranged(shelf, wanted)
        page = min(max(1, wanted.page), max(1, -(-len(arranged.entries) // PAGE)))
        rows = arranged.entries[(page - 1) * PAGE : page * PAGE]
        return Listing(
            wanted,
            rows,
            arranged.counts,
            len(arranged.entries),
            page,
            shelf.types,
            not shelf.entries,
            self._people(subject, rows),
            self._published_in(rows),
            shelf,
        )

    def _arranged(self, shelf: Shelf, wanted: Wanted) -> Arrangement:
        """Return what fits in its order; what a search finds is not kept."""

        def make() -> Arrangement:
            return self._arrange(list(shelf.entries.values()), wanted)

        if wanted.query:
            return make()
        found: Arrangement = shelf.arrangement((wanted.type, wanted.section, wanted.sort), make)
        return found

    def _arrange(self, entries: list[Entry], wanted: Wanted) -> Arrangement:
        words = wanted.words
        titles = self._matching_types(words)
        entries = [
            entry
            for entry in entries
            if (not wanted.type or entry.type_id == wanted.type) and _hit(entry, words, titles)
        ]
        counts = dict.fromkeys(SECTIONS, 0)
        for entry in entries:
            counts[entry.section] += 1
        counts[""] = len(entries)
        if wanted.section:
            entries = [entry for entry in entries if entry.section == wanted.section]
        return Arrangement(sorted(entries, key=ORDERS[wanted.sort]), counts)

    def _matching_types(self, words: list[str]) -> dict[str, set[str]]:
        """Return for each type which of the words its title contains, in the reader's language."""
        if not words:
            return {}
        titles = {kind.id: normalised(str(kind.title)) for kind in self._registry}
        return {type_id: {word for word in words if word in title} for type_id, title in titles.items()}

    def _people(self, subject: Subject, rows: Sequence[Entry]) -> dict[UUID, User]:
        """Return who owns what others share with this person."""
        owners = {
            owner
            for entry in rows
            if entry.head and entry.level is not Level.OWNER
            for owner in entry.head.owners()[:1]
        }
        return self._users.people(owners - {subject.id}) if owners else {}

    def _published_in(self, rows: Sequence[Entry]) -> dict[UUID, Group]:
        groups = {group for entry in rows for group in told_groups(entry)}
        return self._groups.names(groups) if groups else {}


def told_groups(entry: Entry) -> list[UUID]:
    """Return the groups of which the list may say that a secret is published there: to a viewer of none."""
    if entry.head is None or entry.level is Level.VIEWER:
        return []
    return [each.group for each in entry.head.publications]


def _hit(entry: Entry, words: list[str], titles: dict[str, set[str]]) -> bool:
    of_type = titles.get(entry.type_id, set())
    return all(word in entry.haystack or word in of_type for word in words)


def parts(text: str, words: Sequence[str]) -> Parts:
    """Return a text in pieces, each place of each word one that is found.

    words: normalised. A letter is found if a part of what it stands for is (ß: ss), together with its accents.
    """
    letters = [normalised(each) for each in text]  # which is the text normalised: letters do not change each other
    plain = "".join(letters)
    letter_at = [index for index, letter in enumerate(letters) for _each in letter]
    found = [False] * len(text)
    for word in words:
        at = plain.find(word)
        while at >= 0:
            for index in letter_at[at : at + len(word)]:
                found[index] = True
            at = plain.find(word, at + 1)
    for index, letter in enumerate(letters[1:], 1):
        found[index] |= not letter and found[index - 1]
    pieces = groupby(zip(text, found, strict=True), key=lambda each: each[1])
    return tuple(("".join(letter for letter, _hit in piece), hit) for hit, piece in pieces)


ORDERS: dict[str, Callable[[Entry], tuple[object, ...]]] = {
    "section": lambda entry: (SECTIONS.index(entry.section), entry.sort_key, entry.id),
    "name": lambda entry: (entry.sort_key, entry.id),
    "changed": lambda entry: (-entry.changed_at.timestamp(), entry.sort_key, entry.id),
}
