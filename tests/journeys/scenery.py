"""A believable Tresor to look at: a small company's people, groups and secrets, served without a second process."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from flask import Flask
from sqlalchemy import create_engine
from werkzeug.serving import WSGIRequestHandler, make_server

from app.credentials import Credentials, credential_type
from app.credentials import field as declared
from app.credentials.types import SMTP, ApiKey, Jira, Login, Note
from app.groups.service import Group
from app.migrations.running import upgrade
from app.subject import SYSTEM, GroupLevel, Subject
from app.users.permissions import ADMINISTRATOR
from app.users.preferences import Preferences
from app.users.sessions import Sessions
from app.vault.trash import Trash
from tests.builders import PASSWORD, START, World, build_world
from tests.processes import free_port

HOST = "nordwerk.example"


@credential_type("ftp", title="FTP server", description="Where builds are uploaded.", logo="server")
class Ftp(Credentials):
    """A type whose package is gone later on."""

    name: str = declared("Name")
    host: str = declared("Host", style="host")
    password: str = declared("Password", style="secret")

    def summary(self) -> str:
        return self.host


@dataclass
class Scenery:
    """A served world: its people as they act, its groups and secrets by name."""

    world: World
    url: str
    people: dict[str, Subject] = field(default_factory=dict)
    groups: dict[str, UUID] = field(default_factory=dict)
    secrets: dict[str, UUID] = field(default_factory=dict)

    def address(self, name: str) -> str:
        """Return the path of a secret's page."""
        return f"/vault/{self.secrets[name]}"

    def session(self, name: str) -> str:
        """Begin a session for somebody and return what its cookie holds."""
        with self.world.unit():
            user = self.world.users.get(self.people[name].id)
            assert user is not None
            return self.world.cfg.get(Sessions).begin(user, device="scenery")

    def speaks(self, language: str) -> None:
        """Let everybody's account be in this language."""
        with self.world.unit():
            for person in self.people.values():
                self.world.cfg.get(Preferences).speak(person, language=language)


PEOPLE = {  # first and last name; Lena is the one who looks, Jonas has what is damaged or without a type
    "lena": ("Lena", "Hoffmann"), "anna": ("Anna", "Berger"), "ben": ("Ben", "Okafor"), "miriam": ("Miriam", "Oduya"),
    "jonas": ("Jonas", "Weiß"), "selin": ("Selin", "Kaya"), "tomas": ("Tomáš", "Novák"), "nora": ("Nora", "Lindqvist"),
}  # fmt: skip
ADMINISTRATORS = ("lena", "nora")
MEMBERS = {
    "System": ("lena", "anna", "nora"),
    "Release": ("lena*", "anna*", "jonas", "selin", "ben"),
    "Support": ("anna*", "lena", "miriam", "tomas", "ben"),
}
DESCRIPTIONS = {
    "Release": "Ships the product. The release bot works in this group.",
    "Support": "Answers customers. No automation yet.",
}


@dataclass(frozen=True)
class Kept:
    """A secret of the scenery: how long ago it was last changed, whose it is, who else has it."""

    days: float
    credentials: Credentials
    owner: str = "lena"
    shared: tuple[tuple[str, str], ...] = ()
    groups: tuple[str, ...] = ()


def _login(name: str, website: str, username: str) -> Login:
    return Login(name=name, website=f"https://{website}", username=username, password=f"{name}-Kx7-quartz")


def _key(name: str, address: str, expires: date | None = None) -> ApiKey:
    return ApiKey(name=name, address=f"https://{address}", key=f"sk_live_{name}", expires=expires)


def _jira(name: str, email: str) -> Jira:
    return Jira(name=name, email=email, token=f"ATATT3x-{name}", site="https://nordwerk.atlassian.net")


RECOVERY = "1  granite-willow-302\n2  harbor-saffron-118\n3  copper-meadow-944\n4  velvet-anchor-571"

