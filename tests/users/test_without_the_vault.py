"""People and groups as systems of their own: an app without the vault, set up, signed in to and used."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.admin.system import AdminCentre
from app.configurator import Configurator, System
from app.groups.service import Groups
from app.groups.system import GroupManagement
from app.settings import load_settings
from app.subject import SYSTEM
from app.users.service import Users
from app.users.setup import Setup
from app.users.system import UserManagement
from app.vault.service import Vault
from app.vault.system import SecretManagement
from tests.builders import CHEAP, COMPILED, PASSWORD, TOKEN

LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"#]*)"')
EMAIL = "lena@example.org"


@dataclass
class Alone:
    """An app of some systems, and the browser of whoever set it up."""

    cfg: Configurator
    http: FlaskClient

    def get(self, path: str, **how: Any) -> Any:
        return self.http.get(path, base_url=self.cfg.settings.server.base_url, **how)

    def post(self, path: str, page: str = "", **form: str) -> Any:
        """Send the form of a page, which is the one with this path unless it is named."""
        found = TOKEN.search(self.get(page or path).text)
        assert found, page or path
        return self.http.post(
            path,
            base_url=self.cfg.settings.server.base_url,
            headers={"Sec-Fetch-Site": "same-origin"},
            data={"csrf_token": found[1], **form},
        )

    @contextmanager
    def unit(self) -> Iterator[None]:
        with self.http.application.app_context(), self.cfg.unit.open():
            yield


def build(folder: Path, url: str, *systems: type[System]) -> Alone:
    cfg = Configurator(load_settings({**CHEAP, "TRESOR_DATA_DIR": str(folder), "TRESOR_DATABASE_URL": url}))
    for system in systems:
        cfg.activate(system)
    app = cfg.flask_app(serving=False)
    app.testing, app.jinja_env.bytecode_cache = True, COMPILED
    cfg.unit.prepare()
    return Alone(cfg, app.test_client())


SYSTEMS: dict[str, tuple[type[System], ...]] = {
    "people": (UserManagement,),
    "people and groups": (GroupManagement,),
    "people, groups and admin": (GroupManagement, AdminCentre),
}


@pytest.fixture(params=SYSTEMS)
def alone(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Iterator[Alone]:
    made = build(tmp_path, database_url, *SYSTEMS[request.param])
    yield made
    made.cfg.unit.engine.dispose()


def sets_up(alone: Alone) -> None:
    """Become the first administrator, by the link."""
    path = f"/setup/{alone.cfg.get(Setup).token()}"
    names = {"first_name": "Lena", "last_name": "Hoffmann", "email": EMAIL}
    answer = alone.post(path, **names, password=PASSWORD, password_again=PASSWORD)
    assert answer.status_code == 303, answer.text


def test_the_vault_is_not_there(alone: Alone) -> None:
    assert Vault not in alone.cfg.site.services
    sets_up(alone)
    assert alone.get("/vault").status_code == 404
    for path in ("/account", "/shortcuts"):
        text = alone.get(path).text
        assert "/vault" not in text
        assert 'role="search"' not in text


def test_it_is_set_up_left_and_entered_again(alone: Alone) -> None:
    assert alone.get("/").headers["Location"] == "/login"
    sets_up(alone)
    home = alone.get(alone.get("/").headers["Location"])
    assert home.status_code == 200
    assert alone.post("/logout", home.request.path).status_code == 303
    assert alone.get("/account").headers["Location"] == "/login?next=/account"
    assert alone.post("/login", email=EMAIL, password=PASSWORD, next="").status_code == 303
    assert alone.get("/account").status_code == 200


def test_every_link_that_a_page_shows_leads_somewhere(alone: Alone) -> None:
    sets_up(alone)
    seen, waiting = set(), {"/"}
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = alone.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        if answer.mimetype == "text/html":
            found = {link.replace("&amp;", "&") for link in LINK.findall(answer.text)}
            waiting |= {link for link in found if not link.startswith("/static/")} - seen
    assert {"/account", "/account/security", "/account/sessions"} <= seen
    if AdminCentre in alone.cfg.site.services:
        assert {"/admin", "/admin/roles", "/admin/settings", "/groups"} <= seen


def test_an_account_and_its_data_are_whole(alone: Alone) -> None:
    sets_up(alone)
    assert alone.post("/account/profile", "/account", first_name="Helena", last_name="Hoffmann").status_code == 303
    assert "Helena Hoffmann" in alone.get("/account").text
    answer = alone.post("/account/export")
    assert answer.status_code == 200
    assert ("groups" in answer.json, "secrets" in answer.json) == (Groups in alone.cfg.site.services, False)


def test_an_account_offers_no_look_of_secrets(alone: Alone) -> None:
    sets_up(alone)
    page = alone.get("/account").text
    assert ("Theme" in page, "Rows in the vault" in page, "Show values for" in page) == (True, False, False)
    saved = alone.post("/account/look", "/account", theme="dark", single_keys="off")
    assert (saved.status_code, saved.headers["Location"]) == (303, "/account?done=look")
    assert 'data-theme="dark"' in alone.get("/account").text
    of_secrets = {"theme": "dark", "single_keys": "off", "density": "compact"}
    assert alone.post("/account/look", "/account", **of_secrets).status_code == 422


def test_settings_and_roles_are_managed(alone: Alone) -> None:
    sets_up(alone)
    made = alone.post("/admin/roles/new", name="Help desk", description="", **{"may-role.manage": "on"})
    assert made.status_code == 303
    assert "Help desk" in alone.get("/admin/roles").text
    form = {"revision": "0", "registration": "on", "registration_domains": "", "directory": "exact"}
    assert alone.post("/admin/settings/edit", **form).status_code == 303
    assert "vault.trash_days" not in alone.get("/admin/settings").text


def test_groups_are_there_if_they_are_active(alone: Alone) -> None:
    sets_up(alone)
    if Groups not in alone.cfg.site.services:
        assert alone.get("/groups").status_code == 404
        return
    with alone.unit():
        group = alone.cfg.get(Groups).create("tests", name="Release")
        lena = alone.cfg.get(Users).find(EMAIL)
        assert lena is not None
        alone.cfg.get(Groups).add_member("tests", group.id, lena.id)
        revision = alone.cfg.get(Groups).names([group.id])[group.id].revision
    for path in ("/groups", f"/groups/{group.id}", f"/groups/{SYSTEM}", f"/groups/{group.id}/members"):
        assert alone.get(path).status_code == 200
    assert alone.post(f"/groups/{group.id}/edit", description="Ships.", revision=str(revision)).status_code == 303
    assert "Ships." in alone.get(f"/groups/{group.id}").text


def test_commands_work(alone: Alone) -> None:
    runner = alone.http.application.test_cli_runner()
    made = runner.invoke(args=["users", "create", EMAIL, "--password-stdin"], input=PASSWORD + "\n")
    assert made.exit_code == 0, made.output
    assert EMAIL in runner.invoke(args=["users", "list"]).output
    assert runner.invoke(args=["audit", "verify"]).exit_code == 0


def test_nothing_of_the_vault_is_imported(tmp_path: Path, sqlite_template: Path) -> None:
    """In a process of its own: here, all modules are imported already."""
    (tmp_path / "data").mkdir()
    shutil.copy(sqlite_template, tmp_path / "data" / "tresor.sqlite3")
    done = subprocess.run(
        [sys.executable, "-c", ON_ITS_OWN],
        env={**CHEAP, "TRESOR_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "303 /groups []\n"), done.stderr


ON_ITS_OWN = """
import sys
from app.configurator import Configurator
from app.groups.system import GroupManagement
from app.users.setup import Setup

