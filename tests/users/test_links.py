"""One-time links: single use, for one purpose, for a time; written, altered or put back by hand they open nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from app.errors import Refused
from app.keys.trail import Note
from app.users.links import LASTS, For, Link, Links
from tests.builders import World
from tests.tampering import alter, columns, other, put_back, stored

ISSUING = Note("tests.issue", actor="tests")


def issued(world: World, name: str = "anna", purpose: For = For.RESET) -> str:
    with world.unit():
        user = world.users.find(f"{name}@example.org")
        assert user is not None
        return world.cfg.get(Links).issue(purpose, ISSUING, user=user, address=user.email)


def found(world: World, token: str, purpose: For = For.RESET) -> Link:
    with world.unit():
        return world.cfg.get(Links).find(purpose, token)


def used(world: World, token: str) -> None:
    with world.unit():
        links = world.cfg.get(Links)
        links.use(links.find(For.RESET, token))


def opens(world: World, token: str, purpose: For = For.RESET) -> bool:
    try:
        return found(world, token, purpose) is not None
    except Refused:
        return False


def test_a_link_is_used_once_and_found_as_often_as_one_looks(world: World) -> None:
    anna = world.person("anna")
    token = issued(world)
    for _again in range(2):
        link = found(world, token)
        assert (link.user and link.user.id, link.address) == (anna.id, anna.email)
    used(world, token)
    with pytest.raises(Refused):
        used(world, token)


@pytest.mark.parametrize("purpose", For)
def test_a_link_serves_its_purpose_alone_and_until_its_end(world: World, purpose: For) -> None:
    world.person("anna")
    token = issued(world, purpose=purpose)
    assert [each for each in For if opens(world, token, each)] == [purpose]
    world.clock.now += LASTS[purpose]
    assert not opens(world, token, purpose)


def test_a_new_link_ends_the_one_before_and_no_other_ones(world: World) -> None:
    world.person("anna")
    world.person("ben")
    first, bens, invitation = issued(world), issued(world, "ben"), issued(world, purpose=For.INVITATION)
    second = issued(world)
    assert not opens(world, first)
    assert opens(world, second)
    assert opens(world, bens)
    assert opens(world, invitation, For.INVITATION)


def test_a_changed_password_ends_what_was_issued_before(world: World) -> None:
    anna = world.person("anna")
    token = issued(world)
    with world.unit():
        world.users.set_password("tests", anna.id, password="another-horse-battery")
    assert not opens(world, token)


@pytest.mark.parametrize("text", ["", "x", "ä" * 43, "\x00", "../..", "a" * 5000])
def test_what_is_no_token_opens_nothing(world: World, text: str) -> None:
    world.person("anna")
    issued(world)
    assert not opens(world, text)


def test_a_cut_token_opens_nothing(world: World) -> None:
    world.person("anna")
    token = issued(world)
    assert not any(opens(world, token[:end]) for end in range(len(token)))


@pytest.mark.parametrize("column", [name for name in columns("link") if name != "token_hash"])
def test_a_link_that_was_altered_opens_nothing_and_is_told_of(world: World, column: str) -> None:
    anna = world.person("anna")
    token = issued(world)
    before = stored(world, "link", user=anna.id)
    value = world.person("eve").id if column in {"user", "copied_by"} else other(before[column])
    alter(world, "link", {"token_hash": before["token_hash"]}, **{column: value})
    assert not opens(world, token)
    assert len(world.events("link.damaged")) == 1


def test_a_link_put_back_after_its_use_opens_nothing(world: World) -> None:
    anna = world.person("anna")
    token = issued(world)
    row = stored(world, "link", user=anna.id)
    used(world, token)
    put_back(world, "link", row)
    assert not opens(world, token)
    assert len(world.events("link.damaged")) == 1


def test_two_who_use_a_link_at_once_use_it_once(make_world: Callable[..., World]) -> None:
    world = make_world()
    world.person("anna")
    token = issued(world)
    ready, outcomes = threading.Barrier(2), []

    def use(own: World) -> None:
        with own.unit():
            links = own.cfg.get(Links)
            link = links.find(For.RESET, token)
            ready.wait()
            try:
                links.use(link)
            except Refused:
                outcomes.append("refused")
            else:
                outcomes.append("used")

    worlds: list[Any] = [world, make_world()]
    threads = [threading.Thread(target=use, args=(each,)) for each in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "used"]
