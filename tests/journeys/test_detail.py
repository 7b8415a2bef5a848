"""A secret's page with script: its activity, its versions, and two people who edit it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.credentials.values import to_plain
from app.subject import Subject
from app.users.sessions import Sessions
from app.vault.policy import Level
from app.vault.sharing import Sharing, Wishes
from tests.builders import START, a_login
from tests.journeys.scenery import MAIL, Scenery
from tests.services import ROOT

EXPECTED = "Failed to load resource: the server responded with a status of 4"
AXE = """() => axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    resultTypes: ["violations"]}).then(found => found.violations.flatMap(
    each => each.nodes.map(node => `${each.id}: ${node.target}: ${node.failureSummary}`)))"""
KEEP: frozenset[str] = frozenset()

Enter = Callable[..., Page]


@pytest.fixture
def full(scenes: tuple[Scenery, Scenery]) -> Scenery:
    scenes[0].speaks("en")
    scenes[0].world.clock.now = START
    return scenes[0]


@pytest.fixture
def enters(full: Scenery, browser: Browser) -> Iterator[Enter]:
    """Open a browser of a person who is signed in; afterwards none of them may have complained."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def enter(name: str = "lena", **options: object) -> Page:
        context = browser.new_context(base_url=full.url, locale="en-GB", reduced_motion="reduce", **options)  # type: ignore[arg-type]
        contexts.append(context)
        with full.world.unit():
            user = full.world.users.get(full.people[name].id)
            assert user is not None
            token = full.world.cfg.get(Sessions).begin(user, device="tests")
        context.add_cookies([{"name": "session", "value": token, "url": full.url}])
        page = context.new_page()
        page.on("console", lambda said: said.type in ("error", "warning") and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield enter
    for context in contexts:
        context.close()
    assert [each for each in complaints if not each.startswith(EXPECTED)] == []


def kept(full: Scenery, **values: str) -> UUID:
    """Keep a login of Lena's that Anna may edit."""
    lena, anna = full.people["lena"], full.people["anna"]
    secret = full.world.keep(a_login(**values), owner=lena)
    full.world.share(secret, owner=lena, to=anna, level="editor")
    return secret


def changes(full: Scenery, by: Subject, secret: UUID, **values: str) -> None:
    world = full.world
    with world.unit():
        head = world.vault.open(by, secret).head
        plain = {**to_plain(a_login()), "password": "", **values}
        world.vault.change(by, secret, seen=head.version, values=plain, cleared=KEEP)


def opens_edit(page: Page, secret: UUID) -> None:
    page.goto(f"/vault/{secret}")
    page.click("#edit")
    expect(page.locator("dialog #f-name")).to_be_focused()


def saves(page: Page) -> None:
    page.locator("#dialog").get_by_role("button", name="Save", exact=True).click()


def faults(page: Page) -> list[str]:
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8") + ";0")
    found: list[str] = page.evaluate(AXE)
    return found


def test_what_was_used_is_told_at_once(full: Scenery, enters: Enter) -> None:
    secret, page = kept(full, name="Told at once"), enters()
    page.goto(f"/vault/{secret}")
    expect(page.locator("#activity")).not_to_contain_text("revealed")
    with full.world.unit():
        full.world.vault.reveal(full.people["lena"], secret, field="password")
    page.evaluate("document.dispatchEvent(new CustomEvent('tresor:used'))")
    expect(page.locator("#activity")).to_contain_text("You revealed: Password")
    assert page.locator("#activity").count() == 1


def test_all_activity_is_a_dialog_with_people_and_automations(full: Scenery, enters: Enter) -> None:
    page = enters()
    page.goto(full.address(MAIL))
    address = page.url
    page.click("#all-activity")
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("Anna Berger copied: Password")
    expect(dialog).not_to_contain_text("Mail used it")
    dialog.get_by_role("link", name="Automations").click()
    expect(dialog).to_contain_text("Mail used it (system group, 12×)")
    assert faults(page) == []
    dialog.get_by_role("link", name="Mail used it").click()
    expect(dialog.get_by_role("heading", name="Uses by Mail")).to_be_visible()
    assert dialog.locator(".mini li").count() == 12
    assert page.url == address
    page.keyboard.press("Escape")
    expect(page.locator("#all-activity")).to_be_focused()


def test_activity_is_a_page_whose_filter_stands_in_the_address(full: Scenery, enters: Enter) -> None:
    page = enters()
    page.goto(f"{full.address(MAIL)}/activity")
    page.get_by_role("link", name="Automations").click()
    page.wait_for_url("**/activity?by=automations")
    expect(page.locator("main")).to_contain_text("Mail used it")
    expect(page).to_have_title(f"Activity · {MAIL} · Tresor")
    expect(page.locator("h1")).to_have_count(1)
    page.go_back()
    expect(page.locator("main")).to_contain_text("Anna Berger copied: Password")


def test_a_version_is_restored_in_a_dialog_and_that_is_taken_back(full: Scenery, enters: Enter) -> None:
    secret, page = kept(full, name="Restored", username="first"), enters()
    changes(full, full.people["anna"], secret, name="Restored and renamed", username="second")
    page.goto(f"/vault/{secret}")
    page.click("#restore-1")
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("version 2 stays in the history")
    assert faults(page) == []
    dialog.get_by_role("button", name="Restore version 1").click()
    expect(page.locator("h1")).to_have_text("Restored")
    expect(page).to_have_title("Restored · Tresor")
    expect(page.locator(".toast")).to_contain_text("The older values are the current ones again.")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page).to_have_title("Restored and renamed · Tresor")
    expect(page.locator(".toast")).to_have_count(1)
    expect(page.locator(".mini li").filter(has_text="Version 4, current")).to_contain_text("Version 2 restored by you")


