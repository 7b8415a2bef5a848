"""The first administrator, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.errors import Conflict, Refused
from app.subject import SYSTEM
from app.users.service import User
from app.users.setup import Setup
from app.users.system import UserManagement
from tests.builders import PASSWORD, World
from tests.tampering import put_back, stored, take_away
from tests.users.test_service import at_once

LENA: dict[str, Any] = {
    "first_name": "Lena", "last_name": "Hoffmann", "email": "lena@example.org",
    "password": PASSWORD, "password_again": PASSWORD,
}  # fmt: skip


def link(world: World) -> str:
    """Return the path of the printed link."""
    with world.unit():
        printed = world.cfg.get(UserManagement).setup_link()
    assert printed is not None
    assert printed.startswith(f"{world.cfg.settings.server.base_url}/setup/")
    return printed.removeprefix(world.cfg.settings.server.base_url)


def test_the_link_makes_an_administrator_who_is_signed_in_and_in_the_system_group(world: World) -> None:
    client, path = world.client(), link(world)
    assert client.get(path).status_code == 200
    answer = client.post(path, **LENA)
    assert answer.status_code == 303
    assert client.get("/vault").status_code == 200
    with world.unit():
        lena = world.users.find("lena@example.org")
        assert world.cfg.get(UserManagement).setup_link() is None
    assert lena is not None
    subject = world.subject(lena.id)
    assert subject.may("user.roles")
    assert subject.is_member(SYSTEM)
    assert not subject.is_admin_of(SYSTEM)
    with world.unit():
        assert [user.id for user, _level in world.users.members(SYSTEM)] == [lena.id]


def test_the_link_is_the_same_in_every_process_and_good_once(world: World, make_world: Callable[..., World]) -> None:
    another = make_world()
    path = link(world)
    assert link(another) == path
    assert another.client().get(path).status_code == 200
    assert world.client().post(path, **LENA).status_code == 303
    for each in (world, another, make_world()):
        assert each.client().get(path).status_code == 404
        assert each.client().post(path, **{**LENA, "email": "eve@example.org"}).status_code == 404
    assert len(world.rows("user")) == 1


@pytest.mark.parametrize("wrong", ["0" * 64, "x", "\u00e4", "%00", "..%2f"])
def test_another_link_is_not_there(world: World, wrong: str) -> None:
    assert world.client().get(f"/setup/{wrong}").status_code == 404


def test_what_is_wrong_is_shown_and_the_passwords_are_not_sent_back(world: World) -> None:
    client, path = world.client(), link(world)
    for changed, text in (
        ({"password": "short", "password_again": "short"}, "At least 15 characters."),
        ({"password_again": PASSWORD + "x"}, "The two passwords differ."),
        ({"email": "lena"}, "Enter an email address"),
        ({"last_name": ""}, "This field is needed."),
    ):
        answer = client.post(path, **{**LENA, **changed})
        assert answer.status_code == 422
        assert text in answer.text
        assert PASSWORD not in answer.text
        assert 'value="Lena"' in answer.text
    assert world.rows("user") == []


def test_an_administrator_by_command_counts_as_set_up(world: World) -> None:
    path = link(world)
    world.person("anna")
    assert world.client().get(path).status_code == 200
    world.person("boss", admin=True)
    assert world.client().get(path).status_code == 404


def test_set_ups_at_once_make_one_administrator(world: World, make_world: Callable[..., World]) -> None:
    with world.unit():
        token = world.cfg.get(Setup).token() or ""

    def set_up(process: World, name: str) -> User:
        entered = {"first_name": name, "last_name": "X", "email": f"{name}@example.org", "password": PASSWORD}
        with process.unit():
            return process.cfg.get(Setup).first_administrator(token, **entered)

    processes = [world, make_world()]
    outcomes = at_once(*(lambda number=number: set_up(processes[number % 2], f"lena{number}") for number in range(8)))
    assert len([each for each in outcomes if isinstance(each, User)]) == 1
    assert all(isinstance(each, User | Refused | Conflict) for each in outcomes)
    assert len(world.rows("user")) == 1


def test_deleting_all_people_does_not_open_set_up_again(world: World, make_world: Callable[..., World]) -> None:
    path = link(world)
    assert world.client().post(path, **LENA).status_code == 303
    with world.unit():
        lena = world.users.find("lena@example.org")
    assert lena is not None
    for table in ("session", "user_role", "user_word", "listed", "membership", "preferences", "shelf"):
        take_away(world, table, user=lena.id)
    take_away(world, "user", id=lena.id)
    assert make_world().client().get(path).status_code == 404


def test_a_keyring_of_before_put_back_does_not_open_set_up_again(world: World) -> None:
    path = link(world)
    before = stored(world, "keyring", id=1)
    assert world.client().post(path, **LENA).status_code == 303
    put_back(world, "keyring", before)
    assert world.client().get(path).status_code in {404, 500}
    assert world.client().post(path, **{**LENA, "email": "eve@example.org"}).status_code in {404, 500}
    assert len(world.rows("user")) == 1
