"""What somebody does who can write the database: rows altered, put back, made up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table, delete, insert, select, update

from app.audit.trail import AuditTrail
from app.database import Base
from app.keys.keyrings import Keyrings
from app.keys.models import Sealed
from app.keys.sealed import SealedRows
from tests.builders import World

Row = Mapping[str, Any]


def stored(world: World, table: str, **key: object) -> Row:
    """Return the one row with these values."""
    found = Base.metadata.tables[table]
    with world.cfg.unit.engine.connect() as connection:
        return dict(connection.execute(select(found).where(*_is(found, key))).one()._mapping)


def alter(world: World, table: str, key: Row, **values: object) -> None:
    """Overwrite columns of the rows with this key; there must be one."""
    found = Base.metadata.tables[table]
    with world.cfg.unit.engine.connect() as connection:
        assert connection.execute(update(found).where(*_is(found, key)).values(values)).rowcount == 1


def make_up(world: World, table: str, **values: object) -> None:
    """Store a row."""
    with world.cfg.unit.engine.connect() as connection:
        connection.execute(insert(Base.metadata.tables[table]).values(values))


def take_away(world: World, table: str, **key: object) -> None:
    """Delete the rows with these values."""
    found = Base.metadata.tables[table]
    with world.cfg.unit.engine.connect() as connection:
        connection.execute(delete(found).where(*_is(found, key)))


def put_back(world: World, table: str, row: Row) -> None:
    """Store a row as it once was: over the present one, or again if it is gone."""
    found = Base.metadata.tables[table]
    same = _is(found, {column.name: row[column.name] for column in found.primary_key})
    with world.cfg.unit.engine.connect() as connection:
        if not connection.execute(update(found).where(*same).values(dict(row))).rowcount:
            connection.execute(insert(found).values(dict(row)))


def other(value: Any) -> Any:
    """Return another value of the same kind, as near as can be."""
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    if isinstance(value, UUID):
        return UUID(int=value.int ^ 1)
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    return value + ("x" if isinstance(value, str) else 1)


def columns(table: str, *, but: tuple[str, ...] = ()) -> list[str]:
    """Return the names of a table's columns except its key and those named."""
    found = Base.metadata.tables[table]
    return [column.name for column in found.columns if not column.primary_key and column.name not in but]


def sealed_rows(world: World, model: type[Sealed], content: type[Any], kind: str) -> SealedRows[Any]:
    """Return the rows of a sealed table, as its own service has them."""
    cfg = world.cfg
    return SealedRows(model, content, kind=kind, unit=cfg.unit, keyrings=cfg.get(Keyrings), trail=cfg.get(AuditTrail))


def _is(table: Table, key: Row) -> list[Any]:
    return [table.c[name] == value for name, value in key.items()]
