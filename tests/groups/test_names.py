"""What a group may be called and described as."""

from __future__ import annotations

import pytest

from app.audit.service import Overtaken
from app.errors import Forbidden, Invalid
from app.subject import SYSTEM
from tests.builders import World
from tests.users.test_service import at_once

INVISIBLE = (
    *("a\u200bb", "a\u200db", "\ufeffab", "a\u00adb", "\u3164", "a\u3164", "\u2800", "\u115f\u1160", "\u0301"),
    "a\u00a0b",
)
CONTROL = ("a\0b", "a\nb", "a\tb", "a\x1bb", "a\x7fb", "a\u0085b", "a\u2028b", "\ud800", "a\ue000b")
TURNING = ("\u202eabc", "abc\u202c", "\u2066abc\u2069", "\u200fabc", "a\u061cb")
LONG = ("x" * 101, "x" * 10_000, "\U0001f680" * 101, "\ufdfa" * 10_000)
LIKE_SYSTEM = (
    *("System", "SYSTEM", "sys tem", "System group", "system-group", "Systemgruppe", "The system group"),
    *("\uff33\uff39\uff33\uff34\uff25\uff2d", "\U0001d412ystem", "S\u0443stem", "Syst\u0435m", "S\u0443st\u0435\u043c"),
    *("Sy\u0301stem", "5ystem", "Systern", "$ystem Group", "System_Group", "system."),
)
FINE = (
    *("Release", "a", "x" * 100, "\U0001f680 Launch", "\U00020bb7\u91ce\u5bb6", "Systems engineering", "System test"),
    *("\u05e6\u05d5\u05d5\u05ea", "\u0641\u0631\u064a\u0642", "M\u00fcnchen", "Mu\u0308nchen 2", "R&D <b>", "1"),
    *("\u2764\ufe0f Care", "Ops 24/7"),
)
WRONG_DESCRIPTIONS = ("a\0b", "\x1b[0m", "\u202eabc", "a\u2066b", "\ud800", "x" * 501, "x" * 10_000)


def test_no_group_is_called_what_cannot_be_seen_or_looks_like_the_system_group(world: World) -> None:
    team, boss = world.group("Team"), world.person("boss", admin=True)
    client = world.client(boss)
    token = client.token()
    for name in ("", "   ", *INVISIBLE, *CONTROL, *TURNING, *LONG, *LIKE_SYSTEM):
        with pytest.raises(Invalid) as invalid, world.unit():
            world.groups.create("tests", name=name)
        assert invalid.value.field == "name", ascii(name)
        with pytest.raises(Invalid), world.unit():
            world.groups.describe(boss, team.id, description="", name=name)
        sent = {"csrf_token": token, "name": name.replace("\ud800", "\0"), "description": ""}
        assert client.post("/admin/groups/new", **sent).status_code == 422, ascii(name)
    assert {row["name"] for row in world.rows("group")} == {"System", "Team"}


def test_what_can_be_read_is_a_name(world: World) -> None:
    boss = world.person("boss", admin=True)
    client = world.client(boss)
    for name in FINE:
        assert client.post("/admin/groups/new", name=name, description="").status_code == 303, ascii(name)
    assert client.get("/admin/groups").status_code == 200
    assert len(world.rows("group")) == 1 + len(FINE)


def test_a_description_holds_no_control_characters(world: World) -> None:
    boss = world.person("boss", admin=True)
    for text in WRONG_DESCRIPTIONS:
        with pytest.raises(Invalid) as invalid, world.unit():
            world.groups.create(boss, name="Team", description=text)
        assert invalid.value.field == "description", ascii(text)
    assert len(world.rows("group")) == 1


def test_a_description_may_have_lines_and_any_script(world: World) -> None:
    boss = world.person("boss", admin=True)
    with world.unit():
        made = world.groups.create(boss, name="Team", description=" One\r\nTwo \U0001f680 \u0641 ")
    assert made.description == "One\nTwo \U0001f680 \u0641"


def test_a_team_is_renamed_by_who_manages_all_groups_alone(world: World) -> None:
    release, other = world.group("Release"), world.group("Other")
    boss, anna = world.person("boss", admin=True), world.person("anna", groups={release.id: "admin"})
    for name in ("other", "OTHER "):
        with pytest.raises(Invalid), world.unit():
            world.groups.describe(boss, release.id, description="", name=name)
    with pytest.raises(Forbidden), world.unit():
        world.groups.describe(anna, release.id, description="", name="Mine")
    with pytest.raises(Invalid), world.unit():
        world.groups.describe(boss, SYSTEM, description="", name="Mine")
    with world.unit():
        world.groups.describe(boss, release.id, description="Ships", name=" RELEASE")
    with world.unit():
        renamed = world.groups.names([release.id])[release.id]
        assert world.groups.named("release").id == release.id
    assert (renamed.name, renamed.description) == ("RELEASE", "Ships")
    (event,) = world.events("group.rename")
    assert event["detail"] == {"before": "Release", "name": "RELEASE"}
    assert len(world.events("group.describe")) == 1
    assert other.name == "Other"
    client = world.client(anna)
    assert 'name="name"' not in client.get(f"/groups/{release.id}/edit").text
    sent = {"name": "Mine", "description": "", "revision": str(renamed.revision)}
    assert client.post(f"/groups/{release.id}/edit", **sent).status_code == 422


def test_a_stale_form_is_shown_again_with_what_was_typed(world: World) -> None:
    release = world.group("Release")
    boss, anna = world.person("boss", admin=True), world.person("anna", groups={release.id: "admin"})
    with world.unit():
        seen = world.groups.names([release.id])[release.id].revision
        world.groups.add_member(anna, release.id, boss.id)  # which the form is not about
    client = world.client(boss)
    sent = {"name": "Release", "description": "First", "revision": str(seen)}
    assert client.post(f"/groups/{release.id}/edit", **sent).status_code == 303
    with world.unit():
        world.groups.describe(anna, release.id, description="Second")
    answer = client.post(f"/groups/{release.id}/edit", **{**sent, "name": "Releases", "description": "Third"})
    assert answer.status_code == 409
    for text in ("Anna Example changed this meanwhile.", "Its description: Second", 'value="Releases"', ">Third<"):
        assert text in answer.text
    with world.unit():
        assert world.groups.names([release.id])[release.id].description == "Second"
    with pytest.raises(Overtaken), world.unit():
        world.groups.describe(boss, release.id, description="x", revision=99)
    same = client.post(f"/groups/{release.id}/edit", **{**sent, "description": "Second"})
    assert same.status_code == 303


@pytest.mark.parametrize("revision", ["", "x", "-1", "1" * 20])
def test_a_form_that_does_not_say_what_it_saw_is_refused(world: World, revision: str) -> None:
    release, boss = world.group("Release"), world.person("boss", admin=True)
    sent = {"name": "R", "description": "", "revision": revision}
    assert world.client(boss).post(f"/groups/{release.id}/edit", **sent).status_code == 422


def test_one_of_two_who_choose_a_name_at_once_gets_it(world: World) -> None:
    def create() -> None:
        with world.unit():
            world.groups.create("tests", name="Release")

    outcomes = at_once(create, create)
    assert [type(each) for each in outcomes if isinstance(each, Exception)] == [Invalid]
    assert len(world.rows("group")) == 2
