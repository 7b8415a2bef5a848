"""What every test may ask for."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from app.migrations.running import upgrade
from tests.builders import World, build_world
from tests.services import Postgres

pytest_plugins = ["tests.services"]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database to copy."""
    path = tmp_path_factory.mktemp("template") / "tresor.sqlite3"
    engine = create_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """The name of a migrated PostgreSQL database to copy."""
    engine = create_engine(postgres.new_database(name="migrated"))
    upgrade(engine)
    engine.dispose()
    return "migrated"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database: once SQLite, once PostgreSQL."""
    if request.param == "sqlite":
        folder = tmp_path / "data"
        folder.mkdir()
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "tresor.sqlite3")
        yield f"sqlite:///{folder}/tresor.sqlite3"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.new_database(template=request.getfixturevalue("postgres_template"))
    yield url
    postgres.drop(url)


@pytest.fixture
def make_world(database_url: str, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Build a world with other settings or types."""
    built: list[World] = []

    def make(environment: dict[str, str] | None = None, **options: Any) -> World:
        world = build_world(tmp_path, {"TRESOR_DATABASE_URL": database_url, **(environment or {})}, **options)
        built.append(world)
        return world

    yield make
    for world in built:
        world.cfg.unit.engine.dispose()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A Tresor of its own on a migrated, empty database and a local folder."""
    return make_world()
