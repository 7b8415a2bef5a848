"""A town: one Tresor for all tests of a module, in which everybody is new to each test."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest

from app.credentials import Credentials, credential_type
from app.credentials import field as credential_field
from app.groups.service import Group
from app.subject import Subject
from app.vault.heads import Head, Heads
from app.vault.sharing import Sharing
from tests.builders import World, build_world
from tests.services import Postgres


@credential_type("scrap", title="Scrap", description="Nothing of it must be filled in.", logo="key")
class Scrap(Credentials):
    name: str = credential_field("Name", default="My scrap")
    text: str = credential_field("Text", style="secret", required=False)
    count: int = credential_field("Count", default=1)


@dataclass
class Town(World):
    """A world whose people and teams get names that nobody had before."""

    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def person(self, name: str, *, admin: bool = False, groups: Mapping[UUID, str] | None = None) -> Subject:
        return super().person(f"{name}-{next(self.numbers)}", admin=admin, groups=groups)

    def group(self, name: str) -> Group:
        return super().group(f"{name} {next(self.numbers)}")

    def head(self, secret: UUID) -> Head:
        with self.unit():
            head = self.cfg.get(Heads).load(secret)
        assert head is not None
        return head

    @property
    def sharing(self) -> Sharing:
        return self.cfg.get(Sharing)

    def told(self, secret: UUID) -> list[tuple[str, UUID | None]]:
        """Return what happened to a secret and by whom, oldest first."""
        return [(event["action"], event["subject"]) for event in self.events() if event["object_id"] == secret]


@pytest.fixture(scope="module")
def town_folder() -> Iterator[Path]:
    """A folder of this module."""
    with TemporaryDirectory(prefix="town") as folder:
        yield Path(folder)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def town_url(request: pytest.FixtureRequest, town_folder: Path) -> Iterator[tuple[str, Path]]:
    """The address of a migrated, empty database of this module, and its folder."""
    folder = town_folder / request.param
    folder.mkdir()
    if request.param == "sqlite":
        (folder / "data").mkdir()
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "data" / "tresor.sqlite3")
        yield f"sqlite:///{folder}/data/tresor.sqlite3", folder
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.new_database(template=request.getfixturevalue("postgres_template"))
    yield url, folder
    postgres.drop(url)


@pytest.fixture(scope="module")
def town(town_url: tuple[str, Path]) -> Iterator[Town]:
    url, folder = town_url
    world = build_world(folder, {"TRESOR_DATABASE_URL": url}, types=[Scrap])
    yield Town(**vars(world))
    world.cfg.unit.engine.dispose()