SECRETS = (
    Kept(0.3, _login("Deutsche Bahn business account", "accounts.bahn.de", f"l.hoffmann@{HOST}")),
    Kept(1.1, _key("Figma personal token", "api.figma.com", date(2026, 11, 28))),
    Kept(5, _jira("Jira – product board", f"lena.hoffmann@{HOST}")),
    Kept(21, _login("Travel insurance portal", "portal.reiseversicherung.example", "lhoffmann")),
    Kept(40, Note(name="Recovery codes, GitHub", text=RECOVERY)),
    Kept(64, _login("Notary portal", "portal.notariat.example", "hoffmann.lena"), "lena", (("miriam", "viewer"),)),
    Kept(80, _key("Weather service", "api.weather.example"), "lena", (("jonas", "editor"),)),
    Kept(120, _login("Conference hotel", "booking.example", f"lena.hoffmann@{HOST}"), "lena", (("selin", "viewer"),)),
    Kept(150, Note(name="Alarm code, office", text="4711 #"), "lena", (("anna", "viewer"), ("ben", "viewer"))),
    Kept(190, _login("Parcel service", "parcels.example", "nordwerk-lh"), "lena", (("ben", "editor"),)),
    Kept(0.13, _login("Analytics dashboard", "analytics.example", f"team@{HOST}"), "anna",
         (("lena", "editor"), ("ben", "viewer"), ("miriam", "viewer"))),
    Kept(14, _login("Hosting control panel", "panel.hosting.example", f"ops@{HOST}"), "lena", (("anna", "editor"),)),
    Kept(16, _login("Domain registrar", "registrar.example", "NW-20931"), "lena", (("anna", "owner"),)),
    Kept(33, _login("Steuerberatung Portal der Lohnbuchhaltung und Finanzbuchhaltung", "portal.steuer.example",
                    f"buchhaltung-und-controlling@{HOST}"), "miriam", (("lena", "viewer"), ("ben", "viewer"))),
    Kept(51, _jira("Jira – support desk", f"support@{HOST}"), "anna", (("lena", "viewer"),)),
    Kept(70, Note(name="Server room", text="Second key: reception, drawer 3."), "lena",
         (("anna", "viewer"), ("jonas", "viewer"), ("selin", "viewer"), ("ben", "viewer"))),
    Kept(95, _login("Print shop", "druckerei.example", "nordwerk"), "selin", (("lena", "editor"),)),
    Kept(24, _jira("Jira – release bot", f"release-bot@{HOST}"), "lena", (), ("Release", "Support")),
    Kept(28, _key("Status page token", "api.status.example"), "lena", (("anna", "editor"),), ("Release",)),
    Kept(36, _key("Package registry, publish", "registry.example"), "lena", (("jonas", "viewer"),), ("Release",)),
    Kept(44, _login("App store connect", "appstore.example", f"release@{HOST}"), "anna", (("lena", "owner"),),
         ("Release",)),
    Kept(52, _key("Error tracker", "errors.example"), "lena", (), ("Support",)),
    Kept(60, _key("Translations service", "api.translations.example", date(2027, 3, 1)), "lena", (), ("Release",)),
    Kept(75, _jira("Jira – status sync", f"status-bot@{HOST}"), "anna", (), ("Support",)),
)  # fmt: skip
DELETED = (
    Kept(2, _login("Old intranet", "intranet.example", "lena")),
    Kept(11, _key("Maps API key, staging", "maps.example")),
    Kept(27.2, _login("Ticket shop before the move", "tickets.example", "nordwerk"), "lena", (("anna", "viewer"),)),
)
MAIL = "Outgoing mail, production"
DAMAGED = "Hosting account, old"
"""Its stored values do not verify, so its page says so."""
UNREADABLE = "Backup account"
"""Its head does not verify, so not even its name is known."""
MISSING = "Upload server"
"""Of a type that is not installed any more."""


@contextmanager
def scenery(folder: Path) -> Iterator[Scenery]:
    """Build and serve it in `folder` until the block ends."""
    port = free_port()
    environment = _environment(folder, port)
    past = build_world(folder, environment, types=[Ftp])
    people, groups = _people(past), _groups(past)
    built = Scenery(past, environment["TRESOR_BASE_URL"], people, groups)
    _memberships(built)
    _fill(built)
    past.cfg.unit.engine.dispose()
    built.world = build_world(folder, environment)  # without the type that came from a package
    built.world.clock.now = START
    _damage(built)
    built.people = {name: built.world.subject(person.id) for name, person in people.items()}
    with _served(built.world.app, port):
        yield built
    built.world.cfg.unit.engine.dispose()


@contextmanager
def empty_scenery(folder: Path, *, types: Sequence[type[Credentials]] = (), **settings: str) -> Iterator[Scenery]:
    """Serve a Tresor that nobody has set up yet, with these types beside the built-in ones; people may register."""
    port = free_port()
    environment = {**_environment(folder, port), "TRESOR_USERS__REGISTRATION": "true", **settings}
    world = build_world(folder, environment, types=types)
    with _served(world.app, port):
        yield Scenery(world, environment["TRESOR_BASE_URL"])
    world.cfg.unit.engine.dispose()


def _environment(folder: Path, port: int) -> dict[str, str]:
    database = f"sqlite:///{folder}/data/tresor.sqlite3"
    (folder / "data").mkdir(parents=True, exist_ok=True)
    engine = create_engine(database)
    upgrade(engine)
    engine.dispose()
    return {"TRESOR_DATABASE_URL": database, "TRESOR_BASE_URL": f"http://127.0.0.1:{port}"}


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def _served(app: Flask, port: int) -> Iterator[None]:
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# ── what it is filled with ──


def _people(world: World) -> dict[str, Subject]:
    world.clock.now = START - timedelta(days=320)
    made = {}
    for name, (first, last) in PEOPLE.items():
        with world.unit():
            user = world.users.create(
                "scenery", email=f"{name}@{HOST}", first_name=first, last_name=last, password=PASSWORD,
                roles=[ADMINISTRATOR] if name in ADMINISTRATORS else [],
            )  # fmt: skip
        made[name] = world.subject(user.id)
    return made


