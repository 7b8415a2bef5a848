"""Uses Tresor as it is delivered, in an interpreter of its own, and prints what it meets of the type ftp."""

from __future__ import annotations

import json
import os
import re
import sys
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from app.database import create_database
from app.migrations.running import upgrade
from app.settings import load_settings

PASSWORD = "correct-horse-battery"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def words(html: str) -> str:
    """Return the text of a page, as a person reads it."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def inputs(html: str) -> dict[str, str]:
    """Return the form's inputs with what they hold, in their order; of choices the chosen one."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", html):
        attributes = {name: unescape(value) for name, value in re.findall(r'([a-z-]+)="([^"]*)"', tag)}
        if attributes.get("type") in {"radio", "checkbox"} and " checked" not in tag:
            continue
        found[attributes.get("name", "")] = attributes.get("value", "")
    return {name: value for name, value in found.items() if name not in {"csrf_token", "once", "version", "q", ""}}


class Browser:
    """Sends forms as our own pages do."""

    def __init__(self, app: Any) -> None:
        self.http = app.test_client()

    def get(self, path: str) -> str:
        answer = self.http.get(path, base_url="http://127.0.0.1:8000")
        assert answer.status_code == 200, (path, answer.status_code)
        return str(answer.text)

    def post(self, path: str, page: str, **form: str) -> Any:
        token = TOKEN.search(self.get(page))
        assert token
        return self.http.post(
            path,
            base_url="http://127.0.0.1:8000",
            data={"csrf_token": token[1], **form},
            headers={"Sec-Fetch-Site": "same-origin"},
        )


def main() -> None:
    settings = load_settings(os.environ)
    upgrade(create_database(settings.database_url))
    import wsgi  # the composition root as it is; it finds the type by the package's entry point
    from app.groups.service import Groups
    from app.users.service import Users

    users, groups, unit = wsgi.cfg.get(Users), wsgi.cfg.get(Groups), wsgi.cfg.unit
    with wsgi.app.app_context(), unit.open():
        anna = users.create(
            "tests", email="anna@example.org", first_name="Anna", last_name="A", password=PASSWORD, roles=()
        )
        team = groups.create("tests", name="Team")
        groups.add_member("tests", team.id, anna.id)
    browser = Browser(wsgi.app)
    browser.post("/login", "/login", email="anna@example.org", password=PASSWORD)
    met: dict[str, Any] = {}
    picker = browser.get("/vault/new")
    met["picker"] = [part in words(picker) for part in ("FTP server", "Exchange files with a server.")]
    form = browser.get("/vault/new/ftp")
    met["form"] = inputs(form)
    values = {"name": "Mirror", "host": "ftp.example.org", "port": "99999", "line": "plain", "username": "anna",
              "password": "hunter2-hunter2", "passive": "y", "folder": "/pub"}  # fmt: skip
    refused = browser.post("/vault/new/ftp", "/vault/new/ftp", **values)
    met["refused"] = [refused.status_code, "65535" in words(refused.text), "hunter2" in refused.text]
    kept = browser.post("/vault/new/ftp", "/vault/new/ftp", **{**values, "port": "2121"})
    place = urlsplit(kept.headers["Location"]).path
    met["kept"] = kept.status_code
    shown = browser.get(place)
    met["shown"] = [part in words(shown) for part in ("Mirror", "FTP server", "ftp.example.org", "2121", "hunter2")]
    listed = words(browser.get("/vault"))
    met["listed"] = [part in listed for part in ("Mirror", "anna @ ftp.example.org", "hunter2")]
    revealed = browser.post(f"{place}/fields/password/reveal", place)
    met["revealed"] = [revealed.status_code, "hunter2-hunter2" in revealed.text]
    edited = browser.get(f"{place}/edit")
    met["edit"] = {**inputs(edited), "holds the password": "hunter2" in edited}
    sharing = browser.get(f"{place}/sharing")
    revision = re.search(r'name="revision" value="(\d+)"', sharing)
    assert revision
    published = browser.post(
        f"{place}/sharing", f"{place}/sharing", revision=revision[1],
        **{"shown-groups": str(team.id), f"group-{team.id}": "y"},
    )  # fmt: skip
    met["published"] = published.status_code
    from ftp_type import Ftp

    with wsgi.app.app_context():
        found = wsgi.secret_management.use_cases.match(Ftp, group=team.id, actor="mirroring")
    met["matched"] = [type(found).__name__, found.host, found.port, found.line.value, found.password, found.passive]
    met["printed"] = "hunter2" in repr(found)
    json.dump(met, sys.stdout)


main()
