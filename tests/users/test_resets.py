"""A forgotten password: who is mailed a link, what it does, and what it does not."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from functools import partial

import pytest

from app.outbox.models import Mail
from app.users.models import Account
from app.users.preferences import Preferences
from app.users.resets import Resets
from app.users.told import Told
from tests.builders import PASSWORD, Client, World
from tests.mails import link_in, mails, sends_mails
from tests.tampering import alter
from tests.users.asking import NEW, asks, becomes, decides, link, registers
from tests.users.test_service import at_once

CHANGING = re.compile(r'(name="csrf_token" value="|nonce=")[^"]*"')
CLOSED = "This installation sends no mail"


@pytest.fixture
def open_world(world: World) -> World:
    """A world in which mails are sent, with Anna in it."""
    sends_mails(world).person("anna")
    return world


def changes(client: Client, path: str, password: str = NEW, again: str | None = None) -> tuple[int, str]:
    """Send the form of a link, and return status and page."""
    answer = client.post(path, password=password, password_again=password if again is None else again)
    return answer.status_code, answer.text


def account(world: World, name: str = "anna") -> Account:
    with world.unit():
        user = world.users.get(world.known[name])
    assert user is not None
    return user.account


def enters(world: World, password: str) -> bool:
    return world.client().post("/login", email="anna@example.org", password=password, next="").status_code == 303


def test_the_link_goes_to_the_stored_address_in_the_language_of_the_account(open_world: World) -> None:
    asks(open_world, " ANNA@Example.ORG ")
    decides(open_world)
    [mail] = mails(open_world)
    assert mail.to == ("anna@example.org",)
    assert mail.one_time
    assert mail.language == "en"
    assert mail.body.startswith("Hello Anna Example,")
    with open_world.unit():
        user = open_world.users.get(open_world.known["anna"])
        assert user is not None
        open_world.cfg.get(Preferences).speak(user, language="de")
    asks(open_world, "anna@example.org")
    decides(open_world)
    assert [each.language for each in mails(open_world)] == ["en", "de"]
    assert "30 Minuten" in mails(open_world)[1].body


def test_who_chose_no_language_is_written_to_in_that_of_the_page(open_world: World) -> None:
    client = open_world.client()
    client.http.set_cookie("language", "de", domain="127.0.0.1")
    asks(open_world, "anna@example.org", client=client)
    decides(open_world)
    assert [each.language for each in mails(open_world)] == ["de"]


def test_nobody_but_an_active_person_with_a_password_is_mailed(open_world: World) -> None:
    for name in ("disabled", "invited", "without", "damaged"):
        open_world.person(name)
    with open_world.unit():
        open_world.users.disable("tests", open_world.known["disabled"])
    becomes(open_world, "invited", status="invited", password=None)
    becomes(open_world, "without", password=None)
    alter(open_world, "user", {"id": open_world.known["damaged"]}, first_name="Eve")
    for name in ("disabled", "invited", "without", "damaged", "nobody"):
        asks(open_world, f"{name}@example.org")
    asks(open_world, "no address@")
    asks(open_world, "ann\u0430@example.org")
    decides(open_world)
    assert (mails(open_world), open_world.rows("link"), open_world.rows("request")) == ([], [], [])
    assert len(open_world.events("user.damaged")) == 1


def test_a_few_mails_in_half_an_hour_reach_one_person_the_others_are_not_sent(open_world: World) -> None:
    open_world.person("ben")
    for _time in range(5):
        asks(open_world, "anna@example.org")
        decides(open_world)
    asks(open_world, "ben@example.org")
    decides(open_world)
    assert [mail.to[0] for mail in mails(open_world)] == [*["anna@example.org"] * 3, "ben@example.org"]
    last = link_in(mails(open_world, "anna@example.org")[-1])
    assert open_world.client().get(last).status_code == 200
    open_world.clock.goes_on(minutes=30)  # no longer than the last link holds
    assert open_world.client().get(last).status_code == 404
    asks(open_world, "anna@example.org")
    decides(open_world)
    assert len(mails(open_world, "anna@example.org")) == 4


def test_a_link_replaces_the_password_alone_and_ends_all_sessions(open_world: World) -> None:
    becomes(open_world, "anna", factors=("a factor",), recovery_codes=("a code",))
    inside = open_world.client(open_world.subject(open_world.known["anna"]))
    before, client = account(open_world), open_world.client()
    answer = client.post(link(open_world, "anna@example.org"), password=NEW, password_again=NEW)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?done=reset")
    assert "Password changed. Sign in with the new one." in client.get("/login?done=reset").text
    assert client.get("/account").status_code == 303, "they are not signed in"
    assert inside.get("/account").status_code == 303
    after = account(open_world)
    assert after.generation == before.generation + 1
    assert (after.factors, after.recovery_codes, after.roles) == (before.factors, before.recovery_codes, before.roles)
    assert (enters(open_world, PASSWORD), enters(open_world, NEW)) == (False, True)


def test_the_person_is_told_that_the_password_was_changed(open_world: World) -> None:
    path = link(open_world, "anna@example.org")
    changes(open_world.client(), path)
    told: Mail = mails(open_world)[-1]
    assert (told.to, told.one_time) == (("anna@example.org",), False)
    assert told.subject == "Your password for 127.0.0.1:8000 was changed"
    assert "/reset/" not in told.body
    [event] = open_world.events("user.password")
    assert (event["actor"], event["object_id"]) == ("door", open_world.known["anna"])


def test_looking_at_a_link_consumes_nothing(open_world: World) -> None:
    path, scanner = link(open_world, "anna@example.org"), open_world.client()
    before = (open_world.rows("link"), open_world.rows("user"))
    for _time in range(3):
        assert scanner.get(path).status_code == 200
        assert scanner.http.head(path, base_url=scanner.site).status_code == 200
    assert (open_world.rows("link"), open_world.rows("user")) == before
    assert changes(open_world.client(), path)[0] == 303


@pytest.mark.parametrize(
    ("password", "again", "reason"),
    [
        ("short", None, "At least 15 characters."),
        ("a1b2" * 65, None, "At most 256 characters."),
        ("Anna Example 1984", None, "Too close to your name or address."),
        ("passwordpassword", None, "It says the same again and again."),
        (NEW, NEW + "x", "The two passwords differ."),
        ("", None, "This field is needed."),
    ],
)
def test_a_password_that_breaks_a_rule_leaves_the_link_good(
    open_world: World, password: str, again: str | None, reason: str
) -> None:
    path, client = link(open_world, "anna@example.org"), open_world.client()
    before = open_world.rows("user")
    status, text = changes(client, path, password, again)
    assert (status, reason in text) == (422, True)
    assert open_world.rows("user") == before
    assert changes(client, path)[0] == 303


def test_used_expired_cut_foreign_and_made_up_links_are_answered_alike(open_world: World) -> None:
    registers(open_world)
    used = link(open_world, "anna@example.org")
    changes(open_world.client(), used)
    foreign = link(open_world, "new@example.org", at="/register").replace("/register/", "/reset/")
    old, newest = link(open_world, "anna@example.org"), link(open_world, "anna@example.org")
    expired = link(open_world, "root@example.org")
    paths = [used, foreign, old, newest[:-1], newest + "x", "/reset/x", f"/reset/{'a' * 43}", f"/reset/{'ä' * 43}"]
    answers = [open_world.client().get(path) for path in paths]
    open_world.clock.goes_on(minutes=30)
    answers.append(open_world.client().get(expired))
    answers.append(open_world.client().get(newest))
    assert {answer.status_code for answer in answers} == {404}
    assert len({CHANGING.sub("", answer.text) for answer in answers}) == 1
    assert "This link does not work" in answers[0].text
    assert 'href="/forgot"' in answers[0].text
    before = open_world.rows("user")
    assert {changes(open_world.client(), path)[0] for path in (*paths, expired)} == {404}
    assert open_world.rows("user") == before


def test_of_two_who_use_a_link_at_once_one_does(make_world: Callable[..., World]) -> None:
    world, other = sends_mails(make_world()), make_world()
    sends_mails(other)
    world.person("anna")
    path = link(world, "anna@example.org")
    passwords = (NEW, NEW + "-other")
    clients = [(each, each.token()) for each in (world.client(), other.client())]

    def use(client: Client, token: str, password: str) -> tuple[int, str]:
        answer = client.post(path, csrf_token=token, password=password, password_again=password)
        return answer.status_code, password

    both = zip(clients, passwords, strict=True)
    answers = at_once(*(partial(use, *client, password) for client, password in both))
    assert sorted(status for status, _password in answers) == [303, 404]
    [winner] = [password for status, password in answers if status == 303]
    [loser] = [password for status, password in answers if status == 404]
    assert (enters(world, winner), enters(world, loser)) == (True, False)
    assert len(mails(world)) == 2


def test_who_is_disabled_while_the_form_is_open_gets_no_password(open_world: World) -> None:
    path = link(open_world, "anna@example.org")
    assert open_world.client().get(path).status_code == 200
    with open_world.unit():
        open_world.users.disable("tests", open_world.known["anna"])
    before = account(open_world).password
    assert changes(open_world.client(), path)[0] == 404
    assert account(open_world).password == before
    with open_world.unit():
        open_world.users.enable("tests", open_world.known["anna"])
    assert changes(open_world.client(), path)[0] == 404, "disabling has ended it for good"


def test_who_is_disabled_at_that_moment_keeps_the_password(open_world: World) -> None:
    token = link(open_world, "anna@example.org").rpartition("/")[2]
    before, outcomes = account(open_world).password, []

    def use() -> None:
        with open_world.unit():
            outcomes.append(open_world.cfg.get(Resets).set_password(token, password=NEW, language="en"))

    with open_world.unit():
        open_world.users.disable("tests", open_world.known["anna"])
        using = threading.Thread(target=at_once, args=(use,))
        using.start()
        using.join(0.5)  # it has found the link, and waits for Anna's row
        assert using.is_alive()
    using.join()
    assert outcomes == []
    assert account(open_world).password == before


def test_a_password_by_link_is_told_as_that_and_marks_no_account(open_world: World) -> None:
    assert changes(open_world.client(), link(open_world, "anna@example.org"))[0] == 303
    told, anna = open_world.cfg.get(Told), open_world.known["anna"]
    with open_world.unit():
        assert [each.text for each in told.of(anna)] == ["Your password was replaced with a mailed link."]
        assert told.marks(anna) == []


def test_links_are_built_from_the_base_url_alone(open_world: World) -> None:
    client = open_world.client()
    token = client.token()
    poisoned = client.http.post(
        "/forgot",
        base_url="http://evil.example",
        data={"csrf_token": token, "email": "anna@example.org"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert (poisoned.status_code, open_world.rows("request")) == (400, [])
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
    assert client.post("/forgot", email="anna@example.org", headers=forwarded).status_code == 303
    decides(open_world)
    [mail] = mails(open_world)
    assert "evil" not in mail.body
    assert f"{open_world.cfg.settings.server.base_url}/reset/" in mail.body


def test_where_no_mail_is_sent_the_page_says_who_helps(world: World) -> None:
    anna = world.person("anna")
    assert 'href="/forgot"' in world.client().get("/login").text
    page = world.client().get("/forgot")
    assert (page.status_code, CLOSED in page.text, "<input" in page.text.split("</form>")[0]) == (200, True, True)
    answers = {address: asks(world, address) for address in (anna.email, "nobody@example.org")}
    assert {each.headers["Location"] for each in answers.values()} == {"/forgot"}
    assert world.rows("request") == []


def test_the_strength_is_said_to_who_has_the_link_alone(open_world: World) -> None:
    path, client = link(open_world, "anna@example.org"), open_world.client()
    typed = {"password": "Anna Example 1984", "password_again": ""}
    answer = client.post(f"{path}/strength", **typed)
    assert (answer.status_code, "Too close to your name" in answer.text) == (200, True)
    assert client.post("/reset/x/strength", **typed).status_code == 404
