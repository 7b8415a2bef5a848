"""Kept lists: true across processes, gone when they should be, and never more than the memory that is theirs."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from sys import getsizeof
from uuid import uuid4

import pytest

from app.audit.service import Audit
from app.keys.trail import Note
from app.subject import Subject
from app.vault.heads import Grant, HeadContent, Heads, Publication
from app.vault.policy import Level
from app.vault.shelves import DRAWN_BYTES, MOST_ARRANGED, Shelf, Shelves
from tests.builders import World, a_login, build_world
from tests.vault.conftest import Scrap, Town
from tests.vault.test_listing import keep_many, listing, names, statements


@pytest.fixture
def other(town: Town, town_url: tuple[str, Path]) -> Iterator[World]:
    """A second process on the same database."""
    url, folder = town_url
    world = build_world(folder, {"TRESOR_DATABASE_URL": url}, types=[Scrap])
    world.clock.now = town.clock.now
    yield world
    world.cfg.unit.engine.dispose()


def shelves_of(town: World, *, most_bytes: int = 2**25) -> Shelves:
    """Return shelves of their own, empty."""
    heads, audit = town.cfg.get(Heads), town.cfg.get(Audit)
    return Shelves(town.cfg.unit, town.clock, heads, audit, most_bytes=most_bytes)


def taken(town: World, shelves: Shelves, person: Subject) -> tuple[Shelf, int]:
    """Return a shelf, and how many statements that took."""
    with town.unit(), statements(town) as seen:
        shelf = shelves.of(person.id)
    return shelf, len(seen)


def test_two_processes_see_each_others_changes(town: Town, other: World) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    assert (names(town, anna), names(other, anna), names(other, ben)) == ([], [], [])
    secret = town.keep(a_login(name="Made here"), owner=anna)
    assert names(other, anna) == ["Made here"]
    other.share(secret, owner=anna, to=ben)
    assert (names(town, ben), listing(town, anna).rows[0].section) == (["Made here"], "shared")
    with other.unit():
        values = {"name": "Renamed there", "website": "https://travel.example.org", "password": ""}
        other.vault.change(anna, secret, seen=1, values=values, cleared=frozenset())
    assert (names(town, anna), names(town, ben)) == (["Renamed there"], ["Renamed there"])
    with town.unit():
        town.trash.delete(anna, secret)
    assert (names(other, anna), names(other, ben)) == ([], [])
    with other.unit():
        other.trash.restore(anna, secret)
    assert (names(town, anna), names(town, ben)) == (["Renamed there"], ["Renamed there"])


def test_only_what_changed_is_opened_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = town.person("anna")
    keep_many(town, anna, [f"Nr {number}" for number in range(10)])
    heads, shelves, opened = town.cfg.get(Heads), shelves_of(town), []
    taken(town, shelves, anna)
    verified = heads.verified
    monkeypatch.setattr(heads, "verified", lambda row: opened.append(row.id) or verified(row))
    new = keep_many(town, anna, ["Newer"])
    shelf, _ = taken(town, shelves, anna)
    assert (opened, len(shelf.entries)) == (new, 11)


def test_signing_out_forgets_the_list(town: Town) -> None:
    anna = town.person("anna")
    keep_many(town, anna, ["One"])
    browser = town.client(anna)
    assert "One" in browser.get("/vault").text
    listing(town, anna)
    with statements(town) as kept:
        listing(town, anna)
    assert browser.post("/logout").status_code == 303
    with statements(town) as read:
        listing(town, anna)
    assert (len(kept), len(read)) == (1, 3)


def test_what_a_transaction_saw_that_was_undone_is_not_kept(town: Town) -> None:
    anna = town.person("anna")
    shelves = shelves_of(town)
    kept = keep_many(town, anna, ["Before"])
    with pytest.raises(ZeroDivisionError), town.unit(), town.cfg.unit.writing():
        head = town.cfg.get(Heads).load(kept[0])
        assert head is not None
        town.cfg.get(Heads).change(head, Note("secret.delete", subject=anna.id), deleted_at=town.clock())
        assert shelves.of(anna.id).entries == {}
        raise ZeroDivisionError
    keep_many(town, anna, ["After"])
    shelf, _ = taken(town, shelves, anna)
    assert sorted(entry.name for entry in shelf.entries.values()) == ["After", "Before"]


def test_the_least_recently_used_list_goes_first_when_there_is_no_room(town: Town) -> None:
    people = [town.person(f"p{number}") for number in range(4)]
    for person in people:
        keep_many(town, person, ["One", "Two"])
    one, _ = taken(town, shelves_of(town), people[0])
    shelves = shelves_of(town, most_bytes=3 * one.size)
    for person in (*people[:3], people[0], people[3]):  # the first was asked for again, so the second goes
        taken(town, shelves, person)
    asked = [taken(town, shelves, person)[1] for person in (people[0], people[2], people[3])]
    assert asked == [1, 1, 1]
    assert taken(town, shelves, people[1])[1] == 3


def test_a_list_never_takes_more_memory_than_it_is_counted_for(town: Town) -> None:
    people = [town.person(f"p{number}") for number in range(12)]
    teams = [town.group("Team").id for _ in range(3)]
    now, texts = town.clock(), ("Mail server", "Ü1ü2" * 40, "保險庫🔐" * 30)
    others = [Grant(each.id, Level.VIEWER, now + timedelta(days=1), people[0].id, now) for each in people[1:]]
    published = tuple(Publication(team, people[0].id, now) for team in teams)
    for owner, text, access, groups in (
        (people[0], texts[0], others, published),
        (people[1], texts[1], [], ()),
        (people[2], texts[2], [], ()),
        (people[3], texts[0], [], ()),
    ):
        with town.unit(), town.cfg.unit.writing():
            for number in range(100):
                first = Grant(owner.id, Level.OWNER, None, owner.id, now)
                content = HeadContent(f"{text}{number}", text, (first, *access), groups)
                note = Note("secret.create", subject=owner.id)
                town.cfg.get(Heads).insert(uuid4(), content, note, type="login", version=1, changed_at=now)
        measured, counted = memory_of(town, owner)
        assert measured <= counted


def memory_of(town: Town, person: Subject) -> tuple[int, int]:
    """Return the bytes that a person's list takes, and those that it is counted for."""
    taken(town, shelves_of(town), person)  # what is made at first use alone is not the list's
    shelves = shelves_of(town)
    gc.collect()
    tracemalloc.start()
    with town.unit():
        shelf = shelves.of(person.id)
    gc.collect()
    measured = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return measured, sum(entry.size for entry in shelf.entries.values())


