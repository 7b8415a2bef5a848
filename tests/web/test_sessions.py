"""A session's cookie: what ends it, and that nothing but a genuine one opens a door."""

from __future__ import annotations

import pytest

from tests.builders import PASSWORD, Client, World
from tests.web.conftest import House, carrying, cookie, is_signed_in

OTHER = "another-correct-horse"


def signs_in(client: Client, email: str, password: str = PASSWORD) -> int:
    return client.post("/login", email=email, password=password).status_code


def test_a_session_chosen_by_somebody_else_is_not_taken_over(house: House) -> None:
    planted = "A" * 43
    victim = carrying(house.world, planted)
    assert signs_in(victim, house.anna.email) == 303
    assert cookie(victim, "session") != planted
    assert not is_signed_in(carrying(house.world, planted))


def test_signing_in_again_ends_the_session_that_the_browser_had(house: House) -> None:
    browser = house.client(house.anna)
    first = cookie(browser, "session")
    assert signs_in(browser, house.ben.email) == 303
    assert cookie(browser, "session") != first
    assert not is_signed_in(carrying(house.world, first))
    assert is_signed_in(browser)


def test_a_failed_sign_in_leaves_the_session_as_it_was(house: House) -> None:
    browser = house.client(house.anna)
    first = cookie(browser, "session")
    assert signs_in(browser, house.anna.email, "wrong-password") == 422
    assert cookie(browser, "session") == first
    assert is_signed_in(browser)


def test_a_stolen_session_ends_with_sign_out(house: House) -> None:
    browser = house.client(house.anna)
    thief, elsewhere = carrying(house.world, cookie(browser, "session")), house.client(house.anna)
    assert is_signed_in(thief)
    assert browser.post("/logout").status_code == 303
    assert not is_signed_in(thief)
    assert is_signed_in(elsewhere)


def test_a_stolen_session_ends_with_another_password(world: World) -> None:
    anna = world.person("anna")
    browser = world.client(anna)
    thief = carrying(world, cookie(browser, "session"))
    assert is_signed_in(thief)
    with world.unit():
        world.users.set_password("tests", anna.id, password=OTHER)
    assert not is_signed_in(thief)
    assert not is_signed_in(browser)
    assert signs_in(browser, anna.email) == 422
    assert signs_in(browser, anna.email, OTHER) == 303
    assert not is_signed_in(thief)


def test_a_stolen_session_ends_when_its_person_is_disabled_and_stays_ended(world: World) -> None:
    anna = world.person("anna")
    thief = carrying(world, cookie(world.client(anna), "session"))
    assert is_signed_in(thief)
    with world.unit():
        world.users.disable("tests", anna.id)
    assert not is_signed_in(thief)
    with world.unit():
        world.users.enable("tests", anna.id)
    assert not is_signed_in(thief)


def test_confirming_replaces_the_session(house: House) -> None:
    browser = house.client(house.anna)
    first = cookie(browser, "session")
    assert browser.post("/confirm", password="wrong-password").status_code == 422
    assert is_signed_in(carrying(house.world, first))
    assert browser.post("/confirm", password=PASSWORD).status_code == 303
    assert cookie(browser, "session") != first
    assert is_signed_in(browser)
    assert not is_signed_in(carrying(house.world, first))


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1],
        lambda token: token[1:],
        lambda token: token + "A",
        lambda token: token + "=",
        lambda token: token.swapcase(),
        lambda token: f'"{token}x"',
        lambda token: "",
        lambda token: "A" * 43,
        lambda token: "A" * 100_000,
        lambda token: "null",
        lambda token: "' OR 1=1 --",
        lambda token: "%00" + token,
        lambda token: token[:20] + "\u00fc" + token[20:],
        lambda token: "\u0000",
        lambda token: "\ud7ff\u20ac",
    ],
)
def test_a_cookie_that_is_not_exactly_the_session_opens_nothing(house: House, change: object) -> None:
    token = cookie(house.client(house.anna), "session")
    http = house.world.app.test_client()
    sent = f"session={change(token)}".encode().decode("latin-1")  # type: ignore[operator]
    answer = http.get("/vault", base_url="http://127.0.0.1:8000", headers={"Cookie": sent})
    assert (answer.status_code, answer.location) == (303, "/login?next=/vault")


@pytest.mark.parametrize(
    "jar",
    [
        "session=%s; session=wrong",
        "session=wrong; session=%s",
        "session=%s; session=%s",
        ";;; session=%s ;=; a",
        "session; =; session=%s",
        "form=%s; session=x",
        "\x01=\x02; session=%s",
    ],
)
def test_two_or_odd_cookies_open_a_door_or_none_but_break_nothing(house: House, jar: str) -> None:
    token = cookie(house.client(house.anna), "session")
    http = house.world.app.test_client()
    answer = http.get("/vault", base_url="http://127.0.0.1:8000", headers={"Cookie": jar.replace("%s", token)})
    assert answer.status_code in (200, 303)


@pytest.mark.parametrize(
    "form", ["", "x", "e30.x.y", "A" * 5000, "\u00fc\u00fc", '"', "eyJjc3JmX3Rva2VuIjoiYSJ9.aAAAAA.AAAA"]
)
def test_a_form_cookie_that_is_not_ours_is_as_none(house: House, form: str) -> None:
    http = house.world.app.test_client()
    sent = f"form={form}".encode().decode("latin-1")
    answer = http.get("/login", base_url="http://127.0.0.1:8000", headers={"Cookie": sent})
    assert answer.status_code == 200


def test_a_session_of_one_person_is_never_another_persons(house: House) -> None:
    anna, ben = house.client(house.anna), house.client(house.ben)
    assert anna.get(f"/vault/{house.secret}/edit").status_code == 200
    anna.http.set_cookie("session", cookie(ben, "session"), domain="127.0.0.1")
    assert anna.get(f"/vault/{house.secret}/edit").status_code == 403
    form = {"csrf_token": ben.token()}
    # Ben's form token with Anna's seed is none
    sent = anna.http.post(
        f"/vault/{house.secret}/delete", base_url=anna.site, data=form, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert sent.status_code == 400


@pytest.mark.parametrize(
    "name",
    ["User-Agent", "Accept-Language", "Referer", "X-Forwarded-For", "If-None-Match", "Range", "Cookie", "Origin"],
)
def test_large_and_odd_headers_break_nothing(house: House, name: str) -> None:
    for value in ("A" * 60_000, "\u00fc\u00ff" * 50, ",;=\"'<>" * 500, "q=" * 4000):
        browser = house.client()
        if name != "Cookie":
            assert browser.get("/login", headers={name: value}).status_code == 200
        answer = browser.http.get("/vault", base_url=browser.site, headers={name: value})
        assert answer.status_code == 303


def test_a_long_or_odd_browser_name_does_not_keep_anybody_out(house: House) -> None:
    for agent in ("A" * 60_000, "\u00fc" * 300, "a\x00b", ""):
        browser = house.client()
        answer = browser.post("/login", email=house.anna.email, password=PASSWORD, headers={"User-Agent": agent})
        assert answer.status_code == 303, agent[:10]
        assert is_signed_in(browser)
