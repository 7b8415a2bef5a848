"""What the members page may send, and who may still send it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.audit.service import Overtaken
from app.errors import Forbidden, Refused, SignInNeeded
from app.groups.service import Wish
from app.subject import GroupLevel
from tests.builders import Client, World
from tests.users.test_service import at_once


def revision(world: World, group: object) -> str:
    return next(str(row["revision"]) for row in world.rows("group") if str(row["id"]) in {str(group), _hex(group)})


def _hex(group: object) -> str:
    return str(group).replace("-", "")


def saves(client: Client, group: object, **fields: str) -> int:
    form = {"revision": revision(client.world, group), **fields}
    return client.post(f"/groups/{group}/members", **form).status_code


def test_an_id_is_taken_as_the_page_writes_it_alone(world: World) -> None:
    team = world.group("Team")
    anna = world.person("anna", groups={team.id: "admin"})
    ben = world.person("ben", groups={team.id: "member"})
    client = world.client(anna)
    spellings = [str(ben.id).upper(), ben.id.hex, f"{{{ben.id}}}", f"urn:uuid:{ben.id}", f" {ben.id}", "ben", ""]
    wrong = [text for text in spellings if text != str(ben.id)]
    assert [saves(client, team.id, **{f"level-{text}": "none"}) for text in wrong] == [422] * len(wrong)
    assert [saves(client, team.id, **{f"publications-{text}": "keep"}) for text in wrong] == [422] * len(wrong)
    assert saves(client, team.id, **{f"level-{ben.id}": "none", f"publications-{ben.id}": "keep"}) == 303


def test_every_wish_and_an_addition_count_as_one_change(world: World) -> None:
    team = world.group("Team")
    anna = world.person("anna", groups={team.id: "admin"})
    ben = world.person("ben", groups={team.id: "member"})
    eve = world.person("eve")
    before = int(revision(world, team.id))
    wishes = {
        f"level-{ben.id}": "admin",
        f"level-{anna.id}": "member",
        "add": " EVE@example.org ",
        "add-level": "admin",
    }
    assert saves(world.client(anna), team.id, **wishes) == 303
    assert int(revision(world, team.id)) == before + 1
    with world.unit():
        levels = {user.id: level.value for user, level in world.users.members(team.id)}
    assert levels == {anna.id: "member", ben.id: "admin", eve.id: "admin"}
    assert {row["level"] for row in world.rows("membership") if _hex(row["user"]) == anna.id.hex} == {"member"}


def test_nothing_wished_changes_nothing(world: World) -> None:
    team = world.group("Team")
    anna = world.person("anna", groups={team.id: "admin"})
    client = world.client(anna)
    before = (revision(world, team.id), len(world.events("group.members")))
    assert saves(client, team.id, **{f"level-{anna.id}": "admin", "add": "", "add-level": "member"}) == 303
    assert (revision(world, team.id), len(world.events("group.members"))) == before


def test_an_admin_removed_since_the_request_began_changes_nothing(world: World) -> None:
    team = world.group("Team")
    anna = world.person("anna", groups={team.id: "admin"})
    ben = world.person("ben", groups={team.id: "admin"})
    eve = world.person("eve")
    world.leaves(anna, team.id)  # `anna` still holds what she was when her request began
    now = int(revision(world, team.id))
    wish = [Wish(ben.id, GroupLevel.MEMBER)]
    acts = [
        lambda: world.groups.save_members(anna, team.id, revision=now, wishes=wish),
        lambda: world.groups.add_member(anna, team.id, eve.id),
        lambda: world.groups.remove_member(anna, team.id, ben.id),
        lambda: world.groups.describe(anna, team.id, description="mine"),
    ]
    for act in acts:
        with pytest.raises(Refused) as refusal, world.unit():
            act()
        assert type(refusal.value) is Refused  # the group is not there for them
    assert int(revision(world, team.id)) == now


def test_a_manager_disabled_since_the_request_began_changes_nothing(world: World) -> None:
    team = world.group("Team")
    world.person("chief", admin=True)
    boss, eve = world.person("boss", admin=True), world.person("eve")
    with world.unit():
        world.users.disable("tests", boss.id)
    with pytest.raises(SignInNeeded), world.unit():
        world.groups.add_member(boss, team.id, eve.id)
    assert world.rows("membership") == []


def test_several_are_added_at_once_and_the_same_form_twice_is_done_once(world: World) -> None:
    team = world.group("Team")
    anna = world.person("anna", groups={team.id: "admin"})
    ben = world.person("ben", groups={team.id: "member"})
    eve, max_ = world.person("eve"), world.person("max")
    seen = revision(world, team.id)
    form = {
        "revision": seen, "add": "", "add-level": "member",
        "add-1": eve.email, "add-level-1": "admin", "add-2": max_.email, "add-level-2": "member",
        f"level-{ben.id}": "none", f"seen-{ben.id}": "member",
    }  # fmt: skip
    client = world.client(anna)
    assert [client.post(f"/groups/{team.id}/members", **form).status_code for _time in range(2)] == [303, 303]
    with world.unit():
        levels = {user.id: level.value for user, level in world.users.members(team.id)}
    assert levels == {anna.id: "admin", eve.id: "admin", max_.id: "member"}
    assert int(revision(world, team.id)) == int(seen) + 1


def test_who_was_faster_is_named_and_what_was_wished_stays(world: World) -> None:
    team = world.group("Team")
    anna = world.person("anna", groups={team.id: "admin"})
    ben, cleo = (world.person(name, groups={team.id: "member"}) for name in ("ben", "cleo"))
    eve = world.person("eve")
    seen = revision(world, team.id)
    with world.unit():
        world.groups.save_members(anna, team.id, revision=int(seen), wishes=[Wish(cleo.id, None)])
    form = {
        "revision": seen, "add-1": eve.email, "add-level-1": "admin",
        f"level-{ben.id}": "none", f"seen-{ben.id}": "member", f"publications-{ben.id}": "withdraw",
        f"level-{cleo.id}": "admin", f"seen-{cleo.id}": "member",
    }  # fmt: skip
    boss = world.client(world.person("boss", admin=True))
    answer = boss.post(f"/groups/{team.id}/members", **form)
    assert answer.status_code == 409
    assert "Anna Example changed this meanwhile." in answer.text
    assert "No longer among them: Cleo Example." in answer.text
    assert f'value="{eve.email}"' in answer.text
    assert f'name="revision" value="{revision(world, team.id)}"' in answer.text
    assert '<option value="none" selected>' in answer.text


def test_an_address_of_somebody_inactive_is_refused_like_an_unknown_one(world: World) -> None:
    team = world.group("Team")
    anna = world.person("anna", groups={team.id: "admin"})
    gone = world.person("gone")
    with world.unit():
        world.users.disable("tests", gone.id)
    client = world.client(anna)
    texts = []
    for address in (gone.email, "nobody@example.org"):
        form = {"revision": revision(world, team.id), "add": address}
        answer = client.post(f"/groups/{team.id}/members", **form)
        token = client.token()
        texts.append((answer.status_code, answer.text.replace(address, "ADDRESS").count("ADDRESS"), bool(token)))
        assert "Only active people" not in answer.text
        assert f"Nobody with the address {address} is active here." in answer.text
    assert texts[0] == texts[1]


def test_the_search_of_members_is_for_who_manages_them_and_leaves_members_out(world: World) -> None:
    team, other = world.group("Team"), world.group("Other")
    anna = world.person("anna", groups={team.id: "admin", other.id: "member"})
    world.person("max1", groups={team.id: "member", other.id: "member"})
    world.person("max2", groups={other.id: "member"})
    world.person("max3")
    text = world.client(anna).get(f"/groups/{team.id}/members/people?add=max").text
    assert [name in text for name in ("Max1", "Max2", "Max3")] == [False, True, False]


def test_who_leaves_is_led_to_their_groups_and_a_manager_of_all_stays(world: World) -> None:
    team = world.group("Team")
    world.person("chief", groups={team.id: "admin"})
    for name, admin, where in (("anna", False, "/groups?done=left"), ("boss", True, f"/groups/{team.id}?done=members")):
        person = world.person(name, admin=admin, groups={team.id: "admin"})
        form = {"revision": revision(world, team.id), f"level-{person.id}": "none"}
        answer = world.client(person).post(f"/groups/{team.id}/members", **form)
        assert (answer.status_code, answer.headers["Location"]) == (303, where)


def test_two_admins_who_remove_each_other_in_the_form_at_once_leave_one(world: World) -> None:
    team = world.group("Team")
    people = [world.person(name, groups={team.id: "admin"}) for name in ("anna", "ben")]
    seen = int(revision(world, team.id))

    def remove(by: int, whom: int) -> None:
        with world.unit():
            wishes = [Wish(people[whom].id, None)]
            world.groups.save_members(people[by], team.id, revision=seen, wishes=wishes)

    outcomes = at_once(lambda: remove(0, 1), lambda: remove(1, 0))
    assert [type(each) for each in outcomes if each is not None] in ([Forbidden], [Overtaken], [Refused])
    with world.unit():
        assert [level.value for _user, level in world.users.members(team.id)] == ["admin"]


def test_the_form_says_again_who_is_named_only_as_often_as_one_may_search(make_world: Callable[..., World]) -> None:
    world = make_world({"TRESOR_LIMITS__ENABLED": "true", "TRESOR_LIMITS__LOOK_UPS": "30"})
    team, victims = world.group("Team"), [world.person(f"victim{number:02}") for number in range(25)]
    client = world.client(world.person("anna", groups={team.id: "admin"}))
    form = {"revision": revision(world, team.id), "add": ""}
    fields = {f"add-{number}": victim.email for number, victim in enumerate(victims, 1)}
    shown = [client.post(f"/groups/{team.id}/members/shown", **form, **fields).text for _time in range(2)]
    assert [sum(f"Victim{number:02} Example" in page for number in range(25)) for page in shown] == [20, 10]
    assert all(victim.email in page for victim in victims for page in shown)


def test_twenty_people_are_added_at_a_time_and_more_are_kept_in_the_form(world: World) -> None:
    team, others = world.group("Team"), [world.person(f"other{number:02}") for number in range(21)]
    client = world.client(world.person("anna", groups={team.id: "admin"}))
    form = {"revision": revision(world, team.id), "add": ""}
    fields = {f"add-{number}": other.email for number, other in enumerate(others, 1)}
    answer = client.post(f"/groups/{team.id}/members", **form, **fields)
    assert answer.status_code == 422
    assert "Add at most 20 people at a time. Save these first." in answer.text
    assert all(f'value="{other.email}"' in answer.text for other in others)
    assert saves(client, team.id, **{"add": "", **fields, "add-level-21": "none"}) == 303
    assert len(world.rows("membership")) == 21
