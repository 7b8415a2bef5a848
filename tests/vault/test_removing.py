"""Whoever was given a secret gives it back: out of their vault, by themselves, for good and on record."""

from __future__ import annotations

import pytest

from app.errors import Forbidden, Refused
from app.vault.listing import Overview, Wanted
from tests.builders import a_login
from tests.vault.conftest import Town
from tests.vault.test_use_cases import EDITOR, OWNER, VIEWER, a_scene, stored


@pytest.mark.parametrize("level", [VIEWER, EDITOR])
def test_who_was_given_a_secret_removes_it_from_their_vault(town: Town, level: int) -> None:
    scene = a_scene(town)
    person, owner = scene.levels[level], scene.levels[OWNER]
    before = town.head(scene.secret)
    with town.unit():
        town.sharing.leave(person, scene.secret)
    after = town.head(scene.secret)
    assert [grant for grant in before.access if grant.user != person.id] == [*after.access]
    assert after.publications == before.publications
    assert town.told(scene.secret)[-1] == ("secret.leave", person.id)
    with town.unit():
        assert town.cfg.get(Overview).page(person, Wanted()).rows == []
    for act in (lambda: town.vault.open(person, scene.secret), lambda: town.sharing.leave(person, scene.secret)):
        with pytest.raises(Refused) as refusal, town.unit():
            act()
        assert type(refusal.value) is Refused
    page = town.client(owner).get(f"/vault/{scene.secret}").text
    assert f"{person.name} removed it from their vault" in page


def test_an_owner_gives_up_ownership_where_all_owners_are_shown(town: Town) -> None:
    scene = a_scene(town)
    before = stored(town, scene.secret)
    with pytest.raises(Forbidden) as refusal, town.unit():
        town.sharing.leave(scene.levels[OWNER], scene.secret)
    assert str(refusal.value).startswith("You own it.")
    assert stored(town, scene.secret) == before
    page = town.client(scene.levels[OWNER]).get(f"/vault/{scene.secret}").text
    assert "Remove from my vault" not in page


def test_the_page_leads_to_the_question_and_back_to_the_vault(town: Town) -> None:
    anna, ben = town.person("anna"), town.person("ben")
    secret = town.keep(a_login(), owner=anna)
    town.share(secret, owner=anna, to=ben)
    browser = town.client(ben)
    assert f'href="/vault/{secret}/leave"' in browser.get(f"/vault/{secret}").text
    question = browser.get(f"/vault/{secret}/leave").text
    assert "Remove it from your vault?" in question
    assert "Only its owners can share it with you again: Anna-" in question
    answer = browser.post(f"/vault/{secret}/leave")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/vault?done=removed")
    assert "Removed from your vault." in browser.get("/vault?done=removed").text
    assert browser.get(f"/vault/{secret}").status_code == 404
