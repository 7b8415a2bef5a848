"""After sign-out no value is left on the device: not in a page, a store of the browser, nor a file of its profile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page

from app.credentials.types import Note
from tests.builders import a_login
from tests.journeys.hands import focused, is_closed, opens, saves
from tests.journeys.marks import TOKEN, hits, hits_in, mark
from tests.journeys.scenery import Scenery
from tests.journeys.test_session_ends import signs_in
from tests.journeys.watching import watched
from tests.services import Chromium

VALUE, TEXT, TYPED = mark("value"), mark("text"), mark("typed")
IN_THE_PAGE = """() => document.documentElement.outerHTML + JSON.stringify(
    [...document.querySelectorAll('input, textarea, select')].map(each => each.value))"""
STORES = """async () => [{...localStorage}, {...sessionStorage}, await indexedDB.databases(), await caches.keys(),
    await navigator.serviceWorker.getRegistrations(), history.state, document.cookie, name]"""


@pytest.fixture
def profile(browser: Browser, chromium: Chromium, scene: Scenery, tmp_path: Path) -> Iterator[BrowserContext]:
    """A profile that is kept in files, as people's are."""
    context = browser.browser_type.launch_persistent_context(
        tmp_path / "profile",
        executable_path=str(chromium.path),
        args=list(chromium.arguments),
        base_url=scene.url,
        locale="en-GB",
    )
    watch = watched(context)
    yield context
    context.close()
    assert watch.complaints == []


def holds_a_mark(page: Page) -> bool:
    return bool(hits(page.evaluate(IN_THE_PAGE).encode()))


def test_nothing_is_left_after_sign_out(profile: BrowserContext, scene: Scenery, tmp_path: Path) -> None:
    selin = scene.people["selin"]
    login = scene.world.keep(a_login(name="On the device", password=VALUE), owner=selin)
    note = scene.world.keep(Note(name="Noted on the device", text=TEXT), owner=selin)
    page = profile.new_page()
    page.goto("/login")
    signs_in(page, "selin")
    reveals(page, login, "password")
    reveals(page, note, "text")
    page.goto(f"/vault/{login}")
    types_in_dialogs(page)
    types_in_pages(page)
    page.evaluate("""async () => { localStorage.here = 'x'; sessionStorage.here = 'x'; await caches.open('here'); }""")
    reveals(page, login, "password")
    page.click(".account summary")
    page.click("text=Sign out")
    page.wait_for_url("**/login")
    assert page.evaluate(STORES)[0:4] == [{}, {}, [], []]
    goes_back(page)
    assert {each["name"] for each in profile.cookies()} <= {"form", "device"}  # by what a browser is known, and no more
    profile.close()
    assert list(hits_in([tmp_path / "profile"])) == []
    files = [each for each in (tmp_path / "profile").rglob("*") if each.is_file()]
    assert any(str(login).encode() in each.read_bytes() for each in files)  # the addresses are there, and were found


def reveals(page: Page, secret: UUID, field: str) -> None:
    page.goto(f"/vault/{secret}")
    page.click(f"#reveal-{field}")
    page.wait_for_function("token => document.getElementById('values').innerText.includes(token)", arg=TOKEN)
    assert holds_a_mark(page)


def types_in_dialogs(page: Page) -> None:
    """Type a value and discard it, then one that is saved: neither stays in the closed dialog."""
    for saved in (False, True):
        opens(page, "#edit")
        page.fill("#f-password", TYPED)
        assert holds_a_mark(page)
        if saved:
            saves(page)
        else:
            page.keyboard.press("Escape")
            page.click("[data-discard]")
        is_closed(page)
        assert not holds_a_mark(page)


def types_in_pages(page: Page) -> None:
    """Type values into a page and leave it: neither reload nor Back brings them again."""
    for kind, field in (("login", "#f-password"), ("note", "#f-text")):
        page.goto(f"/vault/new/{kind}")
        page.fill(field, TYPED)
        page.fill("#f-name", TYPED)
        page.reload()
        assert not holds_a_mark(page)
        page.fill(field, TYPED)
        page.goto("/groups")
        page.go_back()
        assert page.url.endswith(kind)
        assert not holds_a_mark(page)
        assert focused(page) is not None


def goes_back(page: Page) -> None:
    """Go back through all that was seen: behind the door nothing shows any more."""
    for _page in range(6):
        if not back(page):
            continue
        assert not holds_a_mark(page)
        assert page.locator(".app-nav").count() == 0
        stores = page.evaluate(STORES)
        assert (stores[0], stores[1], stores[2], stores[3], stores[4]) == ({}, {}, [], [], [])
        assert stores[5] in (None, {"htmx": True})
        assert (stores[6], stores[7]) == ("", "")


def back(page: Page) -> bool:
    """Go back; return whether there is a page: the answer to a form is not kept, and browsers do not ask again."""
    try:
        page.go_back()
    except Error as error:
        if "ERR_CACHE_MISS" in error.message:
            page.wait_for_timeout(500)  # the browser puts its own page there
            return False
        raise
    page.wait_for_load_state()
    page.wait_for_timeout(200)
    return page.url.startswith("http")


def test_pages_with_values_are_not_kept_to_go_back_to(profile: BrowserContext, scene: Scenery) -> None:
    secret = scene.world.keep(a_login(name="Not kept", password=VALUE), owner=scene.people["selin"])
    page = profile.new_page()
    page.goto("/login")
    signs_in(page, "selin")
    reveals(page, secret, "password")
    page.goto("/groups")
    assert not (back(page) and holds_a_mark(page))


def test_a_page_that_a_browser_kept_all_the_same_is_asked_for_again(profile: BrowserContext, scene: Scenery) -> None:
    page = profile.new_page()
    page.goto("/login")
    signs_in(page, "selin")
    profile.clear_cookies()
    with page.expect_navigation():
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert page.url.startswith(f"{scene.url}/login")
