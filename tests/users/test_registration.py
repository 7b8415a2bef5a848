"""Self-registration: off by default, by mail alone, for allowed domains, once for each address."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import pytest

from app.users.permissions import MEMBER
from tests.builders import Client, World
from tests.mails import link_in, mails, sends_mails
from tests.tampering import alter
from tests.users.asking import NEW, asks, becomes, decides, link, registers
from tests.users.test_service import at_once

CHANGING = re.compile(r'(name="csrf_token" value="|nonce=")[^"]*"')
ZOE, SAME = "zoe@example.org", "ZOE@example.org"
"""One address, written in two ways, each of which has a link of its own."""


@pytest.fixture
def open_world(world: World) -> World:
    """A world in which mails are sent and people register themselves, with an administrator."""
    return registers(sends_mails(world))


def creates(client: Client, path: str, **more: str) -> tuple[int, str]:
    """Send the form of a link; return status and where it leads to, or the page."""
    form = {"first_name": "Zoë", "last_name": "Klein", "password": NEW, "password_again": NEW, **more}
    answer = client.post(path, **form)
    return answer.status_code, answer.headers.get("Location", answer.text)


def test_it_is_off_until_the_setting_says_so(world: World) -> None:
    sends_mails(world)
    client = world.client()
    assert [client.get(path).status_code for path in ("/register", "/register/sent", "/register/x")] == [404] * 3
    assert asks(world, ZOE, at="/register").status_code == 404
    assert "Create an account" not in client.get("/login").text
    registers(world)
    assert client.get("/register").status_code == 200
    assert "Create an account" in client.get("/login").text


def test_it_is_off_where_no_mail_is_sent(world: World) -> None:
    registers(world)
    assert world.client().get("/register").status_code == 404
    assert "Create an account" not in world.client().get("/login").text


def test_who_proves_to_read_an_address_becomes_a_member_and_is_inside(open_world: World) -> None:
    client = open_world.client()
    client.http.set_cookie("language", "de", domain="127.0.0.1")
    asks(open_world, " Zoe@EXAMPLE.org", at="/register", client=client)
    decides(open_world)
    [mail] = mails(open_world)
    assert (mail.to, mail.language, mail.one_time) == (("Zoe@example.org",), "de", True)
    assert creates(client, link_in(mail)) == (303, "/vault?done=registered")
    assert client.get("/account").status_code == 200
    with open_world.unit():
        user = open_world.users.find("zoe@example.org")
    assert user is not None
    assert (user.email, user.name, user.active) == ("Zoe@example.org", "Zoë Klein", True)
    assert user.account.roles == (MEMBER,)
    made = [event for event in open_world.events("user.create") if event["object_id"] == user.id]
    assert [event["actor"] for event in made] == ["door"]
    [chosen] = [row["language"] for row in open_world.rows("preferences") if row["language"]]
    assert chosen == "de"


def test_an_address_with_an_account_is_told_so_by_mail_and_gets_no_link(open_world: World) -> None:
    for name, status in (("anna", "active"), ("ina", "invited"), ("dan", "disabled")):
        open_world.person(name)
        becomes(open_world, name, status=status)
    for name in ("anna", "ina", "dan"):
        asks(open_world, f"{name.upper()}@example.org", at="/register")
    decides(open_world)
    found = mails(open_world)
    assert sorted(mail.to[0] for mail in found) == ["anna@example.org", "dan@example.org", "ina@example.org"]
    assert {mail.subject for mail in found} == {"You have an account at 127.0.0.1:8000 already"}
    assert all("/forgot" in mail.body and "/register/" not in mail.body for mail in found)
    assert open_world.rows("link") == []


def test_an_address_whose_row_is_damaged_gets_nothing(open_world: World) -> None:
    open_world.person("anna")
    alter(open_world, "user", {"id": open_world.known["anna"]}, first_name="Eve")
    asks(open_world, "anna@example.org", at="/register")
    decides(open_world)
    assert (mails(open_world), open_world.rows("request")) == ([], [])


def test_other_domains_are_named_at_once_whatever_accounts_there_are(open_world: World) -> None:
    open_world.person("anna")
    registers(open_world, "nordwerk.example", "bücher.example")
    for address in ("anna@example.org", "nobody@example.org", "x@sub.nordwerk.example", "x@nordwerk.example.evil"):
        answer = asks(open_world, address, at="/register")
        assert answer.status_code == 422
        assert "Only addresses of nordwerk.example, xn--bcher-kva.example can register here." in answer.text
    for address in ("x@Nordwerk.Example", "x@bücher.example", "x@xn--bcher-kva.example"):
        assert asks(open_world, address, at="/register").status_code == 303
    assert len(open_world.rows("request")) == 3


def test_a_domain_that_is_not_allowed_any_more_gets_no_mail_and_its_links_end(open_world: World) -> None:
    path = link(open_world, ZOE, at="/register")
    asks(open_world, "late@example.org", at="/register")
    registers(open_world, "nordwerk.example")
    decides(open_world)
    assert mails(open_world, "late@example.org") == []
    assert creates(open_world.client(), path)[0] == 404
    registers(open_world, open_=False)
    assert open_world.client().get(path).status_code == 404


def test_a_few_mails_in_half_an_hour_reach_one_address(open_world: World) -> None:
    for address in (ZOE, "ZOE@example.org", "zoe@EXAMPLE.org", ZOE, "root@example.org"):
        asks(open_world, address, at="/register")
        decides(open_world)
    assert len(mails(open_world)) == 4
    open_world.clock.goes_on(minutes=30)
    asks(open_world, ZOE, at="/register")
    decides(open_world)
    assert len(mails(open_world)) == 5
    assert "zoe" not in str([event for event in open_world.events() if event["kind"] == "address"])


def test_a_newer_link_for_an_address_ends_the_older_one(open_world: World) -> None:
    other = link(open_world, "max@example.org", at="/register")
    first, second = link(open_world, ZOE, at="/register"), link(open_world, ZOE, at="/register")
    opened = [open_world.client().get(path).status_code for path in (first, second, other)]
    assert opened == [404, 200, 200]
    assert len(open_world.events("link.end")) == 1
    assert creates(open_world.client(), first)[0] == 404


def test_of_two_links_for_one_address_one_makes_the_account(open_world: World) -> None:
    first, second = link(open_world, ZOE, at="/register"), link(open_world, SAME, at="/register")
    opened = open_world.client()
    assert opened.get(second).status_code == 200
    assert creates(open_world.client(), first)[0] == 303
    before = open_world.rows("user")
    status, text = creates(opened, second, first_name="Eve")
    assert (status, "There is an account with this address" in text) == (409, True)
    assert opened.get(second).status_code == 409
    assert open_world.rows("user") == before
    assert creates(open_world.client(), first)[0] == 404


def test_two_who_use_links_for_one_address_at_once_make_one_account(make_world: Callable[..., World]) -> None:
    world = registers(sends_mails(make_world()))
    other = sends_mails(make_world())
    paths = [link(world, ZOE, at="/register"), link(world, SAME, at="/register")]
    clients = [world.client(), other.client()]
    calls = (partial(creates, *each, csrf_token=each[0].token()) for each in zip(clients, paths, strict=True))
    statuses = [outcome[0] for outcome in at_once(*calls)]
    assert sorted(statuses) == [303, 409]
    assert len(world.sql('SELECT 1 FROM "user" WHERE email_key = :key', key=ZOE)) == 1


def test_a_link_used_twice_at_once_makes_one_account(make_world: Callable[..., World]) -> None:
    world = registers(sends_mails(make_world()))
    other = sends_mails(make_world())
    path = link(world, ZOE, at="/register")
    clients = [world.client(), other.client()]
    calls = (partial(creates, client, path, csrf_token=client.token()) for client in clients)
    statuses = [outcome[0] for outcome in at_once(*calls)]
    assert sorted(statuses) in ([303, 404], [303, 409])
    assert len(world.rows("user")) == 2


def test_what_is_wrong_is_pointed_out_and_the_link_stays_good(open_world: World) -> None:
    path, client = link(open_world, ZOE, at="/register"), open_world.client()
    for wrong, reason in (
        ({"first_name": ""}, "This field is needed."),
        ({"first_name": "Zo\u202eë"}, "A name has up to 100 letters."),
        ({"last_name": "K" * 10_000}, "A name has up to 100 letters."),
        ({"password": "zoe example org 1", "password_again": "zoe example org 1"}, "Too close to your name"),
        ({"password_again": "another"}, "The two passwords differ."),
    ):
        status, text = creates(client, path, **wrong)
        assert (status, reason in text) == (422, True)
    assert len(open_world.rows("user")) == 1
    assert client.post(f"{path}/strength", first_name="Willow", password=NEW).status_code == 200
    assert creates(client, path, email="root@example.org")[0] == 422, "the address is not for choosing"
    assert creates(client, path)[0] == 303


def test_a_link_ends_after_a_day_and_serves_nothing_else(open_world: World) -> None:
    path = link(open_world, ZOE, at="/register")
    reset = link(open_world, "root@example.org").replace("/reset/", "/register/")
    client = open_world.client()
    answers = [client.get(each) for each in (reset, path[:-1], "/register/x")]
    open_world.clock.goes_on(days=1)
    answers.append(client.get(path))
    assert {answer.status_code for answer in answers} == {404}
    assert len({CHANGING.sub("", answer.text) for answer in answers}) == 1
    assert 'href="/register"' in answers[0].text


def test_looking_at_a_link_consumes_nothing(open_world: World) -> None:
    path, scanner = link(open_world, ZOE, at="/register"), open_world.client()
    before = (open_world.rows("link"), open_world.rows("user"))
    for _time in range(3):
        assert scanner.get(path).status_code == 200
        assert scanner.http.head(path, base_url=scanner.site).status_code == 200
    assert (open_world.rows("link"), open_world.rows("user")) == before


def test_who_was_signed_in_in_this_browser_is_signed_out(open_world: World) -> None:
    anna = open_world.person("anna")
    client, path = open_world.client(anna), link(open_world, ZOE, at="/register")
    sessions = len(open_world.rows("session"))
    assert creates(client, path)[0] == 303
    assert "Zoë" in client.get("/account").text
    assert len(open_world.rows("session")) == sessions
