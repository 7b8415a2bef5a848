"""The overview with script: search, tabs, pages, history, keys, undo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app.credentials.types import Login, Note
from app.users.sessions import Sessions
from app.vault.trash import Trash
from tests.builders import START
from tests.journeys.scenery import Scenery

FOCUSED = "document.activeElement.innerText.trim()"
BOARD = "Jira – product board"


@dataclass
class Desk:
    """Somebody signed in at a browser of their own, and what the browser complained of."""

    page: Page
    scenery: Scenery
    complaints: list[str] = field(default_factory=list)

    def goes(self, path: str) -> Page:
        self.page.goto(self.scenery.url + path)
        return self.page

    def focused(self) -> str:
        found: str = self.page.evaluate(FOCUSED)
        return found

    def hears(self, text: str) -> None:
        expect(self.page.locator("#live")).to_have_text(text)

    def sees_dialog(self, title: str) -> None:
        expect(self.page.locator("dialog#dialog[open] #dialog-title")).to_have_text(title)

    def sees_no_dialog(self) -> None:
        expect(self.page.locator("dialog#dialog")).not_to_have_attribute("open", "")
        expect(self.page.locator("#dialog-body")).to_be_empty()

    def keeps(self, name: str) -> str:
        """Give Lena a note of this name, and return its path."""
        secret = self.scenery.world.keep(Note(name=name, text="0815"), owner=self.scenery.people["lena"])
        return f"/vault/{secret}"


def seated(browser: Browser, scenery: Scenery, name: str, **options: Any) -> Desk:
    context = browser.new_context(locale="en-GB", **options)
    with scenery.world.unit():
        user = scenery.world.users.get(scenery.people[name].id)
        assert user is not None
        token = scenery.world.cfg.get(Sessions).begin(user, device="tests")
    context.add_cookies([{"name": "session", "value": token, "url": scenery.url}])
    desk = Desk(context.new_page(), scenery)
    desk.page.on("console", lambda said: desk.complaints.append(said.text) if said.type == "error" else None)
    desk.page.on("pageerror", lambda error: desk.complaints.append(str(error)))
    return desk


@pytest.fixture
def desk(scenes: tuple[Scenery, Scenery], browser: Browser) -> Iterator[Desk]:
    full, _empty = scenes
    full.speaks("en")
    full.world.clock.now = START
    desk = seated(browser, full, "lena")
    yield desk
    desk.page.context.close()
    assert desk.complaints == []


# ── search ──


def test_a_search_marks_counts_announces_and_follows_in_address_and_title(desk: Desk) -> None:
    page = desk.goes("/vault")
    before = page.evaluate("history.length")
    page.locator("#search").press_sequentially("jira release", delay=30)
    expect(page.locator(".ledger li")).to_have_count(1)
    assert page.locator("mark").all_inner_texts() == ["Jira", "release", "Jira", "release"]
    assert page.locator(".tabs .n").all_inner_texts() == ["1", "0", "0", "1"]
    assert page.locator("#search").evaluate("field => field === document.activeElement")
    desk.hears("1 secret found")
    assert page.url == f"{desk.scenery.url}/vault?q=jira+release"
    assert page.title() == "jira release · Vault · Tresor"
    assert page.evaluate("history.length") == before
    page.reload()
    assert page.input_value("#search") == "jira release"
    expect(page.locator(".ledger li")).to_have_count(1)
    page.locator("#search").fill("jria")
    expect(page.get_by_role("heading", name="Nothing found for “jria”")).to_be_visible()
    desk.hears("Nothing found for “jria”")
    page.get_by_role("link", name="Clear search").click()
    expect(page.locator(".ledger li")).to_have_count(20)
    assert (page.input_value("#search"), page.url) == ("", desk.scenery.url + "/vault")
    assert page.locator("#search").evaluate("field => field === document.activeElement")
    assert page.title() == "Vault · Tresor"


def test_a_search_ignores_case_and_accents_as_its_marks_do(desk: Desk) -> None:
    desk.keeps("Zugang Straße Šibenik")
    page = desk.goes("/vault")
    page.fill("#search", "STRASSE sibe")
    expect(page.locator(".ledger li")).to_have_count(1)
    assert page.locator("mark").all_inner_texts() == ["Straße", "Šibe"]


def test_whoever_types_fast_sees_the_last_search_alone(desk: Desk) -> None:
    page = desk.goes("/vault")
    aborted: list[str] = []
    page.on("requestfailed", lambda request: aborted.append(request.url))
    slow = re.compile(r"/vault\?.*q=jira$|/vault\?q=jira&")
    page.route(slow, lambda route: page.wait_for_timeout(0) or None)  # the answer to the first one never comes
    page.fill("#search", "jira")
    expect(page.locator("#results")).to_have_attribute("aria-busy", "true")
    assert page.locator("#results").evaluate("found => getComputedStyle(found).opacity") == "0.9"
    page.fill("#search", "figma")
    expect(page.locator(".ledger li")).to_have_count(1)
    expect(page.locator("#results")).not_to_have_attribute("aria-busy", "true")
    assert page.locator("mark").all_inner_texts() == ["Figma", "figma"]
    assert [url.split("q=")[1].split("&")[0] for url in aborted] == ["jira"]
    page.unroute(slow)


def test_a_search_from_another_page_goes_to_the_vault_and_back_leads_back(desk: Desk) -> None:
    page = desk.goes("/groups")
    page.keyboard.press("/")
    page.keyboard.type("jira")
    page.keyboard.press("Enter")
    page.wait_for_url("**/vault?q=jira")
    page.locator("#search").fill("figma")
    expect(page.locator(".ledger li")).to_have_count(1)
    page.go_back()
    assert page.url == desk.scenery.url + "/groups"
    page.go_forward()
    assert page.input_value("#search") == "figma"
    expect(page.locator(".ledger li")).to_have_count(1)


def test_enter_leads_to_what_was_found_and_escape_clears(desk: Desk) -> None:
    page = desk.goes("/vault")
    page.keyboard.press("/")
    page.keyboard.type("product b")
    page.keyboard.press("Enter")
    expect(page.locator(".row-name:focus")).to_have_text(BOARD)
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    expect(page.locator(".ledger li")).to_have_count(20)
    assert page.input_value("#search") == ""


EARLY = """addEventListener('readystatechange', () => {
    if (document.readyState !== 'interactive') return;
    const later = setTimeout;   // htmx's own start comes when the test lets it
    window.setTimeout = (act, ...how) => how[0] ? later(act, ...how) : (window.held ??= []).push(act);
}, true);"""


def test_what_is_typed_before_htmx_has_begun_is_searched_for_all_the_same(desk: Desk) -> None:
    desk.page.add_init_script(EARLY)
    page = desk.goes("/vault")
    page.keyboard.press("/")
    page.keyboard.type("product b")
    page.keyboard.press("Enter")
    expect(page.locator(".ledger li")).to_have_count(20)
    page.evaluate("held.splice(0).forEach(act => act())")
    expect(page.locator(".row-name:focus")).to_have_text(BOARD)
    assert page.url == desk.scenery.url + "/vault?q=product+b"


# ── tabs, filters, pages ──


def test_tabs_filters_and_pages_change_the_list_in_place_with_an_address_each(desk: Desk) -> None:
    page = desk.goes("/vault")
    page.evaluate("window.stays = true")
    page.locator(".tabs a", has_text="Shared").click()
    expect(page.locator(".tabs a[aria-current]")).to_contain_text("Shared")
    assert page.url == desk.scenery.url + "/vault?filter=shared"
    assert "Shared" in desk.focused()
    page.select_option("#list-type", "login")
    page.wait_for_url("**/vault?type=login&filter=shared")
    assert page.evaluate("document.activeElement.id") in ("list-type", "")
    page.go_back()
    page.wait_for_url("**/vault?filter=shared")
    expect(page.locator("#list-type")).to_have_value("")
    page.goto(desk.scenery.url + "/vault")
    page.evaluate("window.stays = true")
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**/vault?page=2")
    expect(page.locator("#results .row-name").first).to_be_focused()
    assert page.evaluate("[window.stays, scrollY]") == [True, 0]
    page.reload()
    assert "21 to" in page.inner_text(".pager")


def test_a_search_stays_within_the_chosen_tab(desk: Desk) -> None:
    page = desk.goes("/vault?filter=published")
    page.fill("#search", "jira")
    page.wait_for_url("**/vault?q=jira&filter=published")
    assert page.locator(".tabs a[aria-current]").inner_text().startswith("Published")


@pytest.mark.parametrize("modifier", ["Control", "Shift", "middle"])
def test_a_link_opened_elsewhere_changes_nothing_here(desk: Desk, modifier: Any) -> None:
    page = desk.goes("/vault")
    how: dict[str, Any] = {"button": "middle"} if modifier == "middle" else {"modifiers": [modifier]}
    for link in (page.locator("#new"), page.locator(".tabs a", has_text="Shared"), page.locator("#shortcuts")):
        address = link.get_attribute("href")
        with page.context.expect_page() as other:
            link.click(**how)
        other.value.wait_for_load_state()
        assert other.value.url == f"{desk.scenery.url}{address}"
        other.value.close()
    assert page.url == desk.scenery.url + "/vault"
    desk.sees_no_dialog()


def test_a_dialog_leaves_the_address_and_a_reload_shows_the_page_below(desk: Desk) -> None:
    page = desk.goes("/vault?filter=mine")
    page.locator("#new").click()
    desk.sees_dialog("New secret")
    assert page.url == desk.scenery.url + "/vault?filter=mine"
    page.reload()
    desk.sees_no_dialog()
    assert page.locator(".tabs a[aria-current]").inner_text().startswith("Personal")


# ── rows ──


@pytest.mark.parametrize(
    ("name", "level", "offers"),
    [
        ("lena", "owner", ["Open", "Copy token", "Edit", "Share", "Move to trash"]),
        ("lena", "editor", ["Open", "Copy password", "Edit", "Remove from my vault"]),
        ("ben", "viewer", ["Open", "Copy password", "Remove from my vault"]),
    ],
)
def test_a_rows_menu_offers_what_its_reader_may(
    scenes: tuple[Scenery, Scenery], browser: Browser, name: str, level: str, offers: list[str]
) -> None:
    full, _empty = scenes
    full.speaks("en")
    desk = seated(browser, full, name)
    page = desk.goes("/vault")
    secret = BOARD if level == "owner" else "Analytics dashboard"
    row = page.locator(".ledger li", has_text=secret)
    row.locator("summary").click()
    assert row.locator("details[open] li").all_inner_texts() == offers
    copy = row.get_by_role("button", name=f"{offers[1]}: {secret}")
    field = "token" if level == "owner" else "password"
    assert copy.get_attribute("data-copy") == f"{desk.scenery.address(secret)}/fields/{field}/copy"
    assert copy.get_attribute("data-copied") == f"{field.capitalize()} copied"
    assert row.locator("details button").get_attribute("data-copy") == copy.get_attribute("data-copy")
    page.keyboard.press("ArrowDown")
    assert desk.focused() == "Open"
    page.keyboard.press("Escape")
    assert page.locator("details[open]").count() == 0
    page.context.close()
    assert desk.complaints == []


def test_rows_in_trouble_have_no_copy_and_no_menu(scenes: tuple[Scenery, Scenery], browser: Browser) -> None:
    full, _empty = scenes
    full.speaks("en")
    desk = seated(browser, full, "jonas")
    page = desk.goes("/vault")
    for text in ("Damaged secret", "Upload server"):
        row = page.locator(".ledger li", has_text=text)
        assert row.locator(".row-actions").inner_html() == ""
        assert row.locator(".row-chips .chip").count() == 1
    page.context.close()


def test_on_a_phone_the_copy_button_stays_and_the_menu_gives_way(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 390, "height": 844})
    row = desk.goes("/vault").locator(".ledger li").first
    assert (row.locator(".copy").is_visible(), row.locator("summary").is_visible()) == (True, False)


def test_on_a_phone_the_current_tab_is_in_sight(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 390, "height": 844})
    page = desk.goes("/vault?filter=published")
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=1)
    assert page.evaluate("scrollX") == 0
    desk.goes("/vault")
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=1)


# ── keys ──


def test_keys_lead_through_rows_and_to_places(desk: Desk) -> None:
    page = desk.goes("/vault")
    names = page.locator(".row-name").all_inner_texts()
    for key, expected in (("j", 0), ("j", 1), ("ArrowDown", 2), ("k", 1), ("ArrowUp", 0), ("k", 0)):
        page.keyboard.press(key)
        assert desk.focused() == names[expected], key
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/vault/[0-9a-f-]{36}$"))
    assert page.inner_text("h1") == names[0]
    for keys, path in (("gg", "/groups"), ("gv", "/vault")):
        with page.expect_navigation():
            page.keyboard.type(keys)
        assert page.url == desk.scenery.url + path
    page.keyboard.type("gx")
    assert page.url == desk.scenery.url + "/vault"


def test_keys_open_dialogs_and_the_focus_comes_back(desk: Desk) -> None:
    page = desk.goes("/vault")
    page.keyboard.press("j")
    row = desk.focused()
    page.keyboard.press("?")
    desk.sees_dialog("Keyboard shortcuts")
    page.keyboard.press("n")  # a dialog is open: nothing
    page.keyboard.press("Escape")
    desk.sees_no_dialog()
    assert desk.focused() == row
    page.keyboard.press("n")
    desk.sees_dialog("New secret")
    page.keyboard.press("Escape")
    desk.goes("/groups")
    page.keyboard.press("n")
    desk.sees_dialog("New secret")


def test_keys_on_a_secret(desk: Desk) -> None:
    page = desk.goes(desk.scenery.address(BOARD))
    for key, title in (("e", "Edit secret"), ("s", f"Share “{BOARD}”")):
        page.keyboard.press(key)
        expect(page.locator("dialog#dialog[open] #dialog-title")).to_contain_text(title)
        page.keyboard.press("Escape")
        desk.sees_no_dialog()
    page.keyboard.press("r")
    expect(page.locator("#values")).to_contain_text("ATATT3x-")


def test_a_key_copies_the_row_that_has_the_focus(desk: Desk) -> None:
    page = desk.goes("/vault")
    page.evaluate("addEventListener('click', event => { window.pressed = event.target.ariaLabel }, true)")
    page.keyboard.press("c")
    assert page.evaluate("window.pressed") is None
    page.keyboard.press("j")
    page.keyboard.press("c")
    assert page.evaluate("window.pressed") == f"Copy password: {desk.focused()}"


def test_keys_are_letters_where_somebody_types_and_nothing_where_they_are_switched_off(desk: Desk) -> None:
    page = desk.goes("/vault")
    page.focus("#search")
    page.keyboard.type("ngv?/c")
    assert page.input_value("#search") == "ngv?/c"
    desk.sees_no_dialog()
    desk.goes("/vault")
    page.keyboard.press("Control+n")
    page.evaluate("document.documentElement.dataset.keys = 'off'")
    for key in "/n?jgv":
        page.keyboard.press(key)
    desk.sees_no_dialog()
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    page.locator(".row-name").first.focus()
    page.keyboard.press("ArrowDown")  # no letter: it stays
    assert desk.focused() == page.locator(".row-name").nth(1).inner_text()


def test_the_list_of_keys_is_a_page_of_its_own(desk: Desk) -> None:
    page = desk.goes("/shortcuts")
    assert page.inner_text("h1") == "Keyboard shortcuts"
    assert {"/", "n", "g", "v", "a", "?", "j", "k", "c", "e", "s", "r"} <= set(page.locator("kbd").all_inner_texts())


# ── undo ──


def test_what_was_deleted_in_the_list_comes_back_in_place(desk: Desk) -> None:
    for name in ("Aaa first", "Aab second"):
        desk.keeps(name)
    page = desk.goes("/vault?filter=mine")
    row = page.locator(".ledger li", has_text="Aaa first")
    row.locator("summary").click()
    row.get_by_role("link", name="Move to trash").click()
    desk.sees_dialog("Move to trash?")
    assert desk.focused() == "Keep it"
    page.locator("dialog .sheet button.danger").click()
    expect(row).to_have_count(0)
    assert desk.focused() == "Aab second"
    page.get_by_role("button", name="Undo").click()
    expect(row).to_have_count(1)
    expect(page.locator(".toast")).to_have_text("Restored from the trash, with everybody who had it.")
    assert page.url == desk.scenery.url + "/vault?filter=mine"


def test_what_was_deleted_on_its_page_comes_back_from_the_list(desk: Desk) -> None:
    page = desk.goes(desk.keeps("Aac third"))
    page.locator("#delete").click()
    desk.sees_dialog("Move to trash?")
    page.locator("dialog .sheet button.danger").click()
    page.wait_for_url("**/vault")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".ledger li", has_text="Aac third")).to_have_count(1)
    expect(page.locator(".notice .said")).to_have_count(0)
    assert page.url == desk.scenery.url + "/vault"


def test_the_trash_restores_in_place_and_the_focus_goes_on(desk: Desk) -> None:
    world, lena = desk.scenery.world, desk.scenery.people["lena"]
    for name in ("Zza", "Zzb"):
        secret = world.keep(Login(name=name, username="x", password="y"), owner=lena)
        world.clock.goes_on(minutes=1)
        with world.unit():
            world.cfg.get(Trash).delete(lena, secret)
    page = desk.goes("/vault/trash")
    rows = page.locator(".ledger li .row-title").all_inner_texts()
    page.get_by_role("button", name=f"Restore: {rows[0]}").click()
    expect(page.locator(".ledger li", has_text=rows[0])).to_have_count(0)
    expect(page.get_by_role("button", name=f"Restore: {rows[1]}")).to_be_focused()
    assert page.url == desk.scenery.url + "/vault/trash"


def test_no_two_elements_have_one_id_above_and_below(desk: Desk) -> None:
    page = desk.goes("/vault")
    twice = """() => Object.entries(Object.groupBy(document.querySelectorAll('[id]'), each => each.id))
        .filter(([, all]) => all.length > 1).map(([id]) => id)"""
    for path in ("/vault", desk.scenery.address("Outgoing mail, production"), "/groups"):
        page = desk.goes(path)
        for kind in ("login", "smtp", "jira", "api_key", "note"):
            page.keyboard.press("n")
            desk.sees_dialog("New secret")
            page.locator(f"dialog a[href$='/{kind}']").click()
            expect(page.locator("dialog #f-name")).to_be_visible()
            assert page.evaluate(twice) == [], (path, kind)
            page.locator("dialog [data-close]").first.click()
            desk.sees_no_dialog()
