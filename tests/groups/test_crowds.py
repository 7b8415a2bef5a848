"""A group with many members costs what one with few does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.groups.members import LARGE
from app.groups.service import Wish
from tests.builders import World
from tests.groups.crowds import Work, crowd, work_of

FEW, MANY = 60, LARGE + 400
ALLOWED = 4000
"""Steps of SQLite's virtual machine that a page may need more: a group twenty times as large has as many more rows."""


def costs(world: World, size: int) -> dict[str, Work]:
    """Return what each question about a group of this size costs."""
    team = world.group(f"Team {size}").id
    anna, eve = world.person(f"anna{size}", groups={team: "admin"}), world.person(f"eve{size}")
    crowd(world, team, size)
    if not world.cfg.unit.is_sqlite:
        world.sql("ANALYZE")
    client = world.client(anna)

    def shows(path: str) -> Callable[[], None]:
        def ask() -> None:
            assert client.get(path).status_code == 200

        return ask

    def joins_and_leaves() -> None:
        with world.unit():
            revision = world.groups.names([team])[team].revision
            world.groups.add_member(anna, team, eve.id)
        with world.unit():
            wishes = [Wish(eve.id, None)]
            world.groups.save_members(anna, team, revision=revision + 1, wishes=wishes)

    questions = {
        "my groups": shows("/groups"),
        "group": shows(f"/groups/{team}"),
        "members": shows(f"/groups/{team}/members"),
        "a later page": shows(f"/groups/{team}/members?turn=3"),
        "a rare name": shows(f"/groups/{team}?member=crowd00007"),
        "somebody to add": shows(f"/groups/{team}/members/people?add=eve"),
        "joins and leaves": joins_and_leaves,
    }
    return {name: work_of(world, ask) for name, ask in questions.items()}


@pytest.fixture(params=["everybody", "groups"])
def shown(request: pytest.FixtureRequest) -> str:
    """Whom the search for people shows."""
    return str(request.param)


def test_pages_and_changes_cost_the_same_with_many_members(make_world: Callable[..., World], shown: str) -> None:
    world = make_world({"TRESOR_USERS__DIRECTORY": shown})
    few, many = costs(world, FEW), costs(world, MANY)
    assert {name: work.statements for name, work in many.items() if work.statements > few[name].statements} == {}
    more = {name: work.steps - few[name].steps for name, work in many.items()}
    assert {name: steps for name, steps in more.items() if steps > ALLOWED} == {}
    assert all(work.rows <= few[name].rows + 8 for name, work in many.items())


def test_every_member_is_on_one_page_admins_first_then_by_name(world: World) -> None:
    team = world.group("Team").id
    zoe = world.person("zoe", groups={team: "admin"})
    made = crowd(world, team, 65)
    seen = []
    for page in range(1, 6):
        with world.unit():
            seen += [member.user for member in world.groups.members(zoe, team, page=page).members]
    names = [user.name for user in seen]
    assert names[0] == "Zoe Example"
    assert names[1:66] == sorted(names[1:66])
    assert {user.id for user in seen[:66]} == {zoe.id, *made}
    assert seen[66:] == seen[60:66]  # beyond the last page: the last


@pytest.mark.parametrize("size", [30, 600])
def test_members_are_found_by_the_beginnings_of_words(world: World, size: int) -> None:
    team, other = world.group("Team").id, world.group("Other").id
    zoe = world.person("zoe", groups={team: "admin"})
    crowd(world, team, size)
    crowd(world, other, 20)
    with world.unit():
        found = {
            text: [member.user.name for member in world.groups.members(zoe, team, query=text).members]
            for text in ("zoe", "crowd00007", "hugo CROWD00007", "ada crowd00007", "nobody", "%", "\0", "x" * 500)
        }
        many = world.groups.members(zoe, team, query="crowd")
    assert found == {
        "zoe": ["Zoe Example"], "crowd00007": ["Hugo Crowd00007"], "hugo CROWD00007": ["Hugo Crowd00007"],
        "ada crowd00007": [], "nobody": [], "%": [], "\0": [], "x" * 500: [],
    }  # fmt: skip
    assert (len(many.members), many.more) == (20, True)


