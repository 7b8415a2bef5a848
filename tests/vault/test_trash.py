"""The trash: thirty days to think it over, then nothing is left that can be read."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.blobs.local import LocalStore
from app.blobs.store import BlobInfo, BlobStore, down
from app.credentials.types.login import Login
from app.errors import Conflict, Damaged, Invalid, Refused
from app.keys.trail import Note
from app.subject import Subject
from app.vault.collector import LEASE, Collector
from app.vault.heads import Head
from app.vault.listing import Overview, Wanted
from app.vault.matching import NoSuchCredential
from app.vault.trash import LEASE_TIME, Collected, Trash
from tests.builders import World, a_login, build_world
from tests.vault.conftest import Scrap, Town
from tests.vault.test_listing import key

MONTH = timedelta(days=30)
INSTANT = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def _emptied(town: Town) -> Iterator[None]:
    """Leave nothing in the trash for the tests that follow."""
    yield
    town.clock.goes_on(days=40)
    town.trash.collect()


def delete(town: Town, by: Subject, secret: UUID) -> None:
    with town.unit():
        town.trash.delete(by, secret)


def in_trash(town: Town, person: Subject) -> list[UUID]:
    with town.unit():
        return [head.id for head in town.trash.listed(person)]


def in_vault(town: World, person: Subject) -> list[UUID]:
    with town.unit():
        return [row.id for row in town.cfg.get(Overview).page(person, Wanted()).rows]


def rows_of(town: Town, secret: UUID) -> dict[str, int]:
    counts = {}
    for table, column in (("secret", "id"), ("version", "secret"), ("access", "secret"), ("publication", "secret")):
        [row] = town.sql(f'SELECT count(*) FROM "{table}" WHERE {column} = :id', id=key(town, secret))
        counts[table] = row[0]
    return counts


def blobs_of(town: Town, secret: UUID) -> list[str]:
    rows = town.sql("SELECT blob FROM version WHERE secret = :id ORDER BY number", id=key(town, secret))
    return [row.blob for row in rows]


def aged(town: Town, name: str, age: timedelta) -> None:
    """Make a blob as old as that, by the world's clock."""
    assert isinstance(town.store, LocalStore)
    then = (town.clock() - age).timestamp()
    os.utime(town.store.folder / name, (then, then))


def stored(town: Town, name: str) -> bool:
    return name in {info.name for info in town.store.list()}


# ── for thirty days ──


def test_what_is_deleted_is_in_its_owners_trash_and_nowhere_else(town: Town) -> None:
    team = town.group("Team").id
    anna = town.person("anna", groups={team: "member"})
    ben, cleo = town.person("ben"), town.person("cleo")
    secret = town.keep(a_login(), owner=anna)
    town.share(secret, owner=anna, to=ben, level="editor")
    town.share(secret, owner=anna, to=cleo, level="owner")
    town.publish(secret, owner=anna, group=team)
    delete(town, anna, secret)
    assert [in_vault(town, person) for person in (anna, ben, cleo)] == [[], [], []]
    assert [in_trash(town, person) for person in (anna, ben, cleo)] == [[secret], [], [secret]]
    with pytest.raises(NoSuchCredential):
        town.handle.use_cases.match(Login, group=team, actor="tests")


def test_restoring_brings_back_everybody_who_had_it(town: Town) -> None:
    team = town.group("Team").id
    anna, ben = town.person("anna", groups={team: "member"}), town.person("ben")
    secret = town.keep(a_login(password="pw-6001"), owner=anna)
    town.share(secret, owner=anna, to=ben, level="editor")
    town.publish(secret, owner=anna, group=team)
    before = town.head(secret)
    delete(town, anna, secret)
    with town.unit():
        town.trash.restore(anna, secret)
    after = town.head(secret)
    assert (after.access, after.publications, after.version) == (before.access, before.publications, before.version)
    assert (in_vault(town, ben), in_trash(town, anna)) == ([secret], [])
    assert town.handle.use_cases.match(Login, group=team, actor="tests").password == "pw-6001"
    assert [action for action, _ in town.told(secret)][-3:] == ["secret.delete", "secret.restore", "secret.use"]


