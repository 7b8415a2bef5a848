"""A served Tresor and a browser that watches for what pages must never do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.builders import START
from tests.journeys.scenery import Scenery, empty_scenery, scenery
from tests.journeys.tongue import LANGUAGES, LOCALES, language, say, speaking
from tests.journeys.watching import Watch, watched
from tests.processes import answers, free_port, running, wait_for
from tests.services import ROOT, Azurite, Chromium, Postgres

PASSWORD = "correct-horse-battery"
SETUP_LINK = re.compile(r"http://\S+/setup/\S+")
CHEAP = {"TRESOR_PASSWORDS__MEMORY": "64", "TRESOR_PASSWORDS__TIME": "1"}


@dataclass(frozen=True)
class Served:
    """A running Tresor: its address, its environment for commands, its log."""

    url: str
    environment: dict[str, str]
    log: Path

    def command(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a `tresor` command beside the server."""
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *words],
            cwd=ROOT,
            env=self.environment,
            input=given,
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def user(self, email: str, first: str, last: str, *more: str) -> None:
        """Create an active user with the password that all of them have."""
        made = self.command(
            "users", "create", email, "--first-name", first, "--last-name", last, "--password-stdin", *more,
            given=PASSWORD,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr

    def setup_link(self) -> str:
        """Return the link that was printed at the start."""
        found = SETUP_LINK.search(self.log.read_text("utf-8"))
        assert found, self.log.read_text("utf-8")
        return found[0]


@pytest.fixture(params=["sqlite", "postgres"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """Tresor as `make run` serves it: on SQLite and a folder, then on PostgreSQL and Azurite."""
    stores: dict[str, str] = {}
    if request.param == "postgres":
        postgres: Postgres = request.getfixturevalue("postgres")
        azurite: Azurite = request.getfixturevalue("azurite")
        stores = {
            "TRESOR_DATABASE_URL": postgres.new_database(),
            "TRESOR_BLOB_URL": f"azure:{azurite.container()}",
            "AZURE_STORAGE_CONNECTION_STRING": azurite.connection_string,
        }
    with serving(tmp_path, stores) as each:
        yield each


class serving:  # used like a function, in a with statement
    """Serve from `folder` until the block ends."""

    def __init__(self, folder: Path, stores: dict[str, str] | None = None) -> None:
        self._folder, self._stores = folder, stores or {}

    def __enter__(self) -> Served:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("TRESOR_", "AZURE_"))}
        environment = {
            **clean,
            **CHEAP,
            **self._stores,
            "TRESOR_BASE_URL": url,
            "TRESOR_DATA_DIR": str(self._folder / "instance"),
            "PYTHONUNBUFFERED": "1",
        }
        log = self._folder / "server.log"
        self._file = log.open("w")
        command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--workers", "1"]
        options = {"cwd": ROOT, "env": environment, "stdout": self._file, "stderr": subprocess.STDOUT}
        self._running = running(command, signal.SIGINT, **options)
        server = self._running.__enter__()
        wait_for(server, lambda: answers(port))
        return Served(url, environment, log)

    def __exit__(self, *error: Any) -> None:
        self._running.__exit__(*error)
        self._file.close()


def every_way(test: Callable[..., None]) -> Callable[..., None]:
    """Let a journey on `served` go in both languages, with and without script, two of the four on each store."""
    ways = [("sqlite", "en", False), ("sqlite", "de", True), ("postgres", "en", True), ("postgres", "de", False)]
    said = {True: "with script", False: "without script"}
    every = pytest.mark.parametrize(
        ("served", "spoken", "script"), ways, indirect=True, ids=lambda part: said.get(part, part)
    )
    return pytest.mark.usefixtures("spoken")(every(test))


@pytest.fixture(params=LANGUAGES)
def spoken(request: pytest.FixtureRequest) -> Iterator[str]:
    """The journey's language: `say` speaks it, and browsers ask for it."""
    with speaking(request.param):
        yield request.param


@pytest.fixture(params=[False, True], ids=["without script", "with script"])
def script(request: pytest.FixtureRequest) -> bool:
    """Whether browsers run scripts."""
    return bool(request.param)


@pytest.fixture(scope="session")
def browser(chromium: Chromium) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(chromium.path), args=list(chromium.arguments))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scenery, Scenery]]:
    """A believable Tresor, and one that nobody has set up, for tests that mostly look."""
    with scenery(tmp_path_factory.mktemp("scenery")) as full, empty_scenery(tmp_path_factory.mktemp("empty")) as empty:
        yield full, empty


@dataclass
class Profiles:
    """Browser profiles of one test, all listened to."""

    browser: Browser
    made: list[tuple[BrowserContext, Watch]] = field(default_factory=list)

    def open(self, *, script: bool = True, **options: Any) -> BrowserContext:
        """Return a new profile: in the journey's language, with script unless a journey says `script=False`."""
        context = self.browser.new_context(java_script_enabled=script, **{"locale": LOCALES[language.get()], **options})
        context.set_default_timeout(10_000)
        self.made.append((context, watched(context)))
        return context

    def watch(self, page: Page) -> Watch:
        """Return what the profile of a page complained about so far."""
        return next(watch for context, watch in self.made if context is page.context)


@pytest.fixture
def profiles(browser: Browser) -> Iterator[Profiles]:
    """Browser profiles that must not have complained of anything at the end."""
    found = Profiles(browser)
    yield found
    complaints = [each for _context, watch in found.made for each in watch.complaints]
    for context, _watch in found.made:
        context.close()
    assert complaints == []


@dataclass
class Person:
    """Somebody at a browser of their own."""

    page: Page
    served: Served

    def goes(self, path: str) -> Page:
        self.page.goto(self.served.url + path if path.startswith("/") else path)
        return self.page

    def signs_in(self, email: str) -> None:
        self.goes("/login")
        self.page.get_by_label(say("Email")).fill(email)
        self.page.get_by_label(say("Password")).fill(PASSWORD)
        self.page.get_by_role("button", name=say("Sign in")).click()
        self.page.wait_for_url("**/vault*")

    def sees(self, text: str) -> None:
        """Fail unless the page shows this text."""
        assert text in self.page.inner_text("body"), self.page.inner_text("body")

    def does_not_see(self, text: str) -> None:
        assert text not in self.page.content()


@pytest.fixture
def someone(profiles: Profiles, served: Served) -> Callable[..., Person]:
    """Make people at an own, empty Tresor; with script unless a journey says `script=False`."""
    return lambda **options: Person(profiles.open(**options).new_page(), served)


@pytest.fixture
def scene(scenes: tuple[Scenery, Scenery]) -> Scenery:
    """The believable Tresor, in English, at the time at which it starts. Tests share it: what they change is theirs."""
    full, _empty = scenes
    full.speaks("en")
    full.world.clock.now = START
    full.people = {name: full.world.subject(each.id) for name, each in full.people.items()}  # journeys end sessions
    return full


@pytest.fixture
def visitor(profiles: Profiles, scene: Scenery) -> Callable[..., Page]:
    """Return the page of somebody who is signed in to the scenery, in a browser profile of its own."""

    def make(name: str = "lena", **options: Any) -> Page:
        context = profiles.open(**{"base_url": scene.url, **options})
        context.add_cookies([{"name": "session", "value": scene.session(name), "url": scene.url}])
        return context.new_page()

    return make
