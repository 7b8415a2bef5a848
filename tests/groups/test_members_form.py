"""What the members page may send, and who may still send it."""

from __future__ import annotations

import pytest

from app.errors import Forbidden
from app.groups.service import Wish
from app.subject import GroupLevel
from tests.builders import Client, World


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
    with pytest.raises(Forbidden), world.unit():
        world.groups.save_members(anna, team.id, revision=now, wishes=wish)
    with pytest.raises(Forbidden), world.unit():
        world.groups.add_member(anna, team.id, eve.id)
    with pytest.raises(Forbidden), world.unit():
        world.groups.remove_member(anna, team.id, ben.id)
    with pytest.raises(Forbidden), world.unit():
        world.groups.describe(anna, team.id, description="mine")
    assert int(revision(world, team.id)) == now


def test_a_manager_disabled_since_the_request_began_changes_nothing(world: World) -> None:
    team = world.group("Team")
    world.person("chief", admin=True)
    boss, eve = world.person("boss", admin=True), world.person("eve")
    with world.unit():
        world.users.disable("tests", boss.id)
    with pytest.raises(Forbidden), world.unit():
        world.groups.add_member(boss, team.id, eve.id)
    assert world.rows("membership") == []
