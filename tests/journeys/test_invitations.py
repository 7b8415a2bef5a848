"""From an invitation to another address: by mail, and by a link that is handed over, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.users.service import User
from tests.builders import PASSWORD, START
from tests.journeys.conftest import Profiles
from tests.journeys.scenery import HOST, Scenery, scenery
from tests.journeys.tongue import say
from tests.mails import link_in, mails, sends_mails

NEW = "willow-tram-9-Lantern"
Opener = Callable[..., Page]


@pytest.fixture
def office(tmp_path: Path, spoken: str) -> Iterator[Scenery]:
    """A scenery of its own: what happens here changes people."""
    with scenery(tmp_path) as built:
        built.speaks(spoken)
        built.world.clock.now = START
        yield built


@pytest.fixture(params=[False, True], ids=["without script", "with script"])
def opens(request: pytest.FixtureRequest, profiles: Profiles, office: Scenery) -> Opener:
    """Return the page of a browser of its own, of somebody or nobody."""

    def make(name: str = "", **options: str) -> Page:
        context = profiles.open(script=request.param, base_url=office.url, **options)
        if name:
            context.add_cookies([{"name": "session", "value": office.session(name), "url": office.url}])
        return context.new_page()

    return make


def found(office: Scenery, email: str) -> User:
    with office.world.unit():
        user = office.world.users.find(email)
    assert user
    return user


def signs_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/login")
    page.locator("#f-email").fill(email)
    page.locator("#f-password").fill(password)
    page.locator("main button.wide").click()
    page.wait_for_url("**/vault*")


def fills_in(page: Page, name: str) -> None:
    page.goto("/admin/users/invite")
    page.get_by_label(say("Email")).fill(f"{name.casefold()}@{HOST}")
    page.get_by_label(say("First name")).fill(name)
    page.locator(".sheet").get_by_role("radio", name="Deutsch").check(force=True)


def test_somebody_is_invited_by_mail_and_takes_another_address(office: Scenery, opens: Opener) -> None:
    sends_mails(office.world)
    lena = opens("lena")
    fills_in(lena, "Zoe")
    lena.get_by_role("button", name=say("Send invitation")).click()
    lena.get_by_text(say("The invitation is on its way.")).wait_for()
    with lena.expect_response("**/invitation/send"):
        lena.get_by_role("button", name=say("Send again")).click()
    first, second = mails(office.world, f"zoe@{HOST}")
    zoe = opens(locale="de-DE")
    zoe.goto(link_in(first))
    expect(zoe.locator("h1")).to_have_text("Dieser Link gilt nicht")
    zoe.goto(link_in(second))
    zoe.get_by_text("Lena Hoffmann hat Sie eingeladen.").wait_for()
    zoe.get_by_label("Passwort", exact=True).fill(NEW)
    zoe.get_by_label("Passwort wiederholen").fill("something else")
    zoe.get_by_role("button", name="Beginnen").click()
    zoe.get_by_text("Die beiden Passwörter").first.wait_for()
    for label in ("Passwort", "Passwort wiederholen"):
        zoe.get_by_label(label, exact=True).fill(NEW)
    zoe.get_by_role("button", name="Beginnen").click()
    zoe.wait_for_url("**/vault*")
    takes_another_address(office, zoe, opens)


def takes_another_address(office: Scenery, zoe: Page, opens: Opener) -> None:
    zoe.goto("/account/security")
    zoe.get_by_role("link", name="E-Mail-Adresse ändern").click()
    zoe.get_by_label("Neue E-Mail-Adresse").fill(f"zoe.uenal@{HOST}")
    zoe.get_by_role("button", name="Link senden").click()
    zoe.get_by_text("Ein Link ist auf dem Weg an die neue Adresse.").wait_for()
    zoe.get_by_text(f"Wartet auf die Bestätigung unter zoe.uenal@{HOST}.").wait_for()
    phone = opens(locale="de-DE")
    phone.goto(link_in(mails(office.world, f"zoe.uenal@{HOST}")[0]))
    phone.get_by_role("button", name="Diese Adresse verwenden").click()
    phone.get_by_text("Melden Sie sich mit der neuen an.").wait_for()
    signs_in(phone, f"zoe.uenal@{HOST}", NEW)
    zoe.goto("/account")
    assert "/login" in zoe.url


def test_a_link_is_handed_over_and_told_and_an_administrator_changes_an_address(office: Scenery, opens: Opener) -> None:
    lena = opens("lena")
    fills_in(lena, "Piet")
    lena.get_by_role("button", name=say("Invite")).click()
    lena.get_by_role("link", name=say("Copy invitation link")).click()
    lena.get_by_role("button", name=say("Make a link")).click()
    link = lena.locator("#link").inner_text()
    piet = opens()
    piet.goto(link)
    piet.get_by_text(say("copied this link")).wait_for()
    for label in ("Password", "Password again"):
        piet.get_by_label(say(label), exact=True).fill(NEW)
    piet.get_by_role("button", name=say("Begin")).click()
    piet.wait_for_url("**/vault*")
    lena.goto(f"/admin/users/{found(office, f'piet@{HOST}').id}/address")
    lena.get_by_label(say("New email")).fill(f"pieter@{HOST}")
    lena.get_by_role("button", name=say("Change email")).click()
    lena.wait_for_url(lambda url: "/address" not in url)
    signs_in(piet, f"pieter@{HOST}", NEW)
    notice = piet.get_by_text("Lena Hoffmann hat die Adresse geändert, mit der Sie sich anmelden.")
    notice.wait_for()
    piet.get_by_role("button", name="Ausblenden").click()
    expect(notice).to_have_count(0)
    signs_out_and_in(piet)
    expect(notice).to_have_count(0)
    piet.goto("/account/security")
    notice.wait_for()
    piet.get_by_text("Lena Hoffmann hat den Link Ihrer Einladung kopiert.").wait_for()


def signs_out_and_in(page: Page) -> None:
    page.locator(".account summary").click()
    page.get_by_role("button", name="Abmelden").click()
    page.wait_for_url("**/login*")
    signs_in(page, f"pieter@{HOST}", NEW)


def test_an_invitation_is_taken_back(office: Scenery, opens: Opener) -> None:
    lena = opens("lena")
    fills_in(lena, "Ida")
    lena.get_by_role("button", name=say("Invite")).click()
    lena.get_by_role("link", name=say("Withdraw invitation")).click()
    lena.get_by_role("button", name=say("Withdraw invitation")).click()
    lena.wait_for_url(lambda url: "/invitation" not in url)
    with office.world.unit():
        assert office.world.users.find(f"ida@{HOST}") is None
