"""Groups from their beginning to their end, with and without script; and one with many members."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from app.users.sessions import Sessions
from tests.groups.crowds import crowd
from tests.journeys.conftest import Profiles
from tests.journeys.scenery import HOST, Scenery, scenery
from tests.journeys.tongue import say, words


@dataclass
class Place:
    """A scenery of this module, and pages in it of people who are signed in."""

    full: Scenery
    profiles: Profiles
    script: bool

    def page(self, who: str) -> Page:
        context = self.profiles.open(script=self.script, reduced_motion="reduce", base_url=self.full.url)
        world = self.full.world
        with world.unit():
            user = world.users.get(self.full.people[who].id)
            assert user is not None
            token = world.cfg.get(Sessions).begin(user, device="journey")
        context.add_cookies([{"name": "session", "value": token, "url": self.full.url}])
        return context.new_page()

    def members(self, group: str) -> dict[str, str]:
        with self.full.world.unit():
            found = self.full.world.users.members(self.full.groups[group])
        return {user.first_name: level.value for user, level in found}

    def admins(self, group: str) -> list[str]:
        with self.full.world.unit():
            found = self.full.world.users.members(self.full.groups[group])
        return [user.name for user, level in found if level == "admin"]


@pytest.fixture(params=[False, True], ids=["without script", "with script"])
def place(request: pytest.FixtureRequest, tmp_path: Path, profiles: Profiles, spoken: str) -> Iterator[Place]:
    with scenery(tmp_path) as full:
        full.speaks(spoken)
        yield Place(full, profiles, request.param)


def sends(page: Page, name: str) -> None:
    page.locator("#sheet-form").get_by_role("button", name=say(name)).click()


def test_a_group_begins_is_renamed_joined_and_ends(place: Place) -> None:
    lena = place.page("lena")
    creates(lena)
    renames(lena)
    deletes(lena)


def creates(lena: Page) -> None:
    lena.goto("/admin/groups")
    lena.get_by_role("link", name=say("New group")).click()
    lena.get_by_label(say("Name"), exact=True).fill("System")
    sends(lena, "Create group")
    expect(lena.locator("#f-name-e")).to_contain_text(say("This looks like the system group."))
    lena.get_by_label(say("Name"), exact=True).fill("Operations")
    lena.get_by_label(say("Description")).fill("Keeps it running.")
    sends(lena, "Create group")
    expect(lena.locator("h1")).to_have_text("Operations")
    expect(lena.locator("main")).to_contain_text(say("Group created. You are its first admin."))


def renames(lena: Page) -> None:
    lena.get_by_role("link", name=say("Edit")).click()
    lena.get_by_label(say("Name"), exact=True).fill("Platform")
    sends(lena, "Save group")
    expect(lena.locator("h1")).to_have_text("Platform")
    expect(lena.locator("#changes")).to_contain_text(say("You renamed it; it was called Operations"))


def deletes(lena: Page) -> None:
    lena.get_by_role("link", name=say("Delete group")).click()
    expect(lena.locator("#sheet-form")).to_contain_text(say("Its 1 member belongs to it no more."))
    expect(lena.get_by_role("link", name=say("Keep the group"))).to_be_focused()
    sends(lena, "Delete group")
    expect(lena.locator("h1")).to_have_text(say("All groups"))
    expect(lena.locator("main")).to_contain_text(say("Group deleted."))
    expect(lena.locator("tbody")).not_to_contain_text("Platform")


def test_what_ends_with_a_group_is_shown_and_ends(place: Place) -> None:
    lena, anna = place.page("lena"), place.page("anna")
    anna.goto(f"/groups/{place.full.groups['Support']}")
    lena.goto(f"/groups/{place.full.groups['Support']}")
    lena.get_by_role("link", name=say("Delete group")).click()
    expect(lena.locator("#ending")).to_contain_text("Jira – status sync")
    expect(lena.locator("#ending li", has_text="Error tracker")).to_contain_text(say("Release-bot used it last:"))
    sends(lena, "Delete group")
    expect(lena.locator("h1")).to_have_text(say("All groups"))
    lena.goto(place.full.address("Error tracker"))
    expect(lena.locator("main")).to_contain_text(say("Support (deleted)"))
    anna.goto(f"/groups/{place.full.groups['Support']}")
    expect(anna.locator("h1")).to_have_text(say("Not here"))


def test_a_member_sees_what_the_group_does_for_them_and_leaves(place: Place) -> None:
    ben, anna = place.page("ben"), place.page("anna")
    ben.goto(f"/groups/{place.full.groups['Release']}")
    main = ben.locator("main")
    expect(main).to_contain_text(say("To add people or to withdraw a secret, ask who manages this group"))
    expect(main).to_contain_text("Anna Berger, Lena Hoffmann.")
    expect(main).to_contain_text("Release-bot")
    expect(main).to_contain_text(say("Owners who are members publish a secret from its own page, under Share."))
    expect(ben.get_by_role("link", name=say("Delete group"))).to_have_count(0)
    expect(ben.locator("#changes")).to_have_count(0)
    ben.get_by_role("link", name=say("Leave group")).click()
    sends(ben, "Leave group")
    expect(ben.locator("h1")).to_have_text(say("Groups"))
    expect(ben.locator("main")).to_contain_text(say("You left the group."))
    assert "Ben" not in place.members("Release")
    anna.goto(f"/groups/{place.full.groups['Release']}")
    expect(anna.locator("#changes")).to_contain_text(say("Ben Okafor left"))


def test_who_published_decides_when_they_leave(place: Place) -> None:
    anna = place.page("anna")
    anna.goto(f"/groups/{place.full.groups['Release']}")
    anna.get_by_role("link", name=say("Leave group")).click()
    expect(anna.locator("legend")).to_contain_text(say("You published here: App store connect"))
    anna.get_by_role("radio", name=say("Withdraw")).check()
    sends(anna, "Leave group")
    expect(anna.locator("main")).to_contain_text(say("You left the group."))
    lena = place.page("lena")
    lena.goto(f"/groups/{place.full.groups['Release']}")
    expect(lena.locator("main")).not_to_contain_text("App store connect")


def test_an_administrator_who_adds_themselves_is_seen(place: Place) -> None:
    nora, anna = place.page("nora"), place.page("anna")
    nora.goto("/admin/groups?q=supp")
    nora.get_by_role("link", name="Support").click()
    nora.get_by_role("link", name=say("Manage members")).click()
    if place.script:
        nora.locator("#f-add").press_sequentially("nora")
        nora.locator("#found [data-address]").first.click()
    else:
        nora.locator("#f-add").fill(f"nora@{HOST}")
    sends(nora, "Save members")
    expect(nora.locator("main")).to_contain_text("Nora Lindqvist")
    anna.goto(f"/groups/{place.full.groups['Support']}")
    expect(anna.locator("#changes .amber")).to_contain_text(say("Nora Lindqvist added themselves"))


def test_one_of_many_members_is_found_and_changed(place: Place) -> None:
    support = place.full.groups["Support"]
    crowd(place.full.world, support, 60)
    anna = place.page("anna")
    anna.goto(f"/groups/{support}")
    expect(anna.locator("#group-members li")).to_have_count(20)
    anna.locator("#group-members a[rel=next]").click()
    expect(anna.locator("#group-members .pager")).to_contain_text(say("21 to 40 of 65"))
    finds(anna, "#f-member", "crowd00007", place.script)
    expect(anna.locator("#group-members li")).to_have_text([re.compile(f"Hugo Crowd00007.*{words('Member')}")])
    anna.get_by_role("link", name=say("Manage members")).click()
    finds(anna, "#f-find", "hugo crowd00007", place.script)
    expect(anna.locator("#rows > li")).to_have_count(1)
    anna.locator("#rows select").select_option("admin")
    sends(anna, "Save members")
    expect(anna.locator("#changes")).to_contain_text(say("You made Hugo Crowd00007 a group admin"))
    assert place.admins("Support") == ["Anna Berger", "Hugo Crowd00007"]


def finds(page: Page, field: str, text: str, script: bool) -> None:
    page.locator(field).fill(text)
    if not script:
        page.locator(field).press("Enter")


@pytest.mark.parametrize("place", [True], indirect=True, ids=["with script"])
def test_what_is_wished_stays_while_other_members_are_shown(place: Place) -> None:
    support = place.full.groups["Support"]
    crowd(place.full.world, support, 60)
    anna = place.page("anna")
    anna.goto(f"/groups/{support}")
    members = anna.get_by_role("link", name=say("Manage members"))
    members.click()
    anna.get_by_role("button", name=say("Next")).click()
    expect(anna.locator("#members-part .pager")).to_contain_text(say("21 to 40 of 65"))
    anna.keyboard.press("Escape")  # another part is no change
    expect(anna.locator("dialog[open]")).to_have_count(0)
    members.click()
    row(anna, "Ben Okafor").get_by_role("button", name=say("Remove: Ben Okafor")).click()
    anna.locator("#f-add").press_sequentially("jonas")
    anna.locator("#found [data-address]").first.click()
    anna.get_by_role("button", name=say("Next")).click()
    expect(anna.locator("#members-part .pager")).to_contain_text(say("21 to 40 of 65"))
    expect(row(anna, "Ben Okafor")).to_contain_text(say("leaves when you save"))
    anna.locator("#f-find").fill("lena hoffmann")
    expect(anna.locator("#rows > li")).to_have_count(3)
    anna.locator("#f-find").press("Enter")
    row(anna, "Lena Hoffmann").locator("select").select_option("admin")
    expect(anna.locator("#unsaved")).to_have_text(say("3 changes not saved yet"))
    anna.keyboard.press("Escape")
    expect(anna.locator("#discard")).to_be_visible()
    anna.get_by_role("button", name=say("Keep editing")).click()
    sends(anna, "Save members")
    expect(anna.locator(".toast")).to_contain_text(say("Members saved."))
    assert place.admins("Support") == ["Anna Berger", "Lena Hoffmann"]
    with place.full.world.unit():
        names = {user.name for user, _level in place.full.world.users.members(support)}
    assert ("Jonas Weiß" in names, "Ben Okafor" in names) == (True, False)


@pytest.mark.parametrize("place", [True], indirect=True, ids=["with script"])
def test_many_members_fill_the_sheet_on_a_phone(place: Place) -> None:
    support = place.full.groups["Support"]
    crowd(place.full.world, support, 60)
    anna = place.page("anna")
    anna.set_viewport_size({"width": 390, "height": 844})
    anna.goto(f"/groups/{support}")
    anna.locator("#members").click()
    foot = anna.locator("dialog .sheet .dlg-foot").bounding_box()
    assert foot
    assert foot["y"] + foot["height"] == 844


def row(page: Page, name: str) -> Locator:
    return page.locator("#rows > li", has=page.locator("b", has_text=name))


@pytest.mark.parametrize("place", [True], indirect=True, ids=["with script"])
def test_all_groups_are_searched_as_one_types(place: Place) -> None:
    lena = place.page("lena")
    lena.goto("/admin/groups")
    expect(lena.locator("tbody tr")).to_have_count(3)
    lena.get_by_label(say("Search by name")).fill("supp")
    expect(lena.locator("tbody tr")).to_have_count(1)
    lena.get_by_label(say("Filter groups")).select_option("no-admin")
    expect(lena.locator("#results")).to_contain_text(say("No group fits"))
    lena.get_by_role("link", name=say("Show all")).click()
    expect(lena.locator("tbody tr")).to_have_count(3)
