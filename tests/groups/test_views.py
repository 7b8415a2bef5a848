"""The groups' pages: who sees them, and what their form does."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from app.subject import SYSTEM, GroupLevel, Subject
from tests.builders import Client, World, a_jira, an_smtp

ADMIN, MEMBER = GroupLevel.ADMIN, GroupLevel.MEMBER
NOBODY = UUID(int=8)


def levels(world: World, group: UUID) -> dict[UUID, GroupLevel]:
    with world.unit():
        return {user.id: level for user, level in world.users.members(group)}


def saves(client: Client, group: UUID, **fields: str) -> int:
    """Send the members page, as of now, and return the status."""
    with client.world.unit():
        revision = client.world.groups.names([group])[group].revision
    sent = {"revision": str(revision), "add": "", "add-level": "member", **fields}
    return client.post(f"/groups/{group}/members", headers=None, **sent).status_code


def test_the_list_names_my_groups_alone(world: World) -> None:
    release, hidden = world.group("Release"), world.group("Hidden plans")
    anna = world.person("anna", groups={release.id: "admin"})
    text = world.client(anna).get("/groups").text
    assert release.name in text
    assert hidden.name not in text
    boss = world.client(world.person("boss", admin=True))
    assert "Hidden plans" not in boss.get("/groups").text
    assert boss.get("/admin/groups").text.count("Hidden plans") == 1


def test_who_sees_a_group_and_who_manages_it(world: World) -> None:
    release = world.group("Release")
    admin = world.person("admin", groups={release.id: "admin"})
    member = world.person("member", groups={release.id: "member"})
    stranger, boss = world.person("stranger"), world.person("boss", admin=True)
    answers = {
        person.first_name: (
            world.client(person).get(f"/groups/{release.id}").status_code,
            world.client(person).get(f"/groups/{release.id}/members").status_code,
        )
        for person in (admin, member, stranger, boss)
    }
    assert answers == {"Admin": (200, 200), "Member": (200, 403), "Stranger": (404, 404), "Boss": (200, 200)}
    assert world.client(stranger).get(f"/groups/{NOBODY}").status_code == 404
    assert world.client(member).get(f"/groups/{SYSTEM}").status_code == 404


def test_an_admin_adds_raises_and_removes_members(world: World) -> None:
    release = world.group("Release")
    anna = world.person("anna", groups={release.id: "admin"})
    ben, eve = world.person("ben"), world.person("eve", groups={release.id: "member"})
    client = world.client(anna)
    assert saves(client, release.id, **{"add": " BEN@example.org ", "add-level": "admin"}) == 303
    assert levels(world, release.id) == {anna.id: ADMIN, ben.id: ADMIN, eve.id: MEMBER}
    assert saves(client, release.id, **{f"level-{ben.id}": "member", f"level-{eve.id}": "none"}) == 303
    assert levels(world, release.id) == {anna.id: ADMIN, ben.id: MEMBER}
    assert saves(client, release.id) == 303


def test_what_a_leaving_member_published_goes_if_asked(world: World) -> None:
    release = world.group("Release")
    anna = world.person("anna", groups={release.id: "admin"})
    ben = world.person("ben", groups={release.id: "member"})
    secret = world.keep(a_jira(name="Board token"), owner=ben)
    world.publish(secret, owner=ben, group=release.id)
    client = world.client(anna)
    assert "Board token" in client.get(f"/groups/{release.id}/members").text
    assert saves(client, release.id, **{f"level-{ben.id}": "none", f"publications-{ben.id}": "withdraw"}) == 303
    assert world.rows("publication") == []


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"add": "nobody@example.org"}, 422),
        ({"add": "anna@example.org"}, 422),
        ({"add": "eve@example.org", "add-level": "owner"}, 422),
        ({"add-level": "none"}, 422),
        ({"level-{anna}": "none"}, 422),
        ({"level-{anna}": "member"}, 422),
        ({"level-{anna}": "owner"}, 422),
        ({"level-{eve}": "member"}, 422),
        ({"level-": "member"}, 422),
        ({"level-{anna}": "admin", "publications-{anna}": "burn"}, 422),
        ({"revision": "x"}, 422),
        ({"revision": ""}, 422),
        ({"revision": "999"}, 409),
        ({"unknown": "1"}, 422),
    ],
)
def test_what_the_page_cannot_have_sent_changes_nothing(world: World, fields: dict[str, str], status: int) -> None:
    release = world.group("Release")
    anna = world.person("anna", groups={release.id: "admin"})
    eve = world.person("eve")
    sent = {name.format(anna=anna.id, eve=eve.id): value for name, value in fields.items()}
    assert saves(world.client(anna), release.id, **sent) == status
    assert levels(world, release.id) == {anna.id: ADMIN}


def test_a_mistake_keeps_what_was_typed(world: World) -> None:
    release = world.group("Release")
    anna = world.person("anna", groups={release.id: "admin"})
    client = world.client(anna)
    answer = client.post(
        f"/groups/{release.id}/members", headers=None,
        **{"revision": "2", "add": "nobody@example.org", "add-level": "admin"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert 'value="nobody@example.org"' in answer.text
    assert "Nobody with the address nobody@example.org is active here." in answer.text


@pytest.mark.parametrize(("name", "status"), [("member", 403), ("stranger", 404)])
def test_others_are_refused_before_their_form_is_read(world: World, name: str, status: int) -> None:
    release = world.group("Release")
    people: dict[str, Subject] = {
        "member": world.person("member", groups={release.id: "member"}),
        "stranger": world.person("stranger"),
    }
    assert saves(world.client(people[name]), release.id, nonsense="1") == status


def test_the_system_groups_page_has_no_level_to_choose(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    client = world.client(boss)
    assert saves(client, SYSTEM, add=ben.email) == 303
    assert levels(world, SYSTEM) == {ben.id: MEMBER}
    assert saves(client, SYSTEM, **{f"level-{ben.id}": "admin"}) == 422
    assert saves(client, SYSTEM, **{f"level-{ben.id}": "none"}) == 303
    assert levels(world, SYSTEM) == {}


@pytest.mark.parametrize(
    ("language", "said", "other"), [("en", "system group", "systemgruppe"), ("de", "systemgruppe", "system group")]
)
def test_the_system_group_is_said_in_full(world: World, language: str, said: str, other: str) -> None:
    anna = world.person("anna", groups={SYSTEM: "member"})
    secret = world.keep(an_smtp(), owner=anna)
    browser = world.client(anna)
    assert browser.post("/language", language=language).status_code == 303
    places = ("", f"/{SYSTEM}", f"/{SYSTEM}/publications/{secret}/withdraw")
    pages = [f"/groups{place}" for place in places] + [
        f"/vault/{secret}{place}" for place in ("", "/sharing", "/delete")
    ]
    for page in pages:
        text = re.sub(r"<[^>]*>", " ", browser.get(page).text)
        assert (page, said in text.lower(), other in text.lower()) == (page, True, False)
        assert re.findall(r"System\b(?! group)", text) == []
