"""The door's forms tell nobody who has an account: same bytes, headers, statements and hashes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import event

from tests.builders import Client, World
from tests.mails import mails, sends_mails
from tests.users.asking import asks, becomes, decides, registers

TIMES = 20
CHANGING = re.compile(r'(name="csrf_token" value="|nonce="|form=|nonce-)[^";\']*')
TYPED_OR_TOLD = re.compile(r'value="\w+@example.org"|Wait \d+ seconds?')
DOORS = ("/forgot", "/register")
ODD = (
    "nobody@example.org",
    "a..b@example.org",
    "ann\u0430@example.org",
    "anna@localhost.",
    '"anna"@example.org',
    "anna@[127.0.0.1]",
    "o'hara@example.org",
    "anna@example.org@example.org",
    "a" * 200 + "@example.org",
    "anna@exa mple.org",
    "\U0001f511@example.org",
)


@pytest.fixture
def town(world: World) -> World:
    """A world with somebody in each state."""
    registers(sends_mails(world))
    for name, status in (("anna", "active"), ("ina", "invited"), ("dan", "disabled")):
        world.person(name)
        becomes(world, name, status=status)
    return world


@contextmanager
def watched(world: World) -> Iterator[dict[str, list[str]]]:
    """Collect the statements that are sent, and each hash or check of a password, in this thread."""
    seen: dict[str, list[str]] = {"statements": [], "hashes": []}

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen["statements"].append(statement)

    def call(frame: FrameType, what: str, _argument: Any) -> None:
        if what == "call" and "argon2" in frame.f_code.co_filename and frame.f_code.co_name in {"hash", "verify"}:
            seen["hashes"].append(frame.f_code.co_name)

    event.listen(world.cfg.unit.engine, "before_cursor_execute", note)
    sys.setprofile(call)
    try:
        yield seen
    finally:
        sys.setprofile(None)
        event.remove(world.cfg.unit.engine, "before_cursor_execute", note)


def answer_to(client: Client, door: str, address: str) -> tuple[Any, ...]:
    """Return all that somebody who asks with an address can see, and what it took."""
    with watched(client.world) as seen:
        token = client.token()
        seen["statements"].clear()
        answer = client.post(door, csrf_token=token, email=address)
    headers = [(name, CHANGING.sub(r"\1", value)) for name, value in answer.headers.items()]
    return answer.status_code, CHANGING.sub(r"\1", answer.text), headers, seen["statements"], seen["hashes"]


@pytest.mark.parametrize("door", DOORS)
def test_known_and_unknown_addresses_are_answered_in_the_same_way(town: World, door: str) -> None:
    client = town.client()
    answer_to(client, door, "first@example.org")  # a process keeps what it opens first
    known = [answer_to(client, door, "anna@example.org") for _time in range(TIMES)]
    unknown = [answer_to(client, door, f"nobody{number}@example.org") for number in range(TIMES)]
    others = [answer_to(client, door, address) for address in ("ina@example.org", "dan@example.org", *ODD)]
    assert [each for each in (*unknown, *known, *others) if each != known[0]] == []
    status, _text, _headers, statements, hashes = known[0]
    assert (status, hashes) == (303, [])
    assert len([each for each in statements if each.startswith("INSERT INTO request")]) == 1
    assert {row["tries"] for row in town.rows("request")} == {0}
    assert len(town.rows("request")) == 1 + 2 * TIMES + 2 + len(ODD)


@pytest.mark.parametrize("door", DOORS)
def test_what_was_decided_about_an_address_changes_no_later_answer(town: World, door: str) -> None:
    client = town.client()
    before = answer_to(client, door, "anna@example.org")
    for _time in range(5):
        decides(town)
        assert answer_to(client, door, "anna@example.org") == before
    assert answer_to(client, door, "nobody@example.org") == before


@pytest.mark.parametrize("door", DOORS)
def test_the_page_afterwards_names_no_address(town: World, door: str) -> None:
    texts = set()
    for address in ("anna@example.org", "nobody@example.org"):
        client = town.client()
        answer = asks(town, address, at=door, client=client)
        texts.add(CHANGING.sub(r"\1", client.get(answer.headers["Location"]).text))
    [text] = texts
    assert "example.org" not in text


@pytest.mark.parametrize(
    "address", ["", " ", "anna", "@example.org", "anna@", "a\n@example.org", "a" * 250 + "@b.de", "\0@b"]
)
def test_what_can_be_no_address_is_pointed_out(town: World, address: str) -> None:
    for door in DOORS:
        assert asks(town, address, at=door).status_code == 422
    assert town.rows("request") == []


def test_an_address_is_asked_for_some_times_from_one_place(make_world: Callable[..., World]) -> None:
    world = registers(sends_mails(make_world({"TRESOR_LIMITS__ENABLED": "true", "TRESOR_LIMITS__REQUESTS": "3"})))
    world.person("anna")
    client = world.client()
    for address in ("anna@example.org", "nobody@example.org", "anna@example.org"):
        assert asks(world, address, client=client).status_code == 303
    known, unknown = (answer_to(client, "/forgot", f"{name}@example.org") for name in ("anna", "nobody"))
    pages = {TYPED_OR_TOLD.sub("", each[1]) for each in (known, unknown)}
    assert (known[0], unknown[0], len(pages), known[3:]) == (429, 429, 1, unknown[3:])
    assert "Too many tries. Wait" in known[1]
    assert 0 < int(dict(known[2])["Retry-After"]) <= 600
    assert asks(world, "new@example.org", at="/register", client=client).status_code == 429
    assert len(world.rows("request")) == 3


def test_a_form_without_its_token_or_with_more_fields_stores_nothing(town: World) -> None:
    client = town.client()
    for door in DOORS:
        assert client.post(door, csrf_token=None, email="anna@example.org").status_code == 400
        assert client.post(door, email="anna@example.org", to="eve@example.org").status_code == 422
        assert client.post(door, email=["anna@example.org", "eve@example.org"]).status_code == 422
    assert town.rows("request") == []


def test_no_mail_reaches_an_address_that_was_typed_for_a_reset(town: World) -> None:
    for address in ("nobody@example.org", "anna+x@example.org", "anna@example.org,eve@example.org"):
        asks(town, address)
    decides(town)
    assert mails(town) == []
