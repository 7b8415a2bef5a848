"""Secret values with script: shown for a while, copied, made, typed; fields that depend on others, with and without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from app.credentials.types import Login, Note
from app.credentials.values import to_plain
from app.subject import Subject
from app.users.sessions import PREFERENCES, Sessions
from tests.credentials.declared import Everything
from tests.journeys.scenery import Scenery, empty_scenery
from tests.services import ROOT

PASSWORD, CODES, USERNAME = "maple-quartz-7-Orbit", "1 granite\n2 harbor", "relay@nordwerk.example"
TYPED = "typed-and-never-sent-back"
EXPECTED = "Failed to load resource: the server responded with a status of 4"
AWAY = "Object.defineProperty(document, 'hidden', {configurable: true, get: () => true});"
BACK = "Object.defineProperty(document, 'hidden', {configurable: true, get: () => false});"
TURNED = "document.dispatchEvent(new Event('visibilitychange'))"
AXE = """axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations.flatMap(
    each => each.nodes.map(node => `${each.id}: ${node.target}: ${node.failureSummary}`)))"""


@dataclass
class Desk:
    """Somebody at a browser that notes what pages ask for and what they make it complain of."""

    page: Page
    scene: Scenery
    lena: Subject
    secrets: dict[str, UUID]
    asked: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def goes(self, path: str) -> Page:
        self.page.goto(self.scene.url + path)
        return self.page

    def opens(self, name: str, rest: str = "") -> Page:
        return self.goes(f"/vault/{self.secrets[name]}{rest}")

    def recorded(self, action: str) -> int:
        """Return how often this was done to a secret of hers."""
        return len([event for event in self.scene.world.events(action) if event["subject"] == self.lena.id])

    def clipboard(self) -> str:
        """Return what lies in the clipboard: pages may not read it, so it is pasted where nothing listens."""
        self.page.fill("[type=search]", "")
        self.page.focus("[type=search]")
        self.page.keyboard.press("Control+V")
        return self.page.input_value("[type=search]")

    def requests(self) -> int:
        """Return how often pages asked the server for something that is not a file."""
        return len([request for request in self.asked if "/static/" not in request.url])

    def leaves(self) -> None:
        """Turn to another tab."""
        self.page.evaluate(AWAY + TURNED)

    def returns(self) -> None:
        self.page.evaluate(BACK + TURNED)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenery]:
    with empty_scenery(tmp_path_factory.mktemp("values"), types=[Everything]) as scene:
        scene.people["lena"] = scene.world.person("lena")
        scene.people["ben"] = scene.world.person("ben")
        yield scene


Sits = Callable[..., Desk]


@pytest.fixture
def sits(scene: Scenery, browser: Browser) -> Iterator[Sits]:
    """Seat somebody, signed in, with secrets of their own; with script, and a clipboard that pages may write."""
    contexts: list[BrowserContext] = []
    desks: list[Desk] = []

    def sit(*, who: str = "lena", script: bool = True, **how: Any) -> Desk:
        world, lena = scene.world, scene.people[who]
        context = browser.new_context(
            locale="en-GB",
            java_script_enabled=script,
            permissions=["clipboard-write"],
            reduced_motion="reduce",
            **how,
        )
        with world.unit():
            user = world.users.get(lena.id)
            assert user is not None
            token = world.cfg.get(Sessions).begin(user, device="tests")
        context.add_cookies([{"name": "session", "value": token, "url": scene.url}])
        kept = {
            "mail": world.keep(Login(name="Mail", username=USERNAME, password=PASSWORD), owner=lena),
            "codes": world.keep(Note(name="Codes", text=CODES), owner=lena),
        }
        desk = Desk(context.new_page(), scene, lena, kept)
        desk.page.on("console", lambda message: listens(desk, message))
        desk.page.on("pageerror", lambda error: desk.complaints.append(str(error)))
        desk.page.on("request", lambda request: desk.asked.append(request))
        contexts.append(context)
        desks.append(desk)
        return desk

    yield sit
    complaints = [each for desk in desks for each in desk.complaints]
    for context in contexts:
        context.close()
    assert complaints == []


def listens(desk: Desk, message: ConsoleMessage) -> None:
    if message.type in ("error", "warning") and not message.text.startswith(EXPECTED):
        desk.complaints.append(message.text)


@pytest.fixture
def desk(sits: Sits) -> Desk:
    return sits()


def passes_axe(page: Page) -> None:
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8") + ";0")
    assert page.evaluate(AXE) == []


def seconds_left(page: Page, row: str) -> int:
    """Return what the countdown of a row says. Time goes on by itself, too, so that it is at most this."""
    found = re.fullmatch(r"Hidden again in (\d+) s", page.inner_text(f"{row} [data-left]"))
    assert found
    return int(found[1])


def may_write(page: Page, *, granted: bool) -> None:
    """Let the browser grant or deny that pages write the clipboard: what is not granted beside another is denied."""
    page.context.clear_permissions()
    page.context.grant_permissions(["clipboard-write" if granted else "geolocation"])


def focused(page: Page) -> str:
    found: str = page.evaluate("document.activeElement.id")
    return found


# ── the secret's page ──


def test_a_value_is_shown_in_its_row_and_hides_itself(desk: Desk) -> None:
    desk.page.clock.install()
    page = desk.opens("mail")
    assert PASSWORD not in page.content()
    page.focus("#reveal-password")
    page.keyboard.press("Enter")
    page.wait_for_selector("#v-password.open")
    assert page.inner_text("#v-password code") == PASSWORD
    assert 8 <= seconds_left(page, "#v-password") <= 10
    assert page.inner_text("#live") == "Password: Hidden again in 10 s"
    assert focused(page) == "hide-password"
    passes_axe(page)
    page.clock.run_for(3_000)
    assert 0 < seconds_left(page, "#v-password") <= 7
    assert page.inner_text("#live") == "Password: Hidden again in 10 s"  # said once
    asked = desk.requests()
    page.clock.run_for(8_000)
    page.wait_for_selector("#v-password:not(.open)")
    assert PASSWORD not in page.content()
    assert page.inner_text("#live") == "Password: Hidden"
    assert focused(page) == "reveal-password"
    assert desk.requests() == asked
    assert page.url.endswith(str(desk.secrets["mail"]))


def test_keep_open_adds_a_minute_and_hide_hides_at_once(desk: Desk) -> None:
    desk.page.clock.install()
    page = desk.opens("mail")
    page.click("#reveal-password")
    page.wait_for_selector("#v-password.open")
    page.clock.run_for(2_000)
    page.click("#v-password [data-keep-open]")
    assert 60 < seconds_left(page, "#v-password") <= 68
    page.clock.run_for(50_000)
    assert PASSWORD in page.content()
    page.click("#hide-password")
    assert PASSWORD not in page.content()
    assert focused(page) == "reveal-password"
    page.click("#reveal-password")
    page.wait_for_selector("#v-password.open")
    assert seconds_left(page, "#v-password") <= 10


def test_what_is_open_is_hidden_when_the_tab_is_left(desk: Desk) -> None:
    page = desk.opens("codes")
    page.click("#reveal-text")
    page.wait_for_selector("#v-text.open")
    assert page.inner_text("#v-text pre") == CODES
    desk.leaves()
    assert "granite" not in page.content()
    desk.returns()
    assert "granite" not in page.content()


def test_a_value_that_arrives_when_the_tab_was_left_is_not_shown(desk: Desk) -> None:
    page = desk.opens("mail")
    page.evaluate(AWAY)
    with page.expect_response("**/reveal"):
        page.click("#reveal-password")
    page.wait_for_selector("#loading:not(.busy)", state="attached")
    page.wait_for_selector("#v-password:not(.open)")
    assert PASSWORD not in page.content()


def test_no_value_is_left_after_leaving_the_page_and_going_back(desk: Desk) -> None:
    page = desk.opens("mail")
    page.click("#reveal-password")
    page.wait_for_selector("#v-password.open")
    desk.goes("/vault")
    page.go_back()
    page.wait_for_selector("#reveal-password")
    assert PASSWORD not in page.content()
    assert page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])").count(PASSWORD) == 0


def test_several_values_are_open_at_once_each_with_its_time(desk: Desk) -> None:
    world = desk.scene.world
    kept = world.keep(Everything(name="All", host="h.example", password="first-value", passphrase="second-value",
                                 proxy="", speed=None), owner=desk.lena)  # fmt: skip
    desk.page.clock.install()
    page = desk.goes(f"/vault/{kept}")
    page.click("#reveal-password")
    page.wait_for_selector("#v-password.open")
    page.clock.run_for(5_000)
    page.click("#reveal-passphrase")
    page.wait_for_selector("#v-passphrase.open")
    assert seconds_left(page, "#v-password") <= 5 < seconds_left(page, "#v-passphrase")
    page.clock.run_for(6_000)
    page.wait_for_selector("#v-password:not(.open)")
    assert "first-value" not in page.content()
    assert "second-value" in page.content()


def test_who_wants_no_end_of_time_sees_a_value_until_they_hide_it(sits: Sits, scene: Scenery) -> None:
    unit, ben = scene.world.cfg.unit, scene.people["ben"]
    with scene.world.unit(), unit.writing():
        unit.execute(PREFERENCES.insert().values(user=ben.id, reveal_seconds=0))
    desk = sits(who="ben")
    desk.page.clock.install()
    page = desk.opens("mail")
    page.click("#reveal-password")
    page.wait_for_selector("#v-password.open")
    assert page.inner_text("#v-password [data-left]") == "Visible until you leave this page"
    assert page.locator("#v-password [data-keep-open]").count() == 0
    page.clock.run_for(600_000)
    assert page.inner_text("#v-password code") == PASSWORD
    page.click("#hide-password")
    assert PASSWORD not in page.content()
    desk.opens("mail", "/edit")
    page.click("[data-show]")
    page.wait_for_selector(".secret-in.open")
    assert page.inner_text(".field .left") == "Visible until you hide it"
    page.clock.run_for(600_000)
    assert page.input_value("#f-password") == PASSWORD
    desk.leaves()
    assert page.input_value("#f-password") == ""


# ── the clipboard ──


def test_a_secret_is_copied_recorded_and_overwritten(desk: Desk) -> None:
    desk.page.clock.install()
    page = desk.opens("mail")
    before = desk.recorded("secret.copy")
    page.click("#v-password .closed [data-copy]")
    page.wait_for_selector(".toast")
    assert page.inner_text(".toast div").strip() == (
        "Password copied. Overwritten in 30\u00a0s while this tab is open, or you are reminded."
    )
    assert page.locator("#v-password .closed [data-copy] path[d='M20 6 9 17l-5-5']").count() == 1
    assert PASSWORD not in page.content()
    assert desk.recorded("secret.copy") == before + 1
    assert desk.clipboard() == PASSWORD
    page.clock.run_for(2_100)
    assert page.locator("#v-password .closed [data-copy] path[d='M20 6 9 17l-5-5']").count() == 0
    page.fill("[type=search]", "")
    page.clock.run_for(29_000)
    page.wait_for_selector("text=The clipboard is overwritten.")
    assert desk.clipboard() == ""


def test_who_was_elsewhere_is_asked_before_anything_else_is_overwritten(desk: Desk) -> None:
    desk.page.clock.install()
    page = desk.opens("mail")
    page.click("#v-password .closed [data-copy]")
    page.wait_for_selector(".toast")
    page.evaluate("dispatchEvent(new Event('blur'))")
    page.clock.run_for(31_000)
    page.wait_for_selector("text=What you copied may still be in the clipboard.")
    assert desk.clipboard() == PASSWORD
    page.click("[data-overwrite-now]")
    page.wait_for_selector("text=The clipboard is overwritten.")
    assert desk.clipboard() == ""


def test_a_browser_that_lets_nothing_be_written_by_itself_reminds(desk: Desk) -> None:
    desk.page.clock.install()
    page = desk.opens("mail")
    page.click("#v-password .closed [data-copy]")
    page.wait_for_selector("text=Password copied")
    may_write(page, granted=False)
    page.clock.run_for(31_000)
    page.wait_for_selector("text=What you copied may still be in the clipboard.")
    assert desk.clipboard() == PASSWORD
    may_write(page, granted=True)
    page.click("[data-overwrite-now]")
    page.wait_for_selector("text=The clipboard is overwritten.")
    assert desk.clipboard() == ""


def test_a_browser_that_forbids_copying_is_told_apart_from_success(desk: Desk) -> None:
    page = desk.opens("mail")
    may_write(page, granted=False)
    page.click("#v-password .closed [data-copy]")
    page.wait_for_selector("text=Not copied.")
    assert page.locator("text=Password copied").count() == 0


def test_a_copy_is_remembered_on_the_next_page_but_not_what_was_copied(desk: Desk) -> None:
    page = desk.opens("mail")
    page.click("#v-password .closed [data-copy]")
    page.wait_for_selector(".toast")
    assert PASSWORD not in page.evaluate("JSON.stringify({...sessionStorage})")
    page.evaluate("sessionStorage['tresor-copied'] = JSON.stringify({at: Date.now() - 29000, left: false})")
    desk.goes("/vault")
    page.wait_for_selector("text=The clipboard is overwritten.")


def test_what_was_copied_here_meanwhile_is_left_alone(desk: Desk) -> None:
    desk.page.clock.install()
    page = desk.opens("mail")
    page.click("#v-password .closed [data-copy]")
    page.wait_for_selector(".toast")
    page.click("#v-username [data-copy-text]")
    page.wait_for_selector("text=User name copied")
    page.clock.run_for(40_000)
    assert desk.clipboard() == USERNAME


def test_a_public_value_is_copied_from_the_page_without_the_server(desk: Desk) -> None:
    page = desk.opens("mail")
    asked = desk.requests()
    page.click("#v-username [data-copy-text]")
    page.wait_for_selector("text=User name copied")
    assert desk.requests() == asked
    assert desk.clipboard() == USERNAME


def test_a_copy_that_fails_says_so(desk: Desk) -> None:
    page = desk.opens("mail")
    with desk.scene.world.unit():
        desk.scene.world.trash.delete(desk.lena, desk.secrets["mail"])
    page.click("#v-password .closed [data-copy]")
    page.wait_for_selector("text=This is not here any more, or not yours.")
    page.context.add_cookies([{"name": "session", "value": "ended", "url": desk.scene.url}])
    page.click("#v-password .closed [data-copy]")
    page.wait_for_selector("text=Your session has ended.")


# ── the secret field of a form ──


def test_what_is_typed_is_covered_shown_and_copied(desk: Desk) -> None:
    page = desk.goes("/vault/new/login")
    assert page.evaluate("getComputedStyle(document.querySelector('#f-password')).webkitTextSecurity") == "disc"
    page.click("[data-copy-input]")
    page.wait_for_selector("text=There is nothing to copy yet.")
    page.fill("#f-password", TYPED)
    page.click("[data-show]")
    assert page.evaluate("getComputedStyle(document.querySelector('#f-password')).webkitTextSecurity") == "none"
    assert page.get_attribute("[data-show]", "aria-pressed") == "true"
    passes_axe(page)
    page.click("[data-copy-input]")
    page.wait_for_selector("text=Password copied")
    desk.leaves()
    desk.returns()
    assert page.locator(".secret-in.open").count() == 0
    assert page.input_value("#f-password") == TYPED
    assert desk.clipboard() == TYPED


def test_a_stored_value_is_shown_for_a_while_and_then_unchanged(desk: Desk) -> None:
    desk.page.clock.install()
    page = desk.opens("mail", "/edit")
    before = desk.recorded("secret.reveal")
    assert page.get_attribute("#f-password", "placeholder") == "unchanged"
    page.click("[data-show]")
    page.wait_for_selector(".secret-in.open")
    assert page.input_value("#f-password") == PASSWORD
    assert 8 <= seconds_left(page, ".field .left") <= 10
    assert desk.recorded("secret.reveal") == before + 1
    passes_axe(page)
    page.clock.run_for(11_000)
    page.wait_for_selector(".secret-in:not(.open)")
    assert page.input_value("#f-password") == ""
    page.click("[data-show]")
    page.wait_for_selector(".secret-in.open")
    page.click("button:has-text('Save')")
    page.wait_for_selector("h1:has-text('Mail')")
    assert desk.scene.world.sql(
        "SELECT count(*) AS n FROM version WHERE secret = :id", id=desk.secrets["mail"].hex
    )[0].n == 1  # fmt: skip


def test_a_stored_value_that_is_being_changed_is_covered_and_kept(desk: Desk) -> None:
    desk.page.clock.install()
    page = desk.opens("codes", "/edit")
    page.click("[data-show]")
    page.wait_for_selector(".secret-in.open")
    assert page.input_value("#f-text") == CODES
    page.fill("#f-text", CODES + "\n3 saffron")
    page.clock.run_for(11_000)
    page.wait_for_selector(".secret-in:not(.open)")
    assert page.input_value("#f-text") == CODES + "\n3 saffron"


def test_several_lines_are_not_typed_blindly(desk: Desk) -> None:
    page = desk.goes("/vault/new/note")
    page.focus("#f-text")
    page.keyboard.type("first")
    assert page.locator(".secret-in.open").count() == 1
    desk.leaves()
    assert page.locator(".secret-in.open").count() == 0


def test_what_was_typed_survives_a_refused_form_and_is_not_sent_back(desk: Desk) -> None:
    page = desk.goes("/vault/new/login")
    page.fill("#f-password", TYPED)
    page.click("[data-show]")
    with page.expect_response(lambda answer: answer.status == 422) as refused:
        page.click("button:has-text('Save secret')")
    assert TYPED not in refused.value.text()
    page.wait_for_selector(".notice.bad")
    assert page.evaluate("document.activeElement.matches('.notice.bad')")
    assert page.input_value("#f-password") == TYPED
    assert page.locator(".secret-in.open").count() == 0
    passes_axe(page)
    page.fill("#f-name", "Kept")
    page.click("button:has-text('Save secret')")
    page.wait_for_selector("h1:has-text('Kept')")
    page.click("#reveal-password")
    page.wait_for_selector("#v-password.open")
    assert page.inner_text("#v-password code") == TYPED


def test_what_was_typed_survives_a_conflict_and_is_not_sent_back(desk: Desk) -> None:
    page = desk.opens("mail", "/edit")
    world, secret = desk.scene.world, desk.secrets["mail"]
    with world.unit():
        values = {"name": "Mail, changed", "username": USERNAME, "password": "of-somebody-else"}
        world.vault.change(desk.lena, secret, seen=1, values=values, cleared=frozenset())
    page.fill("#f-password", TYPED)
    with page.expect_response(lambda answer: answer.status == 409) as refused:
        page.click("button:has-text('Save')")
    page.wait_for_selector(".notice.warn")
    assert TYPED not in refused.value.text()
    assert "of-somebody-else" not in page.content()
    assert page.input_value("#f-password") == TYPED
    page.click("button:has-text('Save')")
    page.wait_for_selector("h1:has-text('Mail')")
    with world.unit():
        opened = world.vault.open(desk.lena, secret).opened
    assert to_plain(opened)["password"] == TYPED


def test_a_dialog_with_a_value_that_was_only_looked_at_closes_without_a_question(desk: Desk) -> None:
    page = desk.opens("mail")
    for leave in (lambda: page.keyboard.press("Escape"), lambda: page.click("dialog .dlg-head [data-close]")):
        page.click("#edit")
        page.wait_for_selector("dialog[open] [data-show]")
        page.click("dialog [data-show]")
        page.wait_for_selector("dialog .secret-in.open")
        leave()
        page.wait_for_selector("dialog:not([open])", state="attached")
        assert PASSWORD not in page.content()


# ── the generator ──


def test_a_value_is_made_chosen_and_saved(desk: Desk) -> None:
    page = desk.goes("/vault")
    page.click("#new")
    page.click("dialog >> text=Web login")
    page.wait_for_selector("dialog #f-name")
    page.fill("#f-name", "Made")
    page.click("#generate-password")
    page.wait_for_selector(".gen")
    assert page.get_attribute("#generate-password", "aria-expanded") == "true"
    assert page.evaluate("document.activeElement.textContent") == "Use this one"
    assert page.inner_text(".meter strong") == "Strong"
    passes_axe(page)
    first = page.inner_text(".gen output")
    page.click("#g-password-another")
    expect(page.locator(".gen output")).not_to_have_text(first)
    assert focused(page) == "g-password-another"
    page.locator(".gen [value=characters]").dispatch_event("click")
    page.wait_for_selector("[name=length]")
    passes_axe(page)
    page.fill("[name=length]", "32")
    page.keyboard.press("Enter")
    expect(page.locator(".gen output")).to_have_text(re.compile(r"\S{32}"))
    chosen = page.inner_text(".gen output")
    page.click("[data-use]")
    assert page.locator(".gen").count() == 0
    assert page.input_value("#f-password") == chosen
    assert page.locator(".secret-in.open").count() == 0
    assert page.input_value("#f-name") == "Made"
    page.click("dialog button:has-text('Save secret')")
    page.wait_for_selector("text=Secret saved.")
    desk.goes("/vault?q=Made")
    page.click(".row-name")
    page.click("#reveal-password")
    page.wait_for_selector("#v-password.open")
    assert page.inner_text("#v-password code") == chosen


def test_the_generator_closes_where_it_opened_and_nothing_of_it_is_saved(desk: Desk) -> None:
    page = desk.goes("/vault/new/login")
    page.click("#generate-password")
    page.wait_for_selector(".gen")
    page.click("#generate-password")
    assert page.locator(".gen").count() == 0
    assert page.get_attribute("#generate-password", "aria-expanded") == "false"
    page.click("#generate-password")
    page.wait_for_selector(".gen")
    page.fill("#f-name", "With an open generator")
    page.fill("#f-password", TYPED)
    page.click("button:has-text('Save secret')")
    page.wait_for_selector("h1:has-text('With an open generator')")


def test_the_generator_alone_offers_no_form_to_fill(desk: Desk) -> None:
    page = desk.goes("/vault/new/login/fields/password/generate")
    assert page.locator("[data-use]").count() == 0
    page.click(".gen [data-copy-text]")
    page.wait_for_selector("text=Password copied")
    assert desk.clipboard() == page.inner_text(".gen output")


def test_a_made_value_is_copied(desk: Desk) -> None:
    page = desk.goes("/vault/new/login")
    page.click("#generate-password")
    page.wait_for_selector(".gen")
    made = page.inner_text(".gen output")
    page.click(".gen [data-copy-text]")
    page.wait_for_selector("text=Password copied")
    assert desk.clipboard() == made


def test_without_script_a_value_is_made_on_a_page_of_its_own(sits: Sits) -> None:
    desk = sits(script=False)
    page = desk.goes("/vault/new/login")
    assert page.locator(".js-only:visible").count() == 0
    with page.context.expect_page() as other:
        page.click(".secret-in a")
    made = other.value
    assert re.fullmatch(r"[\w-]+", made.inner_text(".gen output"))
    made.click("#g-password-another")
    made.locator(".gen [value=characters]").check(force=True)
    made.click("#g-password-another")
    assert len(made.inner_text(".gen output")) == 20


# ── fields that depend on others ──


def test_the_server_decides_which_fields_are_asked_for(desk: Desk) -> None:
    page = desk.goes("/vault/new/everything")
    assert [page.locator(f"#f-{name}").is_visible() for name in ("proxy", "speed")] == [False, False]
    page.fill("#f-name", "Depends")
    page.fill("#f-host", "files.example.org")
    page.fill("#f-password", TYPED)
    with page.expect_response("**/shown"):
        page.check("#f-mode-1", force=True)
    with page.expect_response("**/shown") as told:
        page.uncheck("#f-strict")
    assert set((told.value.request.post_data or "").split("&")) == {"mode=passive"}
    page.wait_for_selector("#f-proxy", state="visible")
    assert page.locator("#f-speed").is_visible()
    assert focused(page) == "f-strict"
    assert page.input_value("#f-password") == TYPED
    page.fill("#f-proxy", "proxy.example.org")
    page.fill("#f-speed", "fast")
    passes_axe(page)
    page.click("button:has-text('Save secret')")
    page.wait_for_selector("#f-speed[aria-invalid]")
    assert page.input_value("#f-password") == TYPED
    with page.expect_response("**/shown"):
        page.check("#f-strict")
    page.wait_for_selector("#f-proxy", state="hidden")
    page.click("button:has-text('Save secret')")
    page.wait_for_selector("h1:has-text('Depends')")
    assert page.locator("#v-proxy").inner_text() == "Proxy\nempty"
    assert page.locator("#v-speed").inner_text() == "Speed\nempty"


def test_without_script_the_fields_stay_and_say_when_they_count(sits: Sits) -> None:
    desk = sits(script=False)
    page = desk.goes("/vault/new/everything")
    assert page.locator("#f-proxy").is_visible()
    assert page.inner_text("#f-proxy-n") == "Only used if Strict is: not ticked."
    page.fill("#f-name", "Depends not")
    page.fill("#f-host", "files.example.org")
    page.fill("#f-password", TYPED)
    page.fill("#f-proxy", "proxy.example.org")
    page.click("button:has-text('Save secret')")
    assert page.inner_text("h1") == "Depends not"
    assert page.locator("#v-proxy").inner_text() == "Proxy\nempty"
    page.click("#edit")
    page.uncheck("#f-strict")
    page.click("button:has-text('Save')")
    assert "Proxy: This field is needed." in page.inner_text(".notice.bad")