def test_the_last_deleted_is_first(town: Town) -> None:
    anna = town.person("anna")
    secrets = [town.keep(a_login(name=name), owner=anna) for name in ("b", "a", "c")]
    for secret in secrets:
        delete(town, anna, secret)
        town.clock.goes_on(minutes=1)
    assert in_trash(town, anna) == secrets[::-1]


def test_after_thirty_days_every_read_treats_it_as_gone(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    deleted = town.clock()
    delete(town, anna, secret)
    town.clock.now = deleted + MONTH - INSTANT
    assert in_trash(town, anna) == [secret]
    with town.unit():
        assert town.trash.ends(town.trash.purgeable(anna, secret)) == deleted + MONTH
    town.clock.now = deleted + MONTH
    assert in_trash(town, anna) == []
    for act in (
        lambda: town.trash.restore(anna, secret),
        lambda: town.trash.purgeable(anna, secret),
        lambda: town.trash.purge(anna, secret, name="Travel portal"),
        lambda: town.vault.open(anna, secret),
        lambda: town.trash.delete(anna, secret),
    ):
        with pytest.raises(Refused) as refusal, town.unit():
            act()
        assert type(refusal.value) is Refused
    assert town.trash.collect().secrets == [secret]


# ── purging ──


def test_purging_asks_for_the_name_and_a_wrong_one_destroys_nothing(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(name="Travel portal"), owner=anna)
    delete(town, anna, secret)
    for name in ("", "travel portal", "Travel", "Travel portal x"):
        with pytest.raises(Invalid) as refusal, town.unit():
            town.trash.purge(anna, secret, name=name)
        assert "Travel" not in str(refusal.value)
    assert in_trash(town, anna) == [secret]


def test_purging_destroys_the_keys_at_once_so_that_blobs_are_worth_nothing(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(), owner=anna)
    town.share(secret, owner=anna, to=ben)
    [blob] = blobs_of(town, secret)
    delete(town, anna, secret)
    with town.unit():
        town.trash.purge(anna, secret, name=" Travel portal ")
    assert rows_of(town, secret) == {"secret": 0, "version": 0, "access": 0, "publication": 0}
    assert (in_trash(town, anna), in_vault(town, ben)) == ([], [])
    event = town.events("secret.purge")[-1]
    assert (event["subject"], event["object_id"], event["gone"], event["detail"]) == (anna.id, secret, 1, {})
    assert stored(town, blob)
    aged(town, blob, timedelta(hours=25))
    assert town.trash.collect().blobs == [blob]
    assert not stored(town, blob)


# ── the collector ──


def test_the_collector_purges_what_lay_too_long_and_leaves_the_rest(town: Town) -> None:
    anna = town.person("anna")
    old, young, alive = (town.keep(a_login(name=name), owner=anna) for name in ("old", "young", "alive"))
    delete(town, anna, old)
    town.clock.goes_on(days=1)
    delete(town, anna, young)
    town.clock.goes_on(days=29)
    assert town.trash.collect(dry_run=True).secrets == [old]
    assert rows_of(town, old)["version"] == 1
    assert town.trash.collect().secrets == [old]
    assert rows_of(town, old) == {"secret": 0, "version": 0, "access": 0, "publication": 0}
    assert (in_trash(town, anna), in_vault(town, anna)) == ([young], [alive])
    event = town.events("secret.purge")[-1]
    assert (event["subject"], event["actor"], event["object_id"]) == (None, "collector", old)
    assert town.trash.collect().secrets == []


def test_blobs_that_nothing_names_go_after_a_day_and_named_ones_never(town: Town) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    [named] = blobs_of(town, secret)
    old, young = "a" * 64, "b" * 64
    for name in (old, young):
        town.store.put(name, b"left behind by a request that failed")
    aged(town, named, timedelta(days=400))
    aged(town, old, timedelta(hours=24) + timedelta(seconds=1))
    aged(town, young, timedelta(hours=23, minutes=59))
    assert town.trash.collect(dry_run=True).blobs == [old]
    assert (stored(town, old), stored(town, young), stored(town, named)) == (True, True, True)
    assert town.trash.collect().blobs == [old]
    assert (stored(town, old), stored(town, young), stored(town, named)) == (False, True, True)
    town.store.delete(young)


@dataclass
class NamedMeanwhile:
    """A store whose blobs get a name between being listed and being deleted."""

    store: BlobStore
    happens: Callable[[], None]

    def put(self, name: str, data: bytes) -> None:
        self.store.put(name, data)

    def get(self, name: str) -> bytes:
        return self.store.get(name)

    def delete(self, name: str) -> None:
        self.store.delete(name)

    def list(self) -> Iterator[BlobInfo]:
        yield from list(self.store.list())
        self.happens()

    def check(self) -> None:
        self.store.check()


def test_a_blob_is_looked_for_again_before_it_is_removed(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    [blob] = blobs_of(town, secret)
    town.sql("UPDATE version SET blob = 'meanwhile' WHERE blob = :blob", blob=blob)

    def named() -> None:
        town.sql("UPDATE version SET blob = :blob WHERE blob = 'meanwhile'", blob=blob)

    aged(town, blob, timedelta(days=2))
    monkeypatch.setattr(town.trash, "_store", NamedMeanwhile(town.store, named))
    assert town.trash.collect().blobs == []
    assert stored(town, blob)


def test_damage_in_the_trash_is_told_and_left_alone(town: Town) -> None:
    anna = town.person("anna")
    broken, whole = (town.keep(a_login(name=name), owner=anna) for name in ("broken", "whole"))
    for secret in (broken, whole):
        delete(town, anna, secret)
    town.sql("UPDATE secret SET version = 7 WHERE id = :id", id=key(town, broken))
    assert in_trash(town, anna) == [whole]
    with pytest.raises(Damaged), town.unit():
        town.trash.restore(anna, broken)
    town.clock.goes_on(days=31)
    collected = town.trash.collect()
    assert (collected.secrets, collected.damaged) == ([whole], [broken])
    assert rows_of(town, broken)["version"] == 1
    town.sql("UPDATE secret SET version = 1 WHERE id = :id", id=key(town, broken))
    assert town.trash.collect().secrets == [broken]


def test_one_that_somebody_else_always_gets_first_keeps_none_of_the_others(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = town.person("anna")
    busy, other = (town.keep(a_login(name=name), owner=anna) for name in ("busy", "other"))
    for secret in (busy, other):
        delete(town, anna, secret)
    town.clock.goes_on(days=31)
    remove = town.trash._heads.remove

    def late(head: Head, note: Note) -> None:
        if head.id == busy:
            raise Conflict()
        remove(head, note)

    monkeypatch.setattr(town.trash._heads, "remove", late)
    assert town.trash.collect().secrets == [other]


def test_a_restored_one_is_not_purged_by_a_collector_that_saw_it_before(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = town.person("anna")
    secret = town.keep(a_login(), owner=anna)
    delete(town, anna, secret)
    with town.unit():
        town.trash.restore(anna, secret)
        assert town.trash._purge_one(secret) is False
    assert in_vault(town, anna) == [secret]


# ── one at a time ──


@pytest.fixture
def other(town: Town, town_url: tuple[str, Path]) -> Iterator[World]:
    url, folder = town_url
    world = build_world(folder, {"TRESOR_DATABASE_URL": url}, types=[Scrap])
    world.clock.now = town.clock.now
    yield world
    world.cfg.unit.engine.dispose()


def test_of_two_processes_one_collects_until_its_lease_has_ended(town: Town, other: World) -> None:
    town.clock.goes_on(days=1)
    other.clock.now = town.clock.now
    first, second = Collector(town.trash), Collector(other.cfg.get(Trash))
    assert [first.turn(), second.turn(), first.turn()] == [True, False, False]
    other.clock.now = town.clock.now + LEASE_TIME - INSTANT
    assert second.turn() is False
    other.clock.now = town.clock.now + LEASE_TIME
    assert second.turn() is True
    assert first.turn() is False
    town.clock.goes_on(days=1)
    assert first.turn() is True


def test_at_one_moment_one_of_many_gets_the_lease(town: Town, other: World) -> None:
    town.clock.goes_on(days=1)
    other.clock.now = town.clock.now
    together, got = threading.Barrier(6), []

    def take(trash: Trash) -> None:
        together.wait(20)
        got.append(trash.lease("at once"))

    threads = [threading.Thread(target=take, args=[each.cfg.get(Trash)]) for each in (town, other) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(got) == [False] * 5 + [True]


def test_leases_of_other_tasks_are_others(town: Town) -> None:
    town.clock.goes_on(days=1)
    assert [town.trash.lease(LEASE), town.trash.lease("another"), town.trash.lease(LEASE)] == [True, True, False]


def test_the_collector_starts_with_the_process_and_ends_with_it(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.clock.goes_on(days=1)
    ran = threading.Event()
    real = town.trash.collect

    def collect() -> Collected:
        ran.set()
        return real()

    monkeypatch.setattr(town.trash, "collect", collect)
    collector = Collector(town.trash)
    before = {thread.name for thread in threading.enumerate()}
    collector.start()
    assert ran.wait(30)
    collector.stop()
    assert "collector" not in before


FAILURES = [down("the store is away"), OSError("disk"), RuntimeError("of a library, with zq-value")]


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
def test_the_collector_outlives_a_failure_and_tries_again_soon(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    town.clock.goes_on(days=1)
    tried, ran = [], threading.Event()
    real = town.trash.collect

    def collect() -> Collected:
        tried.append(True)
        if len(tried) < 4:
            town.clock.goes_on(minutes=10)
            raise failure
        done = real()
        ran.set()
        return done

    monkeypatch.setattr(town.trash, "collect", collect)
    collector = Collector(town.trash, again=0.01)
    collector.start()
    assert ran.wait(30)
    collector.stop()
    assert len([line for line in caplog.messages if line.startswith("not collected")]) == 3
    assert "zq-value" not in caplog.text


def test_what_breaks_with_one_secret_keeps_none_of_the_others(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    anna = town.person("anna")
    broken, other = (town.keep(a_login(), owner=anna) for _ in range(2))
    for secret in (broken, other):
        delete(town, anna, secret)
    town.clock.goes_on(days=31)
    real = town.trash._heads.remove

    def remove(head: Head, *how: Any) -> None:
        if head.id == broken:
            raise RuntimeError("-".join(["of a library", "with zq", "value"]))
        real(head, *how)

    with monkeypatch.context() as patched:
        patched.setattr(town.trash._heads, "remove", remove)
        collected = town.trash.collect()
    assert (collected.secrets, collected.damaged) == ([other], [broken])
    assert str(broken) in str([getattr(record, "facts", None) for record in caplog.records])
    assert "zq-value" not in caplog.text
    assert town.trash.collect().secrets == [broken]


def test_the_name_is_compared_as_people_type_it(town: Town) -> None:
    anna = town.person("anna")
    composed, decomposed = "Bürotür", "Bu\u0308rotu\u0308r"
    for stored, typed in ((composed, decomposed), (decomposed, f" {composed}\r\n")):
        secret = town.keep(a_login(name=stored), owner=anna)
        delete(town, anna, secret)
        with pytest.raises(Invalid), town.unit():
            town.trash.purge(anna, secret, name=typed.replace("r", "R"))
        with town.unit():
            town.trash.purge(anna, secret, name=typed)
        assert in_trash(town, anna) == []
