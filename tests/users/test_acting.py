"""Whoever was disabled, narrowed or removed while a request was under way changes nothing by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any
from uuid import UUID

import pytest

from app.errors import Forbidden, Refused, SignInNeeded
from app.groups.deletion import Deletion as GroupDeletion
from app.groups.service import Wish
from app.options.service import Options, Values
from app.subject import GroupLevel, Subject
from app.users.address_changes import AddressChanges
from app.users.administration import Administration, Wishes
from app.users.deletion import Deletion
from app.users.invitations import Invitations
from app.users.permissions import ADMINISTRATOR, MEMBER
from app.users.roles import Roles
from app.users.sessions import Sessions
from app.users.settling import Settling
from tests.builders import PASSWORD, World

TABLES = ("user", "role", "user_role", "group", "membership", "link", "options", "access", "secret")
NAMES = {"first_name": "Zoe", "last_name": "Zander"}
OTHER = Values(registration=True, registration_domains=(), directory="exact")


def wish(world: World, user_id: UUID, **changed: Any) -> Wishes:
    user = world.users.get(user_id)
    assert user is not None
    return Wishes(user.opened.revision, **changed)


def invite(world: World, by: Subject, roles: Sequence[UUID] = ()) -> UUID:
    names = {"first_name": "Ina", "last_name": "Invited"}
    made = world.cfg.get(Invitations).invite(by, email="ina@example.org", language="en", roles=roles, **names)
    return made.id


def made_role(world: World) -> UUID:
    return world.cfg.get(Roles).create("tests", name="Helpers", permissions=["user.read"]).id


Act = Callable[[World, Subject, "Cast"], Any]


class Cast:
    """Whom and what the acts are about."""

    def __init__(self, world: World) -> None:
        self.chief = world.person("chief", admin=True)
        self.ben = world.person("ben")
        self.gone = world.person("gone")
        self.team = world.group("Team").id
        self.eve = world.person("eve", groups={self.team: "member"})
        world.person("lead", groups={self.team: "admin"})
        with world.unit():
            self.role = made_role(world)
            self.invited = invite(world, self.chief)
            world.users.disable("tests", self.gone.id)
            self.mark = world.cfg.get(GroupDeletion).question(self.chief, self.team).mark


ADMINISTRATORS: dict[str, Act] = {
    "create": lambda w, by, _c: w.users.create(by, email="zoe@example.org", password=PASSWORD, **NAMES),
    "rename": lambda w, by, c: w.users.rename_other(by, c.ben.id, **NAMES),
    "save names": lambda w, by, c: w.cfg.get(Administration).save(by, c.ben.id, wish(w, c.ben.id, **NAMES)),
    "save roles": lambda w, by, c: w.cfg.get(Administration).save(
        by, c.ben.id, wish(w, c.ben.id, shown=frozenset({c.role}), ticked=frozenset({c.role}))
    ),
    "take roles": lambda w, by, c: w.cfg.get(Administration).save(
        by, c.chief.id, wish(w, c.chief.id, shown=frozenset({ADMINISTRATOR}), ticked=frozenset({MEMBER}))
    ),
    "roles": lambda w, by, c: w.users.change_roles(by, c.ben.id, add=[c.role]),
    "ask for a password": lambda w, by, c: w.users.ask_for_password(by, c.ben.id, since=w.clock()),
    "end sessions": lambda w, by, c: w.cfg.get(Administration).end_sessions(by, c.ben.id),
    "end sessions of": lambda w, by, c: w.users.end_sessions_of(by, c.ben.id),
    "disable": lambda w, by, c: w.users.disable(by, c.ben.id),
    "disable some": lambda w, by, c: w.cfg.get(Administration).disable(by, [c.ben.id]),
    "enable": lambda w, by, c: w.cfg.get(Administration).enable(by, c.gone.id),
    "let in again": lambda w, by, c: w.users.enable(by, c.gone.id),
    "settle": lambda w, by, c: w.cfg.get(Settling).settle(by, c.gone.id, heirs={}, deletions=[]),
    "delete": lambda w, by, c: w.cfg.get(Deletion).delete(by, c.gone.id),
    "address": lambda w, by, c: w.cfg.get(AddressChanges).set(by, c.ben.id, email="benno@example.org"),
    "invite": lambda w, by, _c: w.cfg.get(Invitations).invite(
        by, email="new@example.org", roles=(), language="en", **NAMES
    ),
    "copy a link": lambda w, by, c: w.cfg.get(Invitations).copy(by, c.invited),
    "withdraw": lambda w, by, c: w.cfg.get(Invitations).withdraw(by, c.invited),
    "make a role": lambda w, by, _c: w.cfg.get(Roles).create(by, name="Another"),
    "change a role": lambda w, by, c: w.cfg.get(Roles).change(
        by, c.role, seen=1, name="Others", description="", permissions=[]
    ),
    "delete a role": lambda w, by, c: w.cfg.get(Roles).delete(by, c.role, seen=1),
    "settings": lambda w, by, _c: w.cfg.get(Options).save(by, seen=0, wanted=OTHER),
    "setting of the file": lambda w, by, _c: w.cfg.get(Options).reset(by, seen=0, name="directory"),
    "make a group": lambda w, by, _c: w.groups.create(by, name="Crew"),
    "rename a group": lambda w, by, c: w.groups.describe(by, c.team, description="", name="Crew"),
    "join": lambda w, by, c: w.groups.add_member(by, c.team, by.id),
    "delete a group": lambda w, by, c: w.cfg.get(GroupDeletion).delete(by, c.team, mark=c.mark),
}
MEMBERS: dict[str, Act] = {
    "add": lambda w, by, c: w.groups.add_member(by, c.team, c.ben.id),
    "remove": lambda w, by, c: w.groups.remove_member(by, c.team, c.eve.id),
    "save": lambda w, by, c: w.groups.save_members(
        by, c.team, revision=w.groups.names([c.team])[c.team].revision, wishes=[Wish(c.eve.id, GroupLevel.ADMIN)]
    ),
    "describe": lambda w, by, c: w.groups.describe(by, c.team, description="Ours"),
}
THEIR_OWN: dict[str, Act] = {
    "rename themselves": lambda w, by, _c: w.users.rename(by, **NAMES),
    "set a password": lambda w, by, _c: w.users.set_password(by, by.id, password="another long one, theirs"),
    "leave": lambda w, by, c: w.groups.leave(by, c.team, keep=True),
}


def state(world: World) -> list[list[dict[str, Any]]]:
    return [sorted(world.rows(table), key=str) for table in TABLES]


def disabled(world: World, person: Subject) -> None:
    world.users.disable("tests", person.id)


def signed_out(world: World, person: Subject) -> None:
    world.cfg.get(Sessions).end(person.session_hash)


def signed_out_everywhere(world: World, person: Subject) -> None:
    world.users.end_sessions(person)


ENDS = (signed_out, signed_out_everywhere, disabled)


def refused(world: World, act: Act, by: Subject, cast: Cast) -> type[Refused | SignInNeeded]:
    """Return how an act of somebody who was found as they were before is refused."""
    before = state(world)
    with pytest.raises((Refused, SignInNeeded)) as refusal, world.unit():
        act(world, by, cast)
    assert state(world) == before
    return type(refusal.value)


@pytest.mark.parametrize("act", ADMINISTRATORS)
def test_who_was_shut_out_meanwhile_changes_nothing(world: World, act: str) -> None:
    cast, boss = Cast(world), world.person("boss", admin=True)
    for end in ENDS:
        begun = world.subject(boss.id)
        with world.unit():
            end(world, begun)
        assert refused(world, ADMINISTRATORS[act], begun, cast) is SignInNeeded


@pytest.mark.parametrize("act", ADMINISTRATORS)
def test_who_is_no_administrator_any_more_changes_nothing(world: World, act: str) -> None:
    cast, boss = Cast(world), world.person("boss", admin=True)
    with world.unit():
        world.users.change_roles("tests", boss.id, remove=[ADMINISTRATOR])
    assert refused(world, ADMINISTRATORS[act], boss, cast) in {Forbidden, Refused}


@pytest.mark.parametrize("act", MEMBERS)
def test_who_leads_a_group_no_more_changes_nothing_in_it(world: World, act: str) -> None:
    cast = Cast(world)
    anna = world.person("anna", groups={cast.team: "admin"})
    with world.unit():
        world.groups.add_member("tests", world.groups.create("tests", name="Elsewhere").id, anna.id)
    with world.unit():
        world.groups.remove_member("tests", cast.team, anna.id)
    assert refused(world, MEMBERS[act], anna, cast) is Refused  # as the next request would answer
    with world.unit():
        world.groups.add_member("tests", cast.team, anna.id)
    assert refused(world, MEMBERS[act], anna, cast) is Forbidden


@pytest.mark.parametrize("act", [*MEMBERS, *THEIR_OWN])
def test_who_was_shut_out_meanwhile_changes_nothing_of_theirs(world: World, act: str) -> None:
    cast = Cast(world)
    anna = world.person("anna", groups={cast.team: "admin"})
    for end in ENDS:
        begun = world.subject(anna.id)
        with world.unit():
            end(world, begun)
        assert refused(world, (MEMBERS | THEIR_OWN)[act], begun, cast) is SignInNeeded


def test_whose_session_ends_while_their_form_waits_reads_so(world: World) -> None:
    team = world.group("Team").id
    anna = world.person("anna", groups={team: "admin"})
    client, before = world.client(anna), world.rows("group")
    with ThreadPoolExecutor(1) as threads:
        with world.unit(), world.cfg.unit.writing():
            world.groups.held(team)
            waiting = threads.submit(client.post, f"/groups/{team}/edit", description="Mine", revision="0")
            assert wait([waiting], timeout=1).not_done
            world.users.end_sessions(anna)
        answer = waiting.result()
    assert (answer.status_code, "Your session has ended" in answer.text) == (401, True)
    assert world.rows("group") == before


def test_who_acts_has_no_more_than_the_request_began_with(world: World) -> None:
    """What was given meanwhile holds from the next request on."""
    team = world.group("Team").id
    anna = world.person("anna")
    with world.unit():
        world.users.change_roles("tests", anna.id, add=[ADMINISTRATOR])
        world.groups.add_member("tests", team, anna.id, level=GroupLevel.ADMIN)
        with world.cfg.unit.writing():
            now = world.users.acting(anna, action="tests")
            assert world.users.acting("command-line", "user.create", action="tests") == "command-line"
    assert (now.permissions, now.groups) == (anna.permissions, {})


def test_a_level_that_was_raised_meanwhile_is_of_no_use_in_the_request(world: World) -> None:
    team = world.group("Team").id
    anna = world.person("anna", groups={team: "member"})
    with world.unit(), world.cfg.unit.writing():
        world.groups.set_level("tests", team, anna.id, level=GroupLevel.ADMIN)
        assert world.users.acting(anna, action="tests").groups == {team: GroupLevel.MEMBER}


def test_who_changes_themselves_is_asked_for_anew_in_the_same_transaction(world: World) -> None:
    boss, _chief = world.person("boss", admin=True), world.person("chief", admin=True)
    with world.unit(), world.cfg.unit.writing():
        assert world.users.acting(boss, "user.disable", action="tests").id == boss.id
        world.users.change_roles("tests", boss.id, remove=[ADMINISTRATOR])
        with pytest.raises(Forbidden):
            world.users.acting(boss, "user.disable", action="tests")
        world.cfg.get(Sessions).end(boss.session_hash)
        with pytest.raises(SignInNeeded):
            world.users.acting(boss, action="tests")
