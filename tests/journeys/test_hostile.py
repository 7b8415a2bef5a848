"""Texts that try to be mark-up, in a browser: everywhere they are shown as texts, run nothing and ask for nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from app.credentials import Credentials, credential_type, field
from app.users.permissions import ADMINISTRATOR
from tests.builders import PASSWORD
from tests.journeys.conftest import Profiles
from tests.journeys.hands import focused, opens, saves
from tests.journeys.scenery import Scenery, empty_scenery

IMAGE = '"><img src=/evil onerror=alert(1)>'
SCRIPT = "</template></textarea></title><script>alert(2)</script>"
HTMX = "<b hx-post=/evil hx-trigger=load hx-nonce={{csp_nonce()}} hx-on:click=alert(3)>"
PARTIAL = "'</hx-partial><hx-partial hx-target='#page'>x</hx-partial>"
LETTERS = "＜script＞alert(4)＜/script＞ {{7*7}} ${7*7} &lt;b&gt; \u00ad%3Cb%3E"
TEXTS = (IMAGE, SCRIPT, HTMX, PARTIAL, LETTERS)
SHORT = "<b hx-get=/evil hx-trigger=load>"


@credential_type("hostile", title=f"Type {IMAGE}", description=SCRIPT, logo="server")
class Hostile(Credentials):
    """Every text of its declaration tries to be mark-up."""

    name: str = field(f"Name {HTMX}")
    place: str = field(f"Place {IMAGE}", hint=SCRIPT, section=f"Section {HTMX}")
    notes: str = field(f"Notes {PARTIAL}", style="multiline", required=False)
    password: str = field(f"Secret {IMAGE}", style="secret", hint=HTMX)

    def summary(self) -> str:
        return f"{self.place} {HTMX}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenery]:
    """Eve, whose name and secrets are hostile, shares all with Anna and publishes it in groups that both are in."""
    with empty_scenery(tmp_path_factory.mktemp("hostile"), types=[Hostile]) as site:
        world = site.world
        with world.unit():
            group = world.groups.create("tests", name=f"Group {SHORT}", description=IMAGE).id
            made = world.users.create(
                "tests", email="eve@example.org", first_name=SHORT, last_name=SHORT, password=PASSWORD
            )
        anna = world.person("anna", groups={group: "admin"})
        eve = world.joins(world.subject(made.id), group)
        site.people |= {"anna": anna, "eve": eve}
        site.groups["Hostile"] = group
        for text in TEXTS:
            secret = site.secrets[text] = world.keep(
                Hostile(name=text, place=text, notes=text, password=text), owner=eve
            )
            world.share(secret, owner=eve, to=anna, level="owner")
            world.publish(secret, owner=eve, group=group)
        yield site


def visits(site: Scenery, profiles: Profiles, name: str) -> Page:
    """Return the page of somebody; whatever it asks for must be an address that we know."""
    context = profiles.open(base_url=site.url)
    context.add_cookies([{"name": "session", "value": site.session(name), "url": site.url}])
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(f"evil dialog {dialog.message}"))
    page.asked = asked  # type: ignore[attr-defined]
    return page


@pytest.fixture
def visit(site: Scenery, profiles: Profiles) -> Iterator[Callable[[str], Page]]:
    pages: list[Page] = []

    def make(name: str) -> Page:
        pages.append(visits(site, profiles, name))
        return pages[-1]

    yield make
    asked = [url for page in pages for url in page.asked]  # type: ignore[attr-defined]
    assert [url for url in asked if "/evil" in url or not url.startswith((site.url, "data:"))] == []


STRANGE = """() => [...document.querySelectorAll(
    'img[src*=evil], [onerror], [hx-trigger=load], [hx-post="/evil"], [hx-get="/evil"], hx-partial, ' +
    'script:not([src^="/static/"])')]
    .map(element => element.outerHTML)"""


def is_text(page: Page, *texts: str) -> None:
    """Fail unless these texts stand there as texts, and nothing of them became an element."""
    page.wait_for_load_state()
    assert page.evaluate(STRANGE) == []
    shown = page.evaluate("document.documentElement.textContent")
    for text in texts:
        assert text in shown, text
    assert "49" not in re.sub(r"[0-9a-f-]{36}|\d{3,}", "", page.inner_text("body")).split()


def secrets(site: Scenery) -> list[tuple[str, UUID]]:
    return list(site.secrets.items())


def test_pages_show_text(site: Scenery, visit: Callable[[str], Page]) -> None:
    page = visit("anna")
    group = f"/groups/{site.groups['Hostile']}"
    for path in ("/vault", "/vault?sort=name", "/groups", group, f"{group}/members", "/vault/new"):
        page.goto(path)
        is_text(page, *(TEXTS if path in ("/vault?sort=name", group) else ()))
    for text in TEXTS:
        page.goto("/vault")
        page.fill("[name=q]", text)
        expect(page.locator("#listing mark").first).to_be_visible()
        is_text(page, text)
    for text, secret in secrets(site):
        for rest in ("", "/edit", "/sharing", "/delete", "/history"):
            page.goto(f"/vault/{secret}{rest}")
            is_text(page, text)
        page.goto(f"{group}/publications/{secret}/withdraw")
        is_text(page, text)


def test_the_audit_log_shows_text(site: Scenery, visit: Callable[[str], Page]) -> None:
    world = site.world
    with world.unit():
        made = world.users.create("tests", email="mallory@example.org", first_name=IMAGE, last_name=PARTIAL,
                                  password=PASSWORD, roles=[ADMINISTRATOR])  # fmt: skip
    site.people["mallory"] = world.subject(made.id)
    mine = world.keep(Hostile(name=HTMX, place=SCRIPT, password=LETTERS), owner=site.people["mallory"])
    with world.unit():
        world.vault.reveal(site.people["mallory"], mine, field="password")
    page = visit("mallory")
    page.goto("/admin/audit")
    is_text(page, HTMX, f"{IMAGE} {PARTIAL}", f"Type {IMAGE}", f"Secret {IMAGE}")
    for query in (IMAGE, SHORT, SCRIPT, HTMX):
        page.goto("/admin/audit")
        page.fill("#log-q", query)
        page.click("#log button")
        page.wait_for_url("**/admin/audit?**")
        is_text(page)
        assert page.input_value("#log-q") == query
        page.goto(page.url)
        is_text(page)
        opens(page, "#export")
        is_text(page, f"Search: {query}")
    for narrowed in (f"person={made.id}", f"object={mine}", f"object={site.groups['Hostile']}"):
        page.goto(f"/admin/audit?{narrowed}")
        is_text(page)
        opens(page, "#export")
        is_text(page)
    for asked in ({"q": SCRIPT, "from": IMAGE}, {"action": HTMX}, {"person": IMAGE}):
        page.goto(f"/admin/audit?{urlencode(asked)}")
        is_text(page)
    page.goto("/admin/vault")
    is_text(page, f"Type {IMAGE}")


def test_dialogs_show_text_in_every_state(site: Scenery, visit: Callable[[str], Page]) -> None:
    page = visit("anna")
    for text, secret in secrets(site):
        page.goto(f"/vault/{secret}")
        for opener in ("#edit", "#share", "#delete"):
            opens(page, opener)
            is_text(page, text)
            if opener == "#edit":
                assert page.input_value("#f-place") == text
                page.fill("#f-name", "")
                saves(page)
                page.wait_for_selector("dialog .notice.bad")
                is_text(page, text)
                page.keyboard.press("Escape")
                page.click("[data-discard]")
            else:
                page.keyboard.press("Escape")
            page.wait_for_selector("dialog:not([open])", state="attached")


def test_a_conflict_shows_both_texts(site: Scenery, visit: Callable[[str], Page]) -> None:
    secret = site.world.keep(Hostile(name="Both", place="a", password="b"), owner=site.people["eve"])
    page, other = visit("eve"), visit("eve")
    for each, text in ((other, IMAGE + "theirs"), (page, HTMX + "mine")):
        each.goto(f"/vault/{secret}")
        opens(each, "#edit")
        each.fill("#f-place", text)
        each.fill("#f-name", text)
    saves(other)
    other.wait_for_selector("dialog:not([open])", state="attached")
    is_text(other)
    saves(page)
    page.wait_for_selector("dialog .versus")
    is_text(page, IMAGE + "theirs", HTMX + "mine")


def test_toasts_and_notices_show_text(site: Scenery, visit: Callable[[str], Page]) -> None:
    page = visit("anna")
    page.goto("/vault")
    page.evaluate("address => tresor.openDialog(address)", "/vault/new/note")
    page.wait_for_selector("dialog #f-name")
    page.evaluate(
        """name => document.getElementById('sheet-form').append(
        Object.assign(document.createElement('input'), { name, type: 'hidden' }))""",
        SCRIPT,
    )
    saves(page)
    expect(page.locator("#sheet-say")).to_contain_text(SCRIPT)
    is_text(page)
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "session", "value": site.session("eve"), "url": site.url}])
    saves(page)
    expect(page.locator("#sheet-say")).to_contain_text(f"{SHORT} {SHORT} is signed in now.")
    is_text(page)


def test_a_deleted_secret_is_text_in_the_trash_and_before_it_goes(site: Scenery, visit: Callable[[str], Page]) -> None:
    made = [site.world.keep(Hostile(name=text, place=text, password=text), owner=site.people["anna"]) for text in TEXTS]
    page = visit("anna")
    for secret in made:
        page.goto(f"/vault/{secret}")
        opens(page, "#delete")
        page.click("dialog .sheet .danger")
        page.wait_for_url("**/vault")
    page.goto("/vault/trash")
    is_text(page, *TEXTS)
    for text, secret in zip(TEXTS, made, strict=True):
        opens(page, f"#purge-{secret}")
        is_text(page, text)
        page.fill("#f-name", f"{text}x")
        saves(page)
        page.wait_for_selector("dialog .err")
        is_text(page, text)
        assert page.input_value("#f-name") == f"{text}x"
        page.keyboard.press("Escape")
        page.click("[data-discard]")
        page.wait_for_selector("dialog:not([open])", state="attached")


# ── if mark-up ever got in ──


def answers_with(page: Page, path: str, more: str) -> None:
    """Let what is asked there be answered by our server, with mark-up in it that we never wrote."""

    def answer(route: Route) -> None:
        real = route.fetch()
        route.fulfill(response=real, body=real.text().replace('<ul class="types">', f'{more}<ul class="types">'))

    page.route(path, answer)


def test_injected_htmx_is_stripped_and_asks_for_nothing(
    site: Scenery, profiles: Profiles, visit: Callable[[str], Page]
) -> None:
    page = visit("anna")
    page.goto("/vault")
    page.evaluate("""() => {
        const evil = document.createElement('b');
        evil.setAttribute('hx-post', '/evil');
        evil.setAttribute('hx-trigger', 'load');
        document.getElementById('page').append(evil);
        htmx.process(evil);
    }""")
    page.wait_for_timeout(200)
    found = profiles.watch(page).told("hx-csp") + profiles.watch(page).told("htmx:security:strip")
    assert len(found) == 2, found
    assert page.evaluate("[...document.querySelector('#page b').attributes].map(each => each.name)") == []


@pytest.mark.parametrize("nonce", ["", "stolen", "guessed"])
def test_mark_up_in_an_answer_does_nothing_even_with_a_stolen_nonce(
    site: Scenery, profiles: Profiles, visit: Callable[[str], Page], nonce: str
) -> None:
    page = visit("anna")
    page.goto("/vault")
    given = {
        "": "",
        "stolen": page.evaluate("document.querySelector('script[nonce]').nonce"),
        "guessed": "AAAAAAAAAAAAAAAAAAAAAAAA",
    }[nonce]
    with_nonce = f" hx-nonce='{given}' nonce='{given}'" if given else ""
    evil = (
        f"<b hx-post=/evil hx-trigger=load{with_nonce}></b><form hx-boost=true{with_nonce} action=/evil></form>"
        f"<script{with_nonce}>window.evil = 1</script><p onclick='window.evil = 2' id=click>x</p>"
        f"<b hx-on:click='window.evil = 3'{with_nonce} id=on>x</b>"
    )
    answers_with(page, "**/vault/new", evil)
    opens(page, "#new")
    page.click("#click")
    page.click("#on")
    page.wait_for_timeout(200)
    assert page.evaluate("window.evil ?? null") is None
    watch = profiles.watch(page)
    assert watch.told("htmx:security:strip")
    assert watch.told("hx-csp")
    assert watch.told("csp") or watch.told("Content Security Policy")
    watch.told("Content Security Policy")
    watch.told("csp")


def test_a_crawl_over_all_pages_and_dialogs_finds_nothing_that_browsers_complain_of(
    browser: Browser, scene: Scenery, profiles: Profiles
) -> None:
    context = profiles.open(base_url=scene.url)
    context.add_cookies([{"name": "session", "value": scene.session("lena"), "url": scene.url}])
    page = context.new_page()
    todo, seen, dialogs = ["/vault", "/vault/trash", "/groups"], dict[str, int](), set[str]()
    while todo:
        path = todo.pop(0)
        kind = re.sub(r"[0-9a-f-]{36}|=[^&]*", "*", path)
        if seen.get(kind, 0) >= 2:
            continue
        seen[kind] = seen.get(kind, 0) + 1
        page.goto(path)
        links = page.eval_on_selector_all(
            "a[href^='/']", "all => all.map(each => [each.getAttribute('href'), each.matches('[data-dialog]')])"
        )
        todo += [href.split("#")[0] for href, _dialog in links]
        for href in sorted({href for href, dialog in links if dialog}):
            if page.locator("#page .sheet").count() or re.sub(r"[0-9a-f-]{36}", "*", href) + kind in dialogs:
                continue
            dialogs.add(re.sub(r"[0-9a-f-]{36}", "*", href) + kind)
            page.evaluate("address => tresor.openDialog(address)", href)
            page.wait_for_selector("dialog[open] .sheet")
            assert focused(page)
            page.keyboard.press("Escape")
            page.wait_for_selector("dialog:not([open])", state="attached")
    assert len(seen) >= 20, seen
    assert len(dialogs) >= 10, dialogs
