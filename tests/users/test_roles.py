"""Roles: who may make and change them, what they may not hold, and what becomes of their people."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from app.audit.service import Overtaken
from app.errors import Damaged, Forbidden, Invalid, Refused
from app.keys.trail import Note
from app.subject import Subject
from app.users.models import RoleContent
from app.users.permissions import ADMINISTRATOR, BUILT_IN, MEMBER
from app.users.roles import LONGEST_NAME, MOST_ROLES, Role, Roles
from tests.builders import World
from tests.tampering import alter, make_up, put_back, stored
from tests.users.test_service import at_once

HELPING = ("user.disable", "group.manage")
MANAGING = "role.manage"
NOBODY = UUID(int=8)


def roles(world: World) -> Roles:
    return world.cfg.get(Roles)


def create(world: World, by: Subject | str = "tests", name: str = "Helpers", **more: Any) -> Role:
    with world.unit():
        return roles(world).create(by, name=name, **{"permissions": HELPING, **more})


def change(world: World, by: Subject | str, role: Role, **changed: Any) -> Role:
    wanted = {"name": role.name, "description": role.description, "permissions": role.stored, "seen": role.revision}
    with world.unit():
        return roles(world).change(by, role.id, **{**wanted, **changed})


def delete(world: World, by: Subject | str, role: Role) -> None:
    with world.unit():
        roles(world).delete(by, role.id, seen=role.revision)


def gives(world: World, role: Role | UUID, *people: Subject) -> None:
    with world.unit():
        for person in people:
            world.users.change_roles("tests", person.id, add=[role if isinstance(role, UUID) else role.id])


def delegate(world: World, name: str = "del", *permissions: str) -> Subject:
    """Return somebody who manages roles and may do these other things, and is no administrator."""
    person = world.person(name)
    gives(world, create(world, name=f"Delegates of {name}", permissions=(MANAGING, *permissions)), person)
    return world.subject(person.id)


@pytest.fixture
def boss(world: World) -> Subject:
    return world.person("boss", admin=True)


def test_a_role_is_made_changed_and_deleted_and_each_is_told(world: World, boss: Subject) -> None:
    made = create(world, boss, "  Helpers ", description=" Help.\r\nAlways. ", permissions=["group.manage"])
    assert (made.name, made.description, made.allows, made.built_in) == (
        "Helpers",
        "Help.\nAlways.",
        {"group.manage"},
        False,
    )
    changed = change(world, boss, made, name="Aides", permissions=["user.disable"])
    with world.unit():
        assert roles(world).open(boss, made.id) == changed
    delete(world, boss, changed)
    with pytest.raises(Refused), world.unit():
        roles(world).open(boss, made.id)
    told = [event for event in world.events() if event["object_id"] == made.id]
    assert [(each["action"], each["subject"], each["revision"], each["gone"], each["detail"]) for each in told] == [
        ("role.create", boss.id, 1, 0, {"name": "Helpers", "permissions": "group.manage"}),
        ("role.change", boss.id, 2, 0, {"name": "Aides", "added": "user.disable", "removed": "group.manage"}),
        ("role.delete", boss.id, 3, 1, {"name": "Aides"}),
    ]


def test_the_built_in_ones_come_first_and_say_what_they_are(world: World, boss: Subject) -> None:
    create(world, name="aides")
    create(world, name="Zebras")
    create(world, name="Bees")
    with world.unit():
        found = roles(world).all(boss)
    assert [each.name for each in found] == ["Administrator", "Member", "aides", "Bees", "Zebras"]
    assert [each.built_in for each in found] == [True, True, False, False, False]
    assert found[0].allows > found[1].allows > frozenset()


# ── who may ──

ACTS: dict[str, Callable[[World, Subject | str, Role], Any]] = {
    "role.create": lambda world, by, _role: create(world, by, "More", permissions=[]),
    "role.change": lambda world, by, role: change(world, by, role, name="Other"),
    "role.delete": delete,
}


def stored_roles(world: World) -> list[Any]:
    return [world.rows("role"), world.rows("user_role"), len(world.rows("audit"))]


@pytest.mark.parametrize("action", ACTS)
def test_who_may_not_manage_roles_is_refused_and_nothing_changes(world: World, action: str) -> None:
    role, anna = create(world), world.person("anna")
    before = stored_roles(world)
    with pytest.raises(Forbidden) as refused:
        ACTS[action](world, anna, role)
    assert refused.value.action == action
    assert stored_roles(world) == before
    for look in (lambda: roles(world).all(anna), lambda: roles(world).open(anna, role.id)):
        with pytest.raises(Forbidden), world.unit():
            look()
    with pytest.raises(Forbidden), world.unit():
        roles(world).people(anna, role.id, most=20)


@pytest.mark.parametrize("action", ACTS)
def test_who_lost_the_permission_since_the_request_began_is_refused(world: World, boss: Subject, action: str) -> None:
    role, chief = create(world), world.person("chief", admin=True)
    with world.unit():
        world.users.change_roles(boss, chief.id, remove=[ADMINISTRATOR])
    before = stored_roles(world)
    with pytest.raises(Forbidden):
        ACTS[action](world, chief, role)
    assert stored_roles(world) == before


@pytest.mark.parametrize("action", ["role.change", "role.delete"])
@pytest.mark.parametrize("built_in", BUILT_IN.values())
@pytest.mark.parametrize("by", ["boss", "command"])
def test_the_built_in_ones_stay_as_they_are(world: World, boss: Subject, action: str, built_in: str, by: str) -> None:
    with world.unit():
        (role,) = (each for each in roles(world).all(boss) if each.name == built_in)
    before = stored_roles(world)
    with pytest.raises(Forbidden):
        ACTS[action](world, boss if by == "boss" else "command-line", role)
    assert stored_roles(world) == before
    with pytest.raises(Forbidden), world.unit():
        roles(world).changeable(boss, role.id)


@pytest.mark.parametrize("action", ["role.change", "role.delete"])
def test_a_role_that_is_not_there_is_refused(world: World, boss: Subject, action: str) -> None:
    role = create(world)
    delete(world, boss, role)
    with pytest.raises(Refused) as refused:
        ACTS[action](world, boss, role)
    assert type(refused.value) is Refused


def test_nobody_puts_into_a_role_what_they_lack(world: World) -> None:
    some = delegate(world, "some", "group.manage")
    before = stored_roles(world)
    with pytest.raises(Forbidden):
        create(world, some, "More", permissions=["user.disable"])
    assert stored_roles(world) == before
    own = create(world, some, "More", permissions=["group.manage"])
    for more in (["group.manage", "user.disable"], ["settings.change"]):
        with pytest.raises(Forbidden):
            change(world, some, own, permissions=more)
    strong = create(world, "tests", "Strong")
    weaker = change(world, some, strong, permissions=["user.disable"], description="Less.")  # what it holds may stay
    assert weaker.stored == {"user.disable"}
    with pytest.raises(Forbidden), world.unit():
        world.users.change_roles(some, some.id, add=[strong.id])


def test_nobody_gives_themselves_more_by_the_role_that_they_have(world: World) -> None:
    some = delegate(world, "some", "group.manage")
    with world.unit():
        (own,) = (each for each in roles(world).all(some) if each.name.startswith("Delegates"))
    with pytest.raises(Forbidden):
        change(world, some, own, permissions=[*own.stored, "user.disable"])
    less = change(world, some, own, permissions=[MANAGING])
    assert not world.subject(some.id).may("group.manage")
    with pytest.raises(Forbidden):  # what they had when the request began counts no more
        change(world, some, less, permissions=[MANAGING, "group.manage"])


def test_what_one_may_not_tick_is_said(world: World) -> None:
    some = delegate(world, "some", "group.manage")
    strong = create(world, "tests", "Strong", permissions=["user.disable"])
    with world.unit():
        free = {each.name: may for each, may in roles(world).offered(some)}
        kept = {each.name: may for each, may in roles(world).offered(some, strong)}
    assert (free["group.manage"], free["user.disable"], kept["user.disable"]) == (True, False, False)
    assert "secret.use" not in free  # everybody has it anyway
    page = world.client(some).get(f"/admin/roles/{strong.id}/edit").text
    assert '<input type="hidden" name="may-user.disable" value="on">' in page
    assert "You lack this yourself, so it stays as it is." in page


def test_nobody_takes_away_with_a_role_what_they_lack(world: World) -> None:
    """Whoever may less would else strip those who watch over them, and could not give it back."""
    some = delegate(world, "some", "group.manage")
    strong = create(world, "tests", "Strong")
    before = world.rows("role")
    with pytest.raises(Forbidden):
        change(world, some, strong, permissions=["group.manage"])
    with pytest.raises(Forbidden):
        delete(world, some, strong)
    client, path = world.client(some), f"/admin/roles/{strong.id}"
    assert client.get(f"{path}/delete").status_code == 403
    assert f'href="{path}/delete"' not in client.get(path).text
    assert world.rows("role") == before
    renamed = change(world, some, strong, name="Stronger")
    weaker = change(world, some, renamed, permissions=["user.disable"])
    assert (weaker.name, weaker.stored) == ("Stronger", {"user.disable"})
    delete(world, some, create(world, "tests", "Weak", permissions=["group.manage"]))


def test_a_roles_page_leads_to_its_people_for_who_sees_them(world: World, boss: Subject) -> None:
    some, ben = delegate(world, "some"), world.person("ben")
    role = create(world)
    gives(world, role, ben)
    link = f'href="/admin/users/{ben.id}"'
    pages = [world.client(by).get(f"/admin/roles/{role.id}").text for by in (boss, some)]
    assert [("Ben Example" in page, link in page) for page in pages] == [(True, True), (True, False)]


# ── names ──


@pytest.mark.parametrize(
    "name",
    ["", "  ", "x" * (LONGEST_NAME + 1), "a\nb", "a\0b", "\u202eresu", "a\u200bb", "\ud800", "\ufeff", "\u2028"],
)
def test_names_that_are_none_are_refused(world: World, boss: Subject, name: str) -> None:
    role = create(world)
    before = stored_roles(world)
    for act in (lambda: create(world, boss, name), lambda: change(world, boss, role, name=name)):
        with pytest.raises(Invalid) as refused:
            act()
        assert refused.value.field == "name"
    assert stored_roles(world) == before


@pytest.mark.parametrize(
    "name", ["Helpers", " hELPERS ", "Ｈelpers", "Administrator", "MEMBER", "Mitglied", "administration"]
)
def test_a_name_that_reads_like_another_is_refused(world: World, boss: Subject, name: str) -> None:
    create(world)
    other = create(world, name="Other")
    for act in (lambda: create(world, boss, name), lambda: change(world, boss, other, name=name)):
        with pytest.raises(Invalid) as refused:
            act()
        assert refused.value.field == "name"


@pytest.mark.parametrize("name", ["Straße & <b>Söhne</b>", "'; DROP TABLE role; --", "🦉" * 100, "{{ 7 * 7 }}"])
def test_odd_names_are_kept_as_they_are(world: World, boss: Subject, name: str) -> None:
    made = create(world, boss, name)
    with world.unit():
        assert roles(world).open(boss, made.id).name == name
    assert change(world, boss, made, name=name.swapcase()).name == name.swapcase()  # its own name is not taken


@pytest.mark.parametrize("description", ["x" * 501, "a\0b", "\ud800", "\u202ex"])
def test_descriptions_that_are_none_are_refused(world: World, boss: Subject, description: str) -> None:
    with pytest.raises(Invalid) as refused:
        create(world, boss, description=description)
    assert refused.value.field == "description"


def test_a_permission_that_no_system_declares_is_refused_but_stays_where_it_is(world: World, boss: Subject) -> None:
    with pytest.raises(Invalid):
        create(world, boss, permissions=["secret.read-all"])
    role = create(world, permissions=["group.manage"])
    with world.unit(), world.cfg.unit.writing():
        rows = roles(world)._rows
        opened = rows.load(role.id)
        assert opened is not None
        content = RoleContent(("group.manage", "mail.settings"))
        rows.change(opened, Note("role.change", actor="tests"), content=content)
    with world.unit():
        role = roles(world).open(boss, role.id)
    assert role.allows == {"group.manage"}
    renamed = change(world, boss, role, name="Renamed", permissions=[])
    assert renamed.stored == {"mail.settings"}


def test_there_are_at_most_a_hundred(world: World, boss: Subject) -> None:
    for number in range(MOST_ROLES - len(BUILT_IN)):
        create(world, name=f"Role {number}", permissions=[])
    with pytest.raises(Invalid) as refused:
        create(world, boss, "One more", permissions=[])
    assert refused.value.field == ""


# ── two at once ──


def test_a_form_that_is_too_old_changes_nothing(world: World, boss: Subject) -> None:
    chief, role = world.person("chief", admin=True), create(world)
    changed = change(world, boss, role, name="Aides")
    with pytest.raises(Overtaken) as refused:
        change(world, chief, role, name="Others")
    assert refused.value.last is not None
    assert (refused.value.last.subject, refused.value.last.action) == (boss.id, "role.change")
    with pytest.raises(Overtaken):
        delete(world, chief, role)
    assert change(world, chief, role, name="Aides") == changed  # wants what holds already: no second revision
    assert len(world.events("role.change")) == 1


def test_two_who_change_a_role_at_once_are_not_both_done(world: World, boss: Subject) -> None:
    chief, role = world.person("chief", admin=True), create(world)
    outcomes = at_once(
        lambda: change(world, boss, role, name="One"), lambda: change(world, chief, role, name="Two", permissions=[])
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["Overtaken", "Role"]


def test_two_who_take_a_name_at_once_are_not_both_stored(world: World, boss: Subject) -> None:
    other = create(world, name="Other")
    outcomes = at_once(
        lambda: create(world, boss),
        lambda: create(world, boss, "HELPERS"),
        lambda: change(world, boss, other, name="ｈelpers"),
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["Invalid", "Invalid", "Role"]


def test_a_role_deleted_while_it_is_given_is_given_to_nobody(world: World, boss: Subject) -> None:
    people = [world.person(f"p{number}") for number in range(3)]
    for _round in range(5):
        role = create(world)
        outcomes = at_once(partial(delete, world, boss, role), *(partial(gives, world, role, each) for each in people))
        assert outcomes[0] is None
        assert all(each is None or isinstance(each, Invalid) for each in outcomes[1:])
        assert not any(world.subject(person.id).may("user.disable") for person in people)
        assert len(world.rows("user_role")) == len(people) + 2


# ── its people ──


def test_its_people_are_found_by_index_and_decided_by_their_own_rows(world: World, boss: Subject) -> None:
    role, people = create(world), [world.person(f"p{number}") for number in range(5)]
    gives(world, role, *people[:3])
    eve = people[4]
    make_up(world, "user_role", user=eve.id, role=role.id)
    with world.unit():
        shown = [user.id for user in roles(world).people(boss, role.id, most=20)]
        first = [user.id for user in roles(world).people(boss, role.id, most=2)]
        assert roles(world).counts([role.id, MEMBER, NOBODY]) == {role.id: 4, MEMBER: 6, NOBODY: 0}
    assert shown == sorted(person.id for person in people[:3])
    assert first == [each for each in sorted([*shown, eve.id])[:2] if each != eve.id]
    assert [event["object_id"] for event in world.events("user_role.damaged")] == [eve.id]
    assert not world.subject(eve.id).may("user.disable")


def test_its_people_lose_it_with_their_next_request(world: World, boss: Subject) -> None:
    role, anna = create(world), world.person("anna")
    gives(world, role, anna)
    browser = world.client(anna)
    assert browser.get("/admin/roles").status_code == 403
    role = change(world, boss, role, permissions=[*HELPING, MANAGING])
    assert browser.get("/admin/roles").status_code == 200
    delete(world, boss, role)
    assert browser.get("/admin/roles").status_code == 403


def test_who_had_a_role_that_is_gone_can_still_be_given_others(world: World, boss: Subject) -> None:
    role, other, anna = create(world), create(world, name="Other", permissions=["group.manage"]), world.person("anna")
    gives(world, role, anna)
    delete(world, boss, role)
    gives(world, other, anna)
    assert world.subject(anna.id).may("group.manage")
    with world.unit():
        user = world.users.get(anna.id)
    assert user is not None
    assert user.account.roles == (MEMBER, other.id)


def test_an_id_is_never_used_again(world: World, boss: Subject) -> None:
    role, anna = create(world), world.person("anna")
    gives(world, role, anna)
    row, index = stored(world, "role", id=role.id), stored(world, "user_role", user=anna.id, role=role.id)
    delete(world, boss, role)
    put_back(world, "role", row)
    put_back(world, "user_role", index)
    assert not world.subject(anna.id).may("user.disable")
    with pytest.raises(Damaged), world.unit():
        roles(world).open(boss, role.id)
    with world.unit():
        assert role.id not in {each.id for each in roles(world).all(boss)}
    assert role.id in {event["object_id"] for event in world.events("role.damaged")}


def test_a_damaged_role_hides_itself_alone(world: World, boss: Subject) -> None:
    role = create(world)
    anna = world.person("anna")
    gives(world, role, anna)
    alter(world, "role", {"id": role.id}, name="Friends")
    with world.unit():
        assert [each.name for each in roles(world).all(boss)] == ["Administrator", "Member"]
    assert create(world, boss, "Others").name == "Others"
    with pytest.raises(Invalid):
        create(world, boss, "friends")
    assert not world.subject(anna.id).may("user.disable")
