"""A session that ends while a form is open in a dialog: the entries stay, and the person is told what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.crypto.keyring import token_hash
from app.users.sessions import Sessions
from tests.builders import PASSWORD
from tests.journeys.hands import begins_a_note, focused, is_closed, opens, saves
from tests.journeys.scenery import HOST, Scenery

Visitor = Callable[..., Page]
ENDED = "Your session has ended. Sign in in a new tab, then save again. Your entries stay in this form."


def signs_out(page: Page) -> None:
    """Sign out in another tab of the same browser."""
    other = page.context.new_page()
    other.goto("/vault")
    other.click(".account summary")
    other.click("text=Sign out")
    other.wait_for_url("**/login")
    other.close()


def signs_in(page: Page, name: str) -> None:
    page.fill("#f-email", f"{name}@{HOST}")
    page.fill("#f-password", PASSWORD)
    page.click("main button.wide")
    page.wait_for_url("**/vault")


def notice(page: Page) -> str:
    """Wait for what is said in the form, which has the focus, and return it."""
    expect(page.locator("#sheet-say .notice")).to_be_focused()
    return page.inner_text("#sheet-say .notice")


def ends_unheard(page: Page, scene: Scenery) -> None:
    """End the session as 'sign out' on another device does: no tab of this browser hears of it."""
    held = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "session")
    with scene.world.unit():
        scene.world.cfg.get(Sessions).end(token_hash(held))


@pytest.mark.parametrize("how", ["signed out on another device", "ran out", "disabled"])
def test_the_form_stays_and_can_be_saved_after_signing_in_again(visitor: Visitor, scene: Scenery, how: str) -> None:
    page = visitor("selin")
    page.goto("/vault")
    name = f"Kept although {how}"
    begins_a_note(page, name)
    page.fill("#f-text", "typed before the end")
    if how == "ran out":
        scene.world.clock.goes_on(minutes=721)
    elif how == "disabled":
        with scene.world.unit():
            scene.world.users.disable("scenery", scene.people["selin"].id)
            scene.world.users.enable("scenery", scene.people["selin"].id)
    else:
        ends_unheard(page, scene)
    saves(page)
    assert notice(page) == ENDED
    assert page.locator("dialog .sheet .dlg-foot button[aria-busy]").count() == 0
    with page.context.expect_page() as tab:
        page.click("#sheet-say a")
    signs_in(tab.value, "selin")
    tab.value.close()
    saves(page)
    expect(page.locator("#sheet-say .notice")).to_contain_text("This page was older than your sign-in.")
    assert page.input_value("#f-text") == "typed before the end"
    saves(page)
    is_closed(page)
    expect(page.locator("#page")).to_contain_text(name)


def test_a_form_that_a_sign_out_in_another_tab_covered_can_be_saved_after_signing_in_again(visitor: Visitor) -> None:
    page = visitor("selin")
    page.goto("/vault")
    begins_a_note(page, "Covered")
    page.fill("#f-text", "typed before the end")
    signs_out(page)
    expect(page.locator("#session-title")).to_have_text("Your session has ended.")
    with page.context.expect_page() as tab:
        page.get_by_role("link", name="Sign in in a new tab").click()
    signs_in(tab.value, "selin")
    tab.value.close()
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator("#session")).not_to_have_attribute("open", "")
    saves(page)
    expect(page.locator("#sheet-say .notice")).to_contain_text("This page was older than your sign-in.")
    assert page.input_value("#f-text") == "typed before the end"
    saves(page)
    is_closed(page)
    expect(page.locator("#page")).to_contain_text("Covered")


def test_whoever_is_disabled_keeps_the_form_and_gets_nothing(visitor: Visitor, scene: Scenery) -> None:
    page = visitor("tomas")
    page.goto("/vault")
    begins_a_note(page, "Of somebody disabled")
    page.fill("#f-text", "4711")
    with scene.world.unit():
        scene.world.users.disable("scenery", scene.people["tomas"].id)
    try:
        before = scene.world.rows("secret")
        saves(page)
        assert notice(page) == ENDED
        assert page.input_value("#f-text") == "4711"
        assert scene.world.rows("secret") == before
    finally:
        with scene.world.unit():
            scene.world.users.enable("scenery", scene.people["tomas"].id)


def test_somebody_else_who_signs_in_gets_nothing_of_the_form(visitor: Visitor, scene: Scenery) -> None:
    page = visitor("selin")
    page.goto("/vault")
    begins_a_note(page, "Not for Tomas")
    page.fill("#f-text", "4711")
    signs_out(page)
    tab = page.context.new_page()
    tab.goto("/login")
    signs_in(tab, "tomas")
    before = scene.world.rows("secret")
    page.bring_to_front()
    expect(page.locator(".account summary")).to_contain_text(
        "Tomáš Novák"
    )  # covered since the end, then another's page
    assert not page.is_visible("dialog[open]")
    assert "4711" not in page.content()
    assert page.locator("#f-text").count() == 0
    assert scene.world.rows("secret") == before
    tab.reload()
    assert "Not for Tomas" not in tab.content()


def test_a_page_that_has_not_heard_of_somebody_else_gets_nothing_through(visitor: Visitor, scene: Scenery) -> None:
    page = visitor("selin")
    page.goto("/vault")
    begins_a_note(page, "Not for Tomas")
    page.fill("#f-text", "4711")
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "session", "value": scene.session("tomas"), "url": scene.url}])
    before = scene.world.rows("secret")
    for _again in range(2):  # no second press gets it through
        saves(page)
        assert notice(page) == (
            "Tomáš Novák is signed in now. Somebody signed in in another tab, and this page was made for another "
            "account, so nothing was done. Your entries stay in this form until you leave the page."
        )
    assert page.input_value("#f-text") == "4711"
    assert scene.world.rows("secret") == before
    page.keyboard.press("Escape")
    page.click("[data-discard]")
    is_closed(page)
    page.click("#new")  # nor is a part of Tomas's pages put into Selin's
    expect(page.locator(".toast")).to_contain_text("Tomáš Novák is signed in now.")
    assert not page.is_visible("dialog[open]")
    page.reload()
    expect(page.locator(".account summary")).to_contain_text("Tomáš Novák")


def test_what_only_looks_is_told_too_and_the_page_stays(visitor: Visitor) -> None:
    page = visitor("selin")
    page.goto("/vault")
    rows = page.locator("#listing").inner_html()
    page.context.clear_cookies()  # as a session that ends without this page hearing of it
    page.fill("[name=q]", "anything")
    toast = page.locator(".toast")
    expect(toast).to_have_count(1)
    assert toast.inner_text().strip() == "Your session has ended. Sign in in a new tab, then try again."
    page.click("#new")
    expect(toast).to_have_count(2)
    assert not page.is_visible("dialog[open]")
    assert page.locator("#listing").inner_html() == rows
    with page.context.expect_page() as tab:
        toast.first.locator("a").click()
    signs_in(tab.value, "selin")
    opens(page, "#new")
    assert focused(page) == "dialog-title"


def test_an_old_token_is_replaced_by_the_answer_that_refuses_it(visitor: Visitor, scene: Scenery) -> None:
    page = visitor("selin")
    page.goto("/vault?q=in+spite+of")
    for token in ("old", ""):
        begins_a_note(page, f"Saved in spite of “{token}”")
        page.fill("#f-text", "4711")
        page.eval_on_selector("dialog [name=csrf_token]", "(field, token) => { field.value = token; }", token)
        saves(page)
        assert notice(page).startswith("Not saved yet.")
        page.click("dialog .sheet button[data-close]")
        assert page.inner_text("#discard .start") == "Discard your entries?"
        page.click("[data-keep]")
        saves(page)
        is_closed(page)
        expect(page.locator("#page")).to_contain_text(f"“{token}”")
