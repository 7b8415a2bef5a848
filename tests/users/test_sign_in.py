"""The door: who comes in, who does not, and that both look the same from outside."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from app.crypto.passwords import Passwords
from app.subject import Subject
from app.users.sign_in import SignIn, WrongPassword
from tests.builders import PASSWORD, START, Client, World
from tests.tampering import alter, stored
from tests.users.cookies import session_token, take_session

WRONG = "wrong-horse-battery"
CHANGING = re.compile(r'(name="csrf_token" value="|nonce="|value=")[^"]*"')


def tries(client: Client, email: str, password: str, **more: Any) -> tuple[int, str]:
    """Try to sign in; return status and page, without what differs from page to page or was typed."""
    answer = client.post("/login", email=email, password=password, **{"next": "", **more})
    return answer.status_code, CHANGING.sub("", answer.text)


def is_in(client: Client) -> bool:
    return client.get("/groups").status_code == 200


def test_a_person_signs_in_and_out(world: World) -> None:
    anna = world.person("anna")
    client = world.client()
    assert tries(client, "Anna@Example.org ", PASSWORD)[0] == 303
    assert is_in(client)
    answer = client.post("/logout")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not is_in(client)
    told = [(event["action"], event["subject"]) for event in world.events() if event["action"].startswith("user.sign")]
    assert told == [("user.sign-in", anna.id), ("user.sign-out", anna.id)]


@pytest.mark.parametrize(
    "email", ["nobody@example.org", "not an address", "", "a" * 300 + "@example.org", "ann\u0430@example.org", "\0"]
)
def test_known_and_unknown_addresses_get_the_same_page(world: World, email: str) -> None:
    anna = world.person("anna")
    known, unknown = world.client(), world.client()
    if email:
        assert tries(known, anna.email, WRONG) == tries(unknown, email, WRONG)
        assert tries(known, anna.email, WRONG)[0] == 422


def test_a_disabled_person_gets_the_same_page(world: World) -> None:
    anna, ben = world.person("anna"), world.person("ben")
    with world.unit():
        world.users.disable("tests", anna.id)
    assert tries(world.client(), anna.email, PASSWORD) == tries(world.client(), ben.email, WRONG)


def test_a_damaged_person_gets_the_same_page(world: World) -> None:
    anna, ben = world.person("anna"), world.person("ben")
    alter(world, "user", {"id": anna.id}, first_name="Eve")
    assert tries(world.client(), anna.email, PASSWORD) == tries(world.client(), ben.email, WRONG)


def test_a_failure_is_recorded_once_a_minute_for_known_and_unknown_alike(world: World) -> None:
    anna = world.person("anna")
    for email in (anna.email, "nobody@example.org"):
        for _ in range(3):
            tries(world.client(), email, WRONG)
    failures = [event for event in world.events("user.sign-in") if event["detail"].get("outcome") == "wrongpassword"]
    assert [(event["kind"], event["count"]) for event in failures] == [("user", 1), ("address", 1)]
    assert failures[0]["object_id"] == anna.id
    assert "nobody" not in str(failures)


def test_known_and_unknown_addresses_take_the_same_time(make_world: Callable[..., World]) -> None:
    world = make_world({"TRESOR_PASSWORDS__MEMORY": "65536", "TRESOR_PASSWORDS__TIME": "2"})
    anna = world.person("anna")

    def seconds(email: str) -> float:
        begun = time.perf_counter()
        with pytest.raises(WrongPassword), world.unit():
            sign_in(world, email)
        return time.perf_counter() - begun

    known, unknown = zip(*((seconds(anna.email), seconds("nobody@example.org")) for _ in range(4)), strict=True)
    assert 0.4 < min(unknown) / min(known) < 2.5  # without a hash for nobody: 0.05


def sign_in(world: World, email: str, password: str = WRONG) -> str:
    return world.cfg.get(SignIn).sign_in(email=email, password=password, address="192.0.2.1", device="tests")


def test_the_cookie_can_be_read_by_nobody_else(world: World) -> None:
    answer = world.client().post("/login", email=world.person("anna").email, password=PASSWORD, next="")
    cookie = next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith("session="))
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_over_https_the_cookie_is_bound_to_the_host(make_world: Callable[..., World]) -> None:
    strong = {"TRESOR_PASSWORDS__MEMORY": "65536", "TRESOR_PASSWORDS__TIME": "3", "TRESOR_LIMITS__ENABLED": "true"}
    world = make_world({"TRESOR_BASE_URL": "https://vault.example.org", **strong})
    answer = world.client().post("/login", email=world.person("anna").email, password=PASSWORD, next="")
    cookies = [each for each in answer.headers.getlist("Set-Cookie") if "Max-Age=0" not in each]
    names = {each.split("=")[0] for each in cookies}
    assert "__Host-session" in names
    assert all({"Secure", "HttpOnly", "Path=/"} <= set(each.split("; ")) for each in cookies)


def test_a_session_planted_before_signing_in_is_not_kept(world: World) -> None:
    anna = world.person("anna")
    client = world.client()
    take_session(client, "planted")
    assert tries(client, anna.email, PASSWORD)[0] == 303
    assert session_token(client) != "planted"


def test_signing_in_again_gives_another_token(world: World) -> None:
    anna = world.person("anna")
    first, second = world.client(anna), world.client(anna)
    assert session_token(first) != session_token(second)
    assert is_in(first)
    assert is_in(second)


def test_a_form_of_before_signing_in_is_not_taken_after(world: World) -> None:
    anna = world.person("anna")
    client = world.client()
    before = client.token()
    assert client.post("/login", email=anna.email, password=PASSWORD, next="", csrf_token=before).status_code == 303
    assert client.post("/logout", csrf_token=before).status_code == 400
    inside = client.token()
    assert client.post("/logout", csrf_token=inside).status_code == 303
    assert client.post("/login", email=anna.email, password=PASSWORD, csrf_token=inside).status_code == 400


def test_a_stolen_session_ends_with_the_password_change(world: World) -> None:
    anna = world.person("anna")
    client, thief = world.client(anna), world.client()
    take_session(thief, session_token(client))
    assert is_in(thief)
    with world.unit():
        world.users.set_password("tests", anna.id, password="another-horse-battery")
    assert not is_in(thief)


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        ("/groups", "/groups"),
        ("/vault?q=a", "/vault?q=a"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
    ],
)
def test_signing_in_leads_on_within_this_site_only(world: World, wanted: str, location: str) -> None:
    anna = world.person("anna")
    client = world.client()
    answer = client.post("/login", email=anna.email, password=PASSWORD, next=wanted)
    assert (answer.status_code, answer.headers["Location"]) == (303, location)


def test_an_old_hash_is_stored_anew_at_sign_in_and_sessions_go_on(
    world: World, make_world: Callable[..., World]
) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    later = make_world({"TRESOR_PASSWORDS__TIME": "2"})
    assert later.client(anna).get("/groups").status_code == 200
    with later.unit():
        user = later.users.get(anna.id)
    assert user is not None
    assert not later.cfg.get(SignIn)._passwords.needs_rehash(user.account.password or "")
    assert world.cfg.get(SignIn)._passwords.needs_rehash(user.account.password or "")
    assert is_in(client)


def test_the_last_sign_in_is_kept(world: World) -> None:
    anna = world.person("anna")
    world.client(anna)
    assert stored(world, "preferences", user=anna.id)["last_sign_in"] == START


def test_a_full_house_answers_at_once(world: World) -> None:
    anna = world.person("anna")
    passwords: Passwords = world.cfg.get(SignIn)._passwords
    rules = world.cfg.settings.passwords
    taken = [passwords._places.acquire(blocking=False) for _ in range(rules.at_once + rules.waiting)]
    assert all(taken)
    assert tries(world.client(), anna.email, PASSWORD)[0] == 429


def test_an_unexpected_or_repeated_field_is_refused(world: World) -> None:
    anna = world.person("anna")
    assert tries(world.client(), anna.email, PASSWORD, is_admin="1")[0] == 422
    client = world.client()
    body = f"csrf_token={client.token()}&email={anna.email}&password={PASSWORD}&email=ben@example.org&next="
    answer = client.http.post(
        "/login", base_url=client.site, data=body, headers={"Sec-Fetch-Site": "same-origin"},
        content_type="application/x-www-form-urlencoded",
    )  # fmt: skip
    assert answer.status_code == 422


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_another_site_cannot_sign_anybody_in_or_out(world: World, site: str) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    assert client.post("/logout", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert is_in(client)


def test_confirming_needs_the_password_and_exchanges_the_session(world: World) -> None:
    anna = world.person("anna")
    client = world.client(anna)
    old = session_token(client)
    wrong = client.post("/confirm", password=WRONG, next="/groups")
    assert (wrong.status_code, session_token(client)) == (422, old)
    right = client.post("/confirm", password=PASSWORD, next="/groups")
    assert (right.status_code, right.headers["Location"]) == (303, "/groups")
    assert session_token(client) != old
    thief = world.client()
    take_session(thief, old)
    assert not is_in(thief)


def test_nobody_confirms_for_another(world: World) -> None:
    assert world.client().post("/confirm", password=PASSWORD, next="").status_code == 401


def test_a_session_seen_in_the_trail_belongs_to_its_person(world: World) -> None:
    anna = world.person("anna")
    world.client(anna)
    events = [event for event in world.events("user.sign-in") if event["kind"] == "session"]
    assert [event["subject"] for event in events] == [anna.id]
    assert isinstance(events[0]["object_id"], UUID)


def test_a_subject_is_frozen(world: World) -> None:
    anna: Subject = world.person("anna")
    with pytest.raises(AttributeError):
        anna.permissions = frozenset({"user.roles"})  # type: ignore[misc]
