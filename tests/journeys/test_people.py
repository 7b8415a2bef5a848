"""With script: people are found, added, taken away and given back; groups get members and lose secrets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from app.users.sessions import Sessions
from app.vault.heads import Heads
from app.vault.sharing import Sharing, Wishes
from tests.journeys.scenery import HOST, MAIL, Scenery, scenery
from tests.journeys.test_accessible import COLOURS, EVERYTHING, NARROW, RUN, WIDE
from tests.services import ROOT

REGISTRAR, SERVER_ROOM, RELEASE_BOT = "Domain registrar", "Server room", "Jira – release bot"
EXPECTED = "Failed to load resource: the server responded with a status of 4"


@dataclass
class Place:
    """A scenery of this module, and browsers in it whose complaints are kept."""

    full: Scenery
    browser: Browser
    contexts: list[BrowserContext]
    complaints: list[str]

    def page(self, who: str, **options: Any) -> Page:
        """Return a page of somebody who is signed in."""
        context = self.browser.new_context(locale="en-GB", reduced_motion="reduce", base_url=self.full.url, **options)
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        world = self.full.world
        with world.unit():
            user = world.users.get(self.full.people[who].id)
            assert user is not None
            token = world.cfg.get(Sessions).begin(user, device="journey")
        context.add_cookies([{"name": "session", "value": token, "url": self.full.url}])
        page = context.new_page()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(EXPECTED):
            self.complaints.append(message.text)

    def access(self, secret: str) -> dict[str, str]:
        """Return who has a secret, by first name."""
        world = self.full.world
        with world.unit():
            head = world.cfg.get(Heads).load(self.full.secrets[secret])
            assert head is not None
            people = world.users.people([grant.user for grant in head.access])
        return {people[grant.user].first_name: grant.level.value for grant in head.access}

    def members(self, group: str) -> dict[str, str]:
        with self.full.world.unit():
            found = self.full.world.users.members(self.full.groups[group])
        return {user.first_name: level.value for user, level in found}

    def meanwhile(self, who: str, secret: str, **wishes: Any) -> None:
        """Let somebody else change the sharing."""
        sharing, by, which = self.full.world.cfg.get(Sharing), self.full.people[who], self.full.secrets[secret]
        with self.full.world.unit():
            revision = sharing.state(by, which).head.revision
            sharing.save(by, which, revision=revision, wishes=Wishes(**wishes))


@pytest.fixture
def place(tmp_path: Any, browser: Browser) -> Iterator[Place]:
    with scenery(tmp_path) as full:
        full.speaks("en")
        place = Place(full, browser, [], [])
        yield place
        for context in place.contexts:
            context.close()
    assert place.complaints == []


@pytest.fixture(scope="module")
def axe() -> str:
    return (ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8") + ";0"


def sharing_of(page: Page, place: Place, secret: str) -> Locator:
    """Open the sharing of a secret as a dialog."""
    page.goto(place.full.address(secret))
    page.locator("#change-sharing").click()
    expect(page.get_by_role("combobox", name="Add a person")).to_be_focused()
    return page.locator("#dialog")


def row(page: Page, name: str) -> Locator:
    return page.locator("#rows > li", has=page.locator("b", has_text=name))


def types(page: Page, text: str) -> None:
    page.locator("#f-add").press_sequentially(text)
    page.locator("#found:not([hidden]) li").first.wait_for()


def faults(page: Page, axe: str) -> dict[str, list[str]]:
    """Return what axe finds wrong, wide and narrow, light and dark."""
    page.evaluate(axe)
    found = {}
    for size, scheme, rules in ((WIDE, "light", EVERYTHING), (WIDE, "dark", COLOURS), (NARROW, "light", EVERYTHING)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        if faulty := page.evaluate(RUN, rules):
            found[f"{size}, {scheme}"] = faulty
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    page.emulate_media(color_scheme="light")
    return found


def test_people_are_added_with_the_keyboard_alone_and_saved_together(place: Place, axe: str) -> None:
    page = place.page("lena")
    dialog = sharing_of(page, place, REGISTRAR)
    box = page.locator("#f-add")
    types(page, "s")
    expect(page.locator("#found [role=option] b")).to_have_text(["Selin Kaya"])
    assert box.get_attribute("aria-activedescendant") == page.locator("#found [role=option]").first.get_attribute("id")
    assert faults(page, axe) == {}
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(dialog).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(row(page, "Selin Kaya").get_by_text("not saved yet")).to_be_visible()
    expect(box).to_be_focused()
    types(page, "jon")
    page.keyboard.press("Enter")
    types(page, "jon")
    expect(page.locator("#found [role=option]")).to_contain_text("not saved yet")
    expect(page.locator("#found [role=option]")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(box).to_have_value("")
    row(page, "Jonas Weiß").locator("select").select_option("editor")
    row(page, "Jonas Weiß").locator("summary").click()
    row(page, "Jonas Weiß").get_by_label("until").fill("2027-01-31")
    expect(page.locator("#unsaved")).to_have_text("2 changes not saved yet")
    expect(page.locator("#will li")).to_have_text(
        ["Jonas Weiß gets it: to view and edit. Until 31 January 2027.",
         "Selin Kaya gets it: to view, which means to read and copy the values."]
    )  # fmt: skip
    assert faults(page, axe) == {}
    assert place.access(REGISTRAR) == {"Lena": "owner", "Anna": "owner"}
    dialog.get_by_role("button", name="Save sharing").click()
    expect(page.locator(".toast")).to_contain_text("Sharing saved.")
    assert place.access(REGISTRAR) == {"Lena": "owner", "Anna": "owner", "Selin": "viewer", "Jonas": "editor"}
    expect(page.locator("#page")).to_contain_text("until 31 Jan 2027")


def test_who_types_a_whole_address_and_enter_at_once_adds_its_person(place: Place) -> None:
    page = place.page("lena")
    sharing_of(page, place, REGISTRAR)
    page.keyboard.insert_text(f"NORA@{HOST}")
    page.keyboard.press("Enter")
    expect(row(page, "Nora Lindqvist")).to_be_visible()


def test_a_removal_is_struck_through_undone_saved_and_given_back(place: Place) -> None:
    page = place.page("lena")
    dialog = sharing_of(page, place, MAIL)
    before = place.access(MAIL)
    row(page, "Miriam Oduya").get_by_role("button", name="Remove: Miriam Oduya").click()
    undo = row(page, "Miriam Oduya").get_by_role("button", name="Undo: Miriam Oduya")
    expect(undo).to_be_focused()
    expect(row(page, "Miriam Oduya").locator("b")).to_have_css("text-decoration-line", "line-through")
    expect(page.locator("#will")).to_contain_text("Miriam Oduya loses it.")
    undo.click()
    expect(page.locator("#will")).to_be_hidden()
    expect(page.locator("#unsaved")).to_have_text("")
    row(page, "Miriam Oduya").get_by_role("button", name="Remove: Miriam Oduya").click()
    dialog.get_by_role("button", name="Save sharing").click()
    expect(page.locator(".toast")).to_contain_text("Sharing saved.")
    assert place.access(MAIL) == {name: level for name, level in before.items() if name != "Miriam"}
    page.get_by_role("button", name="Undo the removal").click()
    expect(page.locator(".toast").last).to_contain_text("Given back, with the same level and end date.")
    assert place.access(MAIL) == before
    expect(page.locator("#page")).to_contain_text("until 31 Dec")


def test_an_owner_is_asked_before_they_give_up_ownership(place: Place, axe: str) -> None:
    page = place.page("lena")
    dialog = sharing_of(page, place, REGISTRAR)
    expect(page.locator(".giving-up")).to_be_hidden()
    row(page, "Lena Hoffmann").locator("select").select_option("viewer")
    expect(page.locator("#will li.warn")).to_contain_text("You give up ownership")
    dialog.get_by_role("button", name="Save sharing").click()
    expect(dialog.get_by_role("alert")).to_contain_text("You would no longer own it")
    assert faults(page, axe) == {}
    assert place.access(REGISTRAR)["Lena"] == "owner"
    page.get_by_label("I give up ownership.").check()
    dialog.get_by_role("button", name="Save sharing").click()
    expect(page.locator(".toast")).to_contain_text("Sharing saved.")
    assert place.access(REGISTRAR)["Lena"] == "viewer"


def test_two_who_change_the_sharing_at_once_lose_nothing_and_are_told(place: Place, axe: str) -> None:
    page = place.page("lena")
    dialog = sharing_of(page, place, REGISTRAR)
    for name in ("mir", "ben", "sel"):
        page.locator("#f-add").press_sequentially(f"{name}")
        page.locator("#found:not([hidden]) [data-address]").first.wait_for()
        page.keyboard.press("Enter")
    page.locator(".group-pick label", has_text="Release").click()
    place.meanwhile("anna", REGISTRAR, add=f"ben@{HOST}")
    dialog.get_by_role("button", name="Save sharing").click()
    notice = dialog.get_by_role("alert")
    expect(notice).to_contain_text("Anna Berger changed this meanwhile.")
    expect(notice).to_contain_text("Ben Okafor has access already.")
    expect(notice).to_be_focused()
    assert faults(page, axe) == {}
    expect(row(page, "Ben Okafor").locator("select")).to_have_value("viewer")
    expect(page.locator("#will li")).to_have_count(3)
    assert place.access(REGISTRAR) == {"Lena": "owner", "Anna": "owner", "Ben": "viewer"}
    dialog.get_by_role("button", name="Save sharing").click()
    expect(page.locator(".toast")).to_contain_text("Sharing saved.")
    everybody = {"Lena": "owner", "Anna": "owner", "Ben": "viewer", "Miriam": "viewer", "Selin": "viewer"}
    assert place.access(REGISTRAR) == everybody
    expect(page.locator("#page")).to_contain_text("Release")


def test_what_was_refused_keeps_everybody_who_was_about_to_be_added(place: Place) -> None:
    page = place.page("lena")
    dialog = sharing_of(page, place, REGISTRAR)
    types(page, "sel")
    page.keyboard.press("Enter")
    page.locator("#f-add").press_sequentially("nobody at all")
    dialog.get_by_role("button", name="Save sharing").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Nobody with the address nobody at all is active here.")
    expect(page.locator("#f-add")).to_have_value("nobody at all")
    expect(row(page, "Selin Kaya").get_by_text("not saved yet")).to_be_visible()
    page.locator("#f-add").fill("")
    page.locator("#f-add").press_sequentially("jon")
    expect(page.locator("#found [aria-selected=true]")).to_contain_text("Jonas")  # not what was found before
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Save sharing").click()
    expect(page.locator(".toast")).to_contain_text("Sharing saved.")
    assert place.access(REGISTRAR) == {"Lena": "owner", "Anna": "owner", "Selin": "viewer", "Jonas": "viewer"}


def test_the_page_of_its_own_address_works_like_the_dialog(place: Place) -> None:
    page = place.page("lena", viewport={"width": 390, "height": 844})
    page.goto(place.full.address(REGISTRAR) + "/sharing")
    types(page, "sel")
    page.locator("#found [role=option]").first.click()
    expect(page.locator("#unsaved")).to_have_text("1 change not saved yet")
    page.get_by_role("button", name="Save sharing").click()
    expect(page.locator("h1")).to_have_text(REGISTRAR)
    assert place.access(REGISTRAR)["Selin"] == "viewer"


@pytest.mark.parametrize("keeps", [True, False])
def test_a_group_admin_adds_and_removes_and_says_what_becomes_of_publications(
    place: Place, axe: str, keeps: bool
) -> None:
    page = place.page("lena")
    page.goto(f"/groups/{place.full.groups['Release']}")
    page.locator("#members").click()
    types(page, "mir")
    page.keyboard.press("Enter")
    row(page, "Miriam Oduya").locator("select").select_option("admin")
    row(page, "Anna Berger").get_by_role("button", name="Remove: Anna Berger").click()
    expect(row(page, "Anna Berger")).to_contain_text("App store connect")
    if not keeps:
        row(page, "Anna Berger").get_by_label("Withdraw").check()
    expect(page.locator("#will li").last).to_contain_text("stays published" if keeps else "is withdrawn")
    assert faults(page, axe) == {}
    page.locator("#dialog").get_by_role("button", name="Save members").click()
    expect(page.locator(".toast")).to_contain_text("Members saved.")
    after = {"Lena": "admin", "Jonas": "member", "Selin": "member", "Ben": "member", "Miriam": "admin"}
    assert place.members("Release") == after
    expect(page.locator("#page", has_text="App store connect")).to_have_count(1 if keeps else 0)


def test_who_leaves_a_group_is_led_to_their_groups(place: Place) -> None:
    page = place.page("anna")
    page.goto(f"/groups/{place.full.groups['Release']}")
    page.locator("#members").click()
    row(page, "Anna Berger").get_by_role("button", name="Remove: Anna Berger").click()
    expect(page.locator("#will")).to_contain_text("You leave the group.")
    page.locator("#dialog").get_by_role("button", name="Save members").click()
    expect(page.locator("h1")).to_have_text("Groups")
    expect(page.locator("main")).to_contain_text("You are no longer in this group.")


def test_withdrawing_names_what_uses_it_when_and_how_often(place: Place, axe: str) -> None:
    page = place.page("lena")
    page.goto(f"/groups/{place.full.groups['Release']}")
    page.locator(f"#w-{place.full.secrets[RELEASE_BOT]}").click()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("Release-bot can no longer use it. Last used 4 minutes ago, 3 times this week.")
    expect(dialog.get_by_role("link", name="Keep it published")).to_be_focused()
    assert faults(page, axe) == {}
    dialog.get_by_role("button", name="Withdraw").click()
    expect(page.locator(".toast")).to_contain_text("Withdrawn.")
    expect(page.locator("#page", has_text=RELEASE_BOT)).to_have_count(0)


def test_a_description_is_changed_in_place(place: Place) -> None:
    page = place.page("anna")
    page.goto(f"/groups/{place.full.groups['Release']}")
    page.locator("#describe").click()
    page.get_by_role("textbox", name="Description").fill("Ships it.")
    page.get_by_role("button", name="Save group").click()
    expect(page.locator("#page")).to_contain_text("Ships it.")


def test_without_script_a_form_sent_twice_and_a_stale_one_tell_the_truth(place: Place) -> None:
    page = place.page("lena", java_script_enabled=False)
    other = page.context.new_page()
    for each in (page, other):
        each.goto(place.full.address(SERVER_ROOM) + "/sharing")
        each.get_by_label("Add a person").fill(f"miriam@{HOST}")
    for each in (page, other):
        each.get_by_role("button", name="Save sharing").click()
        assert "Sharing saved." in each.inner_text("main")
    third = page.context.new_page()
    third.goto(place.full.address(SERVER_ROOM) + "/sharing")
    row(third, "Ben Okafor").locator("select").select_option("none")
    row(third, "Selin Kaya").locator("select").select_option("editor")
    place.meanwhile("lena", SERVER_ROOM, levels={place.full.people["selin"].id: None})
    third.get_by_role("button", name="Save sharing").click()
    assert "You changed this yourself meanwhile" in third.inner_text("main")
    assert "No longer among them: Selin Kaya." in third.inner_text("main")
    assert row(third, "Ben Okafor").locator("select").input_value() == "none"
    third.get_by_role("button", name="Save sharing").click()
    assert place.access(SERVER_ROOM) == {"Lena": "owner", "Anna": "viewer", "Jonas": "viewer", "Miriam": "viewer"}
    third.get_by_role("button", name="Undo the removal").click()
    assert "Given back" in third.inner_text("main")
    assert place.access(SERVER_ROOM)["Ben"] == "viewer"
