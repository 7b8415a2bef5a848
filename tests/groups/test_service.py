"""Groups and their members: who may change what, and what always holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from app.errors import Conflict, Forbidden, Invalid, Refused
from app.groups.listing import AllGroups, WantedGroups
from app.groups.models import GroupContent, GroupRow
from app.groups.service import Addition, Wish
from app.keys.trail import Note
from app.subject import SYSTEM, GroupLevel, Subject
from app.users.models import MembershipRow, RoleContent, RoleRow
from tests.builders import World, a_jira
from tests.tampering import alter, columns, make_up, other, put_back, sealed_rows, stored, take_away
from tests.users.test_service import HELPERS, at_once

NOBODY = UUID(int=8)
ADMIN, MEMBER = GroupLevel.ADMIN, GroupLevel.MEMBER


def levels(world: World, group: UUID) -> dict[UUID, GroupLevel]:
    with world.unit():
        return {user.id: level for user, level in world.users.members(group)}


def save(world: World, by: Subject, group: UUID, *wishes: Wish, add: Subject | None = None, **more: Any) -> None:
    with world.unit():
        revision = more.pop("revision", None) or world.groups.names([group])[group].revision
        additions = [Addition(add.email, more.pop("level", MEMBER))] if add else []
        world.groups.save_members(by, group, revision=revision, wishes=wishes, additions=additions)


def manager(world: World) -> Subject:
    """Return somebody who manages all groups without being administrator."""
    rows = sealed_rows(world, RoleRow, RoleContent, "role")
    with world.unit(), world.cfg.unit.writing():
        rows.insert(HELPERS, RoleContent(("group.manage",)), Note("role.create", actor="tests"), name="Helpers")
    eve = world.person("eve")
    with world.unit():
        world.users.change_roles("tests", eve.id, add=[HELPERS])
    return world.subject(eve.id)


def test_the_system_group_is_there_from_the_first_start(world: World) -> None:
    with world.unit():
        (group,) = world.groups.all()
    assert (group.id, group.system) == (SYSTEM, True)
    assert levels(world, SYSTEM) == {}


def test_who_creates_a_group_becomes_its_first_admin(world: World) -> None:
    boss = world.person("boss", admin=True)
    with world.unit():
        group = world.groups.create(boss, name="  Release ", description="Builds")
    assert (group.name, group.description, group.system) == ("Release", "Builds", False)
    assert levels(world, group.id) == {boss.id: ADMIN}
    assert world.subject(boss.id).is_admin_of(group.id)


def test_without_the_permission_nobody_creates_a_group(world: World) -> None:
    anna = world.person("anna")
    with pytest.raises(Forbidden), world.unit():
        world.groups.create(anna, name="Release")
    assert len(world.rows("group")) == 1


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\0b", "a\nb", "\u202eabc", "\ud800", "system", "SYSTEM"])
def test_a_group_has_a_readable_name(world: World, name: str) -> None:
    with pytest.raises(Invalid), world.unit():
        world.groups.create("tests", name=name)
    assert len(world.rows("group")) == 1


def test_a_name_belongs_to_one_group(world: World) -> None:
    world.group("Release")
    for name in ("release", " RELEASE", "\uff32elease"):
        with pytest.raises(Invalid), world.unit():
            world.groups.create("tests", name=name)


def test_a_person_sees_their_own_groups_and_a_manager_all(world: World) -> None:
    boss = world.person("boss", admin=True)
    release, _hidden = world.group("Release"), world.group("Hidden")
    anna = world.person("anna", groups={release.id: "member"})
    with world.unit():
        assert [group.name for group in world.groups.mine(anna)] == ["Release"]
        assert world.groups.mine(boss) == []
        found = world.cfg.get(AllGroups).page(boss, WantedGroups())
    assert [group.name for group in found.groups] == ["Hidden", "Release", "System group"]


def test_strangers_are_refused_as_if_the_group_did_not_exist(world: World) -> None:
    anna, release = world.person("anna"), world.group("Release")
    for group in (release.id, NOBODY):
        with pytest.raises(Refused) as refused, world.unit():
            world.groups.visible(anna, group)
        assert type(refused.value) is Refused
        with pytest.raises(Refused) as refused, world.unit():
            world.groups.save_members(anna, group, revision=1)
        assert type(refused.value) is Refused


CHANGES: dict[str, Callable[[World, Subject, UUID, Subject, Subject], None]] = {
    "add": lambda world, by, group, _ben, eve: world.groups.add_member(by, group, eve.id),
    "level": lambda world, by, group, ben, _eve: world.groups.set_level(by, group, ben.id, level=ADMIN),
    "remove": lambda world, by, group, ben, _eve: world.groups.remove_member(by, group, ben.id),
    "describe": lambda world, by, group, _ben, _eve: world.groups.describe(by, group, description="Ours"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_members_do_not_change_the_group_and_strangers_do_not_see_it(world: World, change: str) -> None:
    release = world.group("Release")
    anna = world.person("anna", groups={release.id: "member"})
    ben, eve = world.person("ben", groups={release.id: "member"}), world.person("eve")
    before = world.rows("user"), world.rows("group"), world.rows("membership")
    for by, refusal in ((anna, Forbidden), (eve, Refused)):
        with pytest.raises(Refused) as refused, world.unit():
            CHANGES[change](world, by, release.id, ben, eve)
        assert type(refused.value) is refusal
    assert (world.rows("user"), world.rows("group"), world.rows("membership")) == before


@pytest.mark.parametrize("change", CHANGES)
def test_a_group_admin_changes_the_group_and_it_is_recorded(world: World, change: str) -> None:
    release = world.group("Release")
    anna = world.person("anna", groups={release.id: "admin"})
    ben, eve = world.person("ben", groups={release.id: "member"}), world.person("eve")
    with world.unit():
        CHANGES[change](world, anna, release.id, ben, eve)
    events = [event for event in world.events() if event["object_id"] == release.id]
    assert events[-1]["subject"] == anna.id
    assert events[-1]["revision"] == stored(world, "group", id=release.id)["revision"]


@pytest.mark.parametrize("change", ["add", "level", "remove"])
def test_only_administrators_change_the_system_groups_members(world: World, change: str) -> None:
    helper = manager(world)
    insider = world.person("insider", groups={SYSTEM: "member"})
    ben, max_ = world.person("ben", groups={SYSTEM: "member"}), world.person("max")
    for by in (helper, insider):
        with pytest.raises(Forbidden), world.unit():
            CHANGES[change](world, by, SYSTEM, ben, max_)
    boss = world.person("boss", admin=True)
    if change == "level":
        with pytest.raises(Invalid), world.unit():
            CHANGES[change](world, boss, SYSTEM, ben, max_)
    else:
        with world.unit():
            CHANGES[change](world, boss, SYSTEM, ben, max_)
    assert (max_.id in levels(world, SYSTEM)) is (change == "add")
    assert (ben.id in levels(world, SYSTEM)) is (change != "remove")


def test_who_manages_all_groups_may_add_themselves_to_a_team(world: World) -> None:
    helper, release = manager(world), world.group("Release")
    with world.unit():
        world.groups.add_member(helper, release.id, helper.id, level=ADMIN)
    assert levels(world, release.id) == {helper.id: ADMIN}


def test_the_system_group_has_no_admins_and_no_other_description(world: World) -> None:
    boss, ben = world.person("boss", admin=True), world.person("ben")
    with pytest.raises(Invalid), world.unit():
        world.groups.add_member("tests", SYSTEM, ben.id, level=ADMIN)
    with pytest.raises(Invalid), world.unit():
        world.groups.describe(boss, SYSTEM, description="Mine")
    assert levels(world, SYSTEM) == {}


def test_a_team_keeps_at_least_one_admin(world: World) -> None:
    release = world.group("Release")
    anna = world.person("anna", groups={release.id: "admin"})
    ben = world.person("ben", groups={release.id: "admin"})
    with world.unit():
        world.groups.set_level(anna, release.id, ben.id, level=MEMBER)
    with pytest.raises(Invalid), world.unit():
        world.groups.set_level(anna, release.id, anna.id, level=MEMBER)
    with pytest.raises(Invalid), world.unit():
        world.groups.remove_member(anna, release.id, anna.id)
    with pytest.raises(Invalid):
        save(world, anna, release.id, Wish(anna.id, None))
    save(world, anna, release.id, Wish(anna.id, MEMBER), Wish(ben.id, ADMIN))
    assert levels(world, release.id) == {anna.id: MEMBER, ben.id: ADMIN}


def test_two_admins_who_remove_each_other_at_once_do_not_both_succeed(world: World) -> None:
    release = world.group("Release")
    anna = world.person("anna", groups={release.id: "admin"})
    ben = world.person("ben", groups={release.id: "admin"})

    def remove(by: Subject, whom: Subject) -> None:
        with world.unit():
            world.groups.remove_member(by, release.id, whom.id)

    outcomes = at_once(lambda: remove(anna, ben), lambda: remove(ben, anna))
    assert len([each for each in outcomes if each is None]) == 1
    assert list(levels(world, release.id).values()) == [ADMIN]


def test_only_active_people_join_and_only_once(world: World) -> None:
    release = world.group("Release")
    anna = world.person("anna", groups={release.id: "admin"})
    ben = world.person("ben")
    with world.unit():
        world.users.disable("tests", ben.id)
    for person in (ben.id, anna.id, NOBODY):
        with pytest.raises(Invalid), world.unit():
            world.groups.add_member(anna, release.id, person)
    assert levels(world, release.id) == {anna.id: ADMIN}


def test_people_join_leave_and_rise_together_or_not_at_all(world: World) -> None:
    release = world.group("Release")
    anna = world.person("anna", groups={release.id: "admin"})
    ben, eve = world.person("ben", groups={release.id: "member"}), world.person("eve")
    with pytest.raises(Invalid):
        save(world, anna, release.id, Wish(ben.id, None), Wish(eve.id, ADMIN))
    assert levels(world, release.id) == {anna.id: ADMIN, ben.id: MEMBER}
    save(world, anna, release.id, Wish(ben.id, ADMIN), add=eve)
    assert levels(world, release.id) == {anna.id: ADMIN, ben.id: ADMIN, eve.id: MEMBER}
    assert world.subject(ben.id).is_admin_of(release.id)


def test_a_stale_members_page_changes_nothing(world: World) -> None:
    release = world.group("Release")
    anna = world.person("anna", groups={release.id: "admin"})
    ben = world.person("ben", groups={release.id: "member"})
    with world.unit():
        seen = world.groups.names([release.id])[release.id].revision
    save(world, anna, release.id, Wish(ben.id, ADMIN), revision=seen)
    with pytest.raises(Conflict):
        save(world, anna, release.id, Wish(ben.id, None), revision=seen)
    assert levels(world, release.id) == {anna.id: ADMIN, ben.id: ADMIN}


def test_who_leaves_is_out_at_their_next_request(world: World) -> None:
    release = world.group("Release")
    anna = world.person("anna", groups={release.id: "admin"})
    ben = world.person("ben", groups={release.id: "member"})
    client = world.client(ben)
    assert client.get(f"/groups/{release.id}").status_code == 200
    save(world, anna, release.id, Wish(ben.id, None))
    assert client.get(f"/groups/{release.id}").status_code == 404
    with world.unit():
        assert not world.users.active_member(ben.id, release.id)


@pytest.mark.parametrize("keep", [True, False])
def test_what_a_leaving_member_published_stays_or_goes_as_asked(world: World, keep: bool) -> None:
    release = world.group("Release")
    anna = world.person("anna", groups={release.id: "admin"})
    ben = world.person("ben", groups={release.id: "member"})
    secret = world.keep(a_jira(), owner=ben)
    world.publish(secret, owner=ben, group=release.id)
    save(world, anna, release.id, Wish(ben.id, None, keep=keep))
    assert len(world.rows("publication")) == (1 if keep else 0)


@pytest.mark.parametrize("column", columns("group"))
def test_an_altered_group_is_no_group(world: World, make_world: Callable[..., World], column: str) -> None:
    release = world.group("Release")
    anna = world.person("anna", groups={release.id: "admin"})
    alter(world, "group", {"id": release.id}, **{column: other(stored(world, "group", id=release.id)[column])})
    fresh = make_world()
    assert not fresh.subject(anna.id).is_member(release.id)
    with fresh.unit():
        assert release.id not in fresh.groups.names([release.id])
        assert [group.id for group in fresh.groups.all()] == [SYSTEM]
    assert {event["object_id"] for event in world.events("group.damaged")} == {release.id}


def test_a_team_renamed_to_system_is_not_the_system_group(world: World, make_world: Callable[..., World]) -> None:
    release = world.group("Release")
    eve = world.person("eve", groups={release.id: "admin"})
    alter(world, "group", {"id": release.id}, kind="system")
    fresh = make_world()
    assert dict(fresh.subject(eve.id).groups) == {}
    make_up(world, "membership", user=eve.id, group=SYSTEM, level="member")
    assert not fresh.subject(eve.id).is_member(SYSTEM)


def test_an_older_group_put_back_is_none(world: World, make_world: Callable[..., World]) -> None:
    release = world.group("Release")
    anna = world.person("anna", groups={release.id: "admin"})
    before = stored(world, "group", id=release.id)
    with world.unit():
        world.groups.describe(anna, release.id, description="Ours")
    put_back(world, "group", before)
    assert not make_world().subject(anna.id).is_member(release.id)
    assert not world.subject(anna.id).is_member(release.id)


def test_a_removed_group_put_back_is_none(world: World) -> None:
    release = world.group("Release")
    anna = world.person("anna", groups={release.id: "admin"})
    rows = sealed_rows(world, GroupRow, GroupContent, "group")
    before = stored(world, "group", id=release.id)
    with world.unit(), world.cfg.unit.writing():
        seen = rows.load(release.id)
        assert seen is not None
        rows.remove(seen, Note("group.delete", actor="tests"))
    assert not world.subject(anna.id).is_member(release.id)
    put_back(world, "group", before)
    assert not world.subject(anna.id).is_member(release.id)


def test_members_are_decided_by_their_own_rows(world: World) -> None:
    release = world.group("Release")
    anna = world.person("anna", groups={release.id: "admin"})
    before = stored(world, "membership", user=anna.id)
    ben = world.person("ben")
    make_up(world, "membership", **{**before, "user": ben.id})
    assert levels(world, release.id) == {anna.id: ADMIN}
    take_away(world, "membership", user=anna.id)
    assert levels(world, release.id) == {}
    assert MembershipRow.__tablename__ == "membership"
