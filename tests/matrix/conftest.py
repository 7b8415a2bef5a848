"""One Tresor for the whole matrix on each kind of database, with everybody in it who the matrix names."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from werkzeug.test import TestResponse

from app.credentials.values import to_plain
from app.groups.deletion import Deletion
from app.keys.keyrings import Keyrings
from app.keys.trail import Note
from app.subject import SYSTEM, GroupLevel, Subject
from app.users.links import For, Links
from app.users.own_sessions import OwnSessions
from app.users.permissions import ADMINISTRATOR
from app.users.roles import Roles
from app.users.service import INVITED
from app.users.setup import Setup
from app.vault.heads import Grant
from app.vault.policy import Level
from app.vault.sharing import Sharing, Wishes
from app.vault.undo import ticket
from tests.builders import PASSWORD, Client, World, a_jira, build_world
from tests.mails import sends_mails
from tests.matrix.table import PEOPLE
from tests.services import Postgres

SIGNED_IN = PEOPLE[1:]
HOST = "127.0.0.1"


@dataclass
class Cast:
    """Everybody of the matrix, with a browser each, and what they ask for."""

    world: World
    people: dict[str, Subject]
    group: UUID
    setup: str
    browsers: dict[str, Client] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    kept: UUID = field(default_factory=uuid4)
    trashed: UUID = field(default_factory=uuid4)
    session: UUID = field(default_factory=uuid4)
    linked: dict[str, object] = field(default_factory=dict)
    colleague: UUID = field(default_factory=uuid4)
    off: UUID = field(default_factory=uuid4)
    spare: UUID = field(default_factory=uuid4)
    role: UUID = field(default_factory=uuid4)
    team: UUID = field(default_factory=uuid4)

    def browser(self, who: str) -> Client:
        """Return the browser that this person has all the time."""
        if who not in self.browsers:
            self.browsers[who] = self.world.client(self.people.get(who))
        return self.browsers[who]

    def token(self, who: str) -> str:
        """Return a form token of that browser."""
        if who not in self.tokens:
            self.tokens[who] = self.browser(who).token()
        return self.tokens[who]

    def places(self, *, fresh: bool = False) -> dict[str, object]:
        """Return what the paths' names stand for. fresh: secrets that nobody else asks for."""
        kept = self.secret() if fresh else self.kept
        return {
            "kept": kept,
            "undo": self.undo(kept),
            "trashed": self.secret(trashed=True) if fresh else self.trashed,
            "session": self.begun() if fresh else self.session,
            "colleague": self.another() if fresh else self.colleague,
            "off": self.another(off=True) if fresh else self.off,
            "role": self.made() if fresh else self.role,
            "built_in": ADMINISTRATOR,
            "group": self.group,
            "team": self.another_team() if fresh else self.team,
            "system": SYSTEM,
            "setup": self.setup,
            "unknown": uuid4(),
            **(self.links() if fresh or not self.linked else self.linked),
        }

    def links(self) -> dict[str, object]:
        """Return somebody who was invited, somebody who wants another address, and links for all that links do."""
        world, links, name = self.world, self.world.cfg.get(Links), f"p{uuid4().hex}"
        with world.unit():
            by, email = Note("tests.issue", actor="tests"), f"{name}@example.org"
            names: dict[str, Any] = {"first_name": name, "last_name": "", "roles": ()}
            invited = world.users.add("tests", by, email=email, **names, password=None, status=INVITED)
            invite = links.issue(For.INVITATION, by, user=invited, address=email)
            mover = world.users.get(world.person(f"mover-{name}").id)
            move = links.issue(For.ADDRESS, by, user=mover, address=f"moved-{name}@example.org")
            reset = links.issue(For.RESET, by, user=mover, address=mover.email if mover else "")
            register = links.issue(For.REGISTRATION, by, user=None, address=f"new-{name}@example.org")
        doors = {"reset": reset, "register": register}
        return {**doors, "invited": invited.id, "invite": invite, "mover": mover.id if mover else None, "move": move}

    def undo(self, secret: UUID) -> str:
        """Return what the owner's last save of the sharing would offer if it had taken this secret from somebody."""
        owner, stranger = self.people["owner"].id, self.people["stranger"].id
        lost = [Grant(stranger, Level.VIEWER, None, by=owner, at=self.world.clock())]
        revision = int(self.revision("secret", secret))
        return ticket(self.world.cfg.get(Keyrings).current, owner, secret, revision, lost)

    def secret(self, *, trashed: bool = False) -> UUID:
        """Keep a secret of two versions, shared with viewer and editor, published in the group."""
        world, owner = self.world, self.world.subject(self.people["owner"].id)  # signed in anew: others end sessions
        made = world.keep(a_jira(), owner=owner)
        with world.unit():
            world.vault.change(owner, made, seen=1, values=to_plain(a_jira(name="Edited")), cleared=frozenset())
        with world.unit():
            for name, level in (("viewer", Level.VIEWER), ("editor", Level.EDITOR)):
                self._shares(owner, made, Wishes(add=self.people[name].email, add_level=level))
            self._shares(owner, made, Wishes(shown=frozenset({self.group}), ticked=frozenset({self.group})))
            if trashed:
                world.trash.delete(owner, made)
        return made

    def made(self) -> UUID:
        """Make a role that nobody has."""
        with self.world.unit():
            return self.world.cfg.get(Roles).create("tests", name=f"Role {uuid4()}", permissions=["group.create"]).id

    def another_team(self) -> UUID:
        """Create a team that nobody else of the matrix leaves or deletes; it has another admin, too."""
        made = self.world.group(f"Team {uuid4()}").id
        with self.world.unit():
            for name, level in (
                ("group-admin", "admin"),
                ("keeper", "admin"),
                ("owner", "member"),
                ("member", "member"),
            ):
                self.world.groups.add_member("tests", made, self.world.known[name], level=GroupLevel(level))
        return made

    def mark(self, group: UUID) -> str:
        """Return what the question before a deletion shows, as its form sends it."""
        with self.world.unit():
            return self.world.cfg.get(Deletion).question(self.people["administrator"], group).mark

    def begun(self) -> UUID:
        """Begin another session of the stranger."""
        world = self.world
        stranger = world.subject(self.people["stranger"].id)
        with world.unit():
            return next(each.id for each in world.cfg.get(OwnSessions).of(stranger) if each.this)

    def another(self, *, off: bool = False) -> UUID:
        """Create one more person. off: who is disabled."""
        made = self.world.person(f"person-{uuid4().hex}")
        if off:
            with self.world.unit():
                self.world.users.disable("tests", made.id)
        return made.id

    def renew(self, who: str) -> None:
        """Sign this person in anew, with a form token: all their sessions have ended."""
        self.browsers.pop(who, None)
        self.tokens.pop(who, None)
        self.token(who)

    def _shares(self, owner: Subject, secret: UUID, wishes: Wishes) -> None:
        sharing = self.world.cfg.get(Sharing)
        sharing.save(owner, secret, revision=sharing.state(owner, secret).head.revision, wishes=wishes)

    def revision(self, table: str, identity: object) -> str:
        """Return the revision of a row, as the page that showed it would send it."""
        rows = self.world.sql(f'SELECT revision FROM "{table}" WHERE id = :id', id=self._stored(identity))
        return str(rows[0].revision)

    def _stored(self, identity: object) -> object:
        return str(identity).replace("-", "") if self.world.cfg.unit.is_sqlite else identity

    def ask(self, who: str, method: str, path: str, *, browser: Client | None = None, **how: Any) -> TestResponse:
        """Send a request as this person's browser sends it from our own page."""
        asking = browser or self.browser(who)
        headers = {"Sec-Fetch-Site": "same-origin", **how.pop("headers", {})}
        return asking.http.open(path, method=method, base_url=asking.site, headers=headers, **how)

    def state(self) -> Mapping[str, list[dict[str, Any]]]:
        """Return everything stored that a refused request may not change."""
        tables = (
            "secret",
            "version",
            "access",
            "publication",
            "membership",
            "user",
            "role",
            "user_role",
            "group",
            "options",
            "keyring",
        )
        return {table: sorted(self.world.rows(table), key=repr) for table in tables}