def _groups(world: World) -> dict[str, UUID]:
    made = {"System": SYSTEM}
    for name, description in DESCRIPTIONS.items():
        with world.unit():
            group: Group = world.groups.create("scenery", name=name, description=description)
        made[name] = group.id
    return made


def _memberships(built: Scenery) -> None:
    world = built.world
    with world.unit():
        for group, names in MEMBERS.items():
            for name in names:
                level = GroupLevel.ADMIN if name.endswith("*") else GroupLevel.MEMBER
                person = built.people[name.rstrip("*")]
                world.groups.add_member("scenery", built.groups[group], person.id, level=level)
    built.people = {name: world.subject(person.id) for name, person in built.people.items()}


def _fill(built: Scenery) -> None:
    _mail_history(built)
    more = (Kept(130, _login(DAMAGED, "old-hosting.example", "ops"), "jonas"),
            Kept(140, _key(UNREADABLE, "backup.example"), "jonas"),
            Kept(210, Ftp(name=MISSING, host="ftp.example", password="upload-4711"), "jonas"))  # fmt: skip
    for kept in sorted((*SECRETS, *more), key=lambda each: -each.days):
        _keep(built, kept)
    for kept in DELETED:
        secret = _keep(built, Kept(kept.days + 60, kept.credentials, kept.owner, kept.shared))
        built.world.clock.now = START - timedelta(days=kept.days)
        with built.world.unit():
            built.world.cfg.get(Trash).delete(built.people[kept.owner], secret)
    _used(built)


def _keep(built: Scenery, kept: Kept) -> UUID:
    world, owner = built.world, built.people[kept.owner]
    world.clock.now = START - timedelta(days=kept.days)
    secret = world.keep(kept.credentials, owner=owner)
    for name, level in kept.shared:
        world.share(secret, owner=owner, to=built.people[name], level=level)
    for group in kept.groups:
        world.publish(secret, owner=owner, group=built.groups[group])
    built.secrets[kept.credentials.name] = secret
    return secret


def _mail_history(built: Scenery) -> None:
    """The mail server with everything that its page can show: versions, shares with an end, uses, openings."""
    world, lena, anna = built.world, built.people["lena"], built.people["anna"]
    world.clock.now = START - timedelta(days=257)
    first = SMTP(name=MAIL, host="mail.old-provider.example", username=f"relay@{HOST}", password="first-one-1",
                 sender=f"noreply@{HOST}")  # fmt: skip
    secret = built.secrets[MAIL] = world.keep(first, owner=lena)
    world.share(secret, owner=lena, to=anna, level="editor")
    _edit(built, anna, secret, days=80, password="copper-meadow-4-Lantern")
    _edit(built, lena, secret, days=0.001, host=f"smtp.{HOST}", password="maple-quartz-7-Orbit")
    world.clock.now = START - timedelta(days=3)
    with world.unit():
        world.vault.copy(anna, secret, field="password")
    world.clock.now = START - timedelta(days=2)
    world.share(secret, owner=lena, to=built.people["miriam"], until=datetime(2027, 1, 1, tzinfo=START.tzinfo))


def _edit(built: Scenery, by: Subject, secret: UUID, *, days: float, **values: object) -> None:
    world = built.world
    world.clock.now = START - timedelta(days=days)
    with world.unit():
        head = world.vault.open(by, secret).head
        plain = {"name": MAIL, "host": "mail.old-provider.example", "port": "587", "encryption": "starttls",
                 "username": f"relay@{HOST}", "sender": f"noreply@{HOST}"}  # fmt: skip
        world.vault.change(by, secret, seen=head.version, values={**plain, **values}, cleared=frozenset())


def _used(built: Scenery) -> None:
    match = built.world.handle.use_cases.match
    for minutes, kind, group, times in ((4, Jira, "Release", 3), (9, SMTP, "System", 12), (200, ApiKey, "Support", 2)):
        built.world.clock.now = START - timedelta(minutes=minutes)
        for _ in range(times):
            match(kind, group=built.groups[group], actor={"System": "mail"}.get(group, "release-bot"))


def _damage(built: Scenery) -> None:
    head, damaged = built.secrets[UNREADABLE], built.secrets[DAMAGED]
    with built.world.cfg.unit.engine.connect() as connection:
        connection.exec_driver_sql(
            "UPDATE secret SET seal = zeroblob(length(seal)) WHERE id = ?", (_stored(built, head),)
        )
        connection.exec_driver_sql(
            "UPDATE version SET sha256 = zeroblob(length(sha256)) WHERE secret = ?", (_stored(built, damaged),)
        )


def _stored(built: Scenery, secret: UUID) -> object:
    """Return an id as the database holds it."""
    return next(row["id"] for row in built.world.rows("secret") if str(row["id"]).replace("-", "") == secret.hex)
