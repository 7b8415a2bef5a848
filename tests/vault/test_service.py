"""The vault's main use cases."""

from __future__ import annotations

import pytest

from app.errors import Refused
from app.subject import SYSTEM
from tests.builders import World, an_smtp


def test_a_stranger_is_refused_as_if_the_secret_did_not_exist(world: World) -> None:
    anna = world.person("anna", groups={SYSTEM: "member"})
    ben = world.person("ben")
    secret = world.keep(an_smtp(password="hunter2-hunter2"), owner=anna)
    with pytest.raises(Refused) as refusal, world.unit():
        world.vault.reveal(ben, secret, field="password")
    assert type(refusal.value) is Refused
    assert refusal.value.object_id == secret


def test_an_owner_reveals_what_they_stored_and_the_trail_says_so(world: World) -> None:
    anna = world.person("anna", groups={SYSTEM: "member"})
    secret = world.keep(an_smtp(password="hunter2-hunter2"), owner=anna)
    with world.unit():
        assert world.vault.reveal(anna, secret, field="password") == "hunter2-hunter2"
    assert [
        (event["subject"], event["object_id"], event["detail"]["field"]) for event in world.events("secret.reveal")
    ] == [(anna.id, secret, "password")]


def test_the_owner_sees_it_in_the_browser(world: World) -> None:
    anna = world.person("anna", groups={SYSTEM: "member"})
    secret = world.keep(an_smtp(), owner=anna)
    browser = world.client(anna)
    assert browser.get(f"/vault/{secret}").status_code == 200
    assert browser.get("/vault").status_code == 200
    assert world.client().get(f"/vault/{secret}").status_code == 303
