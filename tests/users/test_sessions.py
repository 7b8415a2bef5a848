"""How long a session lasts, and what finding its person costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from app.errors import Refused
from app.subject import SYSTEM, GroupLevel, Subject
from app.users.models import Account, UserRow
from app.users.sessions import Sessions
from tests.builders import World
from tests.tampering import sealed_rows, stored, take_away


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """Collect what is sent to the database."""
    sent: list[str] = []
    engine = world.cfg.unit.engine

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def begun(world: World, person: Subject) -> str:
    """Begin a session and return its token."""
    with world.unit():
        user = world.users.get(person.id)
        assert user is not None
        return world.cfg.get(Sessions).begin(user, device="tests")


def found(world: World, token: str) -> Subject | None:
    with world.unit():
        return world.cfg.get(Sessions).subject(token)


def test_a_session_gives_the_person_with_roles_and_groups(world: World) -> None:
    group = world.group("Release")
    anna = world.person("anna", groups={group.id: "admin", SYSTEM: "member"})
    subject = found(world, begun(world, anna))
    assert subject is not None
    assert (subject.id, subject.email, subject.name) == (anna.id, "anna@example.org", "Anna Example")
    assert dict(subject.groups) == {group.id: GroupLevel.ADMIN, SYSTEM: GroupLevel.MEMBER}
    assert subject.may("secret.use")
    assert not subject.may("user.roles")


def test_finding_the_person_of_a_request_takes_two_statements(world: World) -> None:
    groups = {world.group(f"Team {number}").id: "member" for number in range(5)}
    token = begun(world, world.person("anna", admin=True, groups=groups))
    assert found(world, token) is not None
    with statements(world) as sent:
        assert found(world, token) is not None
    assert len(sent) == 2


def test_a_session_ends_after_a_day_without_a_request(make_world: Callable[..., World]) -> None:
    world = make_world({"TRESOR_SESSIONS__IDLE_MINUTES": "60"})
    token = begun(world, world.person("anna"))
    for _ in range(3):
        world.clock.goes_on(minutes=59)
        assert found(world, token) is not None
    world.clock.goes_on(minutes=60)
    assert found(world, token) is None


def test_a_session_in_use_ends_at_its_absolute_limit(make_world: Callable[..., World]) -> None:
    world = make_world({"TRESOR_SESSIONS__ABSOLUTE_HOURS": "3", "TRESOR_SESSIONS__IDLE_MINUTES": "90"})
    token = begun(world, world.person("anna"))
    for _ in range(2):
        world.clock.goes_on(minutes=85)
        assert found(world, token) is not None
    world.clock.goes_on(minutes=10)
    assert found(world, token) is None


def test_the_last_use_is_written_once_a_minute(world: World) -> None:
    token = begun(world, world.person("anna"))
    world.clock.goes_on(seconds=59)
    with statements(world) as sent:
        found(world, token)
    assert [each for each in sent if each.startswith("UPDATE")] == []
    world.clock.goes_on(seconds=1)
    with statements(world) as sent:
        found(world, token)
        found(world, token)
    assert len([each for each in sent if each.startswith("UPDATE")]) == 1


def test_an_unknown_token_is_nobody(world: World) -> None:
    assert found(world, "never-issued") is None
    assert found(world, "") is None


def test_a_new_password_ends_all_sessions(world: World) -> None:
    anna = world.person("anna")
    tokens = [begun(world, anna) for _ in range(2)]
    with world.unit():
        world.users.set_password("tests", anna.id, password="another-horse-battery")
    assert [found(world, token) for token in tokens] == [None, None]


def test_disabling_ends_all_sessions_and_enabling_revives_none(world: World) -> None:
    anna = world.person("anna")
    token = begun(world, anna)
    with world.unit():
        world.users.disable("tests", anna.id)
    assert found(world, token) is None
    with world.unit():
        world.users.enable("tests", anna.id)
    assert found(world, token) is None
    assert found(world, begun(world, anna)) is not None


def test_confirming_exchanges_the_token(world: World) -> None:
    anna = world.person("anna")
    old = begun(world, anna)
    before = found(world, old)
    assert before is not None
    world.clock.goes_on(minutes=20)
    with world.unit():
        user = world.users.get(anna.id)
        assert user is not None
        new = world.cfg.get(Sessions).confirm(user, before.session_hash, device="tests")
    after = found(world, new)
    assert after is not None
    assert after.confirmed_at == world.clock()
    assert found(world, old) is None


def test_a_session_that_has_ended_cannot_be_exchanged(world: World) -> None:
    anna = world.person("anna")
    before = found(world, begun(world, anna))
    assert before is not None
    sessions = world.cfg.get(Sessions)
    with world.unit():
        user = world.users.get(anna.id)
        assert user is not None
        sessions.end(before.session_hash)
    with pytest.raises(Refused), world.unit():
        sessions.confirm(user, before.session_hash, device="tests")


def test_sessions_that_are_over_are_removed_at_the_next_sign_in(world: World) -> None:
    anna = world.person("anna")
    for _ in range(3):
        begun(world, anna)
    world.clock.goes_on(days=30)
    begun(world, anna)
    assert len(world.rows("session")) == 1


def test_a_group_that_is_gone_gives_nothing(world: World) -> None:
    group = world.group("Release")
    anna = world.person("anna", groups={group.id: "admin"})
    row = stored(world, "group", id=group.id)
    take_away(world, "group", id=group.id)
    assert row["name"] == "Release"
    assert not world.subject(anna.id).is_member(group.id)


def test_an_account_survives_a_round_trip_through_its_seal(world: World) -> None:
    group = world.group("Release")
    anna = world.person("anna", groups={group.id: "admin"})
    with world.unit():
        opened = sealed_rows(world, UserRow, Account, "user").load(anna.id)
        user = world.users.get(anna.id)
    assert opened is not None
    assert user is not None
    assert opened.content == user.account
    assert isinstance(user.account.memberships[0].level, GroupLevel)