def test_a_restore_that_is_overtaken_shows_by_whom(full: Scenery, enters: Enter) -> None:
    secret, page = kept(full, name="Overtaken", username="first"), enters()
    changes(full, full.people["lena"], secret, name="Overtaken", username="second")
    page.goto(f"/vault/{secret}")
    page.click("#restore-1")
    button = page.locator("#dialog").get_by_role("button", name="Restore version 1")
    expect(button).to_be_visible()
    changes(full, full.people["anna"], secret, name="Overtaken", username="theirs")
    button.click()
    notice = page.locator("dialog [role=alert]")
    expect(notice).to_contain_text("Anna Berger changed this just now.")
    expect(notice).to_be_focused()
    assert faults(page) == []
    button.click()
    expect(page.locator("#v-username")).to_contain_text("first")


def test_versions_are_compared_by_choosing(full: Scenery, enters: Enter) -> None:
    page = enters()
    page.goto(full.address(MAIL))
    page.click("#compare-3")
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("columnheader", name="Version 2")).to_be_visible()
    dialog.get_by_label("Version", exact=True).select_option("1")
    expect(dialog.get_by_role("columnheader", name="Version 1")).to_be_visible()
    assert faults(page) == []
    dialog.get_by_role("link", name="Restore version 1").click()
    expect(dialog.get_by_role("heading", name="Restore version 1?")).to_be_visible()


def test_two_edits_meet_twice_and_nothing_typed_is_lost(full: Scenery, enters: Enter) -> None:
    secret, page = kept(full, name="Met", username="before"), enters()
    anna = full.people["anna"]
    opens_edit(page, secret)
    page.fill("dialog #f-username", "mine")
    page.fill("dialog #f-password", "typed-4711")
    changes(full, anna, secret, name="Met", username="theirs", password="their-new")
    saves(page)
    notice = page.locator("dialog .notice[role=alert]")
    expect(notice).to_contain_text("Anna Berger changed this just now.")
    expect(notice).to_be_focused()
    assert [row.inner_text().split("\t") for row in notice.locator("tbody tr").all()] == [
        ["User name", "theirs", "mine"],
        ["Password", "changed", "changed"],
    ]
    assert faults(page) == []
    changes(full, anna, secret, name="Met again", username="theirs")
    saves(page)
    expect(notice).to_contain_text("Met again")
    assert page.input_value("dialog #f-password") == "typed-4711"
    saves(page)
    expect(page.locator("#v-username")).to_contain_text("mine")
    expect(page).to_have_title("Met · Tresor")
    with full.world.unit():
        assert full.world.vault.reveal(full.people["lena"], secret, field="password") == "typed-4711"


def test_who_discards_their_entries_sees_what_the_other_stored(full: Scenery, enters: Enter) -> None:
    secret, page = kept(full, name="Given up", username="before"), enters()
    opens_edit(page, secret)
    page.fill("dialog #f-username", "mine")
    changes(full, full.people["anna"], secret, name="Given up", username="theirs")
    saves(page)
    page.locator("#dialog").get_by_role("link", name="Discard mine").click()
    expect(page.locator("#v-username")).to_contain_text("theirs")
    expect(page.locator("#dialog")).not_to_be_visible()
    with full.world.unit():
        assert full.world.vault.open(full.people["lena"], secret).head.version == 2


def test_what_is_deleted_or_taken_away_meanwhile_leaves_the_entries_in_the_form(full: Scenery, enters: Enter) -> None:
    secret, page = kept(full, name="Taken away"), enters("anna")
    world, lena, anna = full.world, full.people["lena"], full.people["anna"]
    opens_edit(page, secret)
    page.fill("dialog #f-password", "typed-4712")
    with world.unit():
        revision = world.cfg.get(Sharing).state(lena, secret).head.revision
        world.cfg.get(Sharing).save(lena, secret, revision=revision, wishes=Wishes(levels={anna.id: Level.VIEWER}))
    saves(page)
    said = page.locator("dialog #sheet-say")
    expect(said).to_contain_text("Your level on this secret does not allow this.")
    with world.unit():
        world.trash.delete(lena, secret)
    saves(page)
    expect(said).to_contain_text("Not here.")
    expect(said.locator("[role=alert]")).to_be_focused()
    assert page.input_value("dialog #f-password") == "typed-4712"
    assert faults(page) == []


def test_a_conflict_fits_a_phone(full: Scenery, enters: Enter) -> None:
    secret = kept(full, name="On the phone", username="before")
    page = enters(viewport={"width": 320, "height": 640})
    opens_edit(page, secret)
    page.fill("dialog #f-username", "a-rather-long-user-name-of-mine@nordwerk.example")
    changes(full, full.people["anna"], secret, name="On the phone", username="their-even-longer-one@nordwerk.example")
    saves(page)
    expect(page.locator("dialog .versus")).to_be_visible()
    inside = "element => element.scrollWidth - element.clientWidth"
    assert page.locator("dialog .dlg-body").evaluate(inside) == 0
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
