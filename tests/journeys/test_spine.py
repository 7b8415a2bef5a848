"""The main job, in a browser without JavaScript: keep, edit, share, publish, delete, restore, purge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable

from tests.journeys.conftest import PASSWORD, Person, Served
from tests.services import ROOT

SMTP_PASSWORD = "maple-quartz-7-Orbit"
JIRA_TOKEN = "ATATT3x-token-4711"


def test_two_people_keep_share_and_publish_without_javascript(served: Served, someone: Callable[..., Person]) -> None:
    lena = someone(script=False)
    sets_up(lena)
    stores_smtp(lena)
    edits_and_is_refused_a_stale_edit(lena)
    served.user("ben@example.org", "Ben", "Okafor")
    shares_a_token(lena, "ben@example.org")
    ben = someone(script=False)
    ben.signs_in("ben@example.org")
    reveals_but_cannot_edit(ben)
    publishes(lena, served)
    ben_does_not_see_it_but_automations_use_it(ben, served)
    deletes_restores_and_purges(lena)


def sets_up(lena: Person) -> None:
    link = lena.served.setup_link()
    lena.goes(link)
    for label, text in (
        ("First name", "Lena"), ("Last name", "Hoffmann"), ("Email", "lena@example.org"),
        ("Password", PASSWORD), ("Password again", PASSWORD),
    ):  # fmt: skip
        lena.page.get_by_label(label, exact=True).fill(text)
    lena.page.get_by_role("button", name="Create administrator").click()
    lena.sees("Your vault is empty")
    lena.sees("keys/root.key")
    lena.page.context.clear_cookies()
    assert lena.page.goto(link).status == 404  # type: ignore[union-attr]
    lena.signs_in("lena@example.org")


def stores_smtp(lena: Person) -> None:
    page = lena.page
    lena.goes("/vault/new")
    page.get_by_role("link", name="SMTP outgoing mail server").click()
    page.get_by_label("Name", exact=True).fill("Outgoing mail")
    page.get_by_label("Host").fill("smtp://wrong")
    page.get_by_label("User name").fill("relay@example.org")
    page.get_by_label("Password", exact=True).fill(SMTP_PASSWORD)
    page.get_by_role("button", name="Save secret").click()
    lena.sees("Not saved yet")
    assert page.get_by_label("User name").input_value() == "relay@example.org"
    lena.does_not_see(SMTP_PASSWORD)
    page.get_by_label("Host").fill("smtp.example.org")
    page.get_by_label("Password", exact=True).fill(SMTP_PASSWORD)
    page.get_by_role("button", name="Save secret").click()
    lena.sees("Secret saved.")
    lena.sees("smtp.example.org")
    lena.does_not_see(SMTP_PASSWORD)
    page.get_by_role("button", name="Reveal: Password").click()
    lena.sees(SMTP_PASSWORD)
    lena.sees("Hidden again in 10 s")
    page.get_by_role("link", name="Hide: Password").click()
    lena.does_not_see(SMTP_PASSWORD)
    lena.sees("You revealed")


def edits_and_is_refused_a_stale_edit(lena: Person) -> None:
    page = lena.page
    page.get_by_role("link", name="Edit", exact=True).click()
    edit = page.url
    other = page.context.new_page()
    other.goto(edit)
    page.get_by_label("Host").fill("mail.example.org")
    page.get_by_role("button", name="Save", exact=True).click()
    lena.sees("because the server changed")
    page.get_by_label("Password", exact=True).fill(SMTP_PASSWORD)
    page.get_by_role("button", name="Save", exact=True).click()
    lena.sees("mail.example.org")
    other.get_by_label("Name", exact=True).fill("Outgoing mail, production")
    other.get_by_label("Sender").fill("noreply@example.org")
    other.get_by_role("button", name="Save", exact=True).click()
    assert "changed this" in other.inner_text("body")
    assert other.get_by_label("Name", exact=True).input_value() == "Outgoing mail, production"
    assert other.get_by_label("Sender").input_value() == "noreply@example.org"
    assert "mail.example.org" in other.inner_text("table")
    other.get_by_label("Host").fill("mail.example.org")
    other.get_by_role("button", name="Save", exact=True).click()
    assert "Outgoing mail, production" in other.inner_text("h1")
    assert "mail.example.org" in other.inner_text("body")
    other.close()


def shares_a_token(lena: Person, email: str) -> None:
    page = lena.page
    lena.goes("/vault/new/jira")
    page.get_by_label("Name", exact=True).fill("Release board")
    page.get_by_label("Email").fill("lena@example.org")
    page.get_by_label("Token", exact=True).fill(JIRA_TOKEN)
    page.get_by_role("button", name="Save secret").click()
    page.get_by_role("link", name="Share", exact=True).click()
    page.get_by_label("Add a person").fill("nobody@example.org")
    page.get_by_role("button", name="Save sharing").click()
    lena.sees("Nobody with the address nobody@example.org is active here.")
    page.get_by_label("Add a person").fill(email)
    page.get_by_role("button", name="Save sharing").click()
    lena.sees("Sharing saved.")
    lena.sees("Ben Okafor")


def reveals_but_cannot_edit(ben: Person) -> None:
    page = ben.page
    ben.sees("Release board")
    ben.sees("from Lena")
    page.get_by_role("link", name="Release board").click()
    ben.sees("You can view: you can read and copy the values.")
    page.get_by_role("button", name="Reveal: Token").click()
    ben.sees(JIRA_TOKEN)
    assert page.get_by_role("link", name="Edit", exact=True).count() == 0
    shown = page.url.split("/fields")[0]
    answer = page.goto(shown + "/edit")
    assert answer is not None
    assert answer.status == 403


def publishes(lena: Person, served: Served) -> None:
    made = served.command("groups", "create", "Release", "--description", "Builds and releases")
    assert made.returncode == 0, made.stderr
    assert served.command("groups", "add-member", "Release", "lena@example.org").returncode == 0
    assert served.command("groups", "add-member", "Release", "ben@example.org").returncode == 0
    page = lena.page
    lena.goes("/vault/new/api_key")
    page.get_by_label("Name", exact=True).fill("Deploy key")
    page.get_by_label("Key", exact=True).fill("k-published-4712")
    page.get_by_role("button", name="Save secret").click()
    page.get_by_role("link", name="Share", exact=True).click()
    page.get_by_label("Release").check()
    page.get_by_role("button", name="Save sharing").click()
    lena.sees("automations only, not visible to its 2 members")


def ben_does_not_see_it_but_automations_use_it(ben: Person, served: Served) -> None:
    ben.goes("/vault")
    ben.does_not_see("Deploy key")
    served.user("stranger@example.org", "Sam", "Stranger")
    assert matched(served, "ben@example.org") == "k-published-4712"
    assert matched(served, "stranger@example.org") == "NoSuchCredential"


MATCH = """
import json, sys
from app.configurator import Configurator
from app.credentials.types.api_key import ApiKey
from app.errors import TresorError
from app.groups.service import Groups
from app.users.service import Users
from app.vault.system import SecretManagement

