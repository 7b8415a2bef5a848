"""A change needs a form of our own page: its token, and the browser's word for where it was sent from."""

from __future__ import annotations

import pytest

from app.credentials.values import to_plain
from tests.builders import Client, a_jira
from tests.web.conftest import HIDDEN, House, raw

OURS = {"Sec_Fetch_Site": "same-origin"}
TYPED = {"name": "Board of Anna", "email": "anna@example.org", "token": "ATATT-typed-4713", "site": "", "once": "o-1"}


@pytest.mark.parametrize("token", [None, "", "wrong", "a.b.c"])
def test_a_form_without_its_token_is_shown_again_with_its_public_entries(house: House, token: str | None) -> None:
    anna = house.desk(house.anna)
    before = house.world.rows("secret")
    form = TYPED if token is None else {**TYPED, "csrf_token": token}
    answer = raw(anna, "/vault/new/jira", form, **OURS)
    assert answer.status_code == 400
    kept = dict(HIDDEN.findall(answer.text))
    assert kept.pop("csrf_token") not in ("", "wrong", "a.b.c")
    kept.pop("language", None)
    assert kept == {"name": "Board of Anna", "email": "anna@example.org", "site": "", "once": "o-1"}
    assert answer.text.count('name="token"') == 1
    assert 'type="password"' in answer.text
    assert "ATATT-typed-4713" not in answer.text
    assert house.world.rows("secret") == before


def test_what_is_shown_again_can_be_sent_once_the_secret_is_typed(house: House) -> None:
    anna = house.desk(house.anna)
    kept = dict(HIDDEN.findall(raw(anna, "/vault/new/jira", {**TYPED, "once": "o-2"}, **OURS).text))
    kept.pop("language", None)
    answer = raw(anna, "/vault/new/jira", {**kept, "token": "ATATT-typed-4713"}, **OURS)
    assert answer.status_code == 303
    made = answer.location.split("?")[0]
    assert anna.post(f"{made}/fields/token/copy").text == "ATATT-typed-4713"


def test_a_token_of_another_browser_is_none(house: House) -> None:
    anna, ben = house.desk(house.anna), house.desk(house.ben)
    assert raw(anna, "/vault/new/jira", {**TYPED, "csrf_token": ben.token()}, **OURS).status_code == 400


def test_a_token_from_before_sign_in_is_none_after_it(house: House) -> None:
    browser = house.client()
    early = browser.token()
    browser.post("/login", email=house.anna.email, password="correct-horse-battery")
    assert raw(browser, "/vault/new/jira", {**TYPED, "csrf_token": early}, **OURS).status_code == 400


def test_a_token_in_the_address_does_not_count(house: House) -> None:
    anna = house.desk(house.anna)
    assert raw(anna, f"/vault/new/jira?csrf_token={anna.token()}", TYPED, **OURS).status_code == 400


def test_sharing_without_its_token_keeps_what_was_chosen(house: House) -> None:
    anna = house.desk(house.anna)
    wishes = {
        "revision": "2",
        "shown-groups": "",
        "add": "eve@example.org",
        "add-level": "editor",
        f"level-{house.ben.id}": "none",
    }
    answer = raw(anna, f"/vault/{house.secret}/sharing", wishes, **OURS)
    kept = dict(HIDDEN.findall(answer.text))
    assert answer.status_code == 400
    assert {name: kept.get(name) for name in wishes} == wishes
    assert 'type="password"' not in answer.text


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        (None, "edit", 401),  # who may is asked before anything of the form is shown again
        ("eve", "edit", 404),
        ("ben", "edit", 403),
        ("anna", "edit", 400),
    ],
)
def test_without_a_token_who_may_is_still_asked(house: House, person: str | None, path: str, status: int) -> None:
    browser = house.client(getattr(house, person) if person else None)
    assert raw(browser, f"/vault/{house.secret}/{path}", TYPED, **OURS).status_code == status


def test_an_edit_without_its_token_keeps_public_entries_only(house: House) -> None:
    anna = house.desk(house.anna)
    answer = raw(anna, f"/vault/{house.secret}/edit", {**TYPED, "version": "1"}, **OURS)
    kept = dict(HIDDEN.findall(answer.text))
    assert (answer.status_code, kept["name"], kept["version"]) == (400, "Board of Anna", "1")
    assert "ATATT-typed-4713" not in answer.text


def test_sign_in_without_its_token_keeps_the_address_and_not_the_password(house: House) -> None:
    answer = raw(
        house.client(), "/login", {"email": "anna@example.org", "password": "typed-password", "next": "/groups"}, **OURS
    )
    kept = dict(HIDDEN.findall(answer.text))
    assert (answer.status_code, kept["email"], kept["next"]) == (400, "anna@example.org", "/groups")
    assert "typed-password" not in answer.text


def creates(browser: Client, **headers: str) -> int:
    form = {**TYPED, "csrf_token": browser.token(), "once": ""}
    return raw(browser, "/vault/new/jira", form, **headers).status_code


@pytest.mark.parametrize("sent_by", ["cross-site", "same-site", "none", "", "same-origin, cross-site", "SAME-ORIGIN"])
def test_a_form_of_another_site_is_refused_even_with_a_token(house: House, sent_by: str) -> None:
    anna = house.desk(house.anna)
    before = house.world.rows("secret")
    assert creates(anna, Sec_Fetch_Site=sent_by) == 403
    assert creates(anna, Sec_Fetch_Site=sent_by, Origin=anna.site) == 403
    assert house.world.rows("secret") == before


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        "https://127.0.0.1:8000",
        "http://127.0.0.1",
        "http://127.0.0.1:8001",
        "http://127.0.0.1:8000/",
    ],
)
def test_an_old_browser_is_refused_with_another_origin(house: House, origin: str) -> None:
    anna = house.desk(house.anna)
    before = house.world.rows("secret")
    assert creates(anna, Origin=origin) == 403
    assert house.world.rows("secret") == before


def test_an_old_browser_is_believed_by_its_origin(house: House) -> None:
    assert creates(house.desk(house.anna), Origin="http://127.0.0.1:8000") == 303


def test_without_any_word_of_where_from_it_is_refused(house: House) -> None:
    anna = house.desk(house.anna)
    assert creates(anna) == 403
    assert creates(anna, Referer=f"{anna.site}/vault/new/jira") == 403


def test_another_site_learns_nothing_and_gets_nothing_back(house: House) -> None:
    anna = house.desk(house.anna)
    answer = raw(anna, f"/vault/{house.secret}/edit", TYPED, Sec_Fetch_Site="cross-site")
    assert answer.status_code == 403
    assert "Board of Anna" not in answer.text


def test_a_get_changes_nothing_whatever_it_carries(house: House) -> None:
    anna = house.desk(house.anna)
    before = house.world.rows("secret"), house.world.rows("version")
    values = {**to_plain(a_jira(name="By GET")), "csrf_token": anna.token(), "version": "1"}
    for path in ("edit", "delete", "sharing", "history"):
        anna.get(f"/vault/{house.secret}/{path}", query_string=values)
    assert (house.world.rows("secret"), house.world.rows("version")) == before
