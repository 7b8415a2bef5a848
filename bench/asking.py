"""Measures what strangers ask for at the door: known addresses against unknown ones, in the same run."""

from __future__ import annotations

import http.client
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from app.configurator import Configurator
from app.migrations.running import upgrade
from app.settings import load_settings
from app.users.service import Users
from app.vault.system import SecretManagement
from bench.__main__ import form_of, serving

TIMES = 1_000
"""So many people are known, each asked for once: so every one of them is mailed a link meanwhile."""
PORT = 8076
DOORS = {"reset": "/forgot", "sign-up": "/register"}
CHEAP = {
    "TRESOR_PASSWORDS__MEMORY": "8",
    "TRESOR_PASSWORDS__TIME": "1",
    "TRESOR_LIMITS__REQUESTS": str(10**9),
    "TRESOR_USERS__REGISTRATION": "true",
}
"""Hashes are computed for making the people alone; requests are counted as always."""


def fill(environment: Mapping[str, str], times: int) -> None:
    """Make a store with the people who are known."""
    cfg = Configurator(load_settings(environment))
    cfg.activate(SecretManagement)
    app = cfg.flask_app(serving=False)
    upgrade(cfg.unit.engine)
    cfg.unit.prepare()
    names = {"first_name": "Known", "last_name": "Person", "password": "only for measuring here"}
    with app.app_context(), cfg.unit.open():
        for number in range(times):
            cfg.get(Users).create("bench", email=f"known{number}@example.org", **names)  # type: ignore[arg-type]
    cfg.unit.engine.dispose()


class Browser:
    """Sends the form of one door over one connection."""

    def __init__(self, url: str, path: str) -> None:
        self._path, self._url = path, url
        self._token, cookie = form_of(url + path, "")
        self._headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Sec-Fetch-Site": "same-origin",
            "Cookie": cookie.removeprefix("; "),
        }
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)

    def seconds(self, email: str) -> float:
        """Return how long the answer for an address takes. Ends the run if it is another answer."""
        body = urlencode({"csrf_token": self._token, "email": email})
        begun = time.perf_counter()
        self._connection.request("POST", self._path, body, self._headers)
        answer = self._connection.getresponse()
        answer.read()
        spent = time.perf_counter() - begun
        if answer.status != 303:
            raise SystemExit(f"{self._path}: {answer.status} instead of 303")
        return spent


def measure(browser: Browser, name: str, times: int) -> None:
    """Print how long known addresses take against unknown ones, in random order."""
    spent: dict[str, list[float]] = {"known": [], "other": []}
    for number in range(times):
        kinds = list(spent)
        random.shuffle(kinds)
        for kind in kinds:
            spent[kind].append(browser.seconds(f"{kind}{number}@example.org"))
    known, unknown = (statistics.median(each) for each in spent.values())
    print(f"{f'{name}: known ÷ unknown':<44} {known / unknown:5.3f}  (medians of {times:,} each; 0.95 to 1.05)", end="")
    print(f"   {1000 * known:.1f} ms and {1000 * unknown:.1f} ms", flush=True)


def main() -> int:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    folder = Path(tempfile.mkdtemp(prefix="bench"))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TRESOR_")}
    ours = {"TRESOR_DATA_DIR": str(folder / "instance"), "TRESOR_BASE_URL": f"http://127.0.0.1:{PORT}", **CHEAP}
    try:
        fill(ours, times)
        with serving("bench.sending:app", PORT, {**clean, **ours}, "/login") as served:
            for name, path in DOORS.items():
                measure(Browser(served.url, path), name, times)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
