"""Measures signing in against the hash that it computes, and known addresses against unknown ones, in the same run."""

from __future__ import annotations

import http.client
import os
import random
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from app.configurator import Configurator
from app.crypto.passwords import Passwords
from app.migrations.running import upgrade
from app.settings import load_settings
from app.users.service import Users
from app.vault.system import SecretManagement
from bench.__main__ import form_of, serving

TIMES = 1_000
PEOPLE = 20
"""So many known addresses, and as many unknown ones, come in turn: equal failures of a minute are one event."""
RIGHT, WRONG = "only for measuring here", "never for measuring here"
UNLIMITED = {
    f"TRESOR_LIMITS__{name}": str(10**9) for name in ("SIGN_IN_TRIES", "ACCOUNT_TRIES", "ADDRESS_TRIES", "LOOK_UPS")
}
"""Tries are counted as always; nobody measures how long a refusal takes."""


@dataclass(frozen=True)
class Door:
    """A form for strangers, whose answer must not tell who exists. fields: what is sent for an address."""

    name: str
    path: str
    fields: Callable[[str], Mapping[str, str]]
    status: int


DOORS = (Door("sign-in", "/login", lambda email: {"email": email, "password": WRONG, "next": ""}, 422),)


class Browser:
    """Sends forms over one connection, always as somebody who has just opened the page."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._url = url
        self._forms: dict[str, tuple[str, str]] = {}

    def seconds(self, path: str, fields: Mapping[str, str], status: int) -> float:
        """Return how long the answer to a form takes. Ends the run if it is another answer."""
        if path not in self._forms:
            self._forms[path] = form_of(self._url + path, "")
        token, cookie = self._forms[path]
        body = urlencode({"csrf_token": token, **fields})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        begun = time.perf_counter()
        self._connection.request("POST", path, body, {**headers, "Cookie": cookie.removeprefix("; ")})
        answer = self._connection.getresponse()
        answer.read()
        spent = time.perf_counter() - begun
        if answer.status != status:
            raise SystemExit(f"{path}: {answer.status} instead of {status}")
        return spent


def fill(environment: Mapping[str, str]) -> None:
    """Make a store with the people who are known."""
    cfg = Configurator(load_settings(environment))
    cfg.activate(SecretManagement)
    app = cfg.flask_app(serving=False)
    upgrade(cfg.unit.engine)
    cfg.unit.prepare()
    with app.app_context():
        for number in range(PEOPLE):
            with cfg.unit.open():
                cfg.get(Users).create(
                    "bench", email=known(number), first_name="Known", last_name="Person", password=RIGHT
                )
    cfg.unit.engine.dispose()


def known(number: int) -> str:
    return f"known{number % PEOPLE}@example.org"


def unknown(number: int) -> str:
    return f"other{number % PEOPLE}@example.org"


def measure_sign_in(browser: Browser, times: int) -> None:
    """Print how much longer signing in takes than the hash of its password."""
    passwords = Passwords()
    hashes, whole = [], []
    for number in range(times):
        begun = time.perf_counter()
        passwords.verify(None, WRONG)
        hashes.append(time.perf_counter() - begun)
        whole.append(browser.seconds("/login", {"email": known(number), "password": RIGHT, "next": ""}, 303))
    ratio, least = statistics.median(whole) / statistics.median(hashes), min(whole) / min(hashes)
    print(f"signing in ÷ its hash{'':<23} {ratio:5.2f}  (of the fastest: {least:.2f}; at most 1.3)", end="")
    print(f"   {1000 * statistics.median(whole):.0f} ms of {1000 * statistics.median(hashes):.0f} ms", flush=True)


def measure_door(browser: Browser, door: Door, times: int) -> None:
    """Print how long a known address takes against an unknown one, each with so many tries in random order."""
    spent: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(times):
        pair = [("known", known(number)), ("unknown", unknown(number))]
        random.shuffle(pair)
        for name, email in pair:
            spent[name].append(browser.seconds(door.path, door.fields(email), door.status))
    one, other = (statistics.median(each) for each in spent.values())
    name = f"{door.name}: known ÷ unknown"
    print(f"{name:<44} {one / other:5.3f}  (medians of {times:,} each; 0.95 to 1.05)", end="")
    print(f"   {1000 * one:.1f} ms and {1000 * other:.1f} ms", flush=True)


def free_port() -> int:
    """Return a port that nobody serves: Granian would share it with another server, and both would be asked."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def main() -> int:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    folder = Path(tempfile.mkdtemp(prefix="bench"))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TRESOR_")}
    port = free_port()
    ours = {"TRESOR_DATA_DIR": str(folder / "instance"), "TRESOR_BASE_URL": f"http://127.0.0.1:{port}", **UNLIMITED}
    try:
        fill(ours)
        with serving("wsgi:served", port, {**clean, **ours}, "/login") as served:
            browser = Browser(served.url)
            measure_sign_in(browser, max(20, times // 10))
            for door in DOORS:
                measure_door(browser, door, times)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
