"""What a page says was done is said in the browser that did it, once, and never because of a link."""

from __future__ import annotations

from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from app.errors import Misconfigured
from app.web.saying import SECONDS
from tests.builders import Client, World, a_jira, a_login
from tests.web.conftest import House


def notices(answer: TestResponse) -> str:
    """Return what a page says above its content."""
    assert answer.status_code == 200
    return answer.text if 'class="notice' in answer.text else ""


def deletes(client: Client, world: World, person_id: UUID) -> str:
    """Let somebody delete a secret of theirs, and return the address that they are led to."""
    secret = world.keep(a_login(), owner=world.subject(person_id))
    answer = client.post(f"/vault/{secret}/delete")
    assert answer.status_code == 303
    return str(answer.location)


def test_a_link_from_elsewhere_makes_a_page_say_nothing(house: House) -> None:
    anna, nobody, site = house.desk(house.anna), house.client(), house.world.cfg.site
    words = site.messages.keys() - site.standing
    assert words > {"saved", "trashed", "version-restored", "reset", "person", "settings"}
    for word in words:
        for where in ("/vault", f"/vault/{house.secret}", "/account"):
            assert notices(anna.get(f"{where}?done={word}&secret={house.secret}&was=1&undo=abc")) == "", word
        assert notices(nobody.get(f"/login?done={word}")) == "", word


def test_what_was_done_is_said_once(house: House) -> None:
    anna = house.client(house.anna)
    address = deletes(anna, house.world, house.anna.id)
    assert "In the trash." in notices(anna.get(address))
    assert notices(anna.get(address)) == ""


def test_it_is_said_of_what_was_done_alone_and_by_nobody_else(house: House) -> None:
    anna, ben = house.client(house.anna), house.client(house.ben)
    address = deletes(anna, house.world, house.anna.id)
    another = house.world.keep(a_jira(), owner=house.anna)
    assert notices(ben.get(address)) == ""
    for other in (f"/vault?done=trashed&secret={another}", "/vault?done=saved", address.replace("/vault", "/groups")):
        assert notices(anna.get(other)) == ""
    assert "In the trash." in notices(anna.get(address))


def test_a_part_of_a_page_does_not_say_it(house: House) -> None:
    anna = house.client(house.anna)
    address = deletes(anna, house.world, house.anna.id)
    part = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#page", "HX-Current-URL": "/vault"}
    assert "In the trash." not in anna.get(address, headers=part).text
    assert "In the trash." in notices(anna.get(address))


def test_where_a_sign_in_leads_to_is_not_what_was_done(house: House) -> None:
    browser = house.client()
    link = f"/vault?done=trashed&secret={house.secret}"
    answer = browser.post("/login", email=house.anna.email, password="correct-horse-battery", next=link)
    assert answer.location == link
    assert notices(browser.get(link)) == ""


def test_its_cookie_is_a_hash_for_a_minute(house: House) -> None:
    anna = house.client(house.anna)
    secret = house.world.keep(a_login(), owner=house.anna)
    (line,) = (each for each in anna.post(f"/vault/{secret}/delete").headers.getlist("Set-Cookie") if "said=" in each)
    value, *attributes = line.split("; ")
    assert len(value.removeprefix("said=")) == 64
    assert set(attributes) >= {f"Max-Age={SECONDS}", "HttpOnly", "Path=/", "SameSite=Lax"}


def test_two_systems_do_not_say_different_things_by_one_word(world: World) -> None:
    site = world.cfg.site
    before = dict(site.messages)
    with pytest.raises(Misconfigured, match="settings"):
        site.says({"of-this-test": lambda _query: "", "settings": lambda _query: "Something else."})
    assert site.messages == before
