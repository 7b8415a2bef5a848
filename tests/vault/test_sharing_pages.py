"""The sharing page after it is saved: it leads to a page that its person can still open."""

from __future__ import annotations

from app.vault.heads import Heads
from tests.builders import World, a_login


def test_an_owner_who_gives_it_away_is_led_to_a_page_that_they_can_open(world: World) -> None:
    anna, ben = world.person("anna"), world.person("ben")
    secret = world.keep(a_login(), owner=anna)
    world.share(secret, owner=anna, to=ben, level="owner")
    browser = world.client(anna)
    with world.unit():
        head = world.cfg.get(Heads).load(secret)
    assert head is not None
    answer = browser.post(f"/vault/{secret}/sharing", revision=str(head.revision), **{f"level-{anna.id}": "none"})
    assert answer.status_code == 303
    assert browser.get(answer.headers["Location"]).status_code == 200
