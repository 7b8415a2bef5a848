"""The life of a secret and of a group's members, on a phone by touch, and on a desk by the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Profiles
from tests.journeys.hands import is_closed
from tests.journeys.scenery import Scenery, scenery
from tests.journeys.test_keyboard import tabs_to
from tests.journeys.tongue import say, speaking

VALUE = "willow-tram-9-Lantern"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SMALLEST = """element => Math.max(...[element, element.closest('li, label')].filter(each => each).map(
    each => Math.min(each.offsetWidth, each.offsetHeight)))"""
"""The smaller side of what a finger meets; a row's link covers its row."""


class Hand(Protocol):
    """How somebody works a page."""

    page: Page

    def press(self, what: Locator) -> None: ...

    def select(self, what: Locator) -> None: ...

    def write(self, where: Locator, text: str) -> None: ...

    def choose(self, where: Locator, label: str) -> None: ...

    def take(self, found: Locator) -> None: ...


class Finger:
    """Touches; what is touched is wide enough, and nothing moves the page sideways."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, what: Locator) -> None:
        what.scroll_into_view_if_needed()
        assert what.evaluate(SMALLEST) >= 24
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        what.tap()

    def select(self, what: Locator) -> None:
        self.press(what)

    def write(self, where: Locator, text: str) -> None:
        where.tap()
        where.fill("")
        self.page.keyboard.insert_text(text)

    def choose(self, where: Locator, label: str) -> None:
        where.select_option(label=label)  # the system's own wheel, which no page draws

    def take(self, found: Locator) -> None:
        self.press(found)


class Keys:
    """Presses keys: Tab until something is reached, and seen to be, then Enter or what is to be written."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, what: Locator) -> None:
        if not what.evaluate("element => element === document.activeElement"):
            tabs_to(self.page, what)
        self.page.keyboard.press("Space" if what.get_attribute("type") == "checkbox" else "Enter")

    def select(self, what: Locator) -> None:
        name = what.get_attribute("name")
        tabs_to(self.page, self.page.locator(f"dialog[open] input[name='{name}']:checked"))
        for _option in range(5):
            if what.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        pytest.fail(f"the arrows do not reach {what}")

    def write(self, where: Locator, text: str) -> None:
        if not where.evaluate("element => element === document.activeElement"):
            tabs_to(self.page, where)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, where: Locator, label: str) -> None:
        tabs_to(self.page, where)
        self.page.keyboard.type(label)

    def take(self, found: Locator) -> None:
        expect(found).to_have_attribute("aria-selected", "true")
        self.page.keyboard.press("Enter")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Scenery]:
    with scenery(tmp_path) as full:
        yield full


@pytest.fixture(params=["phone", "keyboard"])
def hand(request: pytest.FixtureRequest, place: Scenery, profiles: Profiles) -> Iterator[Hand]:
    """Lena, in German on a phone, in English at a keyboard."""
    phone = request.param == "phone"
    spoken = "de" if phone else "en"
    place.speaks(spoken)
    with speaking(spoken):
        context = profiles.open(base_url=place.url, reduced_motion="reduce", **(PHONE if phone else {}))
        context.add_cookies([{"name": "session", "value": place.session("lena"), "url": place.url}])
        page = context.new_page()
        yield Finger(page) if phone else Keys(page)


def test_a_secret_lives(hand: Hand, place: Scenery) -> None:
    hand.page.goto("/vault")
    keeps(hand)
    reveals(hand)
    edits(hand)
    shares(hand)
    compares(hand)
    deletes(hand)
    purges(hand)


def keeps(hand: Hand) -> None:
    page, dialog = hand.page, hand.page.locator("dialog[open]")
    hand.press(page.locator("#new").first)
    hand.press(dialog.locator("[href$='/vault/new/login']"))
    expect(dialog.locator("#f-name")).to_be_focused()
    hand.write(dialog.locator("#f-name"), "Library")
    hand.write(dialog.locator("#f-username"), "lena")
    hand.press(dialog.locator("#generate-password"))
    hand.press(dialog.get_by_role("button", name=say("Use this one")))
    assert len(dialog.locator("#f-password").input_value()) >= 15
    hand.write(dialog.locator("#f-password"), VALUE)
    hand.press(save(dialog))
    is_closed(page)
    expect(page.locator(".toast").last).to_contain_text(say("Secret saved."))


