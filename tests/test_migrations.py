"""The migrations: they make what the models say, once, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

import app.migrations
from app.database import SCHEMA, Base, Unit, check_schema, create_database
from app.errors import Misconfigured, Unavailable
from app.migrations.running import upgrade
from app.vault.system import SecretManagement
from tests.builders import World
from tests.services import Postgres

ALL_TABLES = SecretManagement
"""Importing the top system has imported every model."""


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        engine = create_database(f"sqlite:///{tmp_path}/x.sqlite3")
        yield engine
        engine.dispose()
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.new_database()
    engine = create_database(url)
    yield engine
    engine.dispose()
    postgres.drop(url)


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(app.migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def test_the_migrations_make_what_the_models_say(empty: Engine) -> None:
    upgrade(empty)
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_every_table_has_a_primary_key_and_restricting_foreign_keys(empty: Engine) -> None:
    upgrade(empty)
    found = inspect(empty)
    for table in Base.metadata.tables:
        assert found.get_pk_constraint(table)["constrained_columns"] != []
        assert {key["options"].get("ondelete") for key in found.get_foreign_keys(table)} <= {None}


def test_the_code_names_the_newest_migration() -> None:
    assert scripts().get_heads() == [SCHEMA]


def test_migrations_stand_in_one_line() -> None:
    walked = list(scripts().walk_revisions())
    assert [script.down_revision for script in walked] == [*(each.revision for each in walked[1:]), None]


def test_upgrading_twice_changes_nothing(empty: Engine) -> None:
    upgrade(empty)
    before = {table: inspect(empty).get_columns(table) for table in sorted(inspect(empty).get_table_names())}
    upgrade(empty)
    after = {table: inspect(empty).get_columns(table) for table in sorted(inspect(empty).get_table_names())}
    assert str(after) == str(before)
    assert sorted(before) == sorted([*Base.metadata.tables, "alembic_version"])


def test_two_upgrades_at_once_migrate_one_after_the_other(empty: Engine) -> None:
    failures: list[BaseException] = []
    together = threading.Barrier(2)
    engines = [empty, create_database(empty.url.render_as_string(hide_password=False))]

    def run(engine: Engine) -> None:
        together.wait()
        try:
            upgrade(engine)
        except Exception as error:  # noqa: BLE001  # a thread's failure is the test's
            failures.append(error)

    threads = [threading.Thread(target=run, args=[engine]) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engines[1].dispose()
    assert failures == []
    check_schema(Unit(empty))


def test_a_migration_that_fails_leaves_nothing_behind(empty: Engine) -> None:
    with empty.connect() as connection:
        connection.execute(text('CREATE TABLE "version" (x INTEGER)'))  # in the way of one of ours
    with pytest.raises(DBAPIError, match="version"):
        upgrade(empty)
    assert inspect(empty).get_table_names() == ["version"]


def test_a_database_newer_than_the_code_is_left_alone(world: World) -> None:
    world.sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Misconfigured) as refusal:
        upgrade(world.cfg.unit.engine)
    assert refusal.value.lines == (
        "database: its tables are not of this code's past (Can't locate revision identified by '9999'): update Tresor",
    )


def test_a_server_that_does_not_answer_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        upgrade(create_database("postgresql+psycopg://tresor@127.0.0.1:1/none"))
