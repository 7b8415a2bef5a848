"""Sealed rows: what a change writes, what it records, and who is too late."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.audit.trail import AuditTrail
from app.errors import Conflict, Damaged
from app.groups.models import GroupContent
from app.keys.keyrings import Keyrings
from app.keys.sealed import Opened, SealedRows
from app.keys.trail import Note
from app.users.models import RoleContent, RoleRow
from tests.builders import World

CREATE, CHANGE, REMOVE = Note("role.create"), Note("role.change"), Note("role.remove")


@pytest.fixture
def rows(world: World) -> SealedRows[RoleContent]:
    """The rows of a sealed table, with nothing around them."""
    keyrings, trail = world.cfg.get(Keyrings), world.cfg.get(AuditTrail)
    return SealedRows(RoleRow, RoleContent, kind="role", unit=world.cfg.unit, keyrings=keyrings, trail=trail)


def made(world: World, rows: SealedRows[RoleContent], **columns: Any) -> Opened[RoleContent]:
    with world.unit(), world.cfg.unit.writing():
        return rows.insert(uuid4(), RoleContent(("a.b",)), CREATE, **{"name": "Helpers", **columns})


def loaded(world: World, rows: SealedRows[RoleContent], row_id: UUID) -> Opened[RoleContent] | None:
    with world.unit():
        return rows.load(row_id)


def told(world: World, row_id: UUID) -> list[tuple[str, int, int]]:
    """Return the trail's events of a row: action, revision, gone."""
    return [(each["action"], each["revision"], each["gone"]) for each in world.events() if each["object_id"] == row_id]


def test_a_row_comes_back_as_it_was_stored(world: World, rows: SealedRows[RoleContent]) -> None:
    stored = made(world, rows)
    found = loaded(world, rows, stored.id)
    assert found is not None
    assert (found.id, found.revision, found.content) == (stored.id, 1, RoleContent(("a.b",)))
    assert found.columns["name"] == "Helpers"
    assert loaded(world, rows, uuid4()) is None


def test_nothing_inside_can_be_read_from_the_table(world: World, rows: SealedRows[RoleContent]) -> None:
    made(world, rows)
    assert [row for row in world.rows("role") if b"a.b" in row["seal"]] == []


def test_each_change_is_the_next_revision_and_an_event(world: World, rows: SealedRows[RoleContent]) -> None:
    stored = made(world, rows)
    with world.unit(), world.cfg.unit.writing():
        renamed = rows.change(stored, CHANGE, name="Aides")
        rows.change(renamed, CHANGE, content=RoleContent(()))
    found = loaded(world, rows, stored.id)
    assert found is not None
    assert (found.revision, found.columns["name"], found.content) == (3, "Aides", RoleContent(()))
    assert told(world, stored.id) == [("role.create", 1, 0), ("role.change", 2, 0), ("role.change", 3, 0)]


def test_a_row_can_be_read_in_the_transaction_that_wrote_it(world: World, rows: SealedRows[RoleContent]) -> None:
    with world.unit(), world.cfg.unit.writing():
        stored = rows.insert(uuid4(), RoleContent(()), CREATE, name="Helpers")
        first = rows.load(stored.id, lock=True)
        assert first is not None
        rows.change(first, CHANGE, name="Aides")
        second = rows.load(stored.id)
        assert second is not None
        assert (second.revision, second.columns["name"]) == (2, "Aides")


def test_who_saw_an_older_revision_is_too_late(world: World, rows: SealedRows[RoleContent]) -> None:
    stored = made(world, rows)
    with world.unit(), world.cfg.unit.writing():
        rows.change(stored, CHANGE, name="Aides")
    for late in (lambda: rows.change(stored, CHANGE, name="Others"), lambda: rows.remove(stored, REMOVE)):
        with pytest.raises(Conflict), world.unit(), world.cfg.unit.writing():
            late()
    assert told(world, stored.id) == [("role.create", 1, 0), ("role.change", 2, 0)]


def test_a_removed_row_is_gone_and_the_trail_says_so(world: World, rows: SealedRows[RoleContent]) -> None:
    stored = made(world, rows)
    with world.unit(), world.cfg.unit.writing():
        rows.remove(stored, REMOVE)
    assert loaded(world, rows, stored.id) is None
    assert told(world, stored.id) == [("role.create", 1, 0), ("role.remove", 2, 1)]


def test_what_is_rolled_back_was_never_there(world: World, rows: SealedRows[RoleContent]) -> None:
    stored = made(world, rows)
    with pytest.raises(ZeroDivisionError), world.unit(), world.cfg.unit.writing():
        rows.change(stored, CHANGE, name="Aides")
        raise ZeroDivisionError
    found = loaded(world, rows, stored.id)
    assert found is not None
    assert (found.revision, found.columns["name"]) == (1, "Helpers")


def test_a_row_that_the_trail_does_not_know_is_damaged(world: World, rows: SealedRows[RoleContent]) -> None:
    stored = made(world, rows)
    world.sql("DELETE FROM audit WHERE action = 'role.create' AND revision = 1 AND actor IS NULL")
    with pytest.raises(Damaged) as damage:
        loaded(world, rows, stored.id)
    assert (damage.value.kind, damage.value.object_id) == ("role", stored.id)
    with world.unit():
        assert [row_id for row_id, _reason in rows.verify()] == [stored.id]


def test_content_that_the_class_no_longer_fits_is_damaged(world: World, rows: SealedRows[RoleContent]) -> None:
    keyrings, trail = world.cfg.get(Keyrings), world.cfg.get(AuditTrail)
    others = SealedRows(RoleRow, GroupContent, kind="role", unit=world.cfg.unit, keyrings=keyrings, trail=trail)
    stored = made(world, rows)
    with pytest.raises(Damaged), world.unit():
        others.load(stored.id)
