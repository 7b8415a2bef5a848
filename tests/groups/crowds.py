"""Groups with many members, stored at once, and how much work a database does for a question."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import event, insert

from app.database import Base
from app.keys.trail import Note
from app.subject import GroupLevel
from app.users.models import Account, Membership, UserRow
from app.users.permissions import MEMBER
from app.users.words import folded_word, words_of
from tests.builders import World
from tests.tampering import sealed_rows

FIRST = ("Ada", "Ben", "Cleo", "Dora", "Emil", "Finn", "Gesa", "Hugo", "Ida", "Jan")
STEPS = 10


def crowd(world: World, group: UUID, size: int) -> list[UUID]:
    """Store so many active members of a group, as if each had joined."""
    rows = sealed_rows(world, UserRow, Account, "user")
    tables = Base.metadata.tables
    made, words, memberships = [], [], []
    with world.unit(), world.cfg.unit.writing():
        for number in range(size):
            first, last, user = FIRST[number % len(FIRST)], f"Crowd{number:05}", uuid4()
            email = f"{first.lower()}.{number}.{group.hex[:6]}@example.org"
            account = Account(None, 1, (MEMBER,), (Membership(group, GroupLevel.MEMBER),))
            columns = {"email": email, "email_key": email, "first_name": first, "last_name": last}
            rows.insert(
                user, account, Note("user.create", actor="tests"),
                **columns, status="active", created_at=world.clock(),
            )  # fmt: skip
            made.append(user)
            words += [{"word": word, "user": user} for word in words_of(first, last, email)]
            memberships.append(
                {"user": user, "group": group, "level": "member", "sort": folded_word(f"{first} {last}")}
            )
        world.cfg.unit.execute(insert(tables["user_word"]), words)
        world.cfg.unit.execute(insert(tables["membership"]), memberships)
    return made


@dataclass
class Work:
    """statements: how many were sent. rows: how many came back (PostgreSQL). steps: of SQLite's virtual machine."""

    statements: int = 0
    rows: int = 0
    steps: int = 0


@contextmanager
def counted(world: World) -> Iterator[Work]:
    """Count what the database does inside of the block."""
    work, engine = Work(), world.cfg.unit.engine

    def sent(_connection: Any, cursor: Any, *_how: Any) -> None:
        work.statements += 1
        work.rows += max(0, cursor.rowcount)

    def step() -> int:
        work.steps += STEPS
        return 0

    def taken(connection: Any, *_how: Any) -> None:
        if world.cfg.unit.is_sqlite:
            connection.set_progress_handler(step, STEPS)

    event.listen(engine, "after_cursor_execute", sent)
    event.listen(engine, "checkout", taken)
    try:
        yield work
    finally:
        event.remove(engine, "after_cursor_execute", sent)
        event.remove(engine, "checkout", taken)


def work_of(world: World, ask: Callable[[], object]) -> Work:
    """Return what a question costs once everything that is kept between questions is there."""
    ask()
    with counted(world) as work:
        ask()
    return work
