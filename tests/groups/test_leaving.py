"""A member leaves a group by themselves."""

from __future__ import annotations

from uuid import UUID

import pytest

from app.errors import Forbidden, Invalid, Refused
from app.subject import SYSTEM, GroupLevel
from tests.builders import World, a_jira, an_smtp
from tests.users.test_service import at_once


def levels(world: World, group: UUID) -> dict[UUID, GroupLevel]:
    with world.unit():
        return {user.id: level for user, level in world.users.members(group)}


@pytest.mark.parametrize("answer", ["keep", "withdraw"])
def test_a_member_leaves_and_decides_about_what_they_published(world: World, answer: str) -> None:
    team = world.group("Team").id
    anna, ben = world.person("anna", groups={team: "admin"}), world.person("ben", groups={team: "member"})
    secret = world.keep(a_jira(name="Board token"), owner=ben)
    world.publish(secret, owner=ben, group=team)
    client = world.client(ben)
    assert "Board token" in client.get(f"/groups/{team}/leave").text
    left = client.post(f"/groups/{team}/leave", publications=answer)
    assert (left.status_code, left.headers["Location"]) == (303, "/groups?done=left-group")
    assert levels(world, team) == {anna.id: GroupLevel.ADMIN}
    assert len(world.rows("publication")) == (1 if answer == "keep" else 0)
    events = [event for event in world.events("group.leave") if event["kind"] == "group"]
    assert [(event["subject"], event["object_id"]) for event in events] == [(ben.id, team)]
    assert client.get(f"/groups/{team}").status_code == 404
    assert client.post(f"/groups/{team}/leave").status_code == 404


def test_what_is_no_longer_ones_own_stays_published(world: World) -> None:
    team = world.group("Team").id
    world.person("anna", groups={team: "admin"})
    ben, eve = world.person("ben", groups={team: "member"}), world.person("eve")
    secret = world.keep(a_jira(name="Given away"), owner=ben)
    world.publish(secret, owner=ben, group=team)
    world.share(secret, owner=ben, to=eve, level="owner")
    client, revision = world.client(eve), next(row["revision"] for row in world.rows("secret"))
    gone = client.post(f"/vault/{secret}/sharing", revision=str(revision), **{f"level-{ben.id}": "none"})
    assert gone.status_code == 303
    browser = world.client(ben)
    assert "Given away" not in browser.get(f"/groups/{team}/leave").text
    assert browser.post(f"/groups/{team}/leave", publications="withdraw").status_code == 303
    assert len(world.rows("publication")) == 1


def test_a_teams_last_admin_stays(world: World) -> None:
    team = world.group("Team").id
    anna = world.person("anna", groups={team: "admin"})
    world.person("ben", groups={team: "member"})
    client = world.client(anna)
    page = client.get(f"/groups/{team}/leave").text
    assert "You are the only admin." in page
    assert "Leave group</button>" not in page
    assert client.post(f"/groups/{team}/leave").status_code == 422
    assert levels(world, team)[anna.id] is GroupLevel.ADMIN


def test_two_admins_who_leave_at_once_do_not_both(world: World) -> None:
    team = world.group("Team").id
    people = [world.person(name, groups={team: "admin"}) for name in ("anna", "ben")]

    def leave(number: int) -> None:
        with world.unit():
            world.groups.leave(people[number], team, keep=True)

    outcomes = at_once(lambda: leave(0), lambda: leave(1))
    assert [type(each) for each in outcomes if each is not None] == [Invalid]
    assert list(levels(world, team).values()) == [GroupLevel.ADMIN]


def test_the_system_group_is_left_by_administrators_alone(world: World) -> None:
    boss = world.person("boss", admin=True, groups={SYSTEM: "member"})
    ben = world.person("ben", groups={SYSTEM: "member"})
    secret = world.keep(an_smtp(), owner=ben)
    client = world.client(ben)
    assert "leave" not in client.get(f"/groups/{SYSTEM}").text.casefold()
    assert client.get(f"/groups/{SYSTEM}/leave").status_code == 403
    with pytest.raises(Forbidden), world.unit():
        world.groups.leave(ben, SYSTEM, keep=False)
    with world.unit():
        world.groups.leave(boss, SYSTEM, keep=True)
    assert levels(world, SYSTEM) == {ben.id: GroupLevel.MEMBER}
    assert [row["secret"] for row in world.rows("publication")] == [next(row["id"] for row in world.rows("secret"))]
    assert secret


def test_strangers_do_not_leave_what_they_do_not_see(world: World) -> None:
    team = world.group("Team").id
    eve, boss = world.person("eve"), world.person("boss", admin=True)
    for person in (eve, boss):
        with pytest.raises(Refused), world.unit():
            world.groups.leave(person, team, keep=True)


@pytest.mark.parametrize("form", [{"publications": "burn"}, {"level": "none"}])
def test_what_the_page_cannot_have_sent_changes_nothing(world: World, form: dict[str, str]) -> None:
    team = world.group("Team").id
    world.person("anna", groups={team: "admin"})
    ben = world.person("ben", groups={team: "member"})
    assert world.client(ben).post(f"/groups/{team}/leave", **form).status_code == 422
    assert ben.id in levels(world, team)
