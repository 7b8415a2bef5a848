"""The last active administrator stays, by whichever way somebody would lose them: alone, and two ways at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from app.audit.service import Overtaken
from app.errors import Conflict, Forbidden, Invalid, SignInNeeded, TresorError
from app.keys.trail import Note
from app.subject import Subject
from app.users.permissions import ADMINISTRATOR
from app.users.roles import Roles
from app.users.service import ACTIVE, DISABLED
from tests.builders import World
from tests.tampering import make_up
from tests.users.test_service import as_stored, at_once

ROUNDS = 4

Way = Callable[[World, Subject, Subject], None]
"""By whom, and who is to be administrator no more."""


def disables(world: World, by: Subject, whom: Subject) -> None:
    with world.unit():
        world.users.disable(by, whom.id)


def takes_the_role(world: World, by: Subject, whom: Subject) -> None:
    with world.unit():
        world.users.change_roles(by, whom.id, remove=[ADMINISTRATOR])


def disables_by_command(world: World, by: Subject, whom: Subject) -> None:
    commanded(world, "disable", whom.email)


def takes_the_role_by_command(world: World, by: Subject, whom: Subject) -> None:
    commanded(world, "role", whom.email, "--remove", "Administrator")


def changes_the_row(world: World, by: Subject, whom: Subject) -> None:
    """What a use case does that forgot to ask first: no change of a person's row lets the last one go."""
    with world.unit():
        world.users._change(whom.id, Note("tests"), lambda account: account, status=DISABLED)


WAYS: dict[str, Way] = {
    "disable": disables,
    "role": takes_the_role,
    "command disable": disables_by_command,
    "command role": takes_the_role_by_command,
    "row": changes_the_row,
}


class Refusal(TresorError):
    """A command's."""


def commanded(world: World, *arguments: str) -> None:
    answer = world.app.test_cli_runner().invoke(args=["users", *arguments])
    if answer.exit_code:
        assert isinstance(answer.exception, SystemExit), answer.exception  # and nothing unforeseen
        raise Refusal(answer.output)


def administrators(world: World) -> list[str]:
    with world.unit():
        return [user.email for user in world.users.all() if user.active and ADMINISTRATOR in user.account.roles]


def tried(world: World, way: Way, by: Subject, whom: Subject) -> Callable[[], None]:
    return lambda: way(world, by, whom)


@pytest.mark.parametrize("way", WAYS)
def test_the_last_one_stays(world: World, way: str) -> None:
    boss = world.person("boss", admin=True)
    before = [world.rows("user"), world.rows("user_role")]
    with pytest.raises((Invalid, Refusal)) as refused:
        WAYS[way](world, boss, boss)
    assert "last active administrator" in str(refused.value)
    assert [world.rows("user"), world.rows("user_role")] == before
    assert world.client(boss).get("/admin").status_code == 200


@pytest.mark.parametrize("way", WAYS)
def test_one_of_two_may_go_and_the_other_is_then_the_last(world: World, way: str) -> None:
    boss, chief = world.person("boss", admin=True), world.person("chief", admin=True)
    WAYS[way](world, boss, chief)
    assert administrators(world) == [boss.email]
    for last in WAYS.values():
        with pytest.raises((Invalid, Refusal)):
            last(world, boss, boss)


@pytest.mark.parametrize("way", WAYS)
def test_who_is_disabled_or_made_up_does_not_count(world: World, way: str) -> None:
    boss, gone, eve = world.person("boss", admin=True), world.person("gone", admin=True), world.person("eve")
    disables(world, boss, gone)
    make_up(world, "user_role", user=eve.id, role=ADMINISTRATOR)
    with pytest.raises((Invalid, Refusal)):
        WAYS[way](world, boss, boss)
    assert administrators(world) == [boss.email]


@pytest.mark.parametrize("way", WAYS)
def test_one_whose_row_was_altered_does_not_count(world: World, way: str) -> None:
    boss, chief = world.person("boss", admin=True), world.person("chief", admin=True)
    world.sql('UPDATE "user" SET first_name = :name WHERE id = :id', name="Eva", id=as_stored(world, chief.id))
    with pytest.raises((Invalid, Refusal)):
        WAYS[way](world, boss, boss)


PAIRS = list(itertools.combinations_with_replacement(WAYS, 2))


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_two_ways_at_once_leave_one(world: World, pair: tuple[str, str]) -> None:
    one, two = (WAYS[name] for name in pair)
    boss, chief = world.person("boss", admin=True), world.person("chief", admin=True)
    for _round in range(ROUNDS):
        outcomes = at_once(tried(world, one, boss, chief), tried(world, two, chief, boss))
        assert len(administrators(world)) == 1, outcomes
        (refused,) = [each for each in outcomes if each is not None]
        assert isinstance(refused, Invalid | Conflict | Forbidden | SignInNeeded | Refusal)
        for person in (boss, chief):
            with world.unit():
                world.users.change_roles("tests", person.id, add=[ADMINISTRATOR])
                if not world.users.people([person.id])[person.id].active:
                    world.users.enable("tests", person.id)
        boss, chief = world.subject(boss.id), world.subject(chief.id)


def test_three_who_remove_each_other_in_a_ring_leave_one(world: World) -> None:
    people = [world.person(name, admin=True) for name in ("a", "b", "c")]
    for _round in range(ROUNDS):
        ring = zip(people, [*people[1:], people[0]], itertools.cycle([disables, takes_the_role]), strict=False)
        at_once(*(tried(world, way, by, whom) for by, whom, way in ring))
        assert len(administrators(world)) >= 1
        for person in people:
            with world.unit():
                world.users.change_roles("tests", person.id, add=[ADMINISTRATOR])
                world.users.enable("tests", person.id)
        people = [world.subject(person.id) for person in people]


def test_the_role_itself_cannot_be_emptied_or_deleted(world: World) -> None:
    boss = world.person("boss", admin=True)
    roles = world.cfg.get(Roles)
    with world.unit():
        revision = roles.open(boss, ADMINISTRATOR).revision
    for by in (boss, "command-line"):
        with pytest.raises(Forbidden), world.unit():
            roles.change(by, ADMINISTRATOR, seen=revision, name="Nobody", description="", permissions=[])
        with pytest.raises(Forbidden), world.unit():
            roles.delete(by, ADMINISTRATOR, seen=revision)
    assert world.subject(boss.id).may("role.manage")


def test_a_role_changed_while_administrators_go_leaves_one(world: World) -> None:
    """Both hold the role Administrator's row; neither waits for the other for good."""
    boss, chief = world.person("boss", admin=True), world.person("chief", admin=True)
    roles = world.cfg.get(Roles)
    with world.unit():
        role = roles.create("tests", name="Helpers", permissions=["user.disable"])

    def renames() -> None:
        with world.unit():
            roles.change(boss, role.id, seen=1, name="Aides", description="", permissions=["user.disable"])

    def gives() -> None:
        with world.unit():
            world.users.change_roles(boss, chief.id, add=[role.id], remove=[ADMINISTRATOR])

    outcomes = at_once(renames, gives, tried(world, disables, chief, boss))
    assert len(administrators(world)) == 1
    known = Invalid | Conflict | Forbidden | SignInNeeded | Overtaken
    assert all(each is None or isinstance(each, known) for each in outcomes)
    assert ACTIVE in {user["status"] for user in world.rows("user")}
