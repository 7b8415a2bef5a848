"""Use cases about people, and who may not use them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from app.errors import Conflict, Forbidden, Invalid, Refused, SignInNeeded, TresorError
from app.keys.trail import Note
from app.subject import SYSTEM, Subject
from app.users.models import RoleContent, RoleRow
from app.users.permissions import ADMINISTRATOR, MEMBER
from app.users.service import User
from tests.builders import PASSWORD, World, a_login
from tests.mails import mails, sends_mails
from tests.tampering import sealed_rows

NEW = "another-horse-battery"
HELPERS, NOBODY = UUID(int=7), UUID(int=8)

BEN: dict[str, Any] = {"email": "ben@example.org", "first_name": "Ben", "last_name": "Okafor", "password": PASSWORD}


def create(world: World, by: Subject | str = "tests", **changed: Any) -> User:
    with world.unit():
        return world.users.create(by, **{**BEN, **changed})


def helpers(world: World, *permissions: str) -> None:
    """Store a role with these permissions."""
    rows = sealed_rows(world, RoleRow, RoleContent, "role")
    with world.unit(), world.cfg.unit.writing():
        rows.insert(HELPERS, RoleContent(permissions), Note("role.create", actor="tests"), name="Helpers")


def test_a_new_person_is_found_by_their_address_however_it_is_typed(world: World) -> None:
    made = create(world, email="Ben@Example.ORG")
    with world.unit():
        assert world.users.find(" BEN@example.org") == made
        assert world.users.find("nobody@example.org") is None
        assert world.users.find("no address") is None
    assert (made.email, made.name, made.initials, made.active) == ("Ben@example.org", "Ben Okafor", "BO", True)
    assert made.account.roles == (MEMBER,)


def test_people_are_found_by_id(world: World) -> None:
    made = create(world)
    with world.unit():
        assert world.users.people([made.id, NOBODY, made.id]) == {made.id: made}
        assert world.users.people([]) == {}
        assert world.users.get(NOBODY) is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": "ben"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 257}, "password"),
        ({"first_name": "B\0n"}, "first_name"),
        ({"first_name": "x" * 101}, "first_name"),
        ({"last_name": "O\nk"}, "last_name"),
        ({"last_name": "\u202eO"}, "last_name"),
        ({"last_name": "\ud800"}, "last_name"),
        ({"roles": [NOBODY]}, ""),
    ],
)
def test_what_breaks_a_rule_is_refused_and_nothing_is_stored(world: World, changed: dict[str, Any], field: str) -> None:
    before = world.rows("audit")
    with pytest.raises(Invalid) as refused:
        create(world, **changed)
    assert refused.value.field == field
    assert world.rows("user") == []
    assert world.rows("audit") == before


def test_an_address_belongs_to_one_person(world: World) -> None:
    create(world)
    with pytest.raises(Invalid) as refused:
        create(world, email="BEN@example.org")
    assert refused.value.field == "email"
    assert len(world.rows("user")) == 1


def test_two_who_take_an_address_at_once_are_not_both_stored(world: World) -> None:
    outcomes = at_once(*(lambda: create(world) for _ in range(4)))
    assert sorted(type(each).__name__ for each in outcomes if isinstance(each, User)) == ["User"]
    assert all(isinstance(each, User | Invalid | Conflict) for each in outcomes)
    assert len(world.rows("user")) == 1


MANAGING: dict[str, Callable[[World, Subject, UUID], Any]] = {
    "user.create": lambda world, by, _ben: world.users.create(by, **{**BEN, "email": "eve@example.org"}),
    "user.disable": lambda world, by, ben: world.users.disable(by, ben),
    "user.enable": lambda world, by, ben: world.users.enable(by, ben),
    "user.roles": lambda world, by, ben: world.users.change_roles(by, ben, add=[ADMINISTRATOR]),
    "user.password": lambda world, by, ben: world.users.set_password(by, ben, password=NEW),
}


@pytest.mark.parametrize("action", MANAGING)
def test_who_may_not_manage_people_is_refused_and_nothing_changes(world: World, action: str) -> None:
    anna, ben = world.person("anna"), create(world)
    before = world.rows("user"), world.rows("user_role")
    with pytest.raises(Forbidden) as refused, world.unit():
        MANAGING[action](world, anna, ben.id)
    assert refused.value.action == action
    assert (world.rows("user"), world.rows("user_role")) == before


@pytest.mark.parametrize("action", MANAGING)
def test_each_change_is_an_event_with_who_did_it(world: World, action: str) -> None:
    boss, ben = world.person("boss", admin=True), create(world)
    by: Subject = ben_as_subject(world, ben) if action == "user.password" else boss
    with world.unit():
        MANAGING[action](world, by, ben.id)
    event = world.events(action)[-1]
    assert (event["subject"], event["actor"], event["kind"]) == (by.id, None, "user")
    assert event["revision"] is not None


def ben_as_subject(world: World, ben: User) -> Subject:
    return world.subject(ben.id)


def test_an_administrator_sets_no_password_for_another(world: World) -> None:
    boss, ben = world.person("boss", admin=True), create(world)
    with pytest.raises(Forbidden), world.unit():
        world.users.set_password(boss, ben.id, password=NEW)


@pytest.mark.parametrize("change", ["disable", "enable"])
def test_nobody_of_that_id_is_refused(world: World, change: str) -> None:
    with pytest.raises(Refused), world.unit():
        getattr(world.users, change)("tests", NOBODY)


def test_a_role_gives_what_it_says_and_takes_it_with_it(world: World) -> None:
    helpers(world, "user.roles", "not.declared")
    ben = create(world)
    with world.unit():
        world.users.change_roles("tests", ben.id, add=[HELPERS])
    assert world.subject(ben.id).may("user.roles")
    assert not world.subject(ben.id).may("not.declared")
    with world.unit():
        world.users.change_roles("tests", ben.id, remove=[HELPERS])
    assert not world.subject(ben.id).may("user.roles")


def test_nobody_grants_what_they_lack(world: World) -> None:
    helpers(world, "user.roles")
    ben, eve = create(world), world.person("eve")
    with world.unit():
        world.users.change_roles("tests", eve.id, add=[HELPERS])
    manager = world.subject(eve.id)
    with world.unit():
        world.users.change_roles(manager, ben.id, add=[HELPERS])
    with pytest.raises(Forbidden), world.unit():
        world.users.change_roles(manager, ben.id, add=[ADMINISTRATOR])
    with pytest.raises(Forbidden), world.unit():
        world.users.create(manager, **{**BEN, "email": "second@example.org"}, roles=[ADMINISTRATOR])
    assert not world.subject(ben.id).may("group.manage")


def test_everybody_keeps_the_role_member(world: World) -> None:
    ben = create(world)
    with pytest.raises(Invalid), world.unit():
        world.users.change_roles("tests", ben.id, remove=[MEMBER])
    with pytest.raises(Invalid), world.unit():
        world.users.change_roles("tests", ben.id, add=[NOBODY])


def test_the_last_active_administrator_cannot_be_lost(world: World) -> None:
    boss, ben = world.person("boss", admin=True), create(world, roles=[ADMINISTRATOR])
    with world.unit():
        world.users.disable("tests", ben.id)
    with pytest.raises(Invalid), world.unit():
        world.users.disable("tests", boss.id)
    with pytest.raises(Invalid), world.unit():
        world.users.change_roles("tests", boss.id, remove=[ADMINISTRATOR])
    with world.unit():
        world.users.enable("tests", ben.id)
        world.users.disable("tests", boss.id)
    assert world.subject(ben.id).may("user.roles")


def test_an_administrator_made_up_in_the_index_does_not_count(world: World) -> None:
    boss, ben = world.person("boss", admin=True), create(world)
    world.sql(
        "INSERT INTO user_role (\"user\", role) SELECT \"user\", :role FROM user_role WHERE \"user\" = :ben",
        ben=as_stored(world, ben.id), role=as_stored(world, ADMINISTRATOR),
    )  # fmt: skip
    with pytest.raises(Invalid), world.unit():
        world.users.disable("tests", boss.id)


def as_stored(world: World, value: UUID) -> object:
    return value.hex if world.cfg.unit.is_sqlite else value


def test_two_administrators_who_disable_each_other_at_once_do_not_both_succeed(world: World) -> None:
    boss, chief = world.person("boss", admin=True), world.person("chief", admin=True)

    def disable(by: Subject, whom: Subject) -> None:
        with world.unit():
            world.users.disable(by, whom.id)

    outcomes = at_once(lambda: disable(boss, chief), lambda: disable(chief, boss))
    assert [type(each) for each in outcomes if each is not None] == [SignInNeeded]
    with world.unit():
        assert [user.active for user in world.users.people([boss.id, chief.id]).values()].count(True) == 1


def test_damaged_people_are_passed_over_and_noticed_once_a_minute(world: World) -> None:
    ben, eve = create(world), world.person("eve")
    world.sql('UPDATE "user" SET first_name = :name WHERE email_key = :key', name="Eva", key="eve@example.org")
    for _ in range(3):
        with world.unit():
            assert [user.id for user in world.users.all()] == [ben.id]
            assert world.users.people([ben.id, eve.id]).keys() == {ben.id}
            assert not world.users.active_member(eve.id, NOBODY)
    assert [event["object_id"] for event in world.events("user.damaged")] == [eve.id]
    world.clock.goes_on(minutes=2)
    with world.unit():
        world.users.all()
    assert [event["count"] for event in world.events("user.damaged")] == [1, 9]


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Call all in threads of their own; return what each returned, or its error."""
    outcomes: list[Any] = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(number: int) -> None:
        start.wait()
        try:
            outcomes[number] = calls[number]()
        except TresorError as error:
            outcomes[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.parametrize("blank", ["", "  ", "\t"])
def test_nobody_is_left_without_a_first_name_by_who_enters_it(world: World, blank: str) -> None:
    boss, anna = world.person("boss", admin=True), world.person("anna")
    acts = [
        lambda: world.users.rename(anna, first_name=blank, last_name="Berger"),
        lambda: world.users.rename_other(boss, anna.id, first_name=blank, last_name="Berger"),
    ]
    for act in acts:
        with pytest.raises(Invalid) as refusal, world.unit():
            act()
        assert refusal.value.field == "first_name"


def test_who_has_no_name_is_told_of_by_the_address(world: World) -> None:
    with world.unit():
        email, names = "root@example.org", {"first_name": "", "last_name": ""}
        made = world.users.create("tests", email=email, password=PASSWORD, roles=[ADMINISTRATOR], **names)
    root, other = world.subject(made.id), world.person("other", admin=True)
    ben = world.person("ben")
    assert root.name == "root@example.org"
    sends_mails(world)
    with world.unit():
        world.groups.add_member(root, SYSTEM, ben.id)
    assert [mail.body for mail in mails(world, other.email) if "root@example.org changed who belongs" in mail.body]


def test_the_command_that_disables_says_what_has_no_other_owner(world: World) -> None:
    ben, eve = world.person("ben"), world.person("eve")
    world.keep(a_login(), owner=ben)
    runner = world.app.test_cli_runner()
    said = runner.invoke(args=["users", "disable", ben.email]).output.splitlines()
    assert said == [
        "ben@example.org: disabled",
        f"1 secret has no other active owner. An administrator hands over or deletes: /admin/users/{ben.id}",
    ]
    assert runner.invoke(args=["users", "disable", eve.email]).output == "eve@example.org: disabled\n"
