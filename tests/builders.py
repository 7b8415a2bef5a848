"""A small world to test in: a whole Tresor on a migrated database, people, secrets, browsers without a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.admin.system import AdminCentre
from app.audit.models import AuditRow
from app.audit.trail import AuditTrail
from app.blobs.store import BlobStore
from app.configurator import Configurator
from app.credentials import Credentials
from app.credentials.types.jira import Jira
from app.credentials.types.login import Login
from app.credentials.types.smtp import SMTP
from app.credentials.values import to_plain
from app.groups.service import Group, Groups
from app.settings import load_settings
from app.subject import GroupLevel, Subject
from app.users.permissions import ADMINISTRATOR
from app.users.service import Users
from app.users.sessions import Sessions
from app.vault.policy import Level
from app.vault.safe import Safe
from app.vault.service import Vault
from app.vault.sharing import Sharing, Wishes
from app.vault.system import SecretManagement
from app.vault.trash import Trash

PASSWORD = "correct-horse-battery"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CHEAP = {"TRESOR_PASSWORDS__MEMORY": "8", "TRESOR_PASSWORDS__TIME": "1", "TRESOR_LIMITS__ENABLED": "false"}
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class SettableClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def goes_on(self, **by: float) -> None:
        self.now += timedelta(**by)


class Compiled(BytecodeCache):
    """Templates compiled once for all apps of a test run; a template that changed is compiled anew."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


@dataclass
class World:
    """A Tresor of its own. What it does happens through the use cases; what it looks at, through SQL."""

    cfg: Configurator
    handle: SecretManagement
    app: Flask
    clock: SettableClock
    store: BlobStore
    folder: Path
    known: dict[str, UUID] = field(default_factory=dict)

    # ── people and groups ──

    def person(self, name: str, *, admin: bool = False, groups: Mapping[UUID, str] | None = None) -> Subject:
        """Create an active person (name@example.org) and return them as they would act now."""
        with self.unit():
            roles = [ADMINISTRATOR] if admin else []
            user = self.users.create(
                "tests",
                email=f"{name}@example.org",
                first_name=name.capitalize(),
                last_name="Example",
                password=PASSWORD,
                roles=roles,
            )
            for group, level in (groups or {}).items():
                self.groups.add_member("tests", group, user.id, level=GroupLevel(level))
        self.known[name] = user.id
        return self.subject(user.id)

    def subject(self, user_id: UUID) -> Subject:
        """Return a person as a request made now would find them."""
        with self.unit():
            user = self.users.get(user_id)
            assert user is not None
            sessions = self.cfg.get(Sessions)
            found = sessions.subject(sessions.begin(user, device="tests"))
        assert found is not None
        return found

    def group(self, name: str) -> Group:
        """Create a team without members."""
        with self.unit():
            return self.groups.create("tests", name=name)

    def joins(self, person: Subject, group: UUID, *, admin: bool = False) -> Subject:
        """Make a person a member, and return them as they are now."""
        with self.unit():
            level = GroupLevel.ADMIN if admin else GroupLevel.MEMBER
            self.groups.add_member("tests", group, person.id, level=level)
        return self.subject(person.id)

    def leaves(self, person: Subject, group: UUID) -> Subject:
        with self.unit():
            self.groups.remove_member("tests", group, person.id)
        return self.subject(person.id)

    # ── secrets ──

    def keep(self, credentials: Credentials, *, owner: Subject) -> UUID:
        """Store a secret and return its id."""
        with self.unit():
            return self.vault.create(owner, type(credentials).type.id, values=to_plain(credentials))

    def share(
        self, secret: UUID, *, owner: Subject, to: Subject, level: str = "viewer", until: datetime | None = None
    ) -> None:
        with self.unit():
            revision = self.cfg.get(Sharing).state(owner, secret).head.revision
            wishes = Wishes(add=to.email, add_level=Level(level), add_until=until)
            self.cfg.get(Sharing).save(owner, secret, revision=revision, wishes=wishes)

    def publish(self, secret: UUID, *, owner: Subject, group: UUID) -> None:
        with self.unit():
            revision = self.cfg.get(Sharing).state(owner, secret).head.revision
            wishes = Wishes(shown=frozenset({group}), ticked=frozenset({group}))
            self.cfg.get(Sharing).save(owner, secret, revision=revision, wishes=wishes)

    # ── what it is made of ──

    @contextmanager
    def unit(self) -> Any:
        """A unit of work of its own, as a command has one, with translations."""
        with self.app.app_context(), self.cfg.unit.open():
            yield

    @property
    def users(self) -> Users:
        return self.cfg.get(Users)

    @property
    def groups(self) -> Groups:
        return self.cfg.get(Groups)

    @property
    def vault(self) -> Vault:
        return self.cfg.get(Vault)

    @property
    def trash(self) -> Trash:
        return self.cfg.get(Trash)

    @property
    def trail(self) -> AuditTrail:
        return self.cfg.get(AuditTrail)

    # ── what a person with the database or the blobs does ──

    def sql(self, statement: str, **values: Any) -> list[Any]:
        """Run a statement past everything, as somebody who can write the database."""
        with self.cfg.unit.engine.connect() as connection:
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a table as they are stored."""
        with self.cfg.unit.engine.connect() as connection:
            result = connection.exec_driver_sql(f'SELECT * FROM "{table}"')
            return [dict(row._mapping) for row in result]

    def events(self, action: str | None = None) -> list[dict[str, Any]]:
        """Return the trail's events, oldest first, their detail as a mapping."""
        with self.cfg.unit.engine.connect() as connection:
            rows = connection.execute(AuditRow.__table__.select().order_by(AuditRow.number))
            found = [{**row._mapping, "detail": json.loads(row.detail)} for row in rows]
        return [event for event in found if action is None or event["action"] == action]

    # ── requests ──

    def client(self, person: Subject | None = None) -> Client:
        """Return a browser of this person, signed in; None: of nobody."""
        http = self.app.test_client()
        client = Client(http, self)
        if person is not None:
            answer = client.post("/login", email=person.email, password=PASSWORD)
            assert answer.status_code == 303, answer.text
        return client