DATABASES = [pytest.param(kind, marks=pytest.mark.xdist_group(f"matrix-{kind}")) for kind in ("sqlite", "postgres")]


@pytest.fixture(scope="session", params=DATABASES)
def cast(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    """Everybody of the matrix in one Tresor, once on each kind of database."""
    folder = tmp_path_factory.mktemp("matrix")
    if request.param == "sqlite":
        (folder / "data").mkdir()
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "data" / "tresor.sqlite3")
        url = f"sqlite:///{folder}/data/tresor.sqlite3"
        yield a_cast(folder, url)
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.new_database(template=request.getfixturevalue("postgres_template"))
    made = a_cast(folder, url)
    yield made
    made.world.cfg.unit.engine.dispose()
    postgres.drop(url)


def a_cast(folder: Path, url: str) -> Cast:
    """Return the people in their places, each signed in before anything about them changed."""
    world = build_world(folder, {"TRESOR_DATABASE_URL": url, "TRESOR_USERS__REGISTRATION": "true"})
    setup = world.cfg.get(Setup).token()
    assert setup is not None
    people = {name: world.person(name, admin=name == "administrator") for name in SIGNED_IN}
    group = world.group("Operations").id
    cast = Cast(world, people, group, setup)
    for name in SIGNED_IN:
        cast.browser(name)
    people["group-admin"] = world.joins(people["group-admin"], group, admin=True)
    for name in ("owner", "member", "former"):
        people[name] = world.joins(people[name], group)
    sends_mails(world)
    cast.linked = cast.links()
    cast.colleague, cast.spare, cast.off = cast.another(), cast.another(), cast.another(off=True)
    world.person("keeper")
    cast.team = cast.another_team()
    cast.kept, cast.trashed, cast.session = cast.secret(), cast.secret(trashed=True), cast.begun()
    cast.role = cast.made()
    world.share(cast.kept, owner=people["owner"], to=people["disabled"], level="owner")
    people["former"] = world.leaves(people["former"], group)
    with world.unit():
        world.users.disable("tests", people["disabled"].id)
    return cast


