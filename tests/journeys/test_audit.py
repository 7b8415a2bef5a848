"""An administrator looks into the audit log: who did what, by whom alone, is it whole, and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Person, Served
from tests.journeys.hands import opens
from tests.journeys.scenery import Scenery

ADMIN, ANNA = "lena@example.org", "anna@example.org"
PRIVATE = "Door code, private"


@pytest.mark.parametrize("script", [False, True], ids=["without script", "with script"])
def test_an_administrator_reads_checks_and_exports_the_log(
    served: Served, someone: Callable[..., Person], script: bool
) -> None:
    served.user(ADMIN, "Lena", "Hoffmann", "--role", "Administrator")
    served.user(ANNA, "Anna", "Berger")
    lena, anna = someone(script=script), someone()
    for person, email in ((anna, ANNA), (lena, ADMIN)):
        person.signs_in(email)
    keeps_and_reveals(anna)
    finds_the_log(lena)
    sees_what_anna_did(lena)
    narrows_it(lena, script=script)
    finds_nothing_by_a_name_that_is_not_theirs(lena)
    checks_the_chain(lena)
    takes_it_away(lena)
    looks_at_the_vaults_numbers(lena)
    anna.goes("/admin/audit")
    anna.sees("Not with your role")
    anna.does_not_see("Lena")


def rows(page: Page) -> Locator:
    return page.locator(".log tbody tr")


def keeps_and_reveals(anna: Person) -> None:
    page = anna.goes("/vault/new/note")
    page.fill("#f-name", PRIVATE)
    page.fill("#f-text", "4711")
    page.get_by_role("button", name="Save secret").click()
    page.wait_for_url("**/vault/*done=*")
    page.click("#reveal-text")
    page.get_by_text("4711").wait_for()


def finds_the_log(lena: Person) -> None:
    page = lena.goes("/vault")
    page.get_by_role("link", name="Admin", exact=True).first.click()
    expect(page.locator(".hub li", has_text="Audit log")).to_contain_text("Not checked yet")
    page.get_by_role("link", name="Audit log").click()
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()


def sees_what_anna_did(lena: Person) -> None:
    page = lena.page
    revealed = rows(page).filter(has_text="Value revealed")
    expect(revealed).to_have_count(1)
    expect(revealed).to_contain_text("Anna Berger")
    expect(revealed).to_contain_text("a secret not shared with you")
    expect(revealed.locator(".act.amber")).to_have_count(1)
    lena.does_not_see(PRIVATE)


def narrows_it(lena: Person, *, script: bool) -> None:
    page = lena.page
    page.get_by_role("link", name="Anna Berger").first.click()
    expect(page.locator(".narrowed")).to_contain_text("Only by Anna Berger")
    expect(rows(page).filter(has_text="Lena Hoffmann")).to_have_count(0)
    page.get_by_label("Action", exact=True).select_option("values")
    if not script:
        page.get_by_role("button", name="Filter").click()
    expect(rows(page)).to_have_count(1)
    assert "action=values" in page.url
    page.reload()
    expect(rows(page)).to_have_count(1)
    page.get_by_role("link", name="Not only Anna Berger").click()
    expect(page.get_by_text("Only by Anna Berger")).to_have_count(0)
    expect(rows(page)).to_have_count(1)
    page.get_by_label("To", exact=True).fill("2020-01-01")
    page.get_by_role("button", name="Filter").click()
    page.get_by_text("No entry fits this choice.").wait_for()
    page.get_by_role("link", name="Show everything").click()
    expect(rows(page).filter(has_text="Signed in").first).to_be_visible()


def finds_nothing_by_a_name_that_is_not_theirs(lena: Person) -> None:
    page = lena.page
    for typed, found in ((PRIVATE, False), ("ann", True)):
        page.get_by_label("Person, group, secret or automation").fill(typed)
        page.get_by_role("button", name="Filter").click()
        expect(rows(page).filter(has_text="Value revealed")).to_have_count(int(found))
    page.get_by_role("link", name="Show everything").click()


def checks_the_chain(lena: Person) -> None:
    page = lena.page
    page.get_by_role("button", name="Check now").click()
    page.get_by_text("Checked.", exact=True).wait_for()
    expect(page.locator(".chain")).to_contain_text("Chain intact:")
    expect(rows(page).first).to_contain_text("Audit log checked")


def takes_it_away(lena: Person) -> None:
    page = lena.goes("/admin/audit?action=values")
    page.get_by_role("link", name="Export CSV").click()
    page.get_by_text("Values: all").last.wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    (line,) = csv.DictReader(io.StringIO(text, newline=""))
    assert (line["action"], line["person"], line["object"]) == (
        "secret.reveal", "Anna Berger", "a secret not shared with you",
    )  # fmt: skip
    assert download.value.suggested_filename.startswith("tresor-audit-")
    lena.goes("/admin/audit")
    expect(rows(page).first).to_contain_text("Audit log exported")
    expect(rows(page).first).to_contain_text("entries: 1 · narrowed by action")


def looks_at_the_vaults_numbers(lena: Person) -> None:
    page = lena.goes("/admin")
    page.locator(".hub").get_by_role("link", name="Vault", exact=True).click()
    row = page.locator(".counts tbody tr", has_text="Secure note")
    expect(row.locator("td")).to_have_text(["1", "0", "0"])
    lena.does_not_see(PRIVATE)


def test_pages_of_the_log_turn_in_place_and_back_leads_back(scene: Scenery, visitor: Callable[..., Page]) -> None:
    page = visitor("lena")
    page.goto("/admin/audit")
    expect(rows(page)).to_have_count(20)
    first = rows(page).first.inner_text()
    page.evaluate("window.stays = true")
    page.get_by_role("link", name="Older").click()
    page.wait_for_url("**/admin/audit?before=*")
    expect(rows(page).first).not_to_have_text(first)
    assert page.evaluate("window.stays") is True
    page.get_by_role("link", name="Newer").click()
    page.wait_for_url("**/admin/audit?after=*")
    assert page.evaluate("window.stays") is True
    page.get_by_label("Action", exact=True).select_option("sharing")
    page.wait_for_url("**/admin/audit?*action=sharing*")
    assert "after=" not in page.url
    opens(page, "#export")
    expect(page.locator("#dialog")).to_contain_text("Sharing: all")
