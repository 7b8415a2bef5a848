"""Creates or migrates the schema."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import Engine, text

from app.database import translated
from app.errors import Misconfigured

LOCK = 0x54525354
"""The number of PostgreSQL's advisory lock: two first starts at once migrate one after the other."""


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to `revision`, in one transaction; nothing if it is there already.

    Raises Unavailable, or Misconfigured for a database that this code knows no migrations of.
    """
    from alembic import command  # here, because it takes a third of a second that serving need not spend
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    with ExitStack() as ending:
        with translated():
            connection = ending.enter_context(engine.execution_options(isolation_level="AUTOCOMMIT").connect())
            sqlite = engine.dialect.name == "sqlite"
            connection.exec_driver_sql("BEGIN IMMEDIATE" if sqlite else "BEGIN")
            if not sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, revision)
        except CommandError as wrong:
            connection.exec_driver_sql("ROLLBACK")
            raise Misconfigured(f"database: its tables are not of this code's past ({wrong}): update Tresor") from wrong
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")
