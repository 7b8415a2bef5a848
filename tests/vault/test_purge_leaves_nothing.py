"""Purging: the keys of a secret's versions are in no file of the database any more, and nothing waits meanwhile.

PostgreSQL overwrites what was deleted when it vacuums, so the files are looked into on SQLite alone.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import World, a_login


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_file_of_the_database_holds_a_purged_key(world: World) -> None:
    anna = world.person("anna")
    secret = world.keep(a_login(), owner=anna)
    wrapped = bytes(world.rows("version")[0]["wrapped"])
    assert files_with(world, wrapped) != []
    with world.unit():
        world.trash.delete(anna, secret)
    with world.unit():
        world.trash.purge(anna, secret, name="Travel portal")
    assert files_with(world, wrapped) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_file_of_the_database_holds_a_collected_key(world: World) -> None:
    anna = world.person("anna")
    secret = world.keep(a_login(), owner=anna)
    wrapped = bytes(world.rows("version")[0]["wrapped"])
    with world.unit():
        world.trash.delete(anna, secret)
    world.clock.goes_on(days=31)
    assert world.trash.collect().secrets == [secret]
    assert files_with(world, wrapped) == []


def test_the_collector_holds_no_transaction_while_it_looks_at_blobs(world: World) -> None:
    anna = world.person("anna")
    secret = world.keep(a_login(), owner=anna)
    with world.unit():
        world.trash.delete(anna, secret)
    world.clock.goes_on(days=31)
    with world.unit():
        assert world.trash.collect().secrets == [secret]
        assert not world.cfg.unit.is_writing
    assert world.clock.now - timedelta(days=31) < world.clock.now


def files_with(world: World, part: bytes) -> list[str]:
    """Return the names of the database's files that hold these bytes."""
    folder = world.folder / "data"
    return sorted(path.name for path in folder.glob("tresor.sqlite3*") if part in path.read_bytes())
