"""A store of fifty secrets to tamper with, its rows as they were read, and every way to flip a byte of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.audit.trail import AuditTrail
from app.blobs.store import BlobInfo, BlobStore
from app.clock import EPOCH, from_micros, to_micros
from app.credentials.registry import Registry
from app.credentials.values import to_plain
from app.errors import Damaged
from app.groups.models import GroupContent, GroupRow
from app.keys.keyrings import Keyrings
from app.keys.models import Sealed
from app.keys.sealed import SealedRows
from app.keys.trail import Note
from app.options.models import Chosen, OptionsRow
from app.options.service import Options, Values
from app.subject import SYSTEM, Subject
from app.users.models import Account, RoleContent, RoleRow, UserRow
from app.vault.heads import VERSION, HeadContent
from app.vault.models import SecretRow
from app.vault.safe import Safe
from tests.builders import World, a_jira, a_login, an_smtp

MANY = 50
SEALED: dict[str, tuple[type[Sealed], type[Any]]] = {
    "secret": (SecretRow, HeadContent),
    "user": (UserRow, Account),
    "role": (RoleRow, RoleContent),
    "group": (GroupRow, GroupContent),
    "options": (OptionsRow, Chosen),
}
CUSTOM_ROLE = UUID("00000000-0000-4000-8000-0000000c0de0")

Columns = dict[str, Any]


@dataclass
class Fifty:
    """A world of fifty secrets: three types, some edited, shared, published, trashed."""

    world: World
    anna: Subject
    ben: Subject
    team: UUID
    secrets: list[UUID] = field(default_factory=list)

    def sealed(self, kind: str) -> SealedRows[Any]:
        return sealed_rows(self.world, kind)

    def rows(self, kind: str) -> list[Columns]:
        """Return all rows of a sealed table as the loader reads them."""
        with self.world.unit():
            found = self.world.cfg.unit.execute(self.sealed(kind).selection).all()
        return [dict(row._mapping) for row in found]

    def versions(self) -> list[Columns]:
        with self.world.unit():
            found = self.world.cfg.unit.execute(select(VERSION).order_by(VERSION.c.secret, VERSION.c.number)).all()
        return [dict(row._mapping) for row in found]


def sealed_rows(world: World, kind: str) -> SealedRows[Any]:
    """Return the rows of a sealed table, as its own service has them."""
    model, content = SEALED[kind]
    cfg = world.cfg
    keyrings, trail = cfg.get(Keyrings), cfg.get(AuditTrail)
    return SealedRows(model, content, kind=kind, unit=cfg.unit, keyrings=keyrings, trail=trail)


def fill(world: World) -> Fifty:
    """Store fifty secrets, seven people, two groups, a role of our own and a changed setting."""
    with world.unit(), world.cfg.unit.writing():
        content = RoleContent(("user.roles", "group.manage"))
        sealed_rows(world, "role").insert(CUSTOM_ROLE, content, Note("role.create", actor="tests"), name="Helpers")
    anna = world.person("anna", admin=True, groups={SYSTEM: "member"})
    ben = world.person("ben")
    with world.unit():
        world.cfg.get(Options).save(anna, seen=0, wanted=Values(True, ("example.org",), "exact"))
    others = [world.person(f"person-{number}") for number in range(5)]
    with world.unit():
        world.users.change_roles("tests", others[0].id, add=[CUSTOM_ROLE])
    team = world.group("Release").id
    anna = world.joins(anna, team, admin=True)
    fifty = Fifty(world, anna, ben, team)
    for number in range(MANY):
        fifty.secrets.append(_one(fifty, number))
    return fifty


def _one(fifty: Fifty, number: int) -> UUID:
    world, anna = fifty.world, fifty.anna
    name = f"Secret {number}"
    made = (an_smtp(name=name), a_jira(name=name), a_login(name=name, password=f"pw-{number}" * number))[number % 3]
    with world.unit():
        once = f"once {number}" if number % 4 == 0 else ""
        secret = world.vault.create(anna, type(made).type.id, values=to_plain(made), once=once)
    if number % 5 == 0:
        with world.unit():
            values = {**to_plain(made), "name": f"Edited {number}"}
            world.vault.change(anna, secret, seen=1, values=values, cleared=frozenset())
    if number % 7 == 0:
        world.share(secret, owner=anna, to=fifty.ben, until=world.clock() + timedelta(days=9))
    if number % 11 == 0:
        world.publish(secret, owner=anna, group=fifty.team)
    if number % 13 == 0:
        with world.unit():
            world.trash.delete(anna, secret)
    return secret


class Exchanged(BlobStore):
    """A store that hands out other bytes than those that were stored."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self.instead: Mapping[str, bytes] = {}

    def get(self, name: str) -> bytes:
        return self.instead[name] if name in self.instead else self._store.get(name)

    def put(self, name: str, data: bytes) -> None:
        raise AssertionError("nothing is stored here")

    def delete(self, name: str) -> None:
        raise AssertionError("nothing is removed here")

    def list(self) -> Iterator[BlobInfo]:
        return self._store.list()

    def check(self) -> None:
        self._store.check()


def safe_with(world: World, store: BlobStore) -> Safe:
    """Return a safe over another store."""
    cfg = world.cfg
    return Safe(cfg.unit, cfg.clock, store, cfg.get(Keyrings), cfg.get(Registry))


def as_row(columns: Columns) -> Any:
    """Return columns as a database's answer has them."""
    return SimpleNamespace(**columns, _mapping=columns)


def refused(opening: Callable[..., object], *arguments: object) -> bool:
    """Tell whether an opening function says Damaged; anything else that it raises is an error of the test."""
    try:
        opening(*arguments)
    except Damaged:
        return True
    return False


def flipped_bytes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the data once for each of its bytes, with one bit of that byte flipped."""
    for offset in range(len(data)):
        altered = bytearray(data)
        altered[offset] ^= 1 << offset % 8
        yield offset, bytes(altered)


def flipped_columns(columns: Columns, names: list[str]) -> Iterator[tuple[str, int, Columns]]:
    """Yield the row once for each byte of the columns named, with one bit flipped. None becomes something."""
    for name in names:
        for offset, value in _flipped(columns[name]):
            yield name, offset, {**columns, name: value}


def _flipped(value: Any) -> Iterator[tuple[int, Any]]:
    if value is None:
        yield from enumerate((b"", 0, "", EPOCH))
        return
    for offset, altered in flipped_bytes(_stored(value)):
        yield offset, _read(type(value), altered)


def _stored(value: Any) -> bytes:
    """Return the bytes in which a database holds a value, more or less."""
    match value:
        case bytes():
            return value
        case str():
            return value.encode()
        case UUID():
            return value.bytes
        case datetime():
            return to_micros(value).to_bytes(8, signed=True)
        case int():
            return value.to_bytes(8, signed=True)
    raise AssertionError(f"how is a {type(value).__name__} stored?")


def _read(kind: type, altered: bytes) -> Any:
    if kind is bytes:
        return altered
    if issubclass(kind, str):
        return altered.decode(errors="surrogateescape")
    if kind is UUID:
        return UUID(bytes=altered)
    number = int.from_bytes(altered, signed=True)
    if kind is int:
        return number
    try:
        return from_micros(number)
    except OverflowError:
        return number
