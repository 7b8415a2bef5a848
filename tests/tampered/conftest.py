"""The store of fifty secrets, filled once for the tests that only read it."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import build_world
from tests.tampered.fifty import Fifty, fill


@pytest.fixture(scope="module")
def fifty(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fifty]:
    """Fifty secrets on SQLite and a folder; who asks for it leaves it as it is."""
    folder = tmp_path_factory.mktemp("fifty")
    (folder / "data").mkdir()
    shutil.copy(sqlite_template, folder / "data" / "tresor.sqlite3")
    world = build_world(folder, {"TRESOR_DATABASE_URL": f"sqlite:///{folder}/data/tresor.sqlite3"})
    logging.disable(logging.ERROR)  # each of a hundred thousand refusals is one line
    yield fill(world)
    logging.disable(logging.NOTSET)
    world.cfg.unit.engine.dispose()
