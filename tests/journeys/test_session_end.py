"""The end of a session: told before it comes, in every tab, above a dialog; then nothing of the page is to be seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.builders import PASSWORD, START
from tests.journeys.scenery import HOST, Scenery, empty_scenery
from tests.journeys.test_accessible import COLOURS, EVERYTHING, NARROW, WIDE, looked, resized
from tests.journeys.test_overview import Desk, seated
from tests.services import ROOT

IDLE = 720 * 60


@pytest.fixture
def desk(scenes: tuple[Scenery, Scenery], browser: Browser) -> Iterator[Desk]:
    full, _empty = scenes
    full.speaks("en")
    full.world.clock.now = START
    desk = seated(browser, full, "lena", reduced_motion="reduce")
    desk.page.context.clock.install()
    yield desk
    full.world.clock.now = START
    desk.page.context.close()
    assert [each for each in desk.complaints if "401" not in each] == []


def passes(desk: Desk, seconds: int, *pages: Page) -> None:
    """Let time pass, at the server and in these tabs."""
    desk.scenery.world.clock.goes_on(seconds=seconds)
    for page in pages or (desk.page,):
        page.clock.run_for(seconds * 1000) if seconds < 600 else page.clock.fast_forward(seconds * 1000)


def faults(page: Page) -> list[str]:
    """Return what axe finds wrong."""
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8") + ";0")
    found = looked(page, EVERYTHING)
    page.emulate_media(color_scheme="dark")
    resized(page, NARROW)
    found += looked(page, COLOURS)
    page.emulate_media(color_scheme="light")
    resized(page, WIDE)
    return found


def box(page: Page) -> str:
    expect(page.locator("dialog#session[open]")).to_be_visible()
    return page.inner_text("#session-title")


def test_a_warning_comes_two_minutes_before_the_end_and_staying_takes_it_away(desk: Desk) -> None:
    page = desk.goes("/vault")
    passes(desk, IDLE - 130)
    expect(page.locator("dialog#session")).not_to_have_attribute("open", "")
    passes(desk, 15)
    assert box(page) == "Your session ends in 2 minutes."
    expect(page.get_by_role("button", name="Stay signed in")).to_be_focused()
    assert faults(page) == []
    page.keyboard.press("Escape")
    passes(desk, 60)
    assert box(page) == "Your session ends in 1 minute."
    page.get_by_role("button", name="Stay signed in").click()
    expect(page.locator("dialog#session")).not_to_have_attribute("open", "")
    passes(desk, IDLE - 200)
    assert page.request.get(desk.scenery.url + "/vault").url.endswith("/vault")


def test_two_tabs_say_the_same_and_work_in_one_keeps_both(desk: Desk) -> None:
    one, two = desk.goes("/vault"), desk.page.context.new_page()
    two.goto(desk.scenery.url + "/groups")
    passes(desk, IDLE - 110, one, two)
    assert (box(one), box(two)) == ("Your session ends in 2 minutes.",) * 2
    one.get_by_role("button", name="Stay signed in").click()
    for page in (one, two):
        page.clock.run_for(100)
        expect(page.locator("dialog#session")).not_to_have_attribute("open", "")
    passes(desk, IDLE - 300, one, two)
    one.reload()
    passes(desk, 200, one, two)
    two.clock.run_for(100)
    expect(two.locator("dialog#session")).not_to_have_attribute("open", "")


def test_the_warning_lies_above_a_dialog_and_typing_survives_the_end(desk: Desk) -> None:
    page = desk.goes("/vault")
    page.locator("#new").click()
    page.locator("dialog a[href$='/login']").click()
    page.locator("dialog #f-name").fill("Typed before the end")
    passes(desk, IDLE - 100)
    assert box(page) == "Your session ends in 2 minutes."
    assert page.evaluate("document.elementFromPoint(innerWidth / 2, innerHeight / 2).closest('dialog').id") == "session"
    passes(desk, 101)
    page.clock.run_for(2000)
    expect(page.locator("#session-title")).to_have_text("Your session has ended.")
    assert page.inner_html("#page") == ""
    assert faults(page) == []
    assert page.title() == "Your session has ended."
    assert page.evaluate("document.elementFromPoint(20, 20).closest('dialog')?.id") == "session"
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#session-title")).to_be_visible()
    with page.context.expect_page() as door:
        page.get_by_role("link", name="Sign in in a new tab").click()
    door.value.fill("#f-email", f"lena@{HOST}")
    door.value.fill("#f-password", PASSWORD)
    door.value.locator("main button.wide").click()
    door.value.wait_for_url("**/vault")
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator("dialog#session")).not_to_have_attribute("open", "")
    expect(page.locator("dialog #f-name")).to_have_value("Typed before the end")
    expect(page.locator("#page h1")).to_have_text("Vault")


def test_what_was_shown_is_hidden_when_a_session_was_ended_elsewhere(desk: Desk) -> None:
    one, two = desk.goes("/vault"), desk.page.context.new_page()
    two.goto(desk.scenery.url + "/groups")
    two.locator(".account summary").click()
    two.get_by_role("button", name="Sign out").click()
    two.wait_for_url("**/login")
    one.clock.run_for(1500)
    expect(one.locator("#session-title")).to_have_text("Your session has ended.")
    assert "Figma" not in one.content()


def test_an_end_that_cannot_be_put_off_is_told_as_such(desk: Desk) -> None:
    page = desk.goes("/vault")
    for _half_day in range(14):
        desk.scenery.world.clock.goes_on(hours=11.9)
        page.goto(desk.scenery.url + "/vault")
    left = int(page.get_attribute("#session", "data-seconds") or 0)
    assert left < IDLE
    passes(desk, left - 90)
    page.get_by_role("button", name="Stay signed in").click()
    expect(page.locator("#session-title")).to_have_text("This session cannot last longer.")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("dialog#session")).not_to_have_attribute("open", "")


def test_a_short_session_is_told_of_at_its_half(browser: Browser, tmp_path: Path) -> None:
    with empty_scenery(tmp_path, TRESOR_SESSIONS__IDLE_MINUTES="2") as short:
        short.people["lena"] = short.world.person("lena", admin=True)
        desk = seated(browser, short, "lena")
        desk.page.context.clock.install()
        page = desk.goes("/vault")
        assert page.get_attribute("#session", "data-warn") == "60"
        passes(desk, 61)
        assert box(page) == "Your session ends in 1 minute."
        desk.page.context.close()
