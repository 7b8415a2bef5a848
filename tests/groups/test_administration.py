"""All groups in the admin centre: found, filtered, sorted; and a new one."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from app.groups.listing import AllGroups, WantedGroups
from app.groups.models import GroupContent, GroupRow
from app.keys.trail import Note
from app.subject import SYSTEM, Subject
from tests.builders import Client, World, a_jira
from tests.groups.crowds import work_of
from tests.tampering import alter, sealed_rows


def names(world: World, by: Subject, **wanted: object) -> list[str]:
    with world.unit():
        found = world.cfg.get(AllGroups).page(by, WantedGroups(**wanted))  # type: ignore[arg-type]
    return [group.name for group in found.groups]


def many(world: World, number: int, *, first: int = 0) -> None:
    """Store so many teams at once."""
    rows = sealed_rows(world, GroupRow, GroupContent, "group")
    with world.unit(), world.cfg.unit.writing():
        for each in range(first, first + number):
            name = f"Crew {each:05}"
            rows.insert(
                uuid4(), GroupContent(""), Note("group.create", actor="tests"),
                name=name, name_key=name.casefold(), kind="team", created_at=world.clock(),
            )  # fmt: skip


def test_groups_are_found_by_a_part_of_their_names(world: World) -> None:
    boss = world.person("boss", admin=True)
    for name in ("Release", "Pre-release", "Büro", "100% sure", "a_b"):
        world.group(name)
    asked = (
        "release",
        "RELEASE",
        "BÜRO",
        "%",
        "_",
        "\\",
        "\0",
        "\ud800",
        "systemgr",
        "System group",
        "x" * 500,
    )
    assert {text: names(world, boss, query=text) for text in asked} == {
        "release": ["Pre-release", "Release"], "RELEASE": ["Pre-release", "Release"], "BÜRO": ["Büro"],
        "%": ["100% sure"], "_": ["a_b"], "\\": [], "systemgr": ["System group"], "System group": ["System group"],
        "x" * 500: [], "\0": names(world, boss), "\ud800": names(world, boss),
    }  # fmt: skip


def test_filters_and_orders(world: World) -> None:
    boss = world.person("boss", admin=True)
    first = world.group("Zeta").id
    world.clock.goes_on(minutes=1)
    second = world.group("Alpha").id
    anna = world.person("anna", groups={first: "admin"})
    gone = world.person("gone", groups={second: "admin"})
    with world.unit():
        world.users.disable("tests", gone.id)
    boss = world.joins(boss, second)
    assert names(world, boss) == ["Alpha", "System group", "Zeta"]
    assert names(world, boss, sort="newest")[0] == "Alpha"
    assert names(world, boss, sort="oldest")[-1] == "Alpha"
    assert names(world, boss, filter="mine") == ["Alpha"]
    assert names(world, boss, filter="no-admin") == ["Alpha"]
    secret = world.keep(a_jira(), owner=anna)
    world.publish(secret, owner=anna, group=first)
    text = world.client(boss).get("/admin/groups").text
    row = re.search(r"<tr>(?:(?!</tr>).)*Zeta.*?</tr>", text, re.S)
    assert row
    assert "Anna Example" in row[0]
    assert re.findall(r"<td[^>]*>(\d+)</td>", row[0]) == ["1", "1"]
    assert "no active admin" in text


@pytest.mark.parametrize("query", ["page=0", "page=999999", "page=x", "filter=x&sort=y", "q=%00%ff", "page=2&page=3"])
def test_odd_addresses_show_a_page(world: World, query: str) -> None:
    boss = world.client(world.person("boss", admin=True))
    assert boss.get(f"/admin/groups?{query}").status_code == 200


def test_twenty_are_shown_at_a_time_and_every_group_once(world: World) -> None:
    boss = world.person("boss", admin=True)
    many(world, 44)
    client = world.client(boss)
    seen = [name for page in (1, 2, 3) for name in re.findall(r"<strong>([^<]+)</strong></a>", listed(client, page))]
    assert seen == [*(f"Crew {each:05}" for each in range(44)), "System group"]
    assert listed(client, 9) == listed(client, 3)


def listed(client: Client, page: int) -> str:
    text = client.get(f"/admin/groups?page={page}").text
    return text[text.index("<tbody>") : text.index("</tbody>")]


def test_a_page_opens_what_it_shows_alone(world: World) -> None:
    client = world.client(world.person("boss", admin=True))

    def ask() -> None:
        assert client.get("/admin/groups?q=crew").status_code == 200

    many(world, 30)
    few = work_of(world, ask)
    many(world, 1500, first=30)
    more = work_of(world, ask)
    assert (more.statements, more.rows) == (few.statements, few.rows)


def test_a_damaged_group_hides_no_other(world: World) -> None:
    boss = world.person("boss", admin=True)
    release = world.group("Release")
    world.group("Support")
    alter(world, "group", {"id": release.id}, kind="system")
    assert names(world, boss) == ["Support", "System group"]
    assert {event["object_id"] for event in world.events("group.damaged")} == {release.id}


def test_who_creates_a_group_sees_it_and_is_its_admin(world: World) -> None:
    boss = world.person("boss", admin=True)
    client = world.client(boss)
    answer = client.post("/admin/groups/new", name=" Release ", description="Ships")
    where = answer.headers["Location"].partition("?")[0]
    assert answer.status_code == 303
    page = client.get(where).text
    assert "Ships" in page
    assert "Boss Example" in page
    assert len(world.rows("membership")) == 1
    twice = client.post("/admin/groups/new", name="release", description="kept <b>")
    assert twice.status_code == 422
    assert "There is a group with this name already." in twice.text
    assert "kept &lt;b&gt;" in twice.text
    assert client.post("/admin/groups/new", name="x", description="", kind="system").status_code == 422


def test_the_system_groups_page_offers_neither_name_nor_end(world: World) -> None:
    boss = world.client(world.person("boss", admin=True, groups={SYSTEM: "member"}))
    text = boss.get(f"/groups/{SYSTEM}").text
    assert f"/groups/{SYSTEM}/edit" not in text
    assert f"/groups/{SYSTEM}/delete" not in text
