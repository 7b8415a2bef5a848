"""What a seal or MAC binds: the same bytes on both databases, and every column but the free ones that are listed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Table, select

from app.crypto.context import encode
from app.database import Base
from app.keys.models import Sealed
from app.users import links
from app.users.models import SessionRow
from app.users.sessions import DECIDING
from app.vault.safe import WRAPPED_BOUND
from tests.builders import World, build_world
from tests.services import Postgres
from tests.tampered.fifty import SEALED, Columns, as_row, safe_with, sealed_rows
from tests.tampering import make_up

ID, USER = UUID("0f000000-0000-4000-8000-00000000abcd"), UUID("ff000000-0000-4000-8000-00000000abcd")
BOUND_BY_MAC = {"session": DECIDING, "link": links.DECIDING}
MOMENT = datetime(2026, 2, 28, 23, 59, 59, 999_999, UTC)
EARLY = datetime(1904, 2, 29, 1, 2, 3, 1, UTC)
ODD = "Ä A\u0308 ß \U0001f511 ' \" \\ \u2028 \u202e\n end "
BYTES = bytes(range(256))

ROWS: dict[str, Columns] = {
    "user": {
        "id": USER, "revision": 2**31 - 1, "email": ODD, "email_key": "", "first_name": ODD * 50, "last_name": " ",
        "status": "active", "created_at": EARLY, "seal": BYTES,
    },
    "role": {"id": ID, "revision": 1, "name": ODD, "seal": b"\0"},
    "group": {"id": ID, "revision": 0, "name": ODD, "name_key": ODD, "kind": "team", "created_at": MOMENT, "seal": b""},
    "secret": {
        "id": ID, "revision": -1, "type": ODD, "version": 2**31 - 1, "changed_at": MOMENT, "deleted_at": None,
        "once": BYTES, "seal": BYTES,
    },
    "version": {
        "id": USER, "secret": ID, "number": 1, "type": "", "schema": 0, "author": USER, "time": EARLY, "blob": ODD,
        "size": -(2**31), "sha256": bytes(32), "wrapped": b"x",
    },
    "session": {
        "token_hash": BYTES, "id": ID, "user": USER, "generation": 3, "issued_at": EARLY, "ends_at": MOMENT,
        "confirmed_at": MOMENT, "factors": ODD, "device": ODD, "seen_at": MOMENT, "mac": BYTES,
    },
    "link": {
        "token_hash": BYTES, "id": ID, "purpose": ODD, "user": USER, "generation": 3, "address": ODD,
        "copied_by": None, "issued_at": EARLY, "ends_at": MOMENT, "mac": BYTES,
    },
}  # fmt: skip


@pytest.fixture
def both(
    tmp_path: Path, sqlite_template: Path, postgres: Postgres, postgres_template: str
) -> Iterator[tuple[World, World]]:
    """One world on each kind of database."""
    worlds = []
    for name in ("sqlite", "postgres"):
        folder = tmp_path / name
        (folder / "data").mkdir(parents=True)
        if name == "sqlite":
            shutil.copy(sqlite_template, folder / "data" / "tresor.sqlite3")
            url = f"sqlite:///{folder}/data/tresor.sqlite3"
        else:
            url = postgres.new_database(template=postgres_template)
        worlds.append(build_world(folder, {"TRESOR_DATABASE_URL": url}))
    yield worlds[0], worlds[1]
    for world in worlds:
        world.cfg.unit.engine.dispose()
    postgres.drop(str(worlds[1].cfg.settings.database_url))


def test_contexts_are_the_same_bytes_on_both_databases(both: tuple[World, World]) -> None:
    for world in both:
        for table, row in ROWS.items():
            make_up(world, table, **row)
    on_sqlite, on_postgres = contexts(both[0]), contexts(both[1])
    assert on_sqlite == on_postgres
    assert sorted(on_sqlite) == sorted(ROWS)
    assert on_sqlite == {table: from_the_page(table, row) for table, row in ROWS.items()}


def contexts(world: World) -> dict[str, bytes]:
    """Return the bytes that bind each row, as read back from its database."""
    found = {}
    for table, row in ROWS.items():
        columns = read(world, Base.metadata.tables[table], row)
        if table in SEALED:
            bound = sealed_rows(world, table)._context(columns).items
        elif table == "version":
            bound = safe_with(world, world.store)._version_context(as_row(columns)._mapping).items
        else:
            bound = tuple(columns[name] for name in BOUND_BY_MAC[table])
        found[table] = encode(bound)
    return found


def from_the_page(table: str, row: Columns) -> bytes:
    """Return what FORMAT.md says, from the values as they were given."""
    if table in SEALED:
        names = sorted(set(row) - {"id", "seal"})
        items: list[Any] = [table, row["id"], *(part for name in names for part in (name, row[name]))]
    elif table == "version":
        order = ("secret", "id", "number", "type", "schema", "author", "time", "blob", "size", "sha256")
        items = [row[name] for name in order]
    else:
        items = [row[name] for name in BOUND_BY_MAC[table]]
    return encode(items)


def read(world: World, table: Table, row: Columns) -> Columns:
    key = next(iter(table.primary_key))
    with world.cfg.unit.engine.connect() as connection:
        return dict(connection.execute(select(table).where(key == row[key.name])).one()._mapping)


def test_the_free_columns_of_all_sealed_tables_are_these() -> None:
    assert {model.__tablename__: dict(model.FREE) for model in Sealed.__subclasses__()} == {
        "user": {},
        "role": {},
        "group": {},
        "secret": {},
        "outbox": {},
        "request": {},
    }


def test_every_column_of_a_version_is_bound_but_what_it_wraps() -> None:
    assert {*WRAPPED_BOUND, "wrapped"} == set(Base.metadata.tables["version"].columns.keys())


def test_every_column_of_a_session_is_bound_but_these() -> None:
    assert set(SessionRow.FREE) == {"device", "seen_at"}
    assert {*DECIDING, *SessionRow.FREE, "mac"} == set(Base.metadata.tables["session"].columns.keys())


def test_every_column_of_a_link_is_bound() -> None:
    assert {*links.DECIDING, "mac"} == set(Base.metadata.tables["link"].columns.keys())


def test_every_table_is_sealed_or_known_to_decide_nothing_by_itself() -> None:
    finds = {"user_role", "user_word", "listed", "membership", "access", "publication"}
    counts = {"shelf", "preferences", "lease"}
    bound_elsewhere = {"version", "session", "link", "audit", "keyring"}
    sealed = {model.__tablename__ for model in Sealed.__subclasses__()}  # type: ignore[attr-defined]
    assert set(Base.metadata.tables) == {*sealed, *finds, *counts, *bound_elsewhere}
