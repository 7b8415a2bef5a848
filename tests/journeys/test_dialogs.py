"""Dialogs with script: how they open and close, where the focus goes, and that nothing typed is lost in silence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, Route, expect

from tests.builders import a_login
from tests.journeys.conftest import Profiles
from tests.journeys.hands import begins_a_note, focused, is_closed, keeps, opens
from tests.journeys.scenery import DELETED, MAIL, Scenery

TRASHED = DELETED[0].credentials.name
Visitor = Callable[..., Page]


def dialogs(scene: Scenery) -> dict[str, tuple[str, str, str, str]]:
    """Return, for each dialog: the page below, what opens it, its title, what has the focus at first."""
    secret, trash = scene.address(MAIL), scene.secrets[TRASHED]
    group = f"/groups/{scene.groups['Release']}"
    return {
        "new": ("/vault", "#new", "New secret", "dialog-title"),
        "edit": (secret, "#edit", "Edit secret", "f-name"),
        "share": (secret, "#share", f"Share “{MAIL}”", "f-add"),
        "delete": (secret, "#delete", "Move to trash?", "Keep it"),
        "purge": ("/vault/trash", f"#purge-{trash}", "Delete for good?", "f-name"),
        "members": (group, "main [data-dialog][href$=members]", "", ""),
    }


@pytest.mark.parametrize("name", ["new", "edit", "share", "delete", "purge", "members"])
def test_a_dialog_opens_by_its_link_and_closes_in_every_way(visitor: Visitor, scene: Scenery, name: str) -> None:
    path, opener, title, first = dialogs(scene)[name]
    page = visitor()
    page.goto(path)
    for way in ("button[data-close]", ".dlg-foot a[data-close]", "Escape", "backdrop"):
        opens(page, opener)
        if title:
            assert page.inner_text("#dialog-title") == title
            assert focused(page) == first
        leaves(page, way)
        is_closed(page)
        assert page.evaluate("selector => document.activeElement.matches(selector)", opener), way
    assert page.url.endswith(path)


def leaves(page: Page, way: str) -> None:
    if way == "Escape":
        page.keyboard.press("Escape")
    elif way == "backdrop":
        page.mouse.click(20, 300)
    else:
        page.click(f"dialog {way}")


def test_what_was_typed_is_asked_about_before_it_goes(visitor: Visitor) -> None:
    page = visitor("selin")
    page.goto("/vault/new/note")
    page.goto("/vault")
    for way in ("button[data-close]", ".dlg-foot a[data-close]", "Escape", "button.back, a.back"):
        begins_a_note(page, "half a name")
        leaves(page, way)
        assert page.inner_text("#discard .start") == "Discard your entries?"
        assert focused(page) == "Keep editing"
        page.keyboard.press("Enter")
        assert (focused(page), page.input_value("#f-name")) == ("f-name", "half a name")
        leaves(page, way)
        page.click("[data-discard]")
        if "back" in way:
            page.wait_for_selector("dialog .types")
            page.click("dialog button[data-close]")
        is_closed(page)
        assert focused(page) == "new"


def test_a_click_beside_a_form_that_was_touched_does_nothing(visitor: Visitor) -> None:
    page = visitor("selin")
    page.goto("/vault")
    begins_a_note(page, "still here")
    page.mouse.click(20, 300)
    assert page.input_value("dialog[open] #f-name") == "still here"
    assert not page.is_visible("#discard")


def test_a_text_marked_with_the_mouse_beyond_the_dialog_does_not_close_it(visitor: Visitor) -> None:
    page = visitor()
    page.goto("/vault")
    opens(page, "#new")
    page.locator("#dialog-title").hover()
    page.mouse.down()
    page.mouse.move(20, 300)
    page.mouse.up()
    assert page.is_visible("dialog[open]")


def test_a_second_escape_closes_and_undo_brings_all_back(visitor: Visitor) -> None:
    page = visitor("selin")
    page.goto("/vault")
    begins_a_note(page, "nearly lost")
    page.fill("#f-text", "a secret text")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog:not([open])", state="attached")
    expect(page.locator(".toast")).to_contain_text("Closed with entries that are not saved.")
    page.click(".toast [data-reopen]")
    assert page.input_value("dialog[open] #f-text") == "a secret text"
    assert page.locator(".toast").count() == 0
    page.keyboard.press("Escape")
    page.click("[data-discard]")
    is_closed(page)


def test_what_nobody_wants_back_does_not_stay_in_the_closed_dialog(visitor: Visitor) -> None:
    page = visitor("selin")
    page.goto("/vault")
    for gone in ("dismissed", "pushed out", "another dialog"):
        begins_a_note(page, "nearly lost")
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.wait_for_selector(".toast [data-reopen]")
        if gone == "dismissed":
            page.click(".toast [data-dismiss]")
            assert focused(page) == "Vault"
        elif gone == "pushed out":
            page.evaluate("for (const _ of '123') tresor.say('failed')")
        else:
            opens(page, "#new")
            expect(page.locator("[data-reopen]")).to_have_count(0)
            page.keyboard.press("Escape")
        is_closed(page)
        page.reload()


def test_after_a_mistake_the_summary_has_the_focus_and_entries_stay(visitor: Visitor, scene: Scenery) -> None:
    page = visitor("selin")
    page.goto("/vault")
    opens(page, "#new")
    page.click("dialog [href$='/vault/new/login']")
    page.fill("#f-username", "selin")
    page.fill("#f-password", "typed once")
    page.click("dialog .dlg-foot button")
    page.wait_for_selector("dialog .notice.bad")
    assert "Not saved yet." in focused(page)
    assert (page.input_value("#f-username"), page.input_value("#f-password")) == ("selin", "typed once")
    page.click("dialog .notice.bad a")
    assert focused(page) == "f-name"
    assert page.url == f"{scene.url}/vault#f-name"


def test_enter_in_a_field_saves_and_the_page_below_shows_it(visitor: Visitor) -> None:
    page = visitor("selin")
    page.goto("/vault")
    opens(page, "#new")
    page.click("dialog [href$='/vault/new/login']")
    for field, text in (("f-name", "By Enter"), ("f-username", "selin"), ("f-password", "pw-4711")):
        page.fill(f"#{field}", text)
    page.keyboard.press("Enter")
    is_closed(page)
    expect(page.locator(".toast")).to_contain_text("Secret saved.")
    expect(page.locator("#page")).to_contain_text("By Enter")
    assert focused(page) == "new"
    assert "pw-4711" not in page.content()


def test_after_a_conflict_the_notice_has_the_focus_and_saving_again_means_mine(
    visitor: Visitor, scene: Scenery
) -> None:
    secret = scene.world.keep(a_login(name="Two at once"), owner=scene.people["selin"])
    mine, theirs = visitor("selin"), visitor("selin")
    for page, name in ((mine, "Mine"), (theirs, "Theirs")):
        page.goto(f"/vault/{secret}")
        opens(page, "#edit")
        page.fill("#f-name", name)
    theirs.click("dialog .dlg-foot button")
    is_closed(theirs)
    expect(theirs.locator("h1")).to_have_text("Theirs")
    mine.fill("#f-password", "new-password")
    mine.click("dialog .dlg-foot button")
    mine.wait_for_selector("dialog .versus")
    assert "changed this" in focused(mine)
    assert (mine.input_value("#f-name"), mine.input_value("#f-password")) == ("Mine", "new-password")
    mine.click("dialog .dlg-foot button")
    is_closed(mine)
    expect(mine.locator("h1")).to_have_text("Mine")


def test_after_a_deletion_the_next_row_has_the_focus(visitor: Visitor, scene: Scenery) -> None:
    first, second, third = (keeps(scene, f"A row {number}") for number in "123")
    page = visitor("selin")
    page.goto("/vault?sort=name")
    for gone, next_one in ((first, second), (second, third)):
        page.focus(f"#m-{gone}")
        page.keyboard.press("Enter")
        page.click(f"#r-{gone} [href$=delete]")
        page.wait_for_selector("dialog[open] .danger")
        page.click("dialog .sheet .danger")
        is_closed(page)
        expect(page.locator(f"#r-{gone}")).to_have_count(0)
        expect(page.locator(f"#n-{next_one}")).to_be_focused()


def test_undo_of_a_deletion_works_once_and_leaves_another_form_alone(visitor: Visitor, scene: Scenery) -> None:
    secret = keeps(scene, "Deleted by mistake")
    page = visitor("selin")
    page.goto("/vault")
    page.click(f"#m-{secret}")
    page.click(f"#r-{secret} [href$=delete]")
    page.click("dialog .sheet .danger")
    is_closed(page)
    expect(page.locator(f"#r-{secret}")).to_have_count(0)
    begins_a_note(page, "typed meanwhile")
    page.click(".toast .undo")
    expect(page.locator(".toast")).to_contain_text("Restored from the trash")
    expect(page.locator(f"#r-{secret}")).to_have_count(1)
    assert page.input_value("dialog[open] #f-name") == "typed meanwhile"
    assert page.locator(".toast .undo").count() == 0


def test_a_double_click_opens_one_dialog_and_presses_nothing_in_it(visitor: Visitor, scene: Scenery) -> None:
    secret = keeps(scene, "Clicked twice")
    page = visitor("selin")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method) if "/delete" in request.url else None)
    page.goto(f"/vault/{secret}")
    for where in (page.locator("dialog .sheet .danger"), page.locator("h1")):  # inside, and beside it
        opens(page, "#delete")
        there = where.bounding_box()
        assert there is not None
        page.mouse.move(there["x"] + 5, there["y"] + 5)
        page.mouse.down(click_count=2)
        page.mouse.up(click_count=2)
        page.wait_for_timeout(200)
        assert page.is_visible("dialog[open] .danger")
        page.keyboard.press("Escape")
        is_closed(page)
    assert asked == ["GET", "GET"]


def test_the_link_pressed_last_is_the_one_that_opens(visitor: Visitor, scene: Scenery) -> None:
    page = visitor()
    page.goto(scene.address(MAIL))
    page.route("**/edit", lambda route: slowly(page, route))
    page.click("#edit")
    page.click("#share")
    page.wait_for_selector("dialog[open] #f-add")
    page.wait_for_timeout(700)
    assert page.locator("dialog #f-add").count() == 1
    page.keyboard.press("Escape")
    is_closed(page)
    assert focused(page) == "share"


def slowly(page: Page, route: Route, milliseconds: int = 500) -> None:
    page.wait_for_timeout(milliseconds)
    route.continue_()


def test_two_presses_of_save_make_one_record(visitor: Visitor, scene: Scenery) -> None:
    page = visitor("selin")
    page.goto("/vault")
    begins_a_note(page, "Once only")
    page.fill("#f-text", "4711")
    page.dblclick("dialog .dlg-foot button")
    is_closed(page)
    begins_a_note(page, "Once only, by two events")
    page.fill("#f-text", "4711")
    page.evaluate("for (const _ of '12') document.getElementById('sheet-form').requestSubmit()")
    is_closed(page)
    expect(page.locator("#page .row-name", has_text="Once only")).to_have_count(2)


def test_two_presses_without_script_make_one_record(visitor: Visitor) -> None:
    page = visitor("selin", script=False)
    page.goto("/vault/new/note")
    page.fill("#f-name", "Once without script")
    page.fill("#f-text", "4711")
    page.dblclick("main .dlg-foot button")
    page.wait_for_url("**/vault/*-*")
    page.goto("/vault")
    assert page.locator("#page .row-name", has_text="Once without script").count() == 1


def test_a_plain_form_pressed_twice_is_sent_once(visitor: Visitor, scene: Scenery) -> None:
    secret = keeps(scene, "Restored by a double click")
    with scene.world.unit():
        scene.world.trash.delete(scene.people["selin"], secret)
    page = visitor("selin")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.goto("/vault/trash")
    page.evaluate(
        "id => { const form = document.querySelector(`#r-${id} form`); for (const _ of '12') form.requestSubmit(); }",
        str(secret),
    )
    expect(page.locator(f"#r-{secret}")).to_have_count(0)
    assert len(sent) == 1


def test_while_it_is_sent_the_button_is_busy_and_the_dialog_waits_for_the_answer(
    visitor: Visitor, scene: Scenery
) -> None:
    page = visitor("selin")
    page.goto("/vault")
    begins_a_note(page, "Slow but sure")
    page.fill("#f-text", "4711")
    held: list[Route] = []
    page.route("**/vault/new/note", lambda route: held.append(route))
    page.click("dialog .dlg-foot button")
    expect(page.locator("dialog .sheet .dlg-foot button")).to_have_attribute("aria-busy", "true")
    page.keyboard.press("Enter")
    for way in ("button[data-close]", "Escape"):
        leaves(page, way)
        assert page.is_visible("dialog[open]")
        assert not page.is_visible("#discard")
    assert len(held) == 1
    held[0].continue_()
    is_closed(page)
    expect(page.locator(".toast")).to_contain_text("Secret saved.")


def test_an_answer_after_the_dialog_was_forced_shut_is_still_told(visitor: Visitor, scene: Scenery) -> None:
    page = visitor("selin")
    page.goto("/vault")
    held: list[Route] = []
    page.route(
        "**/vault/new/note", lambda route: held.append(route) if route.request.method == "POST" else route.continue_()
    )
    for name, text, told in (("", "4711", "Not saved yet."), ("Told late", "4711", "Secret saved.")):
        begins_a_note(page, name)
        page.fill("#f-text", text)
        page.click("dialog .dlg-foot button")
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog:not([open])", state="attached")
        held.pop().continue_()
        if name:
            expect(page.locator(".toast")).to_contain_text(told)
            is_closed(page)
            assert page.locator(".toast [data-reopen]").count() == 0
        else:
            expect(page.locator("dialog[open] .notice.bad")).to_contain_text(told)
            assert page.input_value("#f-text") == text
            page.keyboard.press("Escape")
            page.click("[data-discard]")


def test_the_line_of_loading_shows_after_a_moment_and_for_all_that_is_under_way(visitor: Visitor) -> None:
    page = visitor()
    page.goto("/vault")
    held: list[Route] = []
    page.route("**/vault/new", lambda route: held.append(route))
    page.route("**/vault?*q=jira*", lambda route: held.append(route))
    page.fill("[name=q]", "jira")
    page.wait_for_timeout(300)
    page.click("#new")
    line = page.locator("#loading")
    expect(line).to_have_class("loading busy")
    expect(line).to_have_css("opacity", "1")
    assert page.evaluate("getComputedStyle(document.getElementById('loading')).transitionDelay") == "0.25s"
    assert len(held) == 2
    held[0].continue_()
    page.wait_for_timeout(200)
    expect(line).to_have_class("loading busy")
    held[1].continue_()
    expect(line).to_have_class("loading")
    page.wait_for_selector("dialog[open]")
    assert page.evaluate("document.getElementById('dialog').contains(document.getElementById('live'))")


@pytest.mark.parametrize(("button", "keys"), [("left", ["Control"]), ("left", ["Shift"]), ("middle", [])])
def test_a_link_with_a_modifier_opens_in_a_new_tab(
    visitor: Visitor, scene: Scenery, button: str, keys: list[str]
) -> None:
    page = visitor()
    for path, link in ((scene.address(MAIL), "#edit"), ("/vault", ".tabs a >> nth=1")):
        page.goto(path)
        address = page.get_attribute(link, "href")
        with page.context.expect_page() as opened:
            page.click(link, button=button, modifiers=keys)  # type: ignore[arg-type]
        opened.value.wait_for_load_state()
        assert opened.value.url == f"{scene.url}{address}"
        assert not page.is_visible("dialog[open]")
        assert page.url == f"{scene.url}{path}"
        opened.value.close()


def test_back_leaves_the_page_and_reload_shows_the_page_below(visitor: Visitor, scene: Scenery) -> None:
    page = visitor()
    page.goto("/groups")
    page.goto("/vault")
    opens(page, "#new")
    page.reload()
    assert (page.url, page.is_visible("dialog[open]")) == (f"{scene.url}/vault", False)
    opens(page, "#new")
    page.go_back()
    assert page.url == f"{scene.url}/groups"


def test_back_after_a_filter_is_a_real_page_again(visitor: Visitor, scene: Scenery) -> None:
    page = visitor()
    page.goto("/vault")
    page.click(".tabs a >> nth=1")
    page.wait_for_url("**/vault?filter=mine")
    expect(page.locator(".tabs a >> nth=1")).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(page.locator(".tabs a >> nth=0")).to_have_attribute("aria-current", "true")
    assert page.url == f"{scene.url}/vault"
    assert page.evaluate("JSON.stringify(history.state)") in ('{"htmx":true}', "null")


def test_on_a_page_that_is_such_a_form_links_lead_to_pages(visitor: Visitor, scene: Scenery) -> None:
    page = visitor()
    page.goto("/vault/new")
    page.click("[href$='/vault/new/note']")
    page.wait_for_url("**/vault/new/note")
    assert not page.is_visible("dialog[open]")
    page.click("main .dlg-foot button")
    page.wait_for_selector("main .notice.bad")
    assert "Not saved yet." in focused(page)
    assert page.url == f"{scene.url}/vault/new/note"
    page.click("main .dlg-foot a")
    page.wait_for_url("**/vault/new")


def test_a_page_whose_secret_is_deleted_in_its_dialog_is_left(visitor: Visitor, scene: Scenery) -> None:
    secret = keeps(scene, "Deleted on its page")
    page = visitor("selin")
    page.goto(f"/vault/{secret}")
    opens(page, "#delete")
    page.click("dialog .sheet .danger")
    page.wait_for_url("**/vault")
    expect(page.locator("main")).to_contain_text("In the trash.")
    page.reload()
    expect(page.locator("main")).not_to_contain_text("In the trash.")


def test_toasts_go_by_themselves_but_not_under_the_eyes_nor_errors(visitor: Visitor) -> None:
    page = visitor()
    page.clock.install(time=datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    page.goto("/vault")
    page.clock.pause_at(datetime(2026, 11, 23, 9, 1, tzinfo=UTC))  # it would go on by itself, too
    toast = page.locator(".toast")
    say_ok = """document.getElementById('toasts').append(Object.assign(document.createElement('div'),
        { className: 'toast ok', textContent: 'Done', tabIndex: 0 }))"""
    page.evaluate(say_ok)
    page.clock.run_for(5_900)
    expect(toast).to_have_count(1)
    page.clock.run_for(200)
    expect(toast).to_have_count(0)
    for reads, looks_away in ((toast.hover, lambda: page.mouse.move(5, 5)), (toast.focus, lambda: toast.blur())):
        page.evaluate(say_ok)
        reads()
        page.clock.run_for(20_000)
        expect(toast).to_have_count(1)
        looks_away()
        page.clock.run_for(1_100)
        expect(toast).to_have_count(0)
    page.evaluate("tresor.say('failed')")
    page.clock.run_for(600_000)
    expect(toast).to_have_count(1)
    for _ in range(4):
        page.evaluate(say_ok)
    expect(toast).to_have_count(3)
    expect(page.locator(".toast.bad")).to_have_count(1)  # what passes makes room first
    for _ in range(4):
        page.evaluate("tresor.say('failed')")
    expect(page.locator(".toast.bad")).to_have_count(3)
    page.clock.run_for(600_000)
    page.locator(".toast [data-dismiss]").first.focus()
    for left in (2, 1, 0):
        page.keyboard.press("Enter")
        expect(toast).to_have_count(left)
    assert focused(page) == "Vault"


def test_without_script_every_dialog_is_a_page(profiles: Profiles, visitor: Visitor, scene: Scenery) -> None:
    page = visitor(script=False)
    for path, opener, title, _first in dialogs(scene).values():
        page.goto(path)
        page.click(opener)
        page.wait_for_selector("#page .sheet h1")
        assert page.url != f"{scene.url}{path}"
        if title:
            assert page.inner_text("h1") == title
