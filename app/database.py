"""The database: its engine, the types that both kinds store alike, and the unit of work."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    CHAR,
    BigInteger,
    Connection,
    CursorResult,
    Engine,
    Executable,
    MetaData,
    Uuid,
    create_engine,
    event,
    inspect,
    text,
)
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, PendingRollbackError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.clock import EPOCH, from_micros, to_micros
from app.errors import Conflict, Misconfigured, TresorError, Unavailable

log = logging.getLogger(__name__)

NAMES = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

WHICH_URL = "database.url: an address such as sqlite:////folder/tresor.sqlite3 or postgresql+psycopg://user@host/name"

WAS_FIRST = frozenset({"40001", "40P01", "23505", "23503"})
"""PostgreSQL: serialization failure, deadlock, a unique key that another transaction took, a row that it deleted."""

NO_ID = UUID(int=0)

SCHEMA = "0012"
"""The migration that this code was written for (app/migrations/versions)."""


class Id(TypeDecorator[UUID]):
    """A UUID. What is none, written into SQLite by another hand, is read as NO_ID: no seal fits it, no list fails."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(CHAR(32) if dialect.name == "sqlite" else Uuid())

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        return value.hex if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        if value is None or isinstance(value, UUID):
            return value
        try:
            return UUID(value)
        except (ValueError, AttributeError, TypeError):
            return NO_ID


