"""Administrators and people: found, changed, disabled, what was theirs handed over, deleted; also without script."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.conftest import PASSWORD, Person, Served, every_way
from tests.journeys.tongue import say, words

LENA, BEN, EVE, ZOE = (f"{name}@example.org" for name in ("lena", "ben", "eve", "zoe"))
HOSTILE = '"><img src=x onerror=alert(1)>'
NEW = "willow-tram-9-Lantern"


@every_way
def test_an_administrator_runs_the_life_of_people(served: Served, someone: Callable[..., Person], script: bool) -> None:
    served.user(LENA, "Lena", "Hoffmann", "--role", "Administrator")
    for email, first, last in ((BEN, "Ben", "Okafor"), (EVE, "Eve", HOSTILE), (ZOE, "Zoë", "Łukasz")):
        served.user(email, first, last)
    lena, ben, eve = someone(script=script), someone(script=script), someone()
    for browser, email in ((lena, LENA), (ben, BEN), (eve, EVE)):
        browser.signs_in(email)
    keeps_a_secret(ben)
    finds_people(lena, script)
    changes_a_person(lena)
    demands_another_password(lena, ben)
    gives_a_role(lena, eve)
    disables_several_or_nobody(lena)
    disables_and_hands_over(lena, ben, eve)
    deletes(lena, eve)


def keeps_a_secret(ben: Person) -> None:
    page = ben.goes("/vault/new/login")
    for name, value in (("name", "Travel portal"), ("website", "https://travel.example"), ("username", "ben")):
        page.fill(f"#f-{name}", value)
    page.fill("#f-password", "travel-4711")
    page.get_by_role("button", name=say("Save secret")).click()
    page.get_by_text(say("Secret saved.")).wait_for()


def finds_people(lena: Person, script: bool) -> None:
    page = lena.goes("/admin")
    page.get_by_role("link", name=say("Users")).click()
    expect(page.locator("tbody tr")).to_have_count(4)
    page.get_by_label(say("Search users")).fill("zoe")
    applies(page, script)
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody th a")).to_have_text("Zoë Łukasz")
    page.get_by_label(say("Search users")).fill("")
    page.get_by_label(say("Role")).select_option(label=words("Administrator"))
    applies(page, script)
    expect(page.locator("tbody th a")).to_have_text("Lena Hoffmann")
    assert "role=" in page.url
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_label(say("Search users")).fill("zzz")
    applies(page, script)
    page.get_by_text(say("Nothing found for “zzz”")).wait_for()
    page.get_by_role("link", name=say("Show everybody")).click()
    expect(page.locator("tbody tr")).to_have_count(4)


def applies(page: Page, script: bool) -> None:
    if not script:
        page.get_by_role("button", name=say("Apply")).click()


def opens(lena: Person, name: str) -> Page:
    page = lena.goes("/admin/users")
    page.get_by_role("link", name=name).click()
    page.get_by_role("heading", level=1).wait_for()
    return page


def changes_a_person(lena: Person) -> None:
    page = opens(lena, "Ben Okafor")
    page.get_by_label(say("First name")).fill("")
    page.get_by_role("button", name=say("Save user")).click()
    page.get_by_text(say("Not saved yet.")).wait_for()
    page.get_by_label(say("First name")).fill("Benno")
    page.get_by_role("button", name=say("Save user")).click()
    page.get_by_text(say("User saved.")).wait_for()
    expect(page.get_by_role("heading", level=1)).to_have_text("Benno Okafor")
    page = opens(lena, f"Eve {HOSTILE}")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Eve {HOSTILE}")


def demands_another_password(lena: Person, ben: Person) -> None:
    page = opens(lena, "Benno Okafor")
    page.get_by_label(say("Change the password at the next sign-in")).check()
    page.get_by_role("button", name=say("Save user")).click()
    page.get_by_text(say("User saved.")).wait_for()
    page.get_by_role("button", name=say("End all")).click()
    page.get_by_text(say("All their sessions have ended.")).wait_for()
    bens = ben.goes("/vault")
    bens.get_by_label(say("Email")).fill(BEN)
    bens.get_by_label(say("Password")).fill(PASSWORD)
    bens.get_by_role("button", name=say("Sign in")).click()
    bens.get_by_text(say("Change your password first.")).wait_for()
    ben.goes("/groups")
    bens.get_by_text(say("Change your password first.")).wait_for()
    bens.get_by_label(say("New password"), exact=True).fill(NEW)
    bens.get_by_label(say("New password again")).fill(NEW)
    bens.get_by_role("button", name=say("Change password")).click()
    bens.get_by_text(say("Password changed.")).wait_for()
    ben.goes("/vault")
    bens.get_by_text("Travel portal").first.wait_for()


def gives_a_role(lena: Person, eve: Person) -> None:
    page = opens(lena, "Eve")
    page.get_by_label(say("Administrator")).check()
    page.get_by_role("button", name=say("Save user")).click()
    page.get_by_text(say("User saved.")).wait_for()
    eve.goes("/admin/users").get_by_role("heading", name=say("Users")).wait_for()
    page.get_by_label(say("Administrator")).uncheck()
    with page.expect_navigation():  # to the same address, which says the same
        page.get_by_role("button", name=say("Save user")).click()
    expect(page.get_by_label(say("Administrator"))).not_to_be_checked()


def disables_several_or_nobody(lena: Person) -> None:
    page = lena.goes("/admin/users")
    page.get_by_label(say("Choose Zoë Łukasz")).check()
    page.get_by_role("button", name=say("Disable the chosen")).click()
    page.get_by_role("heading", name=say("Disable Zoë Łukasz?")).wait_for()
    page.get_by_role("link", name=say("Cancel")).click()
    page.get_by_role("heading", name="Zoë Łukasz", exact=True).wait_for()
    lena.goes("/admin/users")
    for name in ("Zoë Łukasz", "Benno Okafor"):
        page.get_by_label(say(f"Choose {name}")).check()
    page.get_by_role("button", name=say("Disable the chosen")).click()
    page.get_by_role("heading", name=say("Disable 2 users?")).wait_for()
    page.get_by_text(say("1 secret is theirs alone and stays until it is handed over or deleted.")).wait_for()
    page.get_by_role("button", name=say("Disable users")).click()
    page.get_by_text(say("Disabled. All their sessions have ended.")).wait_for()
    lena.goes("/admin/users?status=disabled")
    expect(page.locator("tbody tr")).to_have_count(2)
    page = opens(lena, "Benno Okafor")
    page.get_by_role("button", name=say("Enable user")).click()
    page.get_by_text(say("Enabled. They can sign in again.")).wait_for()


def disables_and_hands_over(lena: Person, ben: Person, eve: Person) -> None:
    page = opens(lena, "Benno Okafor")
    page.get_by_role("link", name=say("Disable user")).click()
    page.locator(".sheet").get_by_role("button", name=say("Disable user")).click()
    page.get_by_role("heading", name=say("What only Benno Okafor owns")).wait_for()
    assert "Travel portal" not in page.content()
    page.get_by_label(say("What becomes of it")).select_option("hand")
    page.get_by_label(say("New owner"), exact=True).fill(LENA)
    page.get_by_role("button", name=say("Do as chosen")).click()
    page.get_by_text(say("You cannot hand over to yourself.")).first.wait_for()
    page.get_by_label(say("New owner"), exact=True).fill(EVE)
    page.get_by_role("button", name=say("Do as chosen")).click()
    page.get_by_text(say("Handed over or deleted, as chosen.")).wait_for()
    eves = eve.goes("/vault")
    eves.get_by_role("link", name="Travel portal").click()
    eves.get_by_text(say("Lena Hoffmann handed it over from Benno Okafor to you")).wait_for()
    assert "/login" in ben.goes("/vault").url


def deletes(lena: Person, eve: Person) -> None:
    page = opens(lena, "Benno Okafor")
    page.get_by_role("link", name=say("Delete user")).click()
    page.locator(".sheet").get_by_role("button", name=say("Delete user")).click()
    page.get_by_text(say("The user is deleted.")).wait_for()
    lena.goes("/admin/users")
    expect(page.locator("tbody tr")).to_have_count(3)
    eves = eve.goes("/vault")
    eves.get_by_role("link", name="Travel portal").click()
    eves.get_by_text(say("Lena Hoffmann handed it over from a deleted user to you")).wait_for()
    eves.get_by_text(say("A deleted user created it")).wait_for()
