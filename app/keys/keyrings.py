"""The keyring in force: made at the first start, opened once a process, read again when a newer one is needed."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from threading import Lock
from typing import Protocol
from uuid import UUID

from sqlalchemy import func, insert, select, text, update

from app.clock import Clock
from app.crypto.context import Context
from app.crypto.keyring import Keyring, UnknownTerm
from app.database import Base, Unit
from app.errors import Conflict, Damaged, Misconfigured
from app.keys.models import KeyringRow
from app.keys.trail import Note, Trail

FIRST_START_LOCK = 0x54525352
"""The number of PostgreSQL's advisory lock for making the keyring."""

TABLE = KeyringRow.__table__
ROW_ID = 1


class FirstStart(Protocol):
    """A port: what a system stores at the very first start, in the transaction that makes the keyring."""

    def first_start(self) -> None: ...


class Emptiness(Protocol):
    """A port: a store beside the database, asked whether it is empty before the first keyring is made."""

    def why_not_empty(self) -> str | None:
        """Return a line that names what lies there already, or None."""


class Keyrings:
    """Gives out the keyring in force. Threads share it; it is frozen and replaced as a whole."""

    kind = "keyring"

    def __init__(
        self,
        unit: Unit,
        clock: Clock,
        *,
        root_key: Callable[[], bytes],
        first_root_key: Callable[[], bytes],
        may_begin: Callable[[], str | None],
        first_starts: list[FirstStart],
    ) -> None:
        """root_key loads the root key, first_root_key may also make one; may_begin returns why not, or None."""
        self._unit, self._clock, self._first_starts = unit, clock, first_starts
        self._root_key, self._first_root_key, self._may_begin = root_key, first_root_key, may_begin
        self._keyring: Keyring | None = None
        self._lock = Lock()
        self.trail: Trail

    @property
    def current(self) -> Keyring:
        """The keyring, opened or made at first need. Raises Misconfigured or Damaged."""
        if self._keyring is None:
            with self._lock:
                if self._keyring is None:
                    # a unit of its own: what encloses this call may be rolled back, the first start is not
                    self._keyring = contextvars.Context().run(self._read_or_begin)
        return self._keyring

    def open(self, sealed: bytes, context: Context) -> bytes:
        """Open what a term sealed; a term unknown so far makes this process read the keyring again."""
        try:
            return self.current.open(sealed, context)
        except UnknownTerm:
            self.refresh()
            return self.current.open(sealed, context)

    def refresh(self) -> None:
        """Read the stored keyring. Raises Damaged if it is older than the one that this process has seen."""
        fresh = self.stored()
        if self._unit.is_open and self.trail.told(fresh.deployment):
            return  # changed in this very transaction, which may yet be undone
        if self._keyring is None or fresh.revision > self._keyring.revision:
            self._keyring = fresh

    def ahead(self) -> list[tuple[UUID, int]]:
        """Return deployment and revision if the stored keyring is newer than the trail; fills keys.Revised."""
        newer = TABLE.c.revision > func.coalesce(self.trail.newest(TABLE.c.deployment), 0)
        statement = select(TABLE.c.deployment, TABLE.c.revision).where(newer)
        return [(row.deployment, row.revision) for row in self._unit.execute(statement)]

    def replace(self, change: Callable[[Keyring], Keyring], note: Note) -> Keyring:
        """Store the keyring that `change` makes from the present one, in this transaction.

        Raises Conflict if another process changed it meanwhile.
        """
        seen = self.stored()
        changed = change(seen)
        same = (TABLE.c.id == ROW_ID) & (TABLE.c.revision == seen.revision)
        values = {"revision": changed.revision, "seal": changed.sealed_under(self._root_key())}
        if self._unit.execute(update(KeyringRow).where(same).values(values)).rowcount != 1:
            raise Conflict()
        self.trail.record(note, kind="keyring", object_id=seen.deployment, revision=changed.revision)
        self._unit.after_commit(lambda: setattr(self, "_keyring", changed))
        return changed

    def stored(self) -> Keyring:
        """Return the stored keyring, which may be this transaction's own. Raises Damaged for an older one."""
        seen = self._keyring  # before reading: another thread may store a newer one meanwhile
        fresh = self._read()
        if fresh is None or (seen is not None and fresh.revision < seen.revision):
            raise Damaged("keyring: the stored one is older than the one in use", action="keyring.damaged")
        return fresh

    def _read(self) -> Keyring | None:
        newest = self.trail.newest(TABLE.c.deployment).label("newest_revision")
        with self._unit.open():
            row = self._unit.execute(select(TABLE, newest).where(TABLE.c.id == ROW_ID)).one_or_none()
        if row is None:
            return None
        told = self.trail.told(row.deployment) if self._unit.is_open else False
        if (row.newest_revision is None and not told) or row.revision < (row.newest_revision or 0):
            raise Damaged("keyring: older than the trail knows", kind="keyring", object_id=row.deployment)
        return Keyring.opened(row.seal, self._root_key(), deployment=row.deployment, revision=row.revision)

    def _read_or_begin(self) -> Keyring:
        if keyring := self._read():
            return keyring
        try:
            return self._begin()
        except BaseException:
            self._keyring = None
            raise

    def _begin(self) -> Keyring:
        """Make the first keyring: only where nothing is stored yet, and under the database's lock."""
        with self._unit.writing():
            if not self._unit.is_sqlite:
                self._unit.execute(text(f"SELECT pg_advisory_xact_lock({FIRST_START_LOCK})"))
            if keyring := self._read():
                return keyring
            if reason := self._first_use_refused():
                raise Misconfigured(reason)
            keyring = Keyring.create(now=self._clock())
            sealed = keyring.sealed_under(self._first_root_key())
            values = {"id": ROW_ID, "deployment": keyring.deployment, "revision": keyring.revision, "seal": sealed}
            self._unit.execute(insert(KeyringRow).values(values))
            self._keyring = keyring  # what follows is sealed and recorded with it
            self.trail.record(
                Note("keyring.create"), kind="keyring", object_id=keyring.deployment, revision=keyring.revision
            )
            for system in self._first_starts:
                system.first_start()
        return keyring

    def _first_use_refused(self) -> str | None:
        for table in Base.metadata.sorted_tables:
            if self._unit.execute(select(text("1")).select_from(table).limit(1)).first():
                return f"the database holds rows in {table.name}, but no keyring: restore the keyring's row"
        return self._may_begin()
