"""A forgotten password and an account of one's own, from the door to the vault, by the mails on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.users.system import UserManagement
from tests.builders import PASSWORD
from tests.journeys.conftest import Profiles
from tests.journeys.door_screens import ANNA, ZOE, open_doors
from tests.journeys.scenery import Scenery, empty_scenery
from tests.journeys.tongue import say
from tests.mails import link_in, mails
from tests.users.test_requests import comes

NEW = "willow-tram-9-Lantern"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Scenery]:
    """A served Tresor that sends mails, with Anna in it, and its worker at work."""
    with empty_scenery(tmp_path) as scene:
        open_doors(scene.world)
        worker = scene.world.cfg.get(UserManagement).worker
        worker.start()
        yield scene
        worker.stop()


def opens_mail(house: Scenery, address: str, *, number: int = 1) -> str:
    """Wait for a mail to an address, and return the path of its link."""
    assert comes(lambda: len(mails(house.world, address)) >= number)
    return link_in(mails(house.world, address)[number - 1])


def presses(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def visits(profiles: Profiles, house: Scenery, **options: object) -> Page:
    return profiles.open(base_url=house.url, **options).new_page()


@pytest.mark.usefixtures("spoken")
def test_who_forgot_the_password_gets_another_one_by_mail(profiles: Profiles, house: Scenery, script: bool) -> None:
    page = visits(profiles, house, script=script)
    page.goto("/login")
    page.get_by_role("link", name=say("Forgot password?")).click()
    page.get_by_label(say("Email")).fill("anna")
    presses(page, say("Send the link"))
    page.get_by_text(say("Enter an email address, such as anna@example.org")).wait_for()
    page.get_by_label(say("Email")).fill(ANNA.upper())
    presses(page, say("Send the link"))
    page.get_by_text(say("If there is an account with this address, a mail is on its way.")).wait_for()
    path = opens_mail(house, ANNA)
    page.goto(path)
    for password, reason in (("Anna Example 1984", "Too close to your name"), (NEW, "")):
        page.get_by_label(say("New password"), exact=True).fill(password)
        if script:
            expect(page.locator("#strength")).to_contain_text(say(reason or "Very strong"))
        page.get_by_label(say("New password again")).fill(password)
        presses(page, say("Change password"))
        if reason:
            page.get_by_role("alert").get_by_text(say(reason)).wait_for()
    page.get_by_text(say("Password changed. Sign in with the new one.")).wait_for()
    assert re.search(say("Your password for"), mails(house.world, ANNA)[-1].subject)
    for password, inside in ((PASSWORD, False), (NEW, True)):
        page.get_by_label(say("Email")).fill(ANNA)
        page.get_by_label(say("Password")).fill(password)
        presses(page, say("Sign in"))
        if not inside:
            page.get_by_text(say("Email or password is not right.")).wait_for()
    page.wait_for_url("**/vault*")
    other = visits(profiles, house, script=script)
    assert other.goto(path).status == 404  # type: ignore[union-attr]  # a page that was asked for
    other.get_by_role("link", name=say("Ask for a new link")).click()
    assert other.url.endswith("/forgot")


@pytest.mark.usefixtures("spoken")
def test_who_has_no_account_makes_one(profiles: Profiles, house: Scenery, script: bool) -> None:
    page = visits(profiles, house, script=script)
    page.goto("/login")
    page.get_by_role("link", name=say("Create an account")).click()
    page.get_by_label(say("Email")).fill(ZOE)
    presses(page, say("Send the link"))
    page.get_by_text(say("A mail is on its way to this address.")).wait_for()
    path = opens_mail(house, ZOE)
    page.goto(path)
    page.get_by_label(say("First name")).fill("Zoë")
    page.get_by_label(say("Last name")).fill("Klein")
    for password, reason in (("zoe-klein-at-example", "Too close to your name"), (NEW, "")):
        page.get_by_label(say("Password"), exact=True).fill(password)
        if script:
            expect(page.locator("#strength")).to_contain_text(say(reason or "Very strong"))
        page.get_by_label(say("Password again")).fill(password)
        presses(page, say("Create the account"))
        if reason:
            page.get_by_role("alert").get_by_text(say(reason)).wait_for()
    page.get_by_text(say("Your account is ready.")).wait_for()
    page.get_by_text(say("Your vault is empty")).wait_for()
    again = visits(profiles, house, script=script)
    again.goto("/register")
    again.get_by_label(say("Email")).fill(ZOE)
    presses(again, say("Send the link"))
    assert comes(lambda: len(mails(house.world, ZOE)) == 2)
    assert re.search(say("You have an account at"), mails(house.world, ZOE)[-1].subject)


def test_the_doors_and_their_mails_speak_german(profiles: Profiles, house: Scenery) -> None:
    page = visits(profiles, house, locale="de-DE")
    page.goto("/login")
    page.get_by_role("link", name="Passwort vergessen?").click()
    page.get_by_label("E-Mail").fill(ANNA)
    presses(page, "Link senden")
    page.get_by_text("Wenn es ein Konto mit dieser Adresse gibt, ist eine E-Mail unterwegs.").wait_for()
    page.goto(opens_mail(house, ANNA))
    assert mails(house.world, ANNA)[0].body.startswith("Guten Tag Anna Example,\n\njemand hat ein neues Passwort")
    page.get_by_role("heading", name="Neues Passwort wählen").wait_for()
    page.goto("/register")
    page.get_by_label("E-Mail").fill(ZOE)
    presses(page, "Link senden")
    page.goto(opens_mail(house, ZOE))
    page.get_by_role("button", name="Konto anlegen").wait_for()
    assert mails(house.world, ZOE)[0].language == "de"


def test_looking_by_a_mail_scanner_takes_nothing_away(profiles: Profiles, house: Scenery) -> None:
    page = visits(profiles, house)
    page.goto("/forgot")
    page.get_by_label(say("Email")).fill(ANNA)
    presses(page, say("Send the link"))
    path = opens_mail(house, ANNA)
    for script in (True, False):
        visits(profiles, house, script=script).goto(path)
    page.goto(path)
    page.get_by_label(say("New password"), exact=True).fill(NEW)
    page.get_by_label(say("New password again")).fill(NEW)
    presses(page, say("Change password"))
    page.get_by_text(say("Password changed. Sign in with the new one.")).wait_for()
