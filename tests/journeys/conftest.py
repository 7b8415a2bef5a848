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

from tests.journeys.scenery import Scenery, empty_scenery, scenery
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
class Person:
    """Somebody at a browser of their own."""

    page: Page
    served: Served
    complaints: list[str] = field(default_factory=list)

    def goes(self, path: str) -> Page:
        self.page.goto(self.served.url + path if path.startswith("/") else path)
        return self.page

    def signs_in(self, email: str) -> None:
        self.goes("/login")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/vault*")

    def sees(self, text: str) -> None:
        """Fail unless the page shows this text."""
        assert text in self.page.inner_text("body"), self.page.inner_text("body")

    def does_not_see(self, text: str) -> None:
        assert text not in self.page.content()


@pytest.fixture
def someone(browser: Browser, served: Served) -> Iterator[Callable[..., Person]]:
    """Make people, each with an own browser profile; by default without JavaScript, in English."""
    contexts: list[BrowserContext] = []
    people: list[Person] = []

    def make(*, script: bool = False, **options: Any) -> Person:
        context = browser.new_context(java_script_enabled=script, **{"locale": "en-GB", **options})
        contexts.append(context)
        page = context.new_page()
        person = Person(page, served)
        page.on("console", lambda message: _listen(person, message.type, message.text))
        page.on("pageerror", lambda error: person.complaints.append(str(error)))
        people.append(person)
        return person

    yield make
    complaints = [each for person in people for each in person.complaints]
    for context in contexts:
        context.close()
    assert complaints == []


def _listen(person: Person, kind: str, text: str) -> None:
    expected = "Failed to load resource: the server responded with a status of 4"
    if kind == "error" and not text.startswith(expected):
        person.complaints.append(text)
