"""A form that is sent again: the same answer for the same values, and nothing lost that is not the same."""

from __future__ import annotations

import re

import pytest

from app.credentials.values import to_plain
from app.vault.service import MadeBefore
from tests.builders import a_jira, a_login
from tests.vault.conftest import Town

ONCE = re.compile(r'name="once"[^>]* value="([^"]+)"')
FILLED = {"name": "Portal", "website": "https://a.example.org", "username": "anna", "password": "marked-4711"}


def test_the_same_form_with_other_values_is_refused_and_stores_nothing(town: Town) -> None:
    anna = town.person("anna")
    with town.unit():
        first = town.vault.create(anna, "login", values=to_plain(a_login()), once="r1")
    for type_id, values in (("login", a_login(password="another")), ("jira", a_jira())):
        with pytest.raises(MadeBefore) as refusal, town.unit():
            town.vault.create(anna, type_id, values=to_plain(values), once="r1")
        assert (refusal.value.head.id, refusal.value.head.deleted_at) == (first, None)


def test_the_same_form_is_answered_alike_after_somebody_edited_what_it_made(town: Town) -> None:
    anna = town.person("anna")
    with town.unit():
        first = town.vault.create(anna, "login", values=to_plain(a_login()), once="r1")
    with town.unit():
        values = {**to_plain(a_login()), "notes": "new"}
        town.vault.change(anna, first, seen=1, values=values, cleared=frozenset())
    with town.unit():
        assert town.vault.create(anna, "login", values=to_plain(a_login()), once="r1") == first


def test_the_same_form_is_refused_once_what_it_made_lies_in_the_trash(town: Town) -> None:
    anna = town.person("anna")
    with town.unit():
        first = town.vault.create(anna, "login", values=to_plain(a_login()), once="r1")
    with town.unit():
        town.trash.delete(anna, first)
    with pytest.raises(MadeBefore) as refusal, town.unit():
        town.vault.create(anna, "login", values=to_plain(a_login()), once="r1")
    assert (refusal.value.head.id, refusal.value.head.deleted_at) == (first, town.clock())


def test_going_back_and_saving_something_else_asks_first_and_then_keeps_both(town: Town) -> None:
    browser = town.client(town.person("anna"))
    [once] = ONCE.findall(browser.get("/vault/new/login").text)
    first = browser.post("/vault/new/login", once=once, **FILLED)
    assert first.status_code == 303
    other = {**FILLED, "name": "Another portal", "password": "marked-4712"}
    answer = browser.post("/vault/new/login", once=once, **other)
    assert answer.status_code == 409
    assert "This form was saved before." in answer.text
    assert f'href="{first.headers["Location"].partition("?")[0]}"' in answer.text
    assert 'value="Another portal"' in answer.text
    assert "marked-4712" not in answer.text
    [again] = ONCE.findall(answer.text)
    second = browser.post("/vault/new/login", once=again, **other)
    assert second.status_code == 303
    assert second.headers["Location"] != first.headers["Location"]


def test_a_form_that_was_saved_and_deleted_says_where_the_first_one_is(town: Town) -> None:
    anna = town.person("anna")
    browser = town.client(anna)
    [once] = ONCE.findall(browser.get("/vault/new/login").text)
    made = browser.post("/vault/new/login", once=once, **FILLED).headers["Location"].partition("?")[0]
    assert browser.post(f"{made}/delete").status_code == 303
    answer = browser.post("/vault/new/login", once=once, **FILLED)
    assert answer.status_code == 409
    assert 'href="/vault/trash"' in answer.text
    assert "lies in the trash" in answer.text
