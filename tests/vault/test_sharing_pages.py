"""The sharing page after it is saved: it leads to a page that its person can still open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from app.subject import Subject
from app.users.preferences import Preferences
from app.vault.heads import Heads
from app.vault.policy import Level
from app.vault.sharing import Sharing, Wishes
from tests.builders import PASSWORD, World, a_login


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


def revision(world: World, secret: UUID) -> str:
    with world.unit():
        head = world.cfg.get(Heads).load(secret)
    assert head is not None
    return str(head.revision)


def levels(world: World, secret: UUID) -> dict[UUID, str]:
    with world.unit():
        head = world.cfg.get(Heads).load(secret)
    assert head is not None
    return {grant.user: grant.level.value for grant in head.access}


def test_numbered_rows_add_people_and_one_that_was_taken_back_adds_nobody(world: World) -> None:
    anna, ben, cleo, dora = (world.person(name) for name in ("anna", "ben", "cleo", "dora"))
    secret = world.keep(a_login(), owner=anna)
    answer = world.client(anna).post(
        f"/vault/{secret}/sharing",
        **{
            "revision": revision(world, secret), "add": "", "add-level": "viewer",
            "add-1": ben.email, "add-level-1": "editor", "add-until-1": "2027-01-31",
            "add-2": cleo.email, "add-level-2": "none", "add-until-2": "",
            "add-17": dora.email,
        },
    )  # fmt: skip
    assert answer.status_code == 303
    assert levels(world, secret) == {anna.id: "owner", ben.id: "editor", dora.id: "viewer"}


@pytest.mark.parametrize(
    "field", ["add-0", "add-01", "add-1000", "add-x", "add-until-1-1", "add-level-", "seen-x", "seen-groups"]
)
def test_a_row_that_the_page_cannot_have_is_refused(world: World, field: str) -> None:
    anna, ben = world.person("anna"), world.person("ben")
    secret = world.keep(a_login(), owner=anna)
    fields = {"revision": revision(world, secret), field: ben.email}
    assert world.client(anna).post(f"/vault/{secret}/sharing", **fields).status_code == 422
    assert levels(world, secret) == {anna.id: "owner"}


def test_a_refused_form_keeps_every_row_with_its_own_mistake(world: World) -> None:
    anna, ben = world.person("anna"), world.person("ben")
    secret = world.keep(a_login(), owner=anna)
    answer = world.client(anna).post(
        f"/vault/{secret}/sharing",
        **{
            "revision": revision(world, secret),
            "add-1": ben.email, "add-level-1": "editor", "add-until-1": "2027-01-31",
            "add-2": "nobody@example.org", "add-level-2": "owner", "add-until-2": "",
        },
    )  # fmt: skip
    assert answer.status_code == 422
    assert 'href="#f-add-2"' in answer.text
    assert 'id="f-add-2-e"' in answer.text
    assert "<b>Ben Example</b>" in answer.text
    assert 'value="2027-01-31"' in answer.text
    assert levels(world, secret) == {anna.id: "owner"}


def test_what_is_as_the_page_showed_it_is_no_wish(world: World) -> None:
    anna, ben, cleo = world.person("anna"), world.person("ben"), world.person("cleo")
    secret = world.keep(a_login(), owner=anna)
    world.share(secret, owner=anna, to=ben)
    browser = world.client(anna)
    shown = {"revision": revision(world, secret), f"level-{ben.id}": "viewer", f"seen-{ben.id}": "viewer "}
    with world.unit():
        wishes = Wishes(levels={ben.id: Level.EDITOR})
        world.cfg.get(Sharing).save(anna, secret, revision=int(shown["revision"]), wishes=wishes)
    assert browser.post(f"/vault/{secret}/sharing", **shown).status_code == 303
    assert levels(world, secret)[ben.id] == "editor"
    late = browser.post(f"/vault/{secret}/sharing", **shown, add=cleo.email)
    assert late.status_code == 409
    assert "You changed this yourself meanwhile" in late.text
    assert f'value="{cleo.email}"' in late.text
    assert levels(world, secret) == {anna.id: "owner", ben.id: "editor"}


def test_an_owner_who_is_asked_and_does_not_answer_stays_owner(world: World) -> None:
    anna, ben = world.person("anna"), world.person("ben")
    secret = world.keep(a_login(), owner=anna)
    world.share(secret, owner=anna, to=ben, level="owner")
    browser = world.client(anna)
    for level in ("viewer", "editor", "none"):
        asked = {"revision": revision(world, secret), "asks-owner": "1", f"level-{anna.id}": level}
        answer = browser.post(f"/vault/{secret}/sharing", **asked)
        assert (answer.status_code, "You would no longer own it" in answer.text) == (422, True)
    assert levels(world, secret)[anna.id] == "owner"
    assert browser.post(f"/vault/{secret}/sharing", **asked, **{"give-up": "on"}).status_code == 303
    assert levels(world, secret) == {ben.id: "owner"}


def test_the_search_answers_with_options_that_are_text_and_to_owners_alone(world: World) -> None:
    team = world.group("Team").id
    anna, eve = world.person("anna", groups={team: "member"}), world.person("eve")
    with world.unit():
        made = world.users.create(
            "tests", email="bold@example.org", first_name="<b>Bo</b>", last_name="'\"", password=PASSWORD
        )
    world.joins(world.subject(made.id), team)
    secret = world.keep(a_login(), owner=anna)
    answer = world.client(anna).get(f"/vault/{secret}/sharing/people?add=bold")
    assert answer.text.count('role="option"') == 1
    assert "&lt;b&gt;Bo&lt;/b&gt;" in answer.text
    assert "<b>Bo" not in answer.text
    assert world.client(eve).get(f"/vault/{secret}/sharing/people?add=bold").status_code == 404


def test_a_group_page_asks_the_same_number_of_statements_for_one_publication_and_for_ten(world: World) -> None:
    team = world.group("Team").id
    anna = world.person("anna", groups={team: "admin"})
    browser = world.client(anna)
    paths = (f"/groups/{team}", f"/groups/{team}/members")
    world.publish(world.keep(a_login(), owner=anna), owner=anna, group=team)
    before = [statements(world, lambda path=path: browser.get(path)) for path in paths]
    for _number in range(9):
        world.publish(world.keep(a_login(), owner=anna), owner=anna, group=team)
    assert [statements(world, lambda path=path: browser.get(path)) for path in paths] == before


def test_the_sharing_page_asks_the_same_number_of_statements_for_one_group_and_for_ten(world: World) -> None:
    first = world.group("First").id
    anna = world.person("anna", groups={first: "member"})
    secret = world.keep(a_login(), owner=anna)
    browser = world.client(anna)
    before = statements(world, lambda: browser.get(f"/vault/{secret}/sharing"))
    for number in range(9):
        world.joins(anna, world.group(f"Team {number}").id)
    browser.get(f"/vault/{secret}/sharing")  # opened groups are kept
    assert statements(world, lambda: browser.get(f"/vault/{secret}/sharing")) == before


def statements(world: World, act: Callable[[], TestResponse]) -> int:
    """Return how many statements an answer takes."""
    act()
    count = [0]

    def counted(*_about: object) -> None:
        count[0] += 1

    event.listen(world.cfg.unit.engine, "before_cursor_execute", counted)
    assert act().status_code == 200
    event.remove(world.cfg.unit.engine, "before_cursor_execute", counted)
    return count[0]


@pytest.mark.parametrize(
    ("zone", "ends", "read_in"),
    [
        ("Europe/Berlin", "2027-01-31T23:00:00", {"Europe/Berlin": "2027-01-31", "Asia/Tokyo": "2027-02-01"}),
        ("America/New_York", "2027-02-01T05:00:00", {"America/New_York": "2027-01-31", "Europe/Berlin": "2027-02-01"}),
        ("Pacific/Auckland", "2027-01-31T11:00:00", {"Pacific/Auckland": "2027-01-31", "": "2027-01-31"}),
        ("", "2027-02-01T00:00:00", {"": "2027-01-31", "America/New_York": "2027-01-31"}),
    ],
)
def test_access_until_a_day_ends_with_that_day_where_its_giver_lives(
    world: World, zone: str, ends: str, read_in: dict[str, str]
) -> None:
    anna, ben = world.person("anna"), world.person("ben")
    secret = world.keep(a_login(), owner=anna)
    lives(world, anna, zone)
    fields = {"revision": revision(world, secret), "add": ben.email, "add-until": "2027-01-31"}
    assert world.client(anna).post(f"/vault/{secret}/sharing", **fields).status_code == 303
    assert end_of(world, secret, ben) == datetime.fromisoformat(ends).replace(tzinfo=UTC)
    for elsewhere, day in read_in.items():
        lives(world, anna, elsewhere)
        page = world.client(anna).get(f"/vault/{secret}/sharing").text
        assert f'name="until-{ben.id}" type="date" value="{day}"' in page
        same = {"revision": revision(world, secret), f"seen-{ben.id}": f"viewer {day}", f"until-{ben.id}": day}
        assert world.client(anna).post(f"/vault/{secret}/sharing", **same).status_code == 303
        assert end_of(world, secret, ben) == datetime.fromisoformat(ends).replace(tzinfo=UTC)


def lives(world: World, person: Subject, zone: str) -> None:
    with world.unit():
        world.cfg.get(Preferences).live(person, language="en", time_zone=zone)


def end_of(world: World, secret: UUID, person: Subject) -> datetime | None:
    with world.unit():
        head = world.cfg.get(Heads).load(secret)
    assert head is not None
    return next(grant.until for grant in head.access if grant.user == person.id)


def test_the_form_says_again_who_is_named_only_as_often_as_one_may_search(make_world: Callable[..., World]) -> None:
    world = make_world({"TRESOR_LIMITS__ENABLED": "true", "TRESOR_LIMITS__LOOK_UPS": "30"})
    anna, victims = world.person("anna"), [world.person(f"victim{number:02}") for number in range(25)]
    secret, client = world.keep(a_login(), owner=anna), world.client(anna)
    fields = {f"add-{number}": victim.email for number, victim in enumerate(victims, 1)}
    answers = [
        client.post(f"/vault/{secret}/sharing", revision=revision(world, secret), add="", **fields)
        for _time in range(2)
    ]
    assert [answer.status_code for answer in answers] == [422, 422]  # nobody adds so many at a time
    shown = [sum(f"Victim{number:02} Example" in answer.text for number in range(25)) for answer in answers]
    assert shown == [20, 10]
