"""Who acts at the same moment as somebody else waits for them, never they for each other: nobody gets a conflict."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.credentials.values import to_plain
from app.groups.deletion import Deletion as GroupDeletion
from app.keys.trail import Note
from app.subject import Subject
from app.users.deletion import Deletion
from app.vault.heads import Heads
from app.vault.policy import EDIT
from tests.builders import World, a_login
from tests.users.test_service import at_once

SOON = 10
"""Seconds after which what is waited for does not come."""

on_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
"""SQLite has one writer at a time; PostgreSQL holds rows."""


@on_postgres
def test_two_who_share_two_secrets_save_them(world: World) -> None:
    heads = world.cfg.get(Heads)
    anna, ben = world.person("anna"), world.person("ben")
    hers, his = world.keep(a_login(), owner=anna), world.keep(a_login(), owner=ben)
    world.share(hers, owner=anna, to=ben, level="editor")
    world.share(his, owner=ben, to=anna, level="editor")
    both_hold = Barrier(2, timeout=SOON)

    def saves(person: Subject, secret: UUID) -> str:
        with world.unit(), world.cfg.unit.writing():
            _now, head = heads.held(person, secret, EDIT)
            both_hold.wait()
            heads.change(head, Note(EDIT.name, subject=person.id))
        return "saved"

    assert at_once(lambda: saves(anna, hers), lambda: saves(ben, his)) == ["saved", "saved"]


def one_after_the_other(world: World, table: str, row: UUID, *acts: Callable[[], Any]) -> None:
    """Let all acts, in this order, come to wait for a row, then go on. Raises what one of them raises."""

    def acted(act: Callable[[], Any]) -> None:
        with world.unit():
            act()

    waiting: list[Future[None]] = []
    with ThreadPoolExecutor(len(acts)) as threads:
        with world.cfg.unit.engine.connect() as holder:
            holder.exec_driver_sql("BEGIN")
            holder.execute(text(f'SELECT id FROM "{table}" WHERE id = :id FOR NO KEY UPDATE'), {"id": row})
            for act in acts:
                waiting.append(threads.submit(acted, act))
                wait_until_waiting(world, len(waiting))
            holder.exec_driver_sql("ROLLBACK")
        for each in waiting:
            each.result(SOON)


def wait_until_waiting(world: World, number: int) -> None:
    here = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    until = time.monotonic() + SOON
    while world.sql(here)[0][0] < number:
        assert time.monotonic() < until
        time.sleep(0.02)


@on_postgres
def test_two_administrators_change_each_other(world: World) -> None:
    low, high = sorted((world.person(name, admin=True) for name in ("anna", "ben")), key=lambda each: each.id)
    names = {"first_name": "Zoe", "last_name": "Zander"}
    one_after_the_other(
        world,
        "user",
        low.id,
        lambda: world.users.rename_other(high, low.id, **names),
        lambda: world.users.rename_other(low, high.id, **names),
    )
    assert len(world.events("user.rename")) == 2


def edits(world: World, person: Subject, secret: UUID) -> Callable[[], None]:
    values = {**to_plain(a_login()), "username": "another"}
    return lambda: world.vault.change(person, secret, seen=1, values=values, cleared=frozenset())


def published(world: World) -> tuple[Subject, UUID, UUID]:
    """Return a member, a team that others lead, and what the member published in it."""
    team = world.group("Team").id
    world.person("lead", groups={team: "admin"})
    anna = world.person("anna", groups={team: "member"})
    secret = world.keep(a_login(), owner=anna)
    world.publish(secret, owner=anna, group=team)
    return anna, team, secret


@on_postgres
def test_somebody_edits_what_they_withdraw_by_leaving_a_group(world: World) -> None:
    anna, team, secret = published(world)
    leaves = partial(world.groups.leave, anna, team, keep=False)
    one_after_the_other(world, "secret", secret, edits(world, anna, secret), leaves)
    assert world.rows("publication") == []


@on_postgres
def test_something_is_edited_while_its_group_is_deleted(world: World) -> None:
    anna, team, secret = published(world)
    boss, deletion = world.person("boss", admin=True), world.cfg.get(GroupDeletion)
    with world.unit():
        mark = deletion.question(boss, team).mark
    ends = partial(deletion.delete, boss, team, mark=mark)
    one_after_the_other(world, "secret", secret, edits(world, anna, secret), ends)
    assert world.rows("publication") == []


@on_postgres
def test_something_is_edited_while_somebody_who_has_it_is_deleted(world: World) -> None:
    boss, anna, gone = world.person("boss", admin=True), world.person("anna"), world.person("gone")
    secret = world.keep(a_login(), owner=anna)
    world.share(secret, owner=anna, to=gone)
    with world.unit():
        world.users.disable("tests", gone.id)
    leaves = partial(world.cfg.get(Deletion).delete, boss, gone.id)
    one_after_the_other(world, "secret", secret, edits(world, anna, secret), leaves)
    assert [row["user"] for row in world.rows("access")] == [anna.id]
