"""Measures in Chromium how long a person waits for a dialog, a search, a value; and what parts of pages weigh."""

from __future__ import annotations

import os
import secrets
import shutil
import statistics
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Route, sync_playwright

from bench import floor
from bench.__main__ import serving
from bench.filling import Filled, fill

ROUNDS = 9
OURS, BARE = "http://127.0.0.1:8077", "http://127.0.0.1:8078"
PART = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": "/vault"}
SEARCH_DELAY = 200
"""How long the search waits after a key, in ms (templates/vault/list.html)."""

BARE_PAGE = """<!doctype html><title>Bare</title><button id="open">Open</button><input id="search"><ul id="list"></ul>
<dialog id="dialog"></dialog><script>
const part = async () => (await fetch('/list')).text();
document.getElementById('open').onclick = async () => {
  const text = await part(), dialog = document.getElementById('dialog');
  dialog.innerHTML = text;
  dialog.showModal();
};
let timer = 0;
document.getElementById('search').oninput = () => {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const text = await part(), list = document.getElementById('list');
    list.innerHTML = text;
    list.className = 'found';
  }, 200);
};
</script>"""
"""The least that such a page can do: fetch a list of the bare app and show it."""

WATCH = """() => {
  window.paints = [];
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (entry.interactionId) paints.push(entry.duration);
  }).observe({ type: 'event', durationThreshold: 16 });
  window.until = (event, test) => {
    window.waited = new Promise(done => addEventListener(event, ({ timeStamp }) => {
      const look = () => requestAnimationFrame(() => {
        if (!document.querySelector(test)) return look();
        const painted = new MessageChannel();   // a task after the frame in which it is there
        painted.port1.onmessage = () => done(performance.now() - timeStamp);
        painted.port2.postMessage(0);
      });
      look();
    }, { capture: true, once: true }));
  };
}"""


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("the browser's figures need Chromium: apt-get install chromium", file=sys.stderr)
        return 1
    folder = Path(tempfile.mkdtemp(prefix="bench"))
    try:
        measure(folder, chromium)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def measure(folder: Path, chromium: str) -> None:
    """Serve Tresor with 1,000 secrets of one person beside the bare app, and print what their pages take."""
    token = secrets.token_urlsafe(32)
    (folder / "floor").mkdir()
    floor.fill(folder / "floor", token, 1_000)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TRESOR_", "FLOOR_"))}
    ours = {**clean, "TRESOR_DATA_DIR": str(folder / "instance"), "TRESOR_BASE_URL": OURS}
    filled = fill({name: ours[name] for name in ours if name.startswith("TRESOR_")}, 1_000, again=False)
    with (
        serving("bench.floor:served", 8078, {**clean, "FLOOR_FOLDER": str(folder / "floor")}, "/list"),
        serving("wsgi:served", 8077, ours, "/login"),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        many, few, bare = browser.new_context(), browser.new_context(), browser.new_context()
        for context, url, session in (
            (many, OURS, filled.sessions[1_000]), (few, OURS, filled.sessions[20]), (bare, BARE, token)
        ):  # fmt: skip
            context.add_cookies([{"name": "session", "value": session, "url": url}])
        waits(many, few, bare, filled)
        browser.close()
        weights(filled)


def waits(many: BrowserContext, few: BrowserContext, bare: BrowserContext, filled: Filled) -> None:
    """Print, for each thing that a person does, when it is there and when the first paint comes."""
    print(f"in Chromium, median and greatest of {ROUNDS} rounds; 1,000 secrets of the person\n")
    print(f"{'':<26}{'there after':>22}{'bare page':>20}{'press to next paint':>24}")
    bare.route(f"{BARE}/bare", fulfil_bare)
    ours, floor_page = opened(many, f"{OURS}/vault"), opened(bare, f"{BARE}/bare")
    detail = f"{OURS}/vault/{filled.secret}"

    def dialog(page: Page, opener: str) -> float:
        wait = timed(page, "pointerdown", "dialog[open] *", lambda: page.click(opener))
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog:not([open])", state="attached")
        page.evaluate("document.getElementById('dialog').querySelector('ul, .sheet')?.remove()")
        return wait

    say("open a dialog", ours, lambda: dialog(ours, "#new"), lambda: dialog(floor_page, "#open"))

    texts = iter(range(10_000))

    def search(page: Page, box: str, found: str) -> float:
        text = str(next(texts) % 90 + 10)
        page.fill(box, "")
        page.wait_for_timeout(SEARCH_DELAY + 200)
        page.locator(box).press_sequentially(text[:-1])
        page.wait_for_timeout(SEARCH_DELAY + 200)
        page.evaluate("() => document.querySelector('.found')?.classList.remove('found')")
        wait = timed(page, "keydown", found.format(text), lambda: page.keyboard.press(text[-1]))
        return wait - SEARCH_DELAY

    say(
        "search, after its delay",
        ours, lambda: search(ours, "[name=q]", "#listing .tabs a[href*='q={0}']"),
        lambda: search(floor_page, "#search", "#list.found"),
    )  # fmt: skip
    page = opened(few, detail)

    def reveal() -> float:
        page.goto(detail)
        page.evaluate(WATCH)
        return timed(page, "pointerdown", "#values .open", lambda: page.click("#reveal-password"))

    if page.locator("[hx-post]:has(#reveal-password), #reveal-password[hx-post]").count():
        say("reveal a value", page, reveal)


def fulfil_bare(route: Route) -> None:
    route.fulfill(body=BARE_PAGE, content_type="text/html")


def opened(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    page.evaluate(WATCH)
    return page


def timed(page: Page, event: str, there: str, act: Callable[[], object]) -> float:
    """Return how many ms pass from the event that `act` makes until what it brings is painted."""
    page.evaluate("([event, there]) => until(event, there)", [event, there])
    act()
    waited: float = page.evaluate("waited")
    return waited


def say(name: str, page: Page, ours: Callable[[], float], floor_run: Callable[[], float] | None = None) -> None:
    """Print our figures beside those of the bare page, taken in turn."""
    mine, floors = [], []
    for _round in range(ROUNDS):
        mine.append(ours())
        if floor_run:
            floors.append(floor_run())
    paints: list[float] = page.evaluate("window.paints ?? []")
    beside = f"{statistics.median(floors):5.0f} ms, {max(floors):4.0f}" if floors else "-"
    painted = f"{statistics.median(paints):5.0f} ms, {max(paints):4.0f}" if paints else "below 16 ms"
    print(f"{name:<26}{statistics.median(mine):10.0f} ms, {max(mine):4.0f}{beside:>22}{painted:>22}", flush=True)


def weights(filled: Filled) -> None:
    """Print what parts of pages weigh, beside their pages."""
    print("\nbytes of a part ÷ bytes of its page")
    secret = f"/vault/{filled.secret}"
    for name, path, session in (
        ("overview: its list", "/vault?q=Secret+1", 1_000), ("type picker", "/vault/new", 20),
        ("form", "/vault/new/login", 20), ("edit", f"{secret}/edit", 20), ("sharing", f"{secret}/sharing", 20),
        ("delete", f"{secret}/delete", 20),
    ):  # fmt: skip
        cookie = {"Cookie": f"session={filled.sessions[session]}"}
        part, page = weight(path, {**cookie, **PART}), weight(path, cookie)
        print(f"{name:<26}{part / page:5.2f}   {part:7,} of {page:7,}")


def weight(path: str, headers: dict[str, str]) -> int:
    with urllib.request.urlopen(urllib.request.Request(OURS + path, headers=headers), timeout=10) as answer:
        return len(answer.read())


if __name__ == "__main__":
    sys.exit(main())
