"""With the keyboard alone, and without JavaScript: sign in, keep a secret, reveal it, hide it again."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page

from tests.builders import PASSWORD
from tests.journeys.conftest import Profiles
from tests.journeys.scenery import HOST, Scenery

MOST_STOPS = 120
VALUE = "willow-tram-9-Lantern"
HAS_RING = """element => [element, element.closest("li")].filter(each => each).map(getComputedStyle).some(
    style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2)"""


@pytest.fixture
def page(scene: Scenery, profiles: Profiles) -> Page:
    return profiles.open(script=False, base_url=scene.url).new_page()


def test_a_secret_is_kept_and_revealed_with_the_keyboard_alone(page: Page) -> None:
    signs_in(page)
    keeps(page)
    reveals(page)


def signs_in(page: Page) -> None:
    page.goto("/login")
    assert is_focused(page.get_by_label("Email"))
    page.keyboard.type(f"selin@{HOST}")
    tabs_to(page, page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    enters(page)
    assert page.inner_text("h1") == "Vault"


def keeps(page: Page) -> None:
    tabs_to(page, page.get_by_role("link", name="Skip to content"))
    page.keyboard.press("Enter")
    tabs_to(page, page.get_by_role("link", name="New secret"))
    enters(page)
    tabs_to(page, page.get_by_role("link", name="Web login"))
    enters(page)
    for label, text in (("Name", "Library"), ("User name (optional)", "selin"), ("Password", VALUE)):
        tabs_to(page, page.get_by_label(label, exact=True))
        page.keyboard.type(text)
    enters(page)
    assert page.inner_text("h1") == "Library"


def reveals(page: Page) -> None:
    tabs_to(page, page.get_by_role("button", name="Reveal: Password"))
    enters(page)
    assert VALUE in page.inner_text("#values")
    hide = page.get_by_role("link", name="Hide: Password")
    assert is_focused(hide)
    enters(page)
    assert VALUE not in page.content()
    assert is_focused(page.get_by_role("button", name="Reveal: Password"))


def tabs_to(page: Page, wanted: Locator) -> None:
    """Press Tab until `wanted` has the focus; it must be seen to have it."""
    for _stop in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if is_focused(wanted):
            assert wanted.evaluate(HAS_RING)
            return
    pytest.fail(f"the keyboard does not reach {wanted}")


def is_focused(element: Locator) -> bool:
    found: bool = element.evaluate("element => element === document.activeElement")
    return found


def enters(page: Page) -> None:
    """Press Enter where it leads to another page."""
    with page.expect_navigation():
        page.keyboard.press("Enter")