def test_addresses_that_somebody_makes_up_take_no_more_memory() -> None:
    shelf = Shelf(1, {}, None)
    made = [shelf.arrangement(("made up", number), lambda number=number: number) for number in range(100)]
    assert (made, len(shelf.arranged)) == (list(range(100)), MOST_ARRANGED)
    assert shelf.arrangement(("made up", 99), lambda: "again") == 99


def test_what_was_drawn_takes_no_more_memory_than_it_is_counted_for() -> None:
    shelf = Shelf(1, {}, None)
    before = shelf.size
    for number in range(200):
        text = shelf.drawing(("made up", number), lambda number=number: f"{number}–" + "x" * 20_000)
        assert text == f"{number}–" + "x" * 20_000
    assert 0 < sum(map(getsizeof, shelf.drawn.values())) <= DRAWN_BYTES <= before
    assert shelf.drawing(("made up", 199), lambda: "again") != "again"
    assert len(shelf.drawing("too large to be kept", lambda: "x" * DRAWN_BYTES)) == DRAWN_BYTES
    assert sum(map(getsizeof, shelf.drawn.values())) <= DRAWN_BYTES


def test_the_orders_that_are_kept_with_a_list_are_counted(town: Town) -> None:
    anna = town.person("anna")
    keep_many(town, anna, ["One", "Two", "Three"])
    shelf, _ = taken(town, shelves_of(town), anna)
    orders = [shelf.arrangement(number, lambda: list(shelf.entries.values())) for number in range(MOST_ARRANGED)]
    kept = sum(getsizeof(order) for order in orders)
    assert kept <= shelf.size - DRAWN_BYTES - sum(entry.size for entry in shelf.entries.values())
