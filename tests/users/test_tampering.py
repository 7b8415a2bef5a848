"""Who writes the database gains nothing: people, roles, memberships, sessions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.crypto.keyring import random_token, token_hash
from app.keys.keyrings import Keyrings
from app.keys.trail import Note
from app.subject import SYSTEM, Subject
from app.users.models import Account, RoleContent, RoleRow, SessionRow, UserRow
from app.users.permissions import ADMINISTRATOR
from app.users.sessions import DECIDING, PURPOSE, SESSION, Sessions
from tests.builders import PASSWORD, Client, World
from tests.tampering import alter, columns, make_up, other, put_back, sealed_rows, stored, take_away
from tests.users.cookies import session_token, take_session

CUSTOM = UUID(int=7)


def is_let_in(client: Client) -> bool:
    """Tell whether this browser's session is worth anything."""
    answer = client.get("/groups")
    assert answer.status_code in {200, 303}
    return answer.status_code == 200


def signs_in(world: World, email: str, password: str = PASSWORD) -> bool:
    return world.client().post("/login", email=email, password=password, next="").status_code == 303


def in_another_process(make_world: Callable[..., World], person: Subject) -> Subject:
    """Return a person as a process finds them that has nothing in memory."""
    return make_world().subject(person.id)


@pytest.mark.parametrize("column", columns("user"))
def test_a_person_whose_row_was_altered_is_not_let_in(world: World, column: str) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    assert is_let_in(client)
    before = stored(world, "user", id=anna.id)
    alter(world, "user", {"id": anna.id}, **{column: other(before[column])})
    assert not is_let_in(client)
    assert not signs_in(world, anna.email)
    assert [event["object_id"] for event in world.events("user.damaged")] == [anna.id]


