"""'Test connection' in the browser: said beside its button, nothing typed is lost, Enter still saves."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.hands import is_closed, opens
from tests.journeys.scenery import Scenery

Visitor = Callable[..., Page]
UNREACHED = "The server could not be reached."


def begins_a_server(page: Page) -> None:
    page.goto("/vault")
    opens(page, "#new")
    page.click("dialog [href$='/vault/new/smtp']")
    page.fill("dialog #f-host", "10.0.0.1")
    page.fill("dialog #f-username", "mailer")
    page.fill("dialog #f-password", "typed-and-kept")


def test_what_came_of_it_stands_above_the_buttons_and_what_was_typed_stays(visitor: Visitor, scene: Scenery) -> None:
    page = visitor("lena")
    before = scene.world.rows("secret")
    begins_a_server(page)
    page.click("#test")
    expect(page.locator("#tested")).to_have_text(UNREACHED)
    expect(page.locator("#test")).to_be_focused()
    assert page.locator("#test[aria-busy]").count() == 0
    assert page.input_value("dialog #f-password") == "typed-and-kept"
    assert page.input_value("dialog #f-host") == "10.0.0.1"
    assert scene.world.rows("secret") == before


def test_a_mistake_is_pointed_out_before_anything_is_tried(visitor: Visitor, scene: Scenery) -> None:
    page = visitor("lena")
    tested = len(scene.world.events("secret.test"))
    begins_a_server(page)
    page.fill("dialog #f-port", "0")
    page.click("#test")
    expect(page.locator("dialog .notice.bad")).to_be_focused()
    expect(page.locator("dialog #f-port")).to_have_attribute("aria-invalid", "true")
    assert len(scene.world.events("secret.test")) == tested


def test_enter_saves_and_does_not_test(visitor: Visitor, scene: Scenery) -> None:
    page = visitor("anna")
    tested, kept = len(scene.world.events("secret.test")), len(scene.world.rows("secret"))
    begins_a_server(page)
    page.fill("dialog #f-name", "Saved by Enter")
    page.press("dialog #f-name", "Enter")
    is_closed(page)
    expect(page.locator(".toast")).to_contain_text("Secret saved.")
    assert len(scene.world.rows("secret")) == kept + 1
    assert len(scene.world.events("secret.test")) == tested


def test_without_script_the_form_comes_back_with_what_came_of_it(visitor: Visitor) -> None:
    page = visitor("lena", script=False)
    page.goto("/vault/new/smtp")
    page.fill("#f-host", "10.0.0.1")
    page.fill("#f-username", "mailer")
    page.fill("#f-password", "typed-and-not-sent-back")
    page.click("#test")
    expect(page.locator("#tested")).to_have_text(UNREACHED)
    assert page.input_value("#f-host") == "10.0.0.1"
    assert page.input_value("#f-password") == ""
    assert "typed-and-not-sent-back" not in page.content()
