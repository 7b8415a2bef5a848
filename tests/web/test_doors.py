"""The doors: tries that run out, the password asked again before a purge, two first starts at once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.crypto.passwords import Passwords
from app.users.sign_in import SignIn
from tests.builders import PASSWORD, TOKEN, Client, World, a_jira
from tests.services import ROOT, Postgres
from tests.web.conftest import carrying, cookie, is_signed_in

ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
HERE, ELSEWHERE = "192.0.2.7", "198.51.100.9"


def tries(client: Client, email: str, password: str, address: str, **headers: str) -> TestResponse:
    form = {"csrf_token": client.token(), "email": email, "password": password, "next": "/groups"}
    sent = {"Sec-Fetch-Site": "same-origin", **{name.replace("_", "-"): value for name, value in headers.items()}}
    place = {"REMOTE_ADDR": address}
    return client.http.post("/login", base_url=client.site, data=form, headers=sent, environ_overrides=place)


def test_who_guesses_waits_and_nobody_else_does(make_world: Callable[..., World]) -> None:
    world = make_world({"TRESOR_LIMITS__ENABLED": "true"})
    anna, ben = world.person("anna"), world.person("ben")
    guesser = world.client()
    answers = [tries(guesser, anna.email, f"guess-{number}", HERE) for number in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 5
    blocked = tries(guesser, anna.email, PASSWORD, HERE)
    assert blocked.status_code == 429
    assert 1 <= int(blocked.headers["Retry-After"]) <= 30
    assert "Too many tries." in blocked.text
    assert 'value="anna@example.org"' in blocked.text
    assert PASSWORD not in blocked.text
    assert not is_signed_in(guesser)
    # a new cookie, another spelling or a made-up forwarded address is still the same place
    assert tries(world.client(), "ANNA@Example.ORG ", PASSWORD, HERE).status_code == 429
    assert tries(world.client(), anna.email, PASSWORD, HERE, X_Forwarded_For=ELSEWHERE).status_code == 429
    assert tries(world.client(), anna.email, PASSWORD, HERE, Forwarded=f"for={ELSEWHERE}").status_code == 429
    assert tries(world.client(), anna.email, PASSWORD, ELSEWHERE).status_code == 303
    assert tries(world.client(), ben.email, PASSWORD, HERE).status_code == 303


def test_behind_a_proxy_the_last_forwarded_address_counts(make_world: Callable[..., World]) -> None:
    world = make_world({"TRESOR_LIMITS__ENABLED": "true", "TRESOR_TRUSTED_PROXIES": "1"})
    anna, client = world.person("anna"), world.client()
    for number in range(5):
        assert (
            tries(client, anna.email, "guess", "10.0.0.1", X_Forwarded_For=f"203.0.113.{number}, {HERE}").status_code
            == 422
        )
    assert tries(client, anna.email, PASSWORD, "10.0.0.1", X_Forwarded_For=HERE).status_code == 429
    assert tries(client, anna.email, PASSWORD, "10.0.0.1", X_Forwarded_For=f"{HERE}, {ELSEWHERE}").status_code == 303


def test_confirming_runs_out_of_tries_too(make_world: Callable[..., World]) -> None:
    world = make_world({"TRESOR_LIMITS__ENABLED": "true"})
    client = world.client(world.person("anna"))
    assert [client.post("/confirm", password="guess").status_code for _number in range(5)] == [422] * 5
    blocked = client.post("/confirm", password=PASSWORD)
    assert blocked.status_code == 429
    assert 1 <= int(blocked.headers["Retry-After"]) <= 30


class Counting(Passwords):
    """The real thing, which counts how often it is asked."""

    count = 0

    def verify(self, stored: str | None, password: str, *, stranger: bool = False) -> bool:
        self.count += 1
        return super().verify(stored, password, stranger=stranger)


def test_every_failure_costs_one_hash(world: World) -> None:
    anna, gone = world.person("anna"), world.person("gone")
    with world.unit():
        world.users.disable("tests", gone.id)
    counting = Counting(8, 1)
    world.cfg.get(SignIn)._passwords = counting
    client, costs = world.client(), {}
    emails = (anna.email, gone.email, "nobody@example.org", "no address", "a" * 5000, "\0", "anna@example.org\0")
    for email in emails:
        before = counting.count
        assert client.post("/login", email=email, password="wrong").status_code == 422
        costs[email] = counting.count - before
    assert costs == dict.fromkeys(emails, 1)


def a_trashed_secret(world: World) -> tuple[Client, str]:
    anna = world.person("anna")
    secret = world.keep(a_jira(), owner=anna)
    client = world.client(anna)
    assert client.post(f"/vault/{secret}/delete").status_code == 303
    return client, f"/vault/{secret}/purge"


def test_a_purge_asks_for_the_password_after_ten_minutes_and_exchanges_the_session(world: World) -> None:
    client, path = a_trashed_secret(world)
    world.clock.goes_on(minutes=9, seconds=59)
    assert client.get(path).status_code == 200
    world.clock.goes_on(seconds=2)
    first = cookie(client, "session")
    for answer, status in ((client.get(path), 303), (client.post(path, name="Release board"), 307)):
        assert (answer.status_code, answer.location) == (status, f"/confirm?next={path}")
    assert len(world.rows("version")) == 1
    assert f'value="{path}"' in client.get(f"/confirm?next={path}").text
    assert client.post("/confirm", password="wrong", next=path).status_code == 422
    assert client.get(path).status_code == 303
    confirmed = client.post("/confirm", password=PASSWORD, next=path)
    assert (confirmed.status_code, confirmed.location) == (303, path)
    assert cookie(client, "session") != first
    assert not is_signed_in(carrying(world, first))
    assert client.post(path, name="Release board").status_code == 303
    assert world.rows("version") == []


def hidden(page: str) -> dict[str, str]:
    """Return the hidden inputs of a page, but for the token."""
    inputs = [dict(ATTRIBUTE.findall(tag)) for tag in re.findall(r"<input ([^>]*)>", page)]
    found = {each["name"]: each["value"] for each in inputs if each.get("type") == "hidden"}
    return {name: value for name, value in found.items() if name != "csrf_token"}


def test_the_name_typed_while_the_confirmation_ran_out_is_kept(world: World) -> None:
    client, path = a_trashed_secret(world)
    assert client.get(path).status_code == 200
    world.clock.goes_on(minutes=11)
    led = client.post(path, name="Release board")
    question = client.post(led.location, name="Release board")
    assert (question.status_code, hidden(question.text)) == (200, {"next": path, "name": "Release board"})
    wrong = client.post(led.location, password="wrong", **hidden(question.text))
    assert (wrong.status_code, hidden(wrong.text)) == (422, {"next": path, "name": "Release board"})
    again = client.post(led.location, password=PASSWORD, **hidden(wrong.text))
    assert (again.status_code, hidden(again.text)) == (200, {"name": "Release board"})
    assert f'action="{path}"' in again.text
    token = TOKEN.search(again.text)
    assert token is not None
    assert client.post(path, csrf_token=token[1], **hidden(again.text)).status_code == 303
    assert world.rows("version") == []


def test_confirming_keeps_nothing_but_what_the_form_that_waits_may_show(world: World) -> None:
    client, path = a_trashed_secret(world)
    for address in ("/groups", "/nowhere", "", "//evil.example", f"{path}/x"):
        for entry in ({"name": "hunter2"}, {"token": "hunter2"}):
            refused = client.post(f"/confirm?next={address}", **entry)
            assert (refused.status_code, "hunter2" in refused.text) == (422, False)
    refused = client.post(f"/confirm?next={path}", name="Release board", token="hunter2")
    assert (refused.status_code, "hunter2" in refused.text) == (422, False)


@pytest.mark.parametrize("name", ["", "release board", "Release board!", "Release  board", "x" * 10_000, "\0"])
def test_a_purge_with_another_name_destroys_nothing(world: World, name: str) -> None:
    client, path = a_trashed_secret(world)
    answer = client.post(path, name=name)
    assert answer.status_code == 422
    assert len(world.rows("version")) == 1


START = """
import sys
from app.configurator import Configurator
from app.migrations.running import upgrade
from app.users.setup import Setup
from app.vault.system import SecretManagement
cfg = Configurator.from_environment()
cfg.activate(SecretManagement)
sys.stdin.readline()
upgrade(cfg.unit.engine)
cfg.flask_app(serving=True)
with cfg.unit.open():
    print(cfg.get(Setup).token())
"""


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without a table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data/tresor.sqlite3"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.new_database()


def test_two_first_starts_at_once_agree(empty_url: str, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRESOR_")}
    environment = {**kept, "TRESOR_DATABASE_URL": empty_url, "TRESOR_DATA_DIR": str(tmp_path)}
    how: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "text": True,
        "cwd": ROOT,
        "env": environment,
    }
    starts = [subprocess.Popen([sys.executable, "-c", START], **how) for _number in range(2)]
    for start in starts:
        assert start.stdin is not None
        start.stdin.write("\n")
        start.stdin.flush()
    links = [start.communicate(timeout=60)[0].strip() for start in starts]
    assert [start.returncode for start in starts] == [0, 0]
    assert len(set(links)) == 1
    assert len(links[0]) == 64
    assert (tmp_path / "keys" / "root.key").stat().st_mode & 0o777 == 0o600
