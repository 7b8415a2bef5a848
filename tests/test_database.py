"""The unit of work: what it commits, what it undoes, and what it says of a database that is gone."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from app.clock import from_micros
from app.database import SCHEMA, Time, Unit, check_schema, create_database
from app.errors import Conflict, Misconfigured, Unavailable
from tests.builders import World


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = create_database(database_url)
    with made.connect() as connection:
        connection.execute(text("CREATE TABLE things (id INTEGER PRIMARY KEY, word TEXT)"))
    yield made
    made.dispose()


@pytest.fixture
def unit(engine: Engine) -> Unit:
    return Unit(engine)


def put(unit: Unit, number: int) -> None:
    with unit.writing():
        unit.execute(text("INSERT INTO things VALUES (:id, 'x')"), {"id": number})


def stored(engine: Engine) -> list[int]:
    """Return what another connection sees."""
    with engine.connect() as connection:
        return [row.id for row in connection.execute(text("SELECT id FROM things ORDER BY id"))]


class Broken(Exception):
    """Something that goes wrong inside."""


@contextmanager
def failing(unit: Unit) -> Iterator[None]:
    """Enclose what a unit does before it goes wrong."""
    with unit.open():
        yield
        raise Broken


def test_a_unit_commits_at_its_end(unit: Unit, engine: Engine) -> None:
    with unit.open():
        put(unit, 1)
        assert stored(engine) == []
    assert stored(engine) == [1]


def test_an_error_undoes_everything_that_the_unit_wrote(unit: Unit, engine: Engine) -> None:
    with pytest.raises(Broken), failing(unit):
        put(unit, 1)
        put(unit, 2)
    assert stored(engine) == []


def test_writing_alone_is_a_unit_of_its_own(unit: Unit, engine: Engine) -> None:
    put(unit, 1)
    assert stored(engine) == [1]
    assert unit.is_open is False


def test_an_inner_unit_joins_the_outer_one(unit: Unit, engine: Engine) -> None:
    with pytest.raises(Broken), failing(unit):
        with unit.open(), unit.writing():
            put(unit, 1)
        assert stored(engine) == []
    assert stored(engine) == []


def test_a_commit_in_the_middle_holds_though_the_rest_is_undone(unit: Unit, engine: Engine) -> None:
    with pytest.raises(Broken), failing(unit):
        put(unit, 1)
        unit.commit()
        put(unit, 2)
    assert stored(engine) == [1]


def test_a_roll_back_in_the_middle_leaves_the_unit_usable(unit: Unit, engine: Engine) -> None:
    with unit.open():
        put(unit, 1)
        unit.roll_back()
        put(unit, 2)
    assert stored(engine) == [2]


def test_a_fresh_unit_knows_nothing_of_one_that_failed(unit: Unit, engine: Engine) -> None:
    ran: list[str] = []
    with pytest.raises(Broken), failing(unit):
        put(unit, 1)
        unit.before_commit(lambda: ran.append("before"))
        unit.after_commit(lambda: ran.append("after"))
    put(unit, 2)
    assert ran == []
    assert stored(engine) == [2]


def test_what_is_kept_for_the_end_runs_in_order_and_before_the_commit(unit: Unit, engine: Engine) -> None:
    ran: list[tuple[str, list[int]]] = []

    def late() -> None:
        ran.append(("first", stored(engine)))
        unit.before_commit(lambda: ran.append(("asked for by the first", stored(engine))))

    with unit.writing():
        unit.before_commit(late)
        unit.before_commit(lambda: ran.append(("second", stored(engine))))
        unit.after_commit(lambda: ran.append(("after", stored(engine))))
        put(unit, 1)
    assert ran == [("first", []), ("second", []), ("asked for by the first", []), ("after", [1])]


def test_an_error_at_the_end_undoes_everything(unit: Unit, engine: Engine) -> None:
    def fail() -> None:
        raise Broken

    with pytest.raises(Broken), unit.writing():
        unit.before_commit(fail)
        put(unit, 1)
    assert stored(engine) == []


def test_facts_are_made_once_and_forgotten_at_the_end(unit: Unit) -> None:
    made: list[int] = []

    def make() -> int:
        made.append(1)
        return len(made)

    with unit.open():
        with unit.writing():
            assert (unit.fact("key", make), unit.fact("key", make)) == (1, 1)
        unit.commit()
        assert unit.fact("key", make) == 2
        unit.roll_back()
        assert unit.fact("key", make) == 3


def test_nothing_runs_outside_of_a_unit(unit: Unit) -> None:
    with pytest.raises(RuntimeError):
        unit.execute(text("SELECT 1"))


def test_threads_have_units_of_their_own(unit: Unit, engine: Engine) -> None:
    seen: list[bool] = []
    with unit.open():
        other = threading.Thread(target=lambda: seen.append(unit.is_open))
        other.start()
        other.join()
    assert seen == [False]


def test_a_unit_gives_its_connection_back(unit: Unit, engine: Engine) -> None:
    for number in range(20):
        put(unit, number)
        with pytest.raises(Broken), failing(unit):
            put(unit, 100)
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # both kinds have a queue


def test_two_writers_come_one_after_the_other(unit: Unit, engine: Engine) -> None:
    """The second one waits for the lock and loses nothing."""
    with unit.writing():
        unit.execute(text("INSERT INTO things VALUES (1, '')"))
    failures: list[BaseException] = []

    def add_letters() -> None:
        try:
            for _ in range(25):
                with unit.writing():
                    lock = "" if unit.is_sqlite else " FOR UPDATE"
                    row = unit.execute(text(f"SELECT word FROM things WHERE id = 1{lock}")).one()
                    unit.execute(text("UPDATE things SET word = :word"), {"word": row.word + "x"})
        except Exception as error:  # noqa: BLE001  # a thread's failure is the test's
            failures.append(error)

    threads = [threading.Thread(target=add_letters) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with unit.open():
        assert unit.execute(text("SELECT word FROM things")).scalar_one() == "x" * 100


def test_the_same_key_twice_is_a_conflict_or_refused(unit: Unit) -> None:
    put(unit, 1)
    with pytest.raises(IntegrityError if unit.is_sqlite else Conflict):
        put(unit, 1)


def test_a_read_leaves_no_transaction_behind(unit: Unit, engine: Engine) -> None:
    if unit.is_sqlite:
        with unit.open():
            unit.execute(text("SELECT * FROM things")).all()
            assert unit.connection.connection.driver_connection.in_transaction is False  # type: ignore[union-attr]
        return
    state = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")
    with unit.open(), engine.connect() as observer:
        pid = unit.execute(text("SELECT pg_backend_pid()")).scalar_one()
        unit.execute(text("SELECT * FROM things")).all()
        assert observer.execute(state, {"pid": pid}).scalar_one() == "idle"
        put(unit, 1)
        assert observer.execute(state, {"pid": pid}).scalar_one() == "idle in transaction"
        unit.commit()
        assert observer.execute(state, {"pid": pid}).scalar_one() == "idle"


def test_a_request_leaves_no_transaction_behind(world: World) -> None:
    anna = world.person("anna")
    browser = world.client(anna)
    assert browser.get("/vault").status_code == 200
    engine = world.cfg.unit.engine
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    if engine.dialect.name == "postgresql":
        states = world.sql(
            "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert {row.state for row in states} <= {"idle"}


def test_sqlite_is_prepared_for_crashes_and_forgets_what_is_deleted(tmp_path: Path) -> None:
    engine = create_database(f"sqlite:///{tmp_path}/deep/below/x.sqlite3")
    names = ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
    with engine.connect() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]
    engine.dispose()
    assert found == ["wal", 2, 1, 1]
    assert (tmp_path / "deep" / "below").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://root:hunter2@localhost/x", "sqlite://", "sqlite:///:memory:", "postgresql+asyncpg://h/x",
     "postgresql+psycopg://u:hunter2@h:port/x"],
)  # fmt: skip
def test_an_address_of_another_kind_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        create_database(url)
    assert refusal.value.lines == (
        "database.url: an address such as sqlite:////folder/tresor.sqlite3 or postgresql+psycopg://user@host/name",
    )


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured) as refusal:
        create_database(f"sqlite:///{tmp_path}/file/x.sqlite3")
    assert refusal.value.lines == (f"database.url: the folder {tmp_path}/file cannot be made (File exists)",)


# ── a database that is gone ──


def test_a_server_that_does_not_answer_is_unavailable() -> None:
    unit = Unit(create_database("postgresql+psycopg://tresor@127.0.0.1:1/none"))
    with pytest.raises(Unavailable), unit.open():
        unit.execute(text("SELECT 1"))
    assert unit.is_open is False


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    path.write_text("this is no database, whatever its name says" * 100)
    unit = Unit(create_database(f"sqlite:///{path}"))
    with pytest.raises(Unavailable), unit.open():
        unit.execute(text("SELECT 1"))


def test_a_locked_database_is_unavailable(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.sqlite3"
    first, second = create_database(url), create_database(url)
    holder, waiter = Unit(first), Unit(second)
    with holder.writing(), waiter.open():
        waiter.connection.exec_driver_sql("PRAGMA busy_timeout = 50")
        with pytest.raises(Unavailable), waiter.writing():
            pass
        assert waiter.is_writing is False
    first.dispose()
    second.dispose()


def lose_connections(world: World) -> None:
    """End every connection that the world has, as a server that restarts does."""
    world.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_connection_lost_in_the_middle_is_unavailable_and_the_next_unit_works(world: World) -> None:
    unit = world.cfg.unit
    with pytest.raises(Unavailable), unit.open():
        with unit.writing():
            unit.execute(text("SELECT 1"))
        lose_connections(world)
        unit.execute(text("SELECT 1"))
    with unit.open():
        assert unit.execute(text("SELECT 1")).scalar_one() == 1


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_commit_that_fails_is_unavailable_and_stores_nothing(world: World) -> None:
    with pytest.raises(Unavailable), world.unit():
        world.groups.create("tests", name="Lost")
        lose_connections(world)
    with world.unit():
        assert [group.name for group in world.groups.all()] == ["System group"]


def test_a_dead_database_is_a_503_page_and_life_goes_on_when_it_is_back(world: World) -> None:
    anna = world.person("anna")
    browser = world.client(anna)
    break_database, mend_database = _breaking(world)
    break_database()
    began = time.monotonic()
    answer = browser.get("/vault")
    assert (answer.status_code, time.monotonic() - began < 5) == (503, True)
    assert "<html" in answer.text
    assert browser.get("/healthz").status_code == 200
    ready = browser.get("/readyz")
    assert (ready.status_code, ready.json["keyring"]) == (503, "failed")  # type: ignore[index]
    mend_database()
    assert browser.get("/vault").status_code == 200
    assert browser.get("/readyz").status_code == 200


def _breaking(world: World) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return what takes the database away from the world and what brings it back."""
    engine = world.cfg.unit.engine
    if engine.dialect.name == "sqlite":
        path = Path(str(engine.url.database))
        aside = path.with_name("aside")

        def hide() -> None:
            engine.dispose()
            shutil.copy(path, aside)
            path.write_bytes(b"no database " * 1000)
            for extra in ("-wal", "-shm"):
                path.with_name(path.name + extra).unlink(missing_ok=True)

        return hide, lambda: shutil.move(aside, path) and None

    def limit(number: int) -> None:
        admin = create_database(engine.url.set(database="postgres").render_as_string(hide_password=False))
        with admin.connect() as connection:
            connection.exec_driver_sql(f'ALTER DATABASE "{engine.url.database}" ALLOW_CONNECTIONS {bool(number)}')
        admin.dispose()

    def kill() -> None:
        limit(0)
        admin = create_database(engine.url.set(database="postgres").render_as_string(hide_password=False))
        with admin.connect() as connection:
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
                {"name": engine.url.database},
            )
        admin.dispose()

    return kill, lambda: limit(1)


