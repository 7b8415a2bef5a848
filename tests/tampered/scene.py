"""Two people, a team and a shared secret, and what each of them gets to see of it in the browser."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.credentials.types.login import Login
from app.database import Base
from app.subject import Subject
from app.vault.sharing import Sharing, Wishes
from tests.builders import Client, World, a_login
from tests.tampering import Row, put_back

NAME, VALUE = "Winter tyres", "pw-of-the-tyres"


@dataclass
class Scene:
    """anna owns a secret of the type Login; ben is a stranger until she shares it; carl is in the team."""

    world: World
    anna: Subject
    ben: Subject
    carl: Subject
    team: UUID
    secret: UUID

    def browser(self, person: Subject) -> Client:
        return self.world.client(person)

    def shares(self, level: str | None) -> None:
        """Give ben this level, or take away what he has."""
        if level is not None:
            self.world.share(self.secret, owner=self.anna, to=self.ben, level=level)
        else:
            self.wishes(Wishes(levels={self.ben.id: None}))

    def publishes(self) -> None:
        self.world.publish(self.secret, owner=self.anna, group=self.team)

    def withdraws(self) -> None:
        self.wishes(Wishes(shown=frozenset({self.team})))

    def wishes(self, wishes: Wishes) -> None:
        with self.world.unit():
            revision = self.world.cfg.get(Sharing).state(self.anna, self.secret).head.revision
            self.world.cfg.get(Sharing).save(self.anna, self.secret, revision=revision, wishes=wishes)

    def match(self, subject: Subject | None = None) -> Login:
        return self.world.handle.use_cases.match(Login, group=self.team, actor="tests", subject=subject)

    def answers(self, person: Subject) -> tuple[int, int]:
        """Return how detail and reveal answer; a value that leaves fails the test."""
        browser = self.browser(person)
        shown = browser.get(f"/vault/{self.secret}")
        revealed = browser.post(f"/vault/{self.secret}/fields/password/reveal")
        assert VALUE not in shown.text + revealed.text or revealed.status_code == 200
        return shown.status_code, revealed.status_code

    def is_listed(self, person: Subject) -> bool:
        """Tell whether the overview names the secret."""
        answer = self.browser(person).get("/vault")
        assert answer.status_code == 200
        return NAME in answer.text

    def damages(self, kind: str = "secret") -> set[UUID]:
        """Return the objects that the trail calls damaged."""
        return {event["object_id"] for event in self.world.events(f"{kind}.damaged")}

    def kept(self, *tables: str) -> list[tuple[str, Row]]:
        """Return all rows of these tables, in an order in which they can be put back."""
        return [(table, row) for table in tables for row in stored_all(self.world, table)]

    def put_back(self, rows: list[tuple[str, Row]]) -> None:
        for table, row in rows:
            put_back(self.world, table, row)


def stored_all(world: World, table: str) -> list[Row]:
    """Return the rows of a table as the models read them."""
    with world.cfg.unit.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(Base.metadata.tables[table].select())]


def set_scene(world: World) -> Scene:
    anna, ben, carl = world.person("anna"), world.person("ben"), world.person("carl")
    team = world.group("Release").id
    anna, carl = world.joins(anna, team, admin=True), world.joins(carl, team)
    secret = world.keep(a_login(name=NAME, password=VALUE), owner=anna)
    return Scene(world, anna, ben, carl, team, secret)