cfg = Configurator.from_environment()
cfg.activate(GroupManagement)
app = cfg.flask_app(serving=True)
names = {"first_name": "Lena", "last_name": "Hoffmann", "email": "lena@example.org"}
with app.app_context(), cfg.unit.open():
    setup = cfg.get(Setup)
    setup.first_administrator(setup.token(), **names, password="correct-horse-battery")
browser, site = app.test_client(), cfg.settings.server.base_url
form = {"email": "lena@example.org", "password": "correct-horse-battery", "next": ""}
token = browser.get("/login", base_url=site).text.split('csrf_token" value="')[1].split('"')[0]
headers = {"Sec-Fetch-Site": "same-origin"}
browser.post("/login", base_url=site, data={**form, "csrf_token": token}, headers=headers)
start = browser.get("/", base_url=site)
print(start.status_code, start.headers["Location"], [name for name in sys.modules if name.startswith("app.vault")])
"""


def test_the_vault_switches_both_on_by_itself(tmp_path: Path, database_url: str) -> None:
    made = build(tmp_path, database_url, SecretManagement)
    assert {UserManagement, GroupManagement} <= made.cfg.site.services.keys()
    assert made.cfg.activate(UserManagement) is made.cfg.get(UserManagement)
    assert made.cfg.activate(GroupManagement) is made.cfg.get(GroupManagement)
    sets_up(made)
    assert made.get("/").headers["Location"] == "/vault"
    made.cfg.unit.engine.dispose()