def test_who_is_renamed_moves_to_another_place(world: World) -> None:
    team = world.group("Team").id
    people = [world.person(name, groups={team: "member"}) for name in ("anna", "ben")]
    with world.unit():
        world.users.rename(people[0], first_name="Zoë", last_name="")
    zoe = world.subject(people[0].id)
    with world.unit():
        names = [member.user.name for member in world.groups.members(zoe, team).members]
        found = [member.user.name for member in world.groups.members(zoe, team, query="zoe").members]
    assert (names, found) == (["Ben Example", "Zoë"], ["Zoë"])


def test_a_member_whom_the_page_did_not_show_stays_as_they_are(world: World) -> None:
    team = world.group("Team").id
    anna = world.person("anna", groups={team: "admin"})
    made = crowd(world, team, 30)
    client = world.client(anna)
    with world.unit():
        revision = world.groups.names([team])[team].revision
    wish = {f"level-{made[0]}": "admin", f"seen-{made[0]}": "member", "shown-page": "1", "shown-q": ""}
    assert client.post(f"/groups/{team}/members", revision=str(revision), **wish).status_code == 303
    with world.unit():
        levels = [level.value for _user, level in world.users.members(team)]
    assert sorted(levels) == ["admin"] * 2 + ["member"] * 29


def test_another_part_keeps_what_is_wished(world: World) -> None:
    team = world.group("Team").id
    anna = world.person("anna", groups={team: "admin"})
    made, eve = crowd(world, team, 45), world.person("eve")
    client = world.client(anna)
    wish = {
        "revision": "7", f"level-{made[0]}": "none", f"seen-{made[0]}": "member", f"publications-{made[0]}": "withdraw",
        f"level-{made[1]}": "member", f"seen-{made[1]}": "member", "add-1": eve.email, "add-level-1": "admin",
        "turn": "3", "q": "not looked for, as the button is another one", "shown-q": "", "shown-page": "1",
    }  # fmt: skip
    answer = client.post(f"/groups/{team}/members/shown", **wish)
    assert answer.status_code == 200
    assert f'id="row-{made[0]}" class="changed"' in answer.text
    assert f"row-{made[1]}" not in answer.text
    assert f'value="{eve.email}"' in answer.text
    assert 'name="shown-page" value="3"' in answer.text
    assert len(world.rows("membership")) == 46


@pytest.mark.parametrize("wrong", [{"level-x": "none"}, {"turn": "x", "unknown": "1"}, {"add-level": "owner"}])
def test_a_part_is_refused_what_the_page_cannot_have_sent(world: World, wrong: dict[str, str]) -> None:
    team = world.group("Team").id
    client = world.client(world.person("anna", groups={team: "admin"}))
    assert client.post(f"/groups/{team}/members/shown", **wrong).status_code == 422


def test_the_number_of_members_of_a_large_group_follows_each_change(world: World) -> None:
    team = world.group("Team").id
    anna, eve = world.person("anna", groups={team: "admin"}), world.person("eve")
    crowd(world, team, LARGE + 1)
    counted = []
    for change in (world.groups.add_member, world.groups.remove_member):
        with world.unit():
            counted.append(world.groups.counts([team])[team])
        with world.unit():
            change(anna, team, eve.id)
    with world.unit():
        counted.append(world.groups.counts([team])[team])
    assert counted == [LARGE + 2, LARGE + 3, LARGE + 2]


@pytest.mark.parametrize(
    "query", ["member=%00", "member=%ff%fe", "member=a&member=b", "members=999999", "members=-1", "x=y"]
)
def test_odd_addresses_show_members(world: World, query: str) -> None:
    team = world.group("Team").id
    client = world.client(world.person("anna", groups={team: "admin"}))
    assert client.get(f"/groups/{team}?{query}").status_code == 200
    asked = query.replace("members", "turn").replace("member", "q")
    assert client.get(f"/groups/{team}/members?{asked}").status_code == 200
