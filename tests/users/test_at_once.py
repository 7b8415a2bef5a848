"""What happens at the same time, and at scale: administrators who remove each other, people with many roles."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from app.audit.trail import AuditTrail
from app.errors import Invalid, SignInNeeded
from app.keys.keyrings import Keyrings
from app.keys.sealed import SealedRows
from app.keys.trail import Note
from app.subject import Subject
from app.users.models import RoleContent, RoleRow
from app.users.permissions import ADMINISTRATOR
from app.users.sessions import Sessions
from tests.builders import World
from tests.users.test_service import at_once

Way = Callable[[World, Subject], None]


def loses_the_role(world: World, whom: Subject) -> None:
    with world.unit():
        world.users.change_roles("tests", whom.id, remove=[ADMINISTRATOR])


def is_disabled(world: World, whom: Subject) -> None:
    with world.unit():
        world.users.disable("tests", whom.id)


WAYS = [(loses_the_role, loses_the_role), (loses_the_role, is_disabled), (is_disabled, is_disabled)]


def test_the_last_two_administrators_cannot_both_go_at_once(world: World) -> None:
    last = world.person("first", admin=True)
    for turn, (one, other) in enumerate(WAYS * 2):
        anna, ben = world.person(f"anna{turn}", admin=True), world.person(f"ben{turn}", admin=True)
        is_disabled(world, last)
        outcomes = at_once(partial(one, world, anna), partial(other, world, ben))
        assert [type(each) for each in outcomes if each is not None] == [Invalid]
        with world.unit():
            remaining = [each for each in (anna, ben) if world.users.is_administrator(each.id)]
        assert len(remaining) == 1
        last = remaining[0]


@pytest.mark.parametrize("end", ["sign-out", "disable"])
def test_a_password_that_is_changed_while_all_sessions_end_is_not(world: World, end: str) -> None:
    anna = world.person("anna")
    with world.unit():
        user = world.users.get(anna.id)
        assert user is not None
        before = user.account.password
    outcomes: list[list[object]] = []

    def change() -> None:
        with world.unit():
            world.users.set_password(anna, anna.id, password="another long password, chosen by a thief")

    with world.unit():
        if end == "disable":
            world.users.disable("tests", anna.id)
        else:
            world.users.end_sessions(anna)
        changing = threading.Thread(target=lambda: outcomes.append(at_once(change)))
        changing.start()
        changing.join(0.7)  # the hash is made, and it waits for Anna's row
        assert changing.is_alive()
    changing.join()
    [[error]] = outcomes
    assert isinstance(error, SignInNeeded)
    with world.unit():
        user = world.users.get(anna.id)
        assert user is not None
        assert user.account.password == before


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """Collect what is sent to the database."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    engine = world.cfg.unit.engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("roles", "groups"), [(0, 0), (8, 30)])
def test_the_acting_person_takes_two_statements_however_many_roles_and_groups(
    world: World, roles: int, groups: int
) -> None:
    rows = SealedRows(
        RoleRow, RoleContent, kind="role", unit=world.cfg.unit, keyrings=world.cfg.get(Keyrings),
        trail=world.cfg.get(AuditTrail),
    )  # fmt: skip
    ids = [uuid4() for _ in range(roles)]
    anna = world.person("anna")
    with world.unit(), world.cfg.unit.writing():
        for number, role in enumerate(ids):
            rows.insert(role, RoleContent(("user.roles",)), Note("role.create"), name=f"Role {number}")
        world.users.change_roles("tests", anna.id, add=ids)
        teams = [world.groups.create("tests", name=f"Team {number}") for number in range(groups)]
        for team in teams:
            world.groups.add_member("tests", team.id, anna.id)
    sessions = world.cfg.get(Sessions)
    with world.unit():
        user = world.users.get(anna.id)
        assert user is not None
        token = sessions.begin(user, device="tests")
    with world.unit():
        sessions.subject(token)  # the first request of a process opens roles and groups, and keeps them
    with world.unit(), statements(world) as sent:
        subject = sessions.subject(token)
    assert subject is not None
    assert (len(subject.groups), subject.may("user.roles")) == (groups, roles > 0)
    assert len(sent) == 2
