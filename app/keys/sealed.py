"""Sealed rows: load, insert, change and remove rows whose truth is inside their seal."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from sqlalchemy import Row, Select, Table, bindparam, delete, func, insert, select, update

from app.crypto.context import ROW, Context
from app.database import Unit
from app.errors import Conflict, Damaged
from app.keys.keyrings import Keyrings
from app.keys.models import Sealed
from app.keys.trail import Note, Trail

log = logging.getLogger(__name__)

C = TypeVar("C")

strict = with_config(ConfigDict(extra="forbid"))
"""For the content classes of sealed rows: nothing inside that the class does not know."""


@dataclass(frozen=True)
class Opened(Generic[C]):
    """A row that has been verified: its columns, and what its seal held."""

    id: UUID
    revision: int
    columns: Mapping[str, Any] = field(repr=False)
    content: C = field(repr=False)


class SealedRows(Generic[C]):
    """The rows of one sealed table.

    content: a frozen dataclass, stored as JSON inside the seal. kind: the word for such an object in the trail.
    """

    def __init__(
        self, model: type[Sealed], content: type[C], *, kind: str, unit: Unit, keyrings: Keyrings, trail: Trail
    ) -> None:
        self.kind = kind
        self.table: Table = model.__table__  # type: ignore[attr-defined]  # set by SQLAlchemy on the mapped class
        self._unit, self._keyrings, self._trail = unit, keyrings, trail
        self._json: TypeAdapter[C] = TypeAdapter(content)
        columns = {column.name for column in self.table.columns}
        self._bound = tuple(sorted(columns - {"id", "seal", *model.FREE}))
        self.newest = trail.newest(self.table.c.id).label("newest_revision")
        self.selection: Select[Any] = select(*self.table.columns, self.newest)
        """Rows with the newest revision that the trail knows, in one statement: narrow it with `where`."""
        self._one = self.selection.where(self.table.c.id == bindparam("row_id"))
        # rows that name it may come and go
        self._one_locked = self._one.with_for_update(of=self.table, key_share=True)
        self._insertion = insert(self.table)

    def load(self, row_id: UUID, *, lock: bool = False) -> Opened[C] | None:
        """Return the row, verified and fresh, or None if there is none.

        lock: hold it until the transaction ends. Raises Damaged.
        """
        statement = self._one_locked if lock else self._one
        row = self._unit.execute(statement, {"row_id": row_id}).one_or_none()
        return None if row is None else self.open(row)

    def load_all(self, statement: Select[Any] | None = None) -> list[Opened[C]]:
        """Return the rows of a statement made from `selection`, each verified. Raises Damaged."""
        rows = self._unit.execute(self.selection if statement is None else statement).all()
        return [self.open(row) for row in rows]

    def open(self, row: Row[Any]) -> Opened[C]:
        """Verify a row of `selection`: its seal, what is bound, its freshness. Raises Damaged."""
        return self.open_columns(dict(row._mapping))

    def open_columns(self, columns: dict[str, Any]) -> Opened[C]:
        """Verify a row given as columns with `newest_revision`, as a join has it. Raises Damaged."""
        newest = columns.pop("newest_revision")
        self._check_fresh(columns, newest)
        try:
            plain = self._keyrings.open(columns["seal"], self._context(columns))
            content = self._json.validate_json(plain)
        except Damaged as error:
            raise self._damaged(columns["id"], str(error)) from None
        except ValidationError as error:  # its own text quotes what the seal held
            raise self._damaged(columns["id"], f"{error.error_count()} values do not fit the class") from None
        return Opened(columns["id"], columns["revision"], columns, content)

    def stored_nowhere(self, row_id: UUID, content: C, **columns: Any) -> dict[str, Any]:
        """Return a row for `open_columns` that costs what a stored one does."""
        complete = self._sealed({"id": row_id, "revision": 1, **columns}, content)
        return {**complete, "newest_revision": 1}

    def insert(self, row_id: UUID, content: C, note: Note, **columns: Any) -> Opened[C]:
        """Store a new row with revision 1 and record it."""
        return self._insert({"id": row_id, "revision": 1, **columns}, content, note)

    def change(self, seen: Opened[C], note: Note, *, content: C | None = None, **columns: Any) -> Opened[C]:
        """Store new content, columns or both as the next revision, and record it.

        Raises Conflict if somebody changed the row since it was seen.
        """
        values = {**seen.columns, **columns, "revision": seen.revision + 1}
        inside = seen.content if content is None else content
        values["seal"] = self._keyrings.current.seal(self._json.dump_json(inside), self._context(values))
        same = (self.table.c.id == seen.id) & (self.table.c.revision == seen.revision)
        if self._unit.execute(update(self.table).where(same).values(values)).rowcount != 1:
            raise Conflict()
        self._trail.record(note, kind=self.kind, object_id=seen.id, revision=values["revision"])
        return Opened(seen.id, values["revision"], values, inside)

    def remove(self, seen: Opened[C], note: Note) -> None:
        """Delete the row and record it as gone; a copy put back is refused from then on. Raises Conflict."""
        same = (self.table.c.id == seen.id) & (self.table.c.revision == seen.revision)
        if self._unit.execute(delete(self.table).where(same)).rowcount != 1:
            raise Conflict()
        self._trail.record(note, kind=self.kind, object_id=seen.id, revision=seen.revision + 1, gone=True)

    def verify(self) -> Iterable[tuple[UUID, str]]:
        """Yield the id and the reason of every row that does not verify."""
        for row in self._unit.execute(self.selection).all():
            try:
                self.open(row)
            except Damaged as damage:
                yield row.id, str(damage)

    def ahead(self) -> list[tuple[UUID, int]]:
        """Return id and revision of each row that is newer than the trail; fills keys.Revised."""
        columns = self.table.c
        newer = columns.revision > func.coalesce(self._trail.newest(columns.id), 0)
        return [(row.id, row.revision) for row in self._unit.execute(select(columns.id, columns.revision).where(newer))]

    def _insert(self, values: dict[str, Any], content: C, note: Note) -> Opened[C]:
        complete = self._sealed(values, content)
        self._unit.execute(self._insertion, complete)
        self._trail.record(note, kind=self.kind, object_id=complete["id"], revision=complete["revision"])
        return Opened(complete["id"], complete["revision"], complete, content)

    def _sealed(self, values: Mapping[str, Any], content: C) -> dict[str, Any]:
        """Return all columns of a new row."""
        complete: dict[str, Any] = {**dict.fromkeys(column.name for column in self.table.columns), **values}
        complete["seal"] = self._keyrings.current.seal(self._json.dump_json(content), self._context(complete))
        return complete

    def _context(self, columns: Mapping[str, Any]) -> Context:
        items: list[Any] = [self.table.name, columns["id"]]
        for name in self._bound:
            items += (name, columns[name])
        return Context(ROW, self._keyrings.current.deployment, tuple(items))

    def _check_fresh(self, columns: Mapping[str, Any], newest: int | None) -> None:
        if type(columns["revision"]) is not int:  # SQLite keeps anything in any column
            raise self._damaged(columns["id"], "its revision is no number")
        if newest is None and not self._trail.told(columns["id"]):
            raise self._damaged(columns["id"], "the trail knows nothing of it")
        if newest is not None and columns["revision"] < newest:
            raise self._damaged(columns["id"], f"revision {columns['revision']} is older than the trail's {newest}")

    def _damaged(self, row_id: UUID, reason: str) -> Damaged:
        text = f"{self.kind} {row_id}: {reason}"
        log.error("damaged: %s", text)
        return Damaged(text, kind=self.kind, object_id=row_id, action=f"{self.kind}.damaged")