# ── the schema's number ──


def test_a_migrated_database_is_accepted(world: World) -> None:
    check_schema(world.cfg.unit)


@pytest.mark.parametrize(
    ("found", "line"),
    [
        ("0000", f"database: its tables are at 0000, {SCHEMA} is needed: flask db upgrade"),
        ("9999", f"database: its tables are at 9999, newer than this code ({SCHEMA}): update Tresor"),
    ],
)
def test_tables_of_another_time_stop_the_start(world: World, found: str, line: str) -> None:
    world.sql("UPDATE alembic_version SET version_num = :found", found=found)
    with pytest.raises(Misconfigured) as refusal:
        check_schema(world.cfg.unit)
    assert refusal.value.lines == (line,)


def test_a_database_that_does_not_answer_is_not_called_empty() -> None:
    with pytest.raises(Unavailable):
        check_schema(Unit(create_database("postgresql+psycopg://tresor@127.0.0.1:1/none")))


# ── times ──


@pytest.mark.parametrize("micros", [0, 1, -1, 1_795_000_000_123_456, 253_402_300_799_999_999, -62_135_596_800_000_000])
def test_a_moment_comes_back_to_the_microsecond(unit: Unit, micros: int) -> None:
    moment = from_micros(micros)
    time_type = Time()
    bound = time_type.process_bind_param(moment, unit.engine.dialect)
    assert bound == micros
    assert time_type.process_result_value(bound, unit.engine.dialect) == moment


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    berlin = datetime(2026, 11, 23, 10, tzinfo=timezone(timedelta(hours=1)))
    dialect = create_database("postgresql+psycopg://h/x").dialect
    assert Time().process_bind_param(berlin, dialect) == Time().process_bind_param(berlin.astimezone(UTC), dialect)


def test_a_first_connection_waits_for_who_writes_a_database_without_a_log(tmp_path: Path) -> None:
    """Two first starts at once: SQLite itself would say at once that the database is locked."""
    writer = sqlite3.connect(tmp_path / "x.sqlite3", isolation_level=None, check_same_thread=False)
    writer.execute("CREATE TABLE one (x)")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO one VALUES (1)")
    ends = threading.Timer(0.3, lambda: writer.execute("COMMIT"))
    engine = create_database(f"sqlite:///{tmp_path}/x.sqlite3")
    ends.start()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("SELECT x FROM one").scalar() == 1
    ends.join()
    engine.dispose()
    writer.close()