def anew(cast: Cast, who: str) -> tuple[Client, str]:
    """Return another browser of this person, with a form token, for what ends or changes a session."""
    if who != "disabled":
        browser = cast.world.client(cast.people.get(who))
        return browser, browser.token()
    browser = cast.world.client()
    old = cast.browser(who).http.get_cookie("session", domain=HOST)
    assert old is not None
    browser.http.set_cookie("session", old.value, domain=HOST)
    return browser, browser.token()


def a_form(cast: Cast, path: str, places: Mapping[str, Any]) -> dict[str, str]:
    """Return what the page of this path would send."""
    last = path.rsplit("/", 1)[1]
    forms = {
        "login": {"email": "stranger@example.org", "password": PASSWORD, "next": ""},
        "confirm": {"password": PASSWORD, "next": ""},
        "language": {"language": "en"},
        "jira": {**_texts(to_plain(a_jira())), "once": ""},
        "profile": {"first_name": "Anna", "last_name": "Example"},
        "look": {"theme": "dark", "density": "compact", "reveal_seconds": "30", "single_keys": "off"},
        "theme": {"theme": "dark"},
        "password": {"password": PASSWORD, "password_again": PASSWORD},
        "strength": {"password": PASSWORD, "password_again": ""},
        "purge": {"name": "Edited"},
        "members": {"revision": "1"},
        "invite": {"email": f"{uuid4().hex}@example.org", "first_name": "Zoë", "last_name": "", "language": "en"},
        "{invite}": {
            "first_name": "Zoë",
            "last_name": "",
            "language": "en",
            "password": PASSWORD,
            "password_again": PASSWORD,
        },
        "forgot": {"email": "stranger@example.org"},
        "register": {"email": f"{uuid4().hex}@example.org"},
        "{reset}": {"password": PASSWORD, "password_again": PASSWORD},
        "{register}": {"first_name": "Zoë", "last_name": "Klein", "password": PASSWORD, "password_again": PASSWORD},
        "address": {"email": f"{uuid4().hex}@example.org"},
        "told": {"number": "1"},
        "leave": {"publications": "keep"} if path.startswith("/groups/") else {},
        "new": {"name": f"Group {uuid4()}", "description": ""},
    }
    if path == "/admin/users/{colleague}":
        return {"revision": cast.revision("user", places["colleague"]), "first_name": "Person", "last_name": "Y"}
    if path == "/admin/users/disable":
        return {f"person-{cast.spare}": "on"}
    if path.startswith("/admin/users/{") and last not in forms:
        return {"revision": "1"} if last == "{unknown}" else {}
    if "/versions/" in path:
        return {"version": "2"}
    if path == "/admin/roles/new":
        return {"name": f"New role {uuid4()}", "description": "", "may-group.create": "on"}
    if "/admin/roles/" in path:
        seen = {"revision": cast.revision("role", places["role"])}
        return seen if last == "delete" else {**seen, "name": f"Other role {uuid4()}", "description": ""}
    if path == "/admin/settings/edit":
        # as it is: whatever the order, the door stays open for the other lines
        return {"revision": "0", "registration": "on", "registration_domains": "", "directory": "groups"}
    if path == "/admin/settings/reset":
        return {"revision": "0", "name": "registration"}
    if last == "edit" and "/groups/" in path:
        group = places["group" if "{group}" in path else "system"]
        return {"description": "What it does", "revision": cast.revision("group", group)}
    if last == "shown" and "/groups/" in path:
        return {"turn": "1"}
    if last == "delete" and "/groups/" in path:
        return {"mark": cast.mark(places["team"])}
    if path == "/account/language":
        return {"language": "en", "time_zone": "UTC"}
    if last == "edit":
        return {**_texts(to_plain(a_jira(name="Changed"))), "version": "2"}
    if last == "test":
        return {**_texts(to_plain(a_jira())), **({"once": ""} if "/new/" in path else {"version": "2"})}
    if last == "sharing":
        secret = places["kept" if "{kept}" in path else "trashed"]
        return {"revision": cast.revision("secret", secret), "add": "stranger@example.org", "add-level": "viewer"}
    if last == "members":
        group = places["group" if "{group}" in path else "system"]
        member = cast.people["member"].id
        return {"revision": cast.revision("group", group), f"level-{member}": "member"}
    return forms.get(last, {})


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}
