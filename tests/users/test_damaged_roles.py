"""A role whose row was altered gives nothing, hides itself alone, and is recorded; everything else goes on."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from app.errors import Forbidden
from app.subject import Subject
from app.users.administration import Administration
from app.users.roles import Roles
from tests.builders import World
from tests.tampering import alter


@pytest.fixture
def people(world: World) -> tuple[Subject, Subject, Subject, UUID]:
    """An administrator, somebody who may change people, and somebody with a role that was altered since."""
    with world.unit():
        roles = world.cfg.get(Roles)
        broken = roles.create("tests", name="Broken", permissions=["user.read"]).id
        helpers = roles.create("tests", name="Helpers", permissions=["user.read", "user.change", "user.roles"]).id
    boss, helper, ben = world.person("boss", admin=True), world.person("helper"), world.person("ben")
    with world.unit():
        world.users.change_roles("tests", helper.id, add=[helpers])
        world.users.change_roles("tests", ben.id, add=[broken])
    alter(world, "role", {"id": broken}, name="Bosses")
    return world.subject(boss.id), world.subject(helper.id), world.subject(ben.id), broken


def test_pages_pass_over_a_damaged_role_and_record_it(
    world: World, people: tuple[Subject, Subject, Subject, UUID]
) -> None:
    boss, _helper, ben, broken = people
    client = world.client(boss)
    for path in ("/admin/users", f"/admin/users/{ben.id}", "/admin/users/invite", "/admin/roles", "/admin"):
        answer = client.get(path)
        assert (answer.status_code, "Bosses" in answer.text) == (200, False), path
    assert "Helpers" in client.get(f"/admin/users/{ben.id}").text
    assert {event["object_id"] for event in world.events("role.damaged")} == {broken}
    assert world.client(ben).post("/account/export").status_code == 200


def test_commands_pass_over_a_damaged_role(world: World, people: tuple[Subject, Subject, Subject, UUID]) -> None:
    runner = world.app.test_cli_runner()
    listed = runner.invoke(args=["users", "list", "--json"])
    roles = {row["email"]: row["roles"] for row in json.loads(listed.output)}
    assert roles["ben@example.org"] == ["Member"]
    assert runner.invoke(args=["users", "role", "ben@example.org", "--add", "Helpers"]).exit_code == 0
    unknown = runner.invoke(args=["users", "role", "ben@example.org", "--add", "Bosses"])
    assert (unknown.exit_code, "There is no role named Bosses." in unknown.output) == (1, True)


def test_only_who_may_everything_acts_on_somebody_with_a_damaged_role(
    world: World, people: tuple[Subject, Subject, Subject, UUID]
) -> None:
    """What it allowed cannot be told, so it counts as all there is."""
    boss, helper, ben, _broken = people
    with pytest.raises(Forbidden), world.unit():
        world.cfg.get(Administration).end_sessions(helper, ben.id)
    with world.unit():
        world.cfg.get(Administration).end_sessions(boss, ben.id)
