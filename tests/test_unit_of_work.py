"""The unit of work: what fails is undone even if somebody catches it, and how a database that fails reads."""

from __future__ import annotations

import threading
from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import insert, text, update

from app.database import Unit
from app.errors import Conflict, Invalid, Unavailable
from app.keys.trail import Note
from app.vault.models import LeaseRow
from tests.builders import START, World


def take(unit: Unit, name: str) -> None:
    """Store a row that nothing else asks for."""
    unit.execute(insert(LeaseRow).values(name=name, holder=uuid4(), until=START))


def half_a_change(unit: Unit) -> None:
    with unit.writing():
        take(unit, "half")
        raise Invalid("the rest does not fit")


on_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
"""Connections are lost, and writers wait for each other, on PostgreSQL alone: SQLite has one writer and no server."""


def names(world: World) -> list[str]:
    return sorted(row["name"] for row in world.rows("lease"))


def test_a_change_that_fails_is_undone_although_the_failure_is_caught(world: World) -> None:
    unit = world.cfg.unit
    with unit.open():
        with pytest.raises(Invalid):
            half_a_change(unit)
        assert not unit.is_writing
    assert names(world) == []


def test_a_change_after_one_that_failed_is_kept(world: World) -> None:
    unit = world.cfg.unit
    with unit.open():
        with pytest.raises(Invalid):
            half_a_change(unit)
        with unit.writing():
            take(unit, "whole")
    assert names(world) == ["whole"]


def test_an_inner_failure_that_is_caught_leaves_the_outer_transaction_open(world: World) -> None:
    unit = world.cfg.unit
    with unit.open(), unit.writing():
        take(unit, "outer")
        with pytest.raises(Invalid), unit.writing():
            raise Invalid("looked before writing")
        assert unit.is_writing
    assert names(world) == ["outer"]


def test_what_is_kept_for_afterwards_happens_in_a_transaction_of_its_own(world: World) -> None:
    unit = world.cfg.unit

    def later(name: str) -> None:
        with unit.writing():
            take(unit, name)
            if name == "fails":
                raise Unavailable("no room")

    with pytest.raises(Invalid), unit.open(), unit.writing():
        take(unit, "half")
        for name in ("one", "fails", "two"):
            unit.afterwards(partial(later, name))
        raise Invalid("the rest does not fit")
    assert names(world) == ["one", "two"]


def test_a_statement_that_changes_something_outside_of_a_transaction_is_a_mistake(world: World) -> None:
    with pytest.raises(RuntimeError), world.cfg.unit.open():
        take(world.cfg.unit, "loose")
    assert names(world) == []


def test_an_event_outside_of_a_transaction_is_a_mistake(world: World) -> None:

    with pytest.raises(RuntimeError), world.cfg.unit.open():
        world.trail.record(Note("secret.reveal"), kind="secret", object_id=uuid4())


def test_the_page_that_refuses_to_lose_the_last_admin_changes_nothing(world: World) -> None:
    team = world.group("Support")
    anna = world.joins(world.person("anna"), team.id, admin=True)
    ben = world.joins(world.person("ben"), team.id)
    browser = world.client(anna)
    with world.unit():
        revision = world.groups.names([team.id])[team.id].revision
    wishes = {f"level-{anna.id}": "none", f"level-{ben.id}": "none", "revision": str(revision)}
    answer = browser.post(f"/groups/{team.id}/members", **wishes)
    assert answer.status_code == 422
    with world.unit():
        assert {user.id for user, _level in world.users.members(team.id)} == {anna.id, ben.id}
    assert world.events("group.remove-member") == []


@on_postgres
def test_of_two_that_wait_for_each_other_one_is_told_of_a_conflict(world: World) -> None:
    unit = world.cfg.unit
    with unit.writing():
        take(unit, "one")
        take(unit, "two")
    both_hold_one = threading.Barrier(2)
    ends: list[str] = []

    def change(first: str, second: str) -> None:
        try:
            with unit.writing():
                unit.execute(update(LeaseRow).where(LeaseRow.name == first).values(until=START))
                both_hold_one.wait(timeout=10)
                unit.execute(update(LeaseRow).where(LeaseRow.name == second).values(until=START))
        except Conflict:
            ends.append("conflict")
        else:
            ends.append("done")

    threads = [threading.Thread(target=change, args=order) for order in (("one", "two"), ("two", "one"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["conflict", "done"]


def lose(unit: Unit) -> None:
    """End the connection of the open unit as a restart of the server does."""
    pid = unit.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with unit.engine.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


def lose_half_a_change(unit: Unit) -> None:
    with unit.writing():
        take(unit, "half")
        lose(unit)
        for name in ("other half", "third half"):
            with pytest.raises(Unavailable):
                take(unit, name)


@on_postgres
def test_a_connection_that_is_lost_while_reading_is_replaced(world: World) -> None:
    unit = world.cfg.unit
    with unit.open():
        lose(unit)
        with pytest.raises(Unavailable):
            unit.execute(text("SELECT 1"))
        assert unit.execute(text("SELECT 1")).scalar_one() == 1


@on_postgres
def test_a_connection_that_is_lost_while_writing_loses_the_whole_transaction(world: World) -> None:
    unit = world.cfg.unit
    with pytest.raises(Unavailable):
        lose_half_a_change(unit)
    assert names(world) == []


@on_postgres
def test_a_request_whose_connection_is_lost_ends_in_one_page(world: World) -> None:
    anna = world.person("anna")
    browser = world.client(anna)
    with world.cfg.unit.engine.connect() as other:
        mine = other.execute(text("SELECT pg_backend_pid()")).scalar_one()
        others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        other.execute(text(f"{others} WHERE pid <> :mine AND datname = current_database()"), {"mine": mine})
    assert browser.get("/vault").status_code in {200, 503}
    assert browser.get("/vault").status_code == 200