cfg = Configurator.from_environment()
secret_management = cfg.activate(SecretManagement)
app = cfg.flask_app()
with app.app_context(), cfg.unit.open():
    group = next(each for each in cfg.get(Groups).all() if each.name == "Release")
    person = cfg.get(Users).find(sys.argv[1])
try:
    key = secret_management.use_cases.match(ApiKey, group=group.id, actor="journey", subject=person.id)
    print(json.dumps(key.key))
except TresorError as error:
    print(json.dumps(type(error).__name__))
"""


def matched(served: Served, email: str) -> str:
    """Return what an automation gets in another process, on behalf of a person."""
    run = subprocess.run(
        [sys.executable, "-c", MATCH, email],
        cwd=ROOT, env={**os.environ, **served.environment}, text=True, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    found: str = json.loads(run.stdout)
    return found


def deletes_restores_and_purges(lena: Person) -> None:
    page = lena.page
    lena.goes("/vault")
    page.get_by_role("link", name="Release board").click()
    page.get_by_role("link", name="Move to trash").click()
    lena.sees("1 person no longer sees it in their vault.")
    page.get_by_role("button", name="Move to trash").click()
    lena.sees("In the trash.")
    page.get_by_role("button", name="Undo").click()
    lena.sees("Restored from the trash")
    page.get_by_role("link", name="Move to trash").click()
    page.get_by_role("button", name="Move to trash").click()
    lena.goes("/vault/trash")
    page.get_by_role("link", name="Delete for good: Release board").click()
    page.get_by_label("Type the name to confirm").fill("release")
    page.get_by_role("button", name="Delete for good").click()
    lena.sees("This is not the name.")
    page.get_by_label("Type the name to confirm").fill("Release board")
    page.get_by_role("button", name="Delete for good").click()
    lena.sees("Deleted for good.")
    lena.goes("/vault")
    lena.does_not_see("Release board")
