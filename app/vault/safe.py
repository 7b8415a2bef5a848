"""The safe: seals a version into a blob and back; the only door to blobs and DEKs."""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from flask_babel import gettext as _
from sqlalchemy import Integer, Row, Table, bindparam, insert, select

from app.blobs.store import BlobStore
from app.clock import Clock
from app.credentials.declare import Credentials
from app.credentials.registry import Registry
from app.credentials.values import from_json, to_json
from app.crypto.context import BLOB, VERSION, Context
from app.crypto.keyring import new_dek
from app.crypto.seal import open_with, seal_with
from app.database import Unit
from app.errors import Damaged
from app.keys.keyrings import Keyrings
from app.vault.models import VersionRow

log = logging.getLogger(__name__)

TABLE: Table = VersionRow.__table__  # type: ignore[assignment]  # a mapped class's table
MOST_VERSIONS = 2**31 - 1
OF_SECRET = select(TABLE).where(TABLE.c.secret == bindparam("secret_id"))
ONE = OF_SECRET.where(TABLE.c.number == bindparam("which"))
MOST, SKIP = bindparam("most", type_=Integer), bindparam("skip", type_=Integer)
NEWEST = OF_SECRET.order_by(TABLE.c.number.desc()).limit(MOST).offset(SKIP)
INSERT = insert(TABLE)
WRAPPED_BOUND = ("secret", "id", "number", "type", "schema", "author", "time", "blob", "size", "sha256")


class TypeMissing(Damaged):
    """The secret's type is not installed; its values are kept. Nothing is wrong with it, so its page says just that."""

    status = 409
    audited = False


@dataclass(frozen=True)
class Blob:
    """A sealed blob that lies in the store and that no version names yet."""

    version_id: UUID
    type: str
    schema: int
    name: str
    size: int
    sha256: bytes
    dek: bytes = field(repr=False)


@dataclass(frozen=True)
class Version:
    """A version's row, without its key."""

    id: UUID
    secret: UUID
    number: int
    type: str
    author: UUID
    time: datetime
    intact: bool = True
    """False: the row does not verify, so author and time are not to be believed."""


class Safe:
    """Puts typed credentials into blobs and takes them out again, verified."""

    def __init__(self, unit: Unit, clock: Clock, store: BlobStore, keyrings: Keyrings, registry: Registry) -> None:
        self._unit, self._clock, self.store = unit, clock, store
        self._keyrings, self._registry = keyrings, registry

    def put(self, secret_id: UUID, credentials: Credentials) -> Blob:
        """Seal credentials under a fresh DEK and store the blob. Not inside a transaction. Raises Unavailable."""
        if self._unit.is_writing:
            raise RuntimeError("a blob is stored before the transaction begins")
        kind = type(credentials).type
        version_id, dek = uuid4(), new_dek()
        data = seal_with(dek, to_json(credentials), self._blob_context(secret_id, version_id))
        name = secrets.token_hex(32)
        self.store.put(name, data)
        return Blob(version_id, kind.id, kind.schema, name, len(data), hashlib.sha256(data).digest(), dek)

    def add(self, secret_id: UUID, number: int, blob: Blob, *, author: UUID) -> Version:
        """Name a blob as a version of the secret, inside the transaction."""
        row: dict[str, Any] = {
            "id": blob.version_id,
            "secret": secret_id,
            "number": number,
            "type": blob.type,
            "schema": blob.schema,
            "author": author,
            "time": self._clock(),
            "blob": blob.name,
            "size": blob.size,
            "sha256": blob.sha256,
        }
        row["wrapped"] = self._keyrings.current.seal(blob.dek, self._version_context(row))
        self._unit.execute(INSERT, row)
        return Version(blob.version_id, secret_id, number, blob.type, author, row["time"])

    def get(self, secret_id: UUID, number: int) -> Credentials:
        """Return a version's credentials. Raises TypeMissing, Damaged, or Unavailable if the store is down."""
        row = self._row(secret_id, number)
        kind = self._registry.get(row.type)
        if kind is None:
            raise TypeMissing(_("The type %(type)s is not installed.", type=row.type), object_id=secret_id)
        return from_json(kind.cls, self._open(row))

    def check(self, secret_id: UUID, number: int) -> None:
        """Verify a version down to its values, also if its type is not installed. Raises Damaged or Unavailable."""
        row = self._row(secret_id, number)
        plain = self._open(row)
        if kind := self._registry.get(row.type):
            from_json(kind.cls, plain)

    def versions(self, secret_id: UUID, *, most: int = MOST_VERSIONS, skip: int = 0) -> list[Version]:
        """Return a secret's versions, newest first, each verified by its wrapped key; damaged ones say so.

        most: at most so many, without the `skip` newest ones.
        """
        rows = self._unit.execute(NEWEST, {"secret_id": secret_id, "most": most, "skip": skip})
        return [self._as_version(row) for row in rows]

    def version(self, secret_id: UUID, number: int) -> Version:
        """Return one version's row; it says whether it is intact. Raises Damaged if it is not there."""
        return self._as_version(self._row(secret_id, number))

    def _as_version(self, row: Row[Any]) -> Version:
        return Version(row.id, row.secret, row.number, row.type, row.author, row.time, self._is_intact(row))

    def _is_intact(self, row: Row[Any]) -> bool:
        try:
            self._unwrapped(row)
        except Damaged:
            return False
        return True

    def _row(self, secret_id: UUID, number: int) -> Row[Any]:
        row = self._unit.execute(ONE, {"secret_id": secret_id, "which": number}).one_or_none()
        if row is None:
            raise self._damaged(secret_id, f"version {number} has no row")
        return row

    def _open(self, row: Row[Any]) -> bytes:
        dek = self._unwrapped(row)
        try:
            data = self.store.get(row.blob)
            if len(data) != row.size or hashlib.sha256(data).digest() != row.sha256:
                raise Damaged(f"blob {row.blob}: not the bytes that were stored")
            return open_with(dek, data, self._blob_context(row.secret, row.id))
        except Damaged as damage:
            raise self._damaged(row.secret, f"version {row.number}: {damage}") from None

    def _unwrapped(self, row: Row[Any]) -> bytes:
        try:
            return self._keyrings.open(row.wrapped, self._version_context(row._mapping))
        except Damaged as damage:
            raise self._damaged(row.secret, f"version {row.number}: {damage}") from None

    def _blob_context(self, secret_id: UUID, version_id: UUID) -> Context:
        return Context(BLOB, self._keyrings.current.deployment, (secret_id, version_id))

    def _version_context(self, row: Any) -> Context:
        return Context(VERSION, self._keyrings.current.deployment, tuple(row[name] for name in WRAPPED_BOUND))

    def _damaged(self, secret_id: UUID, reason: str) -> Damaged:
        log.error("damaged: secret %s: %s", secret_id, reason)
        return Damaged(f"secret {secret_id}: {reason}", kind="secret", object_id=secret_id, action="secret.damaged")
