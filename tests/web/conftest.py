"""A Tresor that the tests of a file share, on each kind of database, with people and secrets in it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from app.subject import Subject
from tests.builders import Client, World, a_jira, build_world
from tests.services import Postgres

HOST = "127.0.0.1"
NONCE = re.compile(r"'nonce-([^']+)'")
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass
class House:
    """Anna owns a secret that Ben may view and Eve knows nothing of."""

    world: World
    anna: Subject
    ben: Subject
    eve: Subject
    secret: UUID
    browsers: dict[UUID, Client] = field(default_factory=dict)

    def client(self, person: Subject | None = None) -> Client:
        """Return a browser of its own, signed in just now."""
        return self.world.client(person)

    def desk(self, person: Subject) -> Client:
        """Return the browser that this person has all the time, for tests that leave it signed in."""
        if person.id not in self.browsers:
            self.browsers[person.id] = self.client(person)
        return self.browsers[person.id]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """People and a secret in one Tresor for all tests of a file that leave it as it was."""
    folder = tmp_path_factory.mktemp("house")
    if request.param == "sqlite":
        (folder / "data").mkdir()
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "data" / "tresor.sqlite3")
        yield a_house(build_world(folder, {}))
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.new_database(template=request.getfixturevalue("postgres_template"))
    world = build_world(folder, {"TRESOR_DATABASE_URL": url})
    yield a_house(world)
    world.cfg.unit.engine.dispose()
    postgres.drop(url)


def a_house(world: World) -> House:
    """Return people and a secret in a Tresor that is empty so far."""
    anna, ben, eve = (world.person(name) for name in ("anna", "ben", "eve"))
    secret = world.keep(a_jira(), owner=anna)
    world.share(secret, owner=anna, to=ben)
    return House(world, anna, ben, eve, secret)


def cookie(client: Client, name: str) -> str:
    """Return the value of one of a browser's cookies."""
    found = client.http.get_cookie(name, domain=HOST)
    assert found is not None
    return str(found.value)


def carrying(world: World, token: str) -> Client:
    """Return a browser that sends this session, however it came by it."""
    client = world.client()
    client.http.set_cookie("session", token, domain=HOST)
    return client


def is_signed_in(client: Client) -> bool:
    answer = client.get("/vault")
    assert answer.status_code in (200, 303)
    return bool(answer.status_code == 200)


def raw(client: Client, path: str, form: object = None, **headers: str) -> TestResponse:
    """Send a form with these headers and nothing that our own pages would add."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.http.post(path, base_url=client.site, data=form or {}, headers=named)