@dataclass
class Client:
    """Asks as our own pages do: with a token, and with the headers that browsers send."""

    http: FlaskClient
    world: World

    @property
    def site(self) -> str:
        return self.world.cfg.settings.server.base_url

    def get(self, path: str, **how: Any) -> TestResponse:
        return self.http.get(path, **{"base_url": self.site, **how})

    def post(self, path: str, *, headers: Mapping[str, str] | None = None, **form: Any) -> TestResponse:
        """Send a form from our own page. Names with a hyphen: by `**{"level-…": …}`."""
        fields = {"csrf_token": self.token(), **form}
        sent = {name: value for name, value in fields.items() if value is not None}
        return self.http.post(
            path, base_url=self.site, data=sent, headers={"Sec-Fetch-Site": "same-origin", **(headers or {})}
        )

    def token(self) -> str:
        """Return a valid form token of this browser."""
        for path in ("/confirm", "/login"):
            if found := TOKEN.search(self.get(path).text):
                return found[1]
        raise AssertionError("no page has a token")


def an_smtp(**values: Any) -> SMTP:
    """Credentials of a mail server."""
    plain = {"name": "Outgoing mail", "host": "smtp.example.org", "username": "relay", "password": "hunter2-hunter2"}
    return SMTP(**{**plain, **values})


def a_jira(**values: Any) -> Jira:
    plain = {"name": "Release board", "email": "lena@example.org", "token": "ATATT-4711"}
    return Jira(**{**plain, **values})


def a_login(**values: Any) -> Login:
    plain = {
        "name": "Travel portal",
        "website": "https://travel.example.org",
        "username": "anna",
        "password": "pw-4712",
    }
    return Login(**{**plain, **values})


def build_world(folder: Path, environment: Mapping[str, str], **options: Any) -> World:
    """Return a world over a migrated, empty database."""
    clock = SettableClock()
    cfg = Configurator(load_settings({**CHEAP, "TRESOR_DATA_DIR": str(folder), **environment}), clock=clock)
    handle = cfg.activate(SecretManagement, **options)
    cfg.activate(AdminCentre)
    app = cfg.flask_app(serving=False)
    app.testing = True
    app.jinja_env.bytecode_cache = COMPILED
    cfg.unit.prepare()
    return World(cfg, handle, app, clock, cfg.get(Safe).store, folder)