def test_an_older_password_put_back_lets_nobody_in(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    before = stored(world, "user", id=anna.id)
    with world.unit():
        world.users.set_password("tests", anna.id, password="another-horse-battery")
    assert signs_in(world, anna.email, "another-horse-battery")
    put_back(world, "user", before)
    assert not signs_in(world, anna.email)
    assert not is_let_in(client)


def test_a_disabled_person_is_not_let_in_by_their_older_row(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    before = stored(world, "user", id=anna.id)
    session = world.rows("session")
    with world.unit():
        world.users.disable("tests", anna.id)
    put_back(world, "user", before)
    assert len(world.rows("session")) == len(session)
    assert not is_let_in(client)
    with world.unit():
        assert world.users.people([anna.id]) == {}
        assert not world.users.active_member(anna.id, SYSTEM)


def test_a_removed_person_put_back_is_nobody(world: World) -> None:
    anna = world.person("anna")
    rows = sealed_rows(world, UserRow, Account, "user")
    before = stored(world, "user", id=anna.id)
    for table in ("session", "user_role", "user_word", "listed", "shelf", "preferences"):
        take_away(world, table, user=anna.id)
    with world.unit(), world.cfg.unit.writing():
        seen = rows.load(anna.id)
        assert seen is not None
        rows.remove(seen, Note("user.delete", actor="tests"))
    put_back(world, "user", before)
    assert not signs_in(world, anna.email)


def test_a_person_made_up_without_a_trail_is_nobody(world: World) -> None:
    anna = world.person("anna")
    row = {
        **stored(world, "user", id=anna.id),
        "id": CUSTOM,
        "email_key": "eve@example.org",
        "email": "eve@example.org",
    }
    make_up(world, "user", **row)
    assert not signs_in(world, "eve@example.org")


def test_a_foreign_seal_does_not_open(world: World) -> None:
    anna, boss = world.person("anna"), world.person("boss", admin=True)
    alter(world, "user", {"id": anna.id}, seal=stored(world, "user", id=boss.id)["seal"])
    assert not signs_in(world, anna.email)


def test_a_role_given_by_hand_gives_nothing(world: World) -> None:
    ben = world.person("ben")
    make_up(world, "user_role", user=ben.id, role=ADMINISTRATOR)
    assert not world.subject(ben.id).may("user.roles")
    with world.unit():
        assert not world.users.is_administrator(ben.id)


@pytest.mark.parametrize("column", columns("role"))
def test_a_role_whose_row_was_altered_gives_nothing(
    world: World, make_world: Callable[..., World], column: str
) -> None:
    boss = world.person("boss", admin=True)
    assert boss.may("user.roles")
    alter(world, "role", {"id": ADMINISTRATOR}, **{column: other(stored(world, "role", id=ADMINISTRATOR)[column])})
    found = in_another_process(make_world, boss)
    assert not found.may("user.roles")
    assert found.may("group.use")
    assert [event["object_id"] for event in world.events("role.damaged")] == [ADMINISTRATOR]


def test_an_older_role_put_back_gives_nothing(world: World, make_world: Callable[..., World]) -> None:
    rows = sealed_rows(world, RoleRow, RoleContent, "role")
    note = Note("role.change", actor="tests")
    with world.unit(), world.cfg.unit.writing():
        role = rows.insert(CUSTOM, RoleContent(("user.roles",)), note, name="Helpers")
    ben = world.person("ben")
    with world.unit():
        world.users.change_roles("tests", ben.id, add=[CUSTOM])
    assert in_another_process(make_world, ben).may("user.roles")
    before = stored(world, "role", id=CUSTOM)
    with world.unit(), world.cfg.unit.writing():
        role = rows.change(role, note, content=RoleContent(()))
    assert not world.subject(ben.id).may("user.roles")
    put_back(world, "role", before)
    assert not in_another_process(make_world, ben).may("user.roles")
    put_back(world, "role", {**before, "revision": 2, "seal": role.columns["seal"]})
    take_away(world, "user_role", role=CUSTOM)
    with world.unit(), world.cfg.unit.writing():
        rows.remove(role, note)
    put_back(world, "role", before)
    assert not in_another_process(make_world, ben).may("user.roles")


def test_a_membership_by_hand_is_none_and_is_noticed(world: World) -> None:
    anna, ben = world.person("anna"), world.person("ben")
    group = world.group("Release")
    world.joins(anna, group.id)
    make_up(world, "membership", user=ben.id, group=group.id, level="admin")
    assert not world.subject(ben.id).is_member(group.id)
    with world.unit():
        assert [user.id for user, _level in world.users.members(group.id)] == [anna.id]
        assert not world.users.active_member(ben.id, group.id)
    assert [event["object_id"] for event in world.events("membership.damaged")] == [ben.id]


def test_a_level_raised_by_hand_stays_what_it_was(world: World) -> None:
    anna, group = world.person("anna"), world.group("Release")
    world.joins(anna, group.id)
    alter(world, "membership", {"user": anna.id}, level="admin")
    assert not world.subject(anna.id).is_admin_of(group.id)
    with world.unit():
        assert [level for _user, level in world.users.members(group.id)] == ["member"]


def test_a_membership_row_taken_away_hides_and_does_not_reveal(world: World) -> None:
    anna, group = world.person("anna"), world.group("Release")
    world.joins(anna, group.id)
    take_away(world, "membership", user=anna.id)
    with world.unit():
        assert world.users.members(group.id) == []


def test_the_free_columns_of_sessions_are_these(world: World) -> None:
    assert set(SessionRow.FREE) == {"device", "seen_at"}
    assert dict(UserRow.FREE) == dict(RoleRow.FREE) == {}


@pytest.mark.parametrize("column", columns("session", but=("device", "seen_at")))
def test_an_altered_session_is_worth_nothing(world: World, column: str) -> None:
    anna, ben = world.person("anna"), world.person("ben")
    client = world.client(anna)
    row = max(world_sessions(world, anna), key=lambda each: each["issued_at"])
    take = {"user": ben.id}.get(column) or other(row[column])
    for each in world_sessions(world, anna):
        alter(world, "session", {"token_hash": each["token_hash"]}, **{column: take})
    assert not is_let_in(client)
    assert [event["action"] for event in world.events("session.damaged")] == ["session.damaged"]


def test_the_free_columns_of_a_session_decide_nothing(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    for each in world_sessions(world, anna):
        alter(world, "session", {"token_hash": each["token_hash"]}, device="another")
    assert is_let_in(client)


def test_a_session_cannot_be_prolonged_beyond_its_end(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    world.clock.goes_on(days=8)
    for each in world_sessions(world, anna):
        alter(world, "session", {"token_hash": each["token_hash"]}, seen_at=world.clock())
    assert not is_let_in(client)
    for each in world_sessions(world, anna):
        longer = world.clock() + timedelta(days=1)
        alter(world, "session", {"token_hash": each["token_hash"]}, ends_at=longer)
    assert not is_let_in(client)


def test_a_session_from_before_a_password_change_put_back_is_worth_nothing(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    rows = world_sessions(world, anna)
    with world.unit():
        world.users.set_password("tests", anna.id, password="another-horse-battery")
    for each in rows:
        put_back(world, "session", each)
    assert not is_let_in(client)


def test_a_session_put_back_after_its_end_is_worth_nothing(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    token = session_token(client)
    rows = world_sessions(world, anna)
    assert client.post("/logout").status_code == 303
    for each in rows:
        put_back(world, "session", each)
    take_session(client, token)
    assert not is_let_in(client)


def test_a_session_made_up_without_a_trail_is_worth_nothing(world: World) -> None:
    anna = world.person("anna")
    token = random_token()
    row = {**world_sessions(world, anna)[0], "token_hash": token_hash(token), "id": CUSTOM}
    row["mac"] = world.cfg.get(Keyrings).current.mac(PURPOSE, *(row[name] for name in DECIDING))
    make_up(world, "session", **row)
    with world.unit():
        assert world.cfg.get(Sessions).subject(token) is None


def world_sessions(world: World, person: Subject) -> list[dict[str, Any]]:
    """Return a person's sessions as they are stored."""
    with world.cfg.unit.engine.connect() as connection:
        found = connection.execute(SESSION.select().where(SESSION.c.user == person.id))
        return [dict(row._mapping) for row in found]
