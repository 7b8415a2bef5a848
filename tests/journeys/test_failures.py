"""A dialog's request goes wrong: it is said, the form stays as it is, and nothing strange comes into the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from playwright.sync_api import Page, Route, expect

from app.vault.policy import Level
from app.vault.sharing import Sharing, Wishes
from tests.journeys.hands import begins_a_note, is_closed, keeps, opens, saves
from tests.journeys.scenery import UNREADABLE, Scenery

Visitor = Callable[..., Page]
UNCHANGED = """() => [document.title, document.getElementById('page').innerText,
    [...document.querySelectorAll('dialog .dlg-body > :not(#sheet-say)')].map(each => each.innerText),
    document.getElementById('sheet-form').action]"""
FAILED = "Something broke on our side. Nothing was lost: try again."
STRANGE = "<!doctype html><title>Gateway</title><body><h1>502 Bad Gateway</h1><form id='sheet-form'></form></body>"


@contextmanager
def untouched(page: Page) -> Iterator[None]:
    """Fail unless the block leaves page, form, entries and the free button as they are."""
    entries = "[...new FormData(document.getElementById('sheet-form'))].filter(([name]) => name != 'csrf_token')"
    before = page.evaluate(UNCHANGED), page.evaluate(entries), page.url
    yield
    assert (page.evaluate(UNCHANGED), page.evaluate(entries), page.url) == before
    assert page.locator("dialog[open] .sheet .dlg-foot button:not([aria-busy])").count() == 1
    assert not page.locator("#loading.busy").count()


def says(page: Page, text: str) -> None:
    """Wait for the one toast, which is in the dialog, an alert and stays, and take it away."""
    assert page.locator("#sheet-say").inner_text() == ""
    toast = page.locator("dialog .toast[role=alert]")
    expect(toast).to_have_count(1)
    expect(toast).to_contain_text(text)
    page.click(".toast [data-dismiss]")
    expect(toast).to_have_count(0)


def notes(page: Page, text: str) -> None:
    """Wait for what the server says in the form that was sent: an alert with the focus, and no toast."""
    alert = page.locator("dialog #sheet-say [role=alert]")
    expect(alert).to_contain_text(text)
    expect(alert).to_contain_text("Your entries are still in this form.")
    expect(alert).to_be_focused()
    assert not page.locator(".toast").count()


def typed(page: Page, name: str = "Not lost") -> None:
    page.goto("/vault")
    begins_a_note(page, name)
    page.fill("#f-text", "4711")


def fulfilling(status: int, body: str = STRANGE, kind: str = "text/html") -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, body=body, content_type=kind)


def posts(page: Page, path: str, answer: Callable[[Route], None]) -> None:
    """Let only what is posted to this path be answered so."""
    page.route(path, lambda route: answer(route) if route.request.method == "POST" else route.continue_())


@pytest.mark.parametrize("status", [200, 401, 403, 404, 413, 422, 429, 502, 503, 504])
def test_a_page_of_a_proxy_is_not_put_into_ours(visitor: Visitor, status: int) -> None:
    page = visitor("selin")
    typed(page)
    posts(page, "**/vault/new/note", fulfilling(status))
    with untouched(page):
        saves(page)
        says(page, FAILED)


def test_a_page_of_a_proxy_is_not_put_where_a_dialog_or_the_list_stands(visitor: Visitor) -> None:
    page = visitor()
    page.goto("/vault")
    rows = page.locator("#page").inner_html()
    page.route("**/vault/new", fulfilling(502))
    page.route("**/vault?*", fulfilling(200))
    page.click("#new")
    expect(page.locator(".toast")).to_have_count(1)
    page.click(".tabs a >> nth=1")
    expect(page.locator(".toast")).to_have_count(2)
    assert page.locator(".toast").first.inner_text().strip() == FAILED
    assert not page.is_visible("dialog[open]")
    assert page.locator("#page").inner_html() == rows


def test_offline_it_says_so_and_is_saved_once_the_network_is_back(visitor: Visitor) -> None:
    page = visitor("selin")
    typed(page, "Typed in a tunnel")
    with untouched(page):
        page.context.set_offline(True)
        saves(page)
        says(page, "Not saved: no connection. Your entries are still here.")
    page.context.set_offline(False)
    saves(page)
    is_closed(page)
    expect(page.locator("#page")).to_contain_text("Typed in a tunnel")


def test_offline_a_dialog_does_not_open_and_says_why(visitor: Visitor) -> None:
    page = visitor()
    page.goto("/vault")
    page.context.set_offline(True)
    page.click("#new")
    expect(page.locator(".toast.bad")).to_contain_text("No connection. Try again.")
    page.context.set_offline(False)
    opens(page, "#new")


def test_without_an_answer_in_time_it_does_not_claim_to_know(visitor: Visitor) -> None:
    page = visitor("selin")
    page.clock.install()
    typed(page, "Late, and stored once")
    late: list[Route] = []
    posts(page, "**/vault/new/note", late.append)
    with untouched(page):
        saves(page)
        expect(page.locator("dialog .sheet .dlg-foot button")).to_have_attribute("aria-busy", "true")
        page.wait_for_timeout(100)
        page.clock.run_for(15_100)
        says(page, "No answer came, so it may be saved or not.")
    page.unroute("**/vault/new/note")
    saves(page)
    is_closed(page)


def test_what_was_stored_without_an_answer_is_not_stored_twice(visitor: Visitor) -> None:
    page = visitor("selin")
    typed(page, "Stored although cut off")

    def cut_off(route: Route) -> None:
        route.fetch()
        route.abort()

    posts(page, "**/vault/new/note", cut_off)
    with untouched(page):
        saves(page)
        says(page, "No answer came, so it may be saved or not.")
    page.unroute("**/vault/new/note")
    saves(page)
    is_closed(page)
    expect(page.locator("#page .row-name", has_text="Stored although cut off")).to_have_count(1)


def test_what_was_done_without_an_answer_is_not_called_undone(visitor: Visitor, scene: Scenery) -> None:
    secret = keeps(scene, "Restored although cut off")
    with scene.world.unit():
        scene.world.trash.delete(scene.people["selin"], secret)
    page = visitor("selin")
    page.goto("/vault/trash")

    def cut_off(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort()

    posts(page, f"**/vault/{secret}/restore", cut_off)
    page.click(f"#restore-{secret}")
    expect(page.locator(".toast.bad")).to_contain_text("No answer came. Check whether it was done; if not, try again.")
    page.reload()
    expect(page.locator(f"#restore-{secret}")).to_have_count(0)


def test_a_secret_that_is_gone_meanwhile_is_not_here(visitor: Visitor, scene: Scenery) -> None:
    page = visitor("selin")
    secret = edits(page, scene)
    with scene.world.unit():
        scene.world.trash.delete(scene.people["selin"], secret)
    with untouched(page):
        saves(page)
        notes(page, "Not here. This page or secret does not exist, was deleted, or is not shared with you.")


def edits(page: Page, scene: Scenery) -> UUID:
    secret = keeps(scene, "About to fail")
    page.goto(f"/vault/{secret}")
    opens(page, "#edit")
    page.fill("#f-name", "Failing")
    return secret


def test_a_level_that_is_lost_meanwhile_is_told(visitor: Visitor, scene: Scenery) -> None:
    secret = keeps(scene, "Shared as editor")
    scene.world.share(secret, owner=scene.people["selin"], to=scene.people["tomas"], level="editor")
    page = visitor("tomas")
    page.goto(f"/vault/{secret}")
    opens(page, "#edit")
    page.fill("#f-name", "By a former editor")
    lowers(scene, secret, "viewer")
    with untouched(page):
        saves(page)
        notes(page, "You may not do this here. Your level on this secret does not allow this.")


def lowers(scene: Scenery, secret: UUID, level: str) -> None:
    """Selin gives Tomas another level."""
    with scene.world.unit():
        selin, tomas = scene.people["selin"], scene.people["tomas"]
        sharing = scene.world.cfg.get(Sharing)
        revision = sharing.state(selin, secret).head.revision
        sharing.save(selin, secret, revision=revision, wishes=Wishes(levels={tomas.id: Level(level)}))


def test_a_form_that_is_too_large_is_told(visitor: Visitor) -> None:
    page = visitor("selin")
    typed(page)
    page.eval_on_selector("#f-text", "field => { field.value = 'x'.repeat(1_200_000); }")
    with untouched(page):
        saves(page)
        notes(page, "Too large. What you sent is larger than this form takes.")


def test_a_form_of_another_kind_is_told(visitor: Visitor) -> None:
    page = visitor("selin")
    typed(page)
    posts(
        page,
        "**/vault/new/note",
        lambda route: route.continue_(headers={**route.request.headers, "content-type": "application/json"}),
    )
    with untouched(page):
        saves(page)
        notes(page, "Not this way.")


def test_a_field_that_nobody_asked_for_is_told(visitor: Visitor) -> None:
    page = visitor("selin")
    typed(page)
    page.evaluate("""() => document.getElementById('sheet-form').append(
        Object.assign(document.createElement('input'), { name: 'surprise', type: 'hidden' }))""")
    with untouched(page):
        saves(page)
        notes(page, "This form has no field surprise. Open the page again.")


def test_what_was_damaged_meanwhile_is_told_with_a_reference(visitor: Visitor, scene: Scenery) -> None:
    page = visitor("selin")
    secret = edits(page, scene)
    stored = next(row["id"] for row in scene.world.rows("secret") if str(row["id"]).replace("-", "") == secret.hex)
    with scene.world.cfg.unit.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE version SET sha256 = zeroblob(32) WHERE secret = ?", (stored,))
    with untouched(page):
        saves(page)
        notes(page, "This cannot be opened.")


def test_a_dialog_that_cannot_be_made_is_told_and_the_page_stays(visitor: Visitor, scene: Scenery) -> None:
    page = visitor("jonas")
    page.goto("/vault")
    rows = page.locator("#page").inner_html()
    page.evaluate("address => tresor.openDialog(address)", f"{scene.address(UNREADABLE)}/edit")
    expect(page.locator(".toast.bad")).to_contain_text("This cannot be opened.")
    expect(page.locator(".toast.bad")).to_contain_text("Reference")
    assert not page.is_visible("dialog[open]")
    assert page.locator("#page").inner_html() == rows


def test_a_store_that_is_down_is_told(visitor: Visitor, scene: Scenery) -> None:
    page = visitor("selin")
    typed(page, "Stored after the store was back")
    blobs = scene.world.folder / "data" / "blobs"
    aside = blobs.with_name("aside")
    blobs.rename(aside)
    blobs.write_bytes(b"")
    try:
        with untouched(page):
            saves(page)
            notes(page, "Not reachable right now.")
    finally:
        blobs.unlink()
        aside.rename(blobs)
    saves(page)
    is_closed(page)
    expect(page.locator("#page")).to_contain_text("Stored after the store was back")


def test_a_page_below_that_is_gone_says_so_in_its_place(visitor: Visitor, scene: Scenery) -> None:
    secret = keeps(scene, "Gone below")
    page = visitor("selin")
    page.goto(f"/vault/{secret}")
    opens(page, "#edit")
    page.fill("#f-name", "Saved, then gone")

    def gone_after(route: Route) -> None:
        answer = route.fetch()
        with scene.world.unit():
            scene.world.trash.delete(scene.people["selin"], secret)
        route.fulfill(response=answer)  # last: the page is fetched anew as soon as it has come

    posts(page, "**/edit", gone_after)
    saves(page)
    is_closed(page)
    expect(page.locator("#page h1")).to_have_text("Not here")


def test_a_page_below_that_fails_stays_and_that_is_told(visitor: Visitor, scene: Scenery) -> None:
    secret = keeps(scene, "Fails below")
    page = visitor("selin")
    page.goto(f"/vault/{secret}")
    opens(page, "#edit")
    page.fill("#f-name", "Saved, though")
    page.route(f"**/vault/{secret}", fulfilling(502))
    saves(page)
    is_closed(page)
    expect(page.locator(".toast")).to_have_count(2)
    assert page.locator(".toast.ok").inner_text().strip() == "Secret saved."
    assert page.locator(".toast.bad").inner_text().strip() == FAILED
    assert page.inner_text("h1") == "Fails below"


def test_without_script_the_same_are_pages(visitor: Visitor, scene: Scenery) -> None:
    page = visitor("selin", script=False)
    secret = keeps(scene, "About to fail")
    page.goto(f"/vault/{secret}/edit")
    with scene.world.unit():
        scene.world.trash.delete(scene.people["selin"], secret)
    page.click("main .dlg-foot button")
    assert page.inner_text("h1") == "Not here"