class Time(TypeDecorator[datetime]):
    """A moment, stored as microseconds since 1970 UTC, so that both databases give back what was sealed.

    What no calendar has, written by another hand, is read as 1970: no seal fits it, it is long ago, and no list fails.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        try:
            return None if value is None else from_micros(value)
        except (OverflowError, TypeError):
            return EPOCH


BUSY_SECONDS, AGAIN_SECONDS = 15, 0.02
"""SQLite: how long a connection waits for one that writes, and between two tries where SQLite itself does not wait."""


class Base(DeclarativeBase):
    """A table. Rows are read and written by statements; no object tracks them."""

    metadata = NAMES
    type_annotation_map: ClassVar[dict[Any, Any]] = {UUID: Id}


def create_database(url: str) -> Engine:
    """Return an engine in autocommit: a read leaves no transaction behind; `Unit.writing` begins one by hand.

    url: sqlite:///… (WAL, synchronous=FULL, secure_delete) or postgresql+psycopg://…. Raises Misconfigured.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise Misconfigured(WHICH_URL) from None
    if parsed.drivername in {"postgresql", "postgresql+psycopg"}:
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", pool_pre_ping=True
        )
    if parsed.drivername != "sqlite" or parsed.database in {None, "", ":memory:"}:
        raise Misconfigured(WHICH_URL)
    folder = Path(str(parsed.database)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Misconfigured(f"database.url: the folder {folder} cannot be made ({error.strerror})") from error
    engine = create_engine(parsed, isolation_level="AUTOCOMMIT", connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # bytes that are no UTF-8, written by another hand, must not keep the other rows from being read
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    _write_ahead(connection)
    for pragma in ("synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: Any) -> None:
    """Let a database keep a write-ahead log from its first connection on.

    SQLite does not wait for the lock that this needs while somebody else writes a database that has none yet.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(AGAIN_SECONDS)


@dataclass
class Work:
    """What one open unit holds: its connection, whether it writes, and what to do around the commit."""

    connection: Connection | None = None
    writing: bool = False
    depth: int = 0
    """How many `writing` enclose each other at this moment."""
    last_statements: list[Callable[[], None]] = field(default_factory=list)
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    afterwards: list[Callable[[], None]] = field(default_factory=list)
    facts: dict[object, Any] = field(default_factory=dict)


class Unit:
    """The unit of work: one connection and at most one transaction for each request, command or worker's turn.

    Reads outside of `writing` are committed one by one. The first `writing` begins the one transaction
    (SQLite: BEGIN IMMEDIATE; PostgreSQL: READ COMMITTED); `open` commits it at its end.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.prepare: Callable[[], object] = lambda: None
        """What a command calls first; keys makes or opens the keyring here, before any transaction begins."""
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._work: ContextVar[Work | None] = ContextVar("unit", default=None)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Enclose a unit: commit at the end, roll back on any error, then do what was kept. Inside another: join it."""
        if self._work.get() is not None:
            yield
            return
        work = Work()
        token = self._work.set(work)
        try:
            yield
            self.commit()
        finally:
            try:
                self.roll_back()
                self._finish()
            finally:
                self._work.reset(token)
                if work.connection is not None:
                    work.connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Enclose statements that change something, in the unit's one transaction.

        An error that leaves the outermost one undoes the transaction, so that who catches it keeps no half of it.
        """
        with self.open():
            work = self._now
            if not work.writing:
                self._plain("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
                work.writing = True
            work.depth += 1
            try:
                yield
            except BaseException:
                if work.depth == 1:
                    self.roll_back()
                raise
            finally:
                work.depth -= 1

    def commit(self) -> None:
        """Run what was kept for the end, then commit. Raises Unavailable if the database does not answer."""
        work = self._now
        if not work.writing:
            return
        while work.last_statements:
            pending, work.last_statements = work.last_statements, []
            for statement in pending:
                statement()
        self._plain("COMMIT")
        work.writing = False
        work.facts.clear()
        for reaction in work.after_commit:
            reaction()
        work.after_commit.clear()

    def roll_back(self) -> None:
        """Undo everything since `writing`; nothing if nothing was written."""
        work = self._now
        work.last_statements.clear()
        work.after_commit.clear()
        work.facts.clear()
        if not work.writing:
            return
        work.writing = False
        if work.connection is not None and not work.connection.invalidated:
            try:
                self._plain("ROLLBACK")
            except Unavailable:
                work.connection.invalidate()

    def execute(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        """Run one statement; one that changes something, inside of `writing` alone.

        Raises Unavailable if the database is down, locked or full, Conflict for a deadlock or if another was first.
        """
        if getattr(statement, "is_dml", False) and not self._now.writing:
            raise RuntimeError("a change belongs inside of `with unit.writing()`")
        with translated():
            return self.connection.execute(statement, values)

    def fact(self, key: object, make: Callable[[], Any]) -> Any:
        """Return what this transaction knows under `key`, made at first need and forgotten at its end."""
        facts = self._now.facts
        if key not in facts:
            facts[key] = make()
        return facts[key]

    def forget(self, key: object) -> None:
        """Let `key` be made anew at its next need: what it was made of has changed."""
        self._now.facts.pop(key, None)

    def before_commit(self, statement: Callable[[], None]) -> None:
        """Keep `statement` for the end of the transaction, inside of which this is called."""
        if not self._now.writing:
            raise RuntimeError("there is no transaction to end: this belongs inside of `with unit.writing()`")
        self._now.last_statements.append(statement)

    def after_commit(self, reaction: Callable[[], None]) -> None:
        """Keep `reaction` for when the transaction has been committed."""
        self._now.after_commit.append(reaction)

    def afterwards(self, reaction: Callable[[], None]) -> None:
        """Keep `reaction` for the end of the unit: a transaction of its own, whatever becomes of this one."""
        self._now.afterwards.append(reaction)

    def empty_log(self) -> None:
        """Bring SQLite's write-ahead log into the database, so that what was deleted is left in neither.

        If somebody reads for long just now, the next one does it.
        """
        if self.is_sqlite:
            try:
                self._plain("PRAGMA wal_checkpoint(TRUNCATE)")
            except Unavailable as error:
                log.warning("the write-ahead log is emptied later: %s", error)

    @property
    def is_open(self) -> bool:
        return self._work.get() is not None

    @property
    def is_writing(self) -> bool:
        work = self._work.get()
        return work is not None and work.writing

    @property
    def connection(self) -> Connection:
        work = self._now
        if work.connection is not None and work.connection.invalidated and not work.writing:
            work.connection.close()  # it was lost, and no transaction with it: a new one can read on
            work.connection = None
        if work.connection is None:
            with translated():
                work.connection = self.engine.connect()
        return work.connection

    @property
    def _now(self) -> Work:
        work = self._work.get()
        if work is None:
            raise RuntimeError("no unit is open: enclose the call in `with unit.open()`")
        return work

    def _finish(self) -> None:
        for reaction in self._now.afterwards:
            try:
                reaction()
                self.commit()
            except TresorError as error:
                self.roll_back()
                log.error("left undone: %s", error)

    def _plain(self, sql: str) -> None:
        with translated():
            self.connection.exec_driver_sql(sql)


@contextmanager
def translated() -> Iterator[None]:
    """Turn a database that does not answer into Unavailable; a deadlock, or who was first, into Conflict."""
    try:
        yield
    except PendingRollbackError as error:
        raise Unavailable("the database does not answer (connection lost)") from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") in WAS_FIRST:
            raise Conflict() from error
        if isinstance(error, OperationalError):
            raise Unavailable(f"the database does not answer ({type(error.orig).__name__})") from error
        if type(error.orig).__name__ == "DatabaseError":  # SQLite: the file is no database, or a broken one
            raise Unavailable(f"the database cannot be read ({error.orig})") from error
        if error.connection_invalidated:
            raise Unavailable("the database does not answer (connection lost)") from error
        raise


def check_schema(unit: Unit) -> None:
    """Raise Misconfigured unless the database has the tables that this code was written for; Unavailable."""
    with unit.open():
        with translated():
            there = inspect(unit.connection).has_table("alembic_version")
        found = unit.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() if there else None
    if found is None or found < SCHEMA:
        raise Misconfigured(f"database: its tables are at {found or 'nothing'}, {SCHEMA} is needed: flask db upgrade")
    if found > SCHEMA:
        raise Misconfigured(f"database: its tables are at {found}, newer than this code ({SCHEMA}): update Tresor")


def as_mapping(row: Any) -> Mapping[str, Any]:
    """Return a row as column name to value."""
    mapping: Mapping[str, Any] = row._mapping
    return mapping
