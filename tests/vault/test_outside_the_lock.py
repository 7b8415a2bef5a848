"""Blobs are written and read while nobody waits: never inside of a transaction that writes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from app.blobs.store import BlobInfo, BlobStore
from app.credentials.values import to_plain
from app.database import Unit
from app.subject import Subject
from app.vault.safe import Safe
from app.vault.service import MadeBefore, Stale
from tests.builders import a_login
from tests.vault.conftest import Town


@dataclass
class Watched:
    """A store that notes reads inside of a transaction, and lets somebody be faster after a blob was written."""

    store: BlobStore
    unit: Unit
    meanwhile: list[Callable[[], None]] = field(default_factory=list)
    read_locked: list[str] = field(default_factory=list)

    def put(self, name: str, data: bytes) -> None:
        self.store.put(name, data)
        if self.meanwhile:
            thread = threading.Thread(target=self.meanwhile.pop())
            thread.start()
            thread.join(60)

    def get(self, name: str) -> bytes:
        if self.unit.is_writing:
            self.read_locked.append(name)
        return self.store.get(name)

    def delete(self, name: str) -> None:
        self.store.delete(name)

    def list(self) -> Iterator[BlobInfo]:
        return self.store.list()

    def check(self) -> None:
        self.store.check()


@pytest.fixture
def watched(town: Town) -> Iterator[Watched]:
    safe = town.cfg.get(Safe)
    store = Watched(safe.store, town.cfg.unit)
    safe.store = store
    yield store
    safe.store = store.store


def edits(town: Town, by: Subject, secret: UUID, seen: int, **changes: Any) -> None:
    with town.unit():
        values = {**to_plain(a_login(password="")), **changes}
        town.vault.change(by, secret, seen=seen, values=values, cleared=frozenset())


def test_who_is_overtaken_at_the_last_moment_reads_what_is_stored_outside_of_the_lock(
    town: Town, watched: Watched
) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    watched.meanwhile.append(lambda: edits(town, anna, secret, 1, notes="theirs"))
    with pytest.raises(Stale) as stale:
        edits(town, anna, secret, 1, notes="mine")
    assert (stale.value.version.number, stale.value.current.opened.notes) == (2, "theirs")  # type: ignore[attr-defined]
    watched.meanwhile.append(lambda: edits(town, anna, secret, 2, notes="the same"))
    edits(town, anna, secret, 2, notes="the same")
    watched.meanwhile.append(lambda: edits(town, anna, secret, 3, notes="another"))
    with pytest.raises(Stale), town.unit():
        town.vault.restore_version(anna, secret, number=1, seen=3)
    assert (town.head(secret).version, watched.read_locked) == (4, [])


def test_two_forms_at_once_are_compared_outside_of_the_lock(town: Town, watched: Watched) -> None:
    anna = town.person("anna")

    def creates(password: str) -> None:
        with town.unit():
            town.vault.create(anna, "login", values=to_plain(a_login(password=password)), once="both")

    watched.meanwhile.append(lambda: creates("first"))
    with pytest.raises(MadeBefore):
        creates("second")
    assert watched.read_locked == []
