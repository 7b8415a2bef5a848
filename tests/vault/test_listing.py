"""The overview: what it shows, in which order, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from app.blobs.store import BlobInfo, BlobStore
from app.keys.trail import Note
from app.subject import SYSTEM, Subject
from app.vault.heads import Grant, HeadContent, Heads
from app.vault.listing import Listing, Overview, Wanted
from app.vault.policy import Level
from app.vault.safe import Safe
from tests.builders import World, a_jira, a_login, an_smtp
from tests.vault.conftest import Town


def listing(town: World, person: Subject, **wanted: Any) -> Listing:
    with town.unit():
        return town.cfg.get(Overview).page(person, Wanted(**wanted))


def names(town: World, person: Subject, **wanted: Any) -> list[str]:
    return [row.name for row in listing(town, person, **wanted).rows]


def keep_many(town: World, owner: Subject, given: Sequence[str]) -> list[UUID]:
    """Store heads alone: an overview that read a blob would find none."""
    ids = [uuid4() for _ in given]
    with town.unit(), town.cfg.unit.writing():
        for secret_id, name in zip(ids, given, strict=True):
            now = town.clock()
            content = HeadContent(name, "user @ host", (Grant(owner.id, Level.OWNER, None, owner.id, now),), ())
            note = Note("secret.create", subject=owner.id, detail={"type": "login", "version": "1"})
            town.cfg.get(Heads).insert(secret_id, content, note, type="login", version=1, changed_at=now)
    return ids


@contextmanager
def statements(town: World) -> Iterator[list[str]]:
    """Collect the statements that are run meanwhile."""
    seen: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(town.cfg.unit.engine, "before_cursor_execute", listen)
    yield seen
    event.remove(town.cfg.unit.engine, "before_cursor_execute", listen)


@dataclass
class CountingStore:
    """A store that counts what is read from it."""

    store: BlobStore
    read: list[str] = field(default_factory=list)

    def put(self, name: str, data: bytes) -> None:
        self.store.put(name, data)

    def get(self, name: str) -> bytes:
        self.read.append(name)
        return self.store.get(name)

    def delete(self, name: str) -> None:
        self.store.delete(name)

    def list(self) -> Iterator[BlobInfo]:
        return self.store.list()

    def check(self) -> None:
        self.store.check()


def test_a_vault_shows_what_is_mine_and_what_is_shared_with_me_each_in_one_section(town: Town) -> None:
    team = town.group("Team").id
    anna, ben = town.person("anna", groups={team: "member"}), town.person("ben", groups={team: "member"})
    town.keep(a_login(name="Mine"), owner=anna)
    shared = town.keep(a_login(name="Given"), owner=anna)
    town.share(shared, owner=anna, to=ben, level="editor")
    published = town.keep(a_login(name="Lent"), owner=anna)
    town.publish(published, owner=anna, group=team)
    both = town.keep(a_login(name="Both"), owner=anna)
    town.share(both, owner=anna, to=ben)
    town.publish(both, owner=anna, group=team)
    of_anna, of_ben = listing(town, anna), listing(town, ben)
    assert [(row.name, row.section, row.level) for row in of_anna.rows] == [
        ("Mine", "personal", Level.OWNER),
        ("Given", "shared", Level.OWNER),
        ("Both", "published", Level.OWNER),
        ("Lent", "published", Level.OWNER),
    ]
    assert of_anna.counts == {"personal": 1, "shared": 1, "published": 2, "": 4}
    assert [(row.name, row.section, row.level) for row in of_ben.rows] == [
        ("Given", "shared", Level.EDITOR),
        ("Both", "published", Level.VIEWER),
    ]
    assert {owner.id for owner in of_ben.people.values()} == {anna.id}
    assert [group.id for group in of_anna.groups.values()] == [team]


def test_what_is_only_published_in_my_groups_is_not_in_my_vault(town: Town) -> None:
    anna, ben = (town.person(name, groups={SYSTEM: "member"}) for name in ("anna", "ben"))
    town.keep(an_smtp(name="Mail"), owner=anna)
    assert (names(town, anna), names(town, ben), listing(town, ben).empty) == (["Mail"], [], True)


def test_an_end_date_takes_it_from_the_list_at_its_moment(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    until = town.clock() + timedelta(days=1)
    town.share(town.keep(a_login(name="For a day"), owner=anna), owner=anna, to=ben, until=until)
    town.clock.now = until - timedelta(microseconds=1)
    assert (names(town, ben), listing(town, anna).rows[0].section) == (["For a day"], "shared")
    town.clock.now = until
    assert (names(town, ben), listing(town, anna).rows[0].section) == ([], "personal")


def test_names_are_sorted_without_case_and_accents_and_digits_by_their_value(town: Town) -> None:
    anna = town.person("anna")
    keep_many(town, anna, ["server 10", "Zebra", "ärger", "Server 9", "Arm", "zoo", "server 9a", "Äpfel"])
    expected = ["Äpfel", "ärger", "Arm", "Server 9", "server 9a", "server 10", "Zebra", "zoo"]
    assert names(town, anna, sort="name") == expected
    assert names(town, anna) == expected


def test_the_last_changed_is_first_if_asked_for(town: Town) -> None:
    anna = town.person("anna")
    for name in ("first", "second", "third"):
        keep_many(town, anna, [name])
        town.clock.goes_on(minutes=1)
    assert names(town, anna, sort="changed") == ["third", "second", "first"]


@pytest.mark.parametrize("query", ["GRÜN", "grun", "gru\N{COMBINING DIAERESIS}n", "  grün  example ", "lena EXAMPLE"])
def test_search_finds_without_case_and_accents_in_name_and_summary(town: Town, query: str) -> None:
    anna = town.person("anna")
    town.keep(a_jira(name="Grünes Brett", email="lena@example.org"), owner=anna)
    town.keep(a_login(name="Other", username="nobody"), owner=anna)
    assert names(town, anna, query=query) == ["Grünes Brett"]


def test_search_finds_types_by_their_title_and_never_a_value(town: Town) -> None:
    anna = town.person("anna")
    town.keep(a_jira(name="Board", token="marked-token-8812"), owner=anna)
    town.keep(a_login(name="Portal", password="marked-value-8813", notes="marked-note-8814"), owner=anna)
    assert names(town, anna, query="jira api") == ["Board"]
    for value in ("marked-token-8812", "marked-value-8813", "marked-note-8814", "no such words"):
        assert names(town, anna, query=value) == []


def test_type_and_section_narrow_the_list_and_the_counts_say_what_is_elsewhere(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    town.keep(a_jira(name="Board"), owner=anna)
    town.keep(a_login(name="Portal"), owner=anna)
    town.share(town.keep(a_login(name="Given"), owner=anna), owner=anna, to=ben)
    found = listing(town, anna, type="login", section="personal")
    assert [row.name for row in found.rows] == ["Portal"]
    assert found.counts == {"personal": 1, "shared": 1, "published": 0, "": 2}
    assert (found.types, found.total, listing(town, anna, type="no-such-type").total) == (["jira", "login"], 1, 0)


def test_twenty_rows_are_a_page_and_a_page_too_far_is_the_last(town: Town) -> None:
    anna = town.person("anna")
    given = [f"Nr {number}" for number in range(45)]
    keep_many(town, anna, given)
    pages = [listing(town, anna, page=page) for page in (1, 2, 3)]
    assert [(each.first, each.last, each.pages) for each in pages] == [(1, 20, 3), (21, 40, 3), (41, 45, 3)]
    assert [row.name for page in pages for row in page.rows] == given
    assert [listing(town, anna, page=page).page for page in (0, -1, 4, 10**9)] == [1, 1, 3, 3]


def test_the_number_of_queries_does_not_depend_on_the_rows_and_no_blob_is_read(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = CountingStore(town.store)
    monkeypatch.setattr(town.cfg.get(Safe), "store", counting)
    few, many = town.person("few"), town.person("many")
    keep_many(town, few, ["One", "Two"])
    keep_many(town, many, [f"Nr {number}" for number in range(450)])
    cold, warm, changed = {}, {}, {}
    for person in (few, many):
        with statements(town) as cold[person.id]:
            listing(town, person)
        with statements(town) as warm[person.id]:
            listing(town, person, page=2)
        keep_many(town, person, ["Newer"])
        with statements(town) as changed[person.id]:
            listing(town, person)
    for seen, most in ((cold, 3), (warm, 1), (changed, 3)):
        assert len(seen[few.id]) == len(seen[many.id])
        assert len(seen[few.id]) <= most, seen[few.id]
    assert counting.read == []


def test_rows_of_others_cost_two_queries_more_however_many(town: Town) -> None:
    team = town.group("Team").id
    ben = town.person("ben", groups={team: "member"})
    counts = []
    for number in range(3):
        owner = town.person(f"owner{number}", groups={team: "member"})
        secret = town.keep(a_login(), owner=owner)
        town.share(secret, owner=owner, to=ben, level="editor")
        town.publish(secret, owner=owner, group=team)
        listing(town, ben)
        with statements(town) as seen:
            found = listing(town, ben)
        counts.append((len(found.people), len(seen)))
    assert counts == [(1, 3), (2, 3), (3, 3)]


def test_a_damaged_head_is_listed_by_its_type_and_the_others_stay(town: Town) -> None:
    anna = town.person("anna")
    broken, _whole = keep_many(town, anna, ["Broken", "Whole"])
    town.sql("UPDATE secret SET changed_at = changed_at + 1 WHERE id = :id", id=key(town, broken))
    found = listing(town, anna)
    assert [(row.id == broken, row.name, row.head is None) for row in found.rows] == [
        (True, "", True),
        (False, "Whole", False),
    ]
    assert [each["action"] for each in town.events() if each["object_id"] == broken] == [
        "secret.create",
        "secret.damaged",
    ]


def key(town: World, secret: UUID) -> object:
    """Return an id as raw SQL wants it."""
    return secret.hex if town.cfg.unit.is_sqlite else secret
