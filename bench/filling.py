"""Fills a Tresor for measuring: people with many secrets, and many secrets of others."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import select

from app.configurator import Configurator
from app.credentials.types.login import Login
from app.credentials.values import to_plain
from app.keys.trail import Note
from app.migrations.running import upgrade
from app.settings import load_settings
from app.users.service import User, Users
from app.users.sessions import Sessions
from app.vault.heads import Grant, HeadContent, Heads
from app.vault.models import VersionRow
from app.vault.policy import Level
from app.vault.service import Vault
from app.vault.system import SecretManagement

BATCH = 2000
OWN = (20, 1_000, 10_000)
PASSWORD = "only for measuring here"


@dataclass(frozen=True)
class Filled:
    """sessions: how many secrets somebody owns, to their session's token. secret: one with a blob, of the first."""

    sessions: dict[int, str]
    secret: UUID


def fill(environment: dict[str, str], others: int, *, again: bool) -> Filled:
    """Fill a store, or, `again`, add secrets of others until there are that many; return new sessions."""
    cfg = Configurator(load_settings(environment))
    cfg.activate(SecretManagement)
    app = cfg.flask_app(serving=False)
    if not again:
        upgrade(cfg.unit.engine)
    cfg.unit.prepare()
    with app.app_context():
        people = {own: _person(cfg, f"own{own}@example.org") for own in OWN}
        if not again:
            for own, person in people.items():
                _heads(cfg, person, own - (1 if own == OWN[0] else 0))
            _one_with_blob(cfg, people[OWN[0]])
        before = 1_000 if again else 0
        for number in range(10):
            _heads(cfg, _person(cfg, f"other{number}@example.org"), (others - before) // 10)
        with cfg.unit.open():
            sessions = {own: cfg.get(Sessions).begin(person, device="bench") for own, person in people.items()}
            found = cfg.unit.execute(select(VersionRow.secret).limit(1)).scalar_one()
    cfg.unit.engine.dispose()
    return Filled(sessions, found)


def _person(cfg: Configurator, email: str) -> User:
    with cfg.unit.open():
        users = cfg.get(Users)
        return users.find(email) or users.create(
            "bench", email=email, first_name="Own", last_name="Person", password=PASSWORD
        )


def _heads(cfg: Configurator, owner: User, count: int) -> None:
    """Store heads without blobs: lists do not read any."""
    heads, now = cfg.get(Heads), cfg.clock()
    grant = Grant(owner.id, Level.OWNER, until=None, by=owner.id, at=now)
    for start in range(0, count, BATCH):
        with cfg.unit.open(), cfg.unit.writing():
            for number in range(start, min(count, start + BATCH)):
                content = HeadContent(f"Secret {number} of {owner.email}", "relay @ example.org", (grant,), ())
                record = Note("secret.create", subject=owner.id)
                heads.insert(uuid4(), content, record, type="login", version=1, changed_at=now, once=None)


def _one_with_blob(cfg: Configurator, owner: User) -> None:
    login = Login(name="A first one", website="https://example.org", username="relay", password="pw-pw-pw")
    with cfg.unit.open():
        token = cfg.get(Sessions).begin(owner, device="bench")
    with cfg.unit.open():
        subject = cfg.get(Sessions).subject(token)
        assert subject is not None
        cfg.get(Vault).create(subject, "login", values=to_plain(login))