def reveals(hand: Hand) -> None:
    page = hand.page
    hand.press(page.get_by_role("link", name="Library"))
    expect(page.locator("h1")).to_have_text("Library")
    hand.press(page.locator("#reveal-password"))
    expect(page.locator("#values")).to_contain_text(VALUE)
    hand.press(page.locator("#hide-password"))
    expect(page.locator("#values")).not_to_contain_text(VALUE)


def edits(hand: Hand) -> None:
    page, dialog = hand.page, hand.page.locator("dialog[open]")
    hand.press(page.locator("#edit"))
    hand.write(dialog.locator("#f-username"), "lena.hoffmann")
    page.keyboard.press("Escape")
    expect(page.locator("#discard")).to_be_visible()
    hand.press(page.locator("#discard [data-keep]"))
    hand.press(save(dialog))
    is_closed(page)
    expect(page.locator("#values")).to_contain_text("hoffmann")


def shares(hand: Hand) -> None:
    page, dialog = hand.page, hand.page.locator("dialog[open]")
    hand.press(page.locator("#share"))
    hand.write(dialog.locator("#f-add"), "sel")
    expect(dialog.locator("#found [role=option]")).to_have_count(1)
    hand.take(dialog.locator("#found [role=option]").first)
    person = dialog.locator("#rows > li", has_text="Selin Kaya")
    hand.choose(person.locator("select"), str(say("Editor")))
    hand.press(dialog.locator(".group-pick input[type=checkbox]").first)
    expect(dialog.locator("#will li")).to_have_count(2)
    hand.press(save(dialog))
    is_closed(page)
    expect(page.locator(".toast").last).to_contain_text(say("Sharing saved."))
    expect(page.locator("#page")).to_contain_text("Selin Kaya")


def compares(hand: Hand) -> None:
    page, dialog = hand.page, hand.page.locator("dialog[open]")
    hand.press(page.locator("[id^=compare-]").first)
    expect(dialog).to_contain_text("hoffmann")
    page.keyboard.press("Escape")
    is_closed(page)


def deletes(hand: Hand) -> None:
    page, dialog = hand.page, hand.page.locator("dialog[open]")
    address = page.url
    for undone in (True, False):
        hand.press(page.locator("#delete"))
        expect(dialog).to_contain_text(say("1 person no longer sees it in their vault."))
        hand.press(save(dialog))
        page.wait_for_url("**/vault")
        if undone:
            undo = page.get_by_role("button", name=say("Undo"))
            hand.press(undo)
            expect(undo).to_have_count(0)
            page.goto(address)
            expect(page.locator("h1")).to_have_text("Library")


def purges(hand: Hand) -> None:
    page, dialog = hand.page, hand.page.locator("dialog[open]")
    page.goto("/vault/trash")
    row = page.locator("#results li", has_text="Library")
    hand.press(row.locator("[id^=purge-]"))
    hand.write(dialog.locator("#f-name"), "Library")
    hand.press(save(dialog))
    is_closed(page)
    expect(row).to_have_count(0)


def test_a_groups_members_change(hand: Hand, place: Scenery) -> None:
    page, dialog = hand.page, hand.page.locator("dialog[open]")
    page.goto(f"/groups/{place.groups['Release']}")
    hand.press(page.locator("#members"))
    hand.write(dialog.locator("#f-add"), "mir")
    expect(dialog.locator("#found [role=option]")).to_have_count(1)
    hand.take(dialog.locator("#found [role=option]").first)
    anna = dialog.locator("#rows > li", has_text="Anna Berger")
    hand.press(anna.get_by_role("button", name=say("Remove: Anna Berger")))
    hand.select(anna.get_by_label(say("Withdraw")))
    expect(dialog.locator("#will li")).to_have_count(2)
    hand.press(save(dialog))
    is_closed(page)
    expect(page.locator("#group-members")).to_contain_text("Miriam Oduya")
    expect(page.locator("#group-members")).not_to_contain_text("Anna Berger")
    expect(page.locator("#page")).not_to_contain_text("App store connect")
    bot = place.secrets["Jira – release bot"]
    hand.press(page.locator(f"#w-{bot}"))
    hand.press(save(dialog))
    is_closed(page)
    expect(page.locator("#page")).not_to_contain_text("Jira – release bot")


def save(dialog: Locator) -> Locator:
    """Return the button that sends a dialog's form."""
    return dialog.locator(".sheet .dlg-foot button").first
