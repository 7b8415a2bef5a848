"""Takes a database back to an earlier schema, as one that has not been upgraded yet."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from app import migrations


def downgrade(engine: Engine, revision: str) -> None:
    """Undo the migrations after `revision`."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
