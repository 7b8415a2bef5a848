"""A person's own account, from page to row: names, language, look, password, sessions, data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.conftest import PASSWORD, Person, Served, every_way
from tests.journeys.tongue import LANGUAGES, language, say, speaking, words

EMAIL = "lena@example.org"
NEW = "willow-tram-9-Lantern"
FOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@every_way
def test_a_person_runs_their_own_account(served: Served, someone: Callable[..., Person], script: bool) -> None:
    served.user(EMAIL, "Lena", "Hoffmann")
    lena, elsewhere, third = someone(script=script), someone(user_agent=FOX), someone()
    for browser in (lena, elsewhere, third):
        browser.signs_in(EMAIL)
    changes_their_names(lena)
    chooses_how_pages_look(lena)
    changes_the_theme_in_the_menu(lena)
    ends_one_session(lena, elsewhere)
    changes_the_password(lena, third)
    takes_their_data(lena)
    signs_out_everywhere(lena)


def changes_their_names(lena: Person) -> None:
    page = lena.goes("/vault")
    page.locator(".account summary").click()
    page.get_by_role("link", name=say("Your account")).click()
    page.get_by_label(say("First name")).fill("")
    page.get_by_role("button", name=say("Save profile")).click()
    page.get_by_text(say("Not saved yet. One field needs you.")).wait_for()
    assert page.get_by_role("alert").evaluate("notice => notice === document.activeElement")
    page.get_by_label(say("First name")).fill("Helena")
    page.get_by_role("button", name=say("Save profile")).click()
    page.get_by_text(say("Profile saved.")).wait_for()
    expect(page.locator(".account summary .vh")).to_have_text(say("Account menu, Helena Hoffmann"))
    expect(page.locator("#profile .notice")).to_have_count(0)


def chooses_how_pages_look(lena: Person) -> None:
    page = lena.page
    for name in ("Dark", "2 min", "Compact", "Off"):
        page.locator("#look").get_by_role("radio", name=say(name), exact=True).check(force=True)
    page.get_by_role("button", name=say("Save look")).click()
    page.get_by_text(say("Look saved.")).wait_for()
    page.locator("html[data-theme=dark]").wait_for(state="attached")
    assert root(page) == {"theme": "dark", "density": "compact", "keys": "off"}
    page.get_by_label(say("Time zone")).select_option("Asia/Kolkata")
    own = language.get()
    (other,) = set(LANGUAGES) - {own}
    speaks(page, other)
    with speaking(other):
        speaks(page, own)
    assert page.get_by_label(say("Time zone")).input_value() == "Asia/Kolkata"
    page.reload()
    assert root(page) == {"theme": "dark", "density": "compact", "keys": "off"}


def speaks(page: Page, chosen: str) -> None:
    """Choose a language: the page answers in it."""
    page.locator("#language").get_by_role("radio", name={"en": "English", "de": "Deutsch"}[chosen]).check(force=True)
    page.get_by_role("button", name=say("Save language and time")).click()
    page.get_by_text(say("Language and time zone saved.", chosen)).wait_for()
    assert page.locator("html").get_attribute("lang") == chosen


def changes_the_theme_in_the_menu(lena: Person) -> None:
    page = lena.goes("/groups")
    page.locator(".account summary").click()
    page.get_by_role("button", name=say("Theme: Light")).click()
    page.locator("html[data-theme=light]").wait_for(state="attached")
    assert page.url.endswith("/groups")
    assert root(page) == {"theme": "light", "density": "compact", "keys": "off"}
    if not page.get_by_role("button", name=say("Theme: Light")).is_visible():
        page.locator(".account summary").click()
    expect(page.get_by_role("button", name=say("Theme: Light"))).to_have_attribute("aria-pressed", "true")


def ends_one_session(lena: Person, elsewhere: Person) -> None:
    page = lena.goes("/account/sessions")
    assert page.locator(".sessions li").count() == 3
    page.get_by_role("button", name=say("Sign out Firefox on Linux")).click()
    page.get_by_text(say("Signed out there.")).wait_for()
    expect(page.locator(".sessions li")).to_have_count(2)
    elsewhere.goes("/vault")
    assert "/login" in elsewhere.page.url


def changes_the_password(lena: Person, third: Person) -> None:
    page = lena.goes("/account/security")
    page.get_by_role("link", name=say("Change password")).click()
    for password, reason in (("Helena Hoffmann 1984", "Too close to your name"), (NEW, "")):
        page.get_by_label(say("New password"), exact=True).fill(password)
        page.get_by_label(say("New password again")).fill(password)
        page.get_by_role("button", name=say("Change password")).click()
        if reason:
            page.get_by_role("alert").get_by_text(say(reason)).wait_for()
    page.get_by_text(say("Password changed. All other sessions have ended.")).wait_for()
    third.goes("/vault")
    assert "/login" in third.page.url
    lena.goes("/vault")
    lena.sees(words("Your vault is empty"))


def takes_their_data(lena: Person) -> None:
    page = lena.goes("/account/security")
    page.get_by_role("link", name=say("Export my data")).click()
    with page.expect_download() as download:
        page.get_by_role("button", name=say("Download")).click()
    assert download.value.suggested_filename == "tresor-account.json"
    data = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert (data["profile"]["first_name"], data["preferences"]["time_zone"]) == ("Helena", "Asia/Kolkata")


def signs_out_everywhere(lena: Person) -> None:
    page = lena.goes("/account/sessions")
    page.get_by_role("button", name=say("Sign out everywhere")).click()
    page.wait_for_url("**/login")
    page.get_by_label(say("Email")).fill(EMAIL)
    page.get_by_label(say("Password")).fill(PASSWORD)
    page.get_by_role("button", name=say("Sign in")).click()
    page.get_by_text(say("Email or password is not right.")).wait_for()
    page.get_by_label(say("Password")).fill(NEW)
    page.get_by_role("button", name=say("Sign in")).click()
    page.wait_for_url("**/vault*")


def root(page: Page) -> dict[str, str | None]:
    html = page.locator("html")
    return {name: html.get_attribute(f"data-{name}") for name in ("theme", "density", "keys")}
