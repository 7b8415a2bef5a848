"""The services that tests run against are real, private, and loud when missing."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest

from tests.services import ROOT, Chromium, Postgres

NEEDY = "def test_needs_it({0}): pass\n"


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        answer = connection.execute(statement)
        return answer.fetchall() if answer.description else []


def test_a_database_made_from_a_template_has_its_tables_and_is_apart(postgres: Postgres) -> None:
    template = postgres.new_database(name="a_template")
    rows(template, "CREATE TABLE word (text text)")
    one, two = (postgres.new_database(template="a_template") for _ in range(2))
    rows(one, "INSERT INTO word VALUES ('one')")
    assert (rows(one, "SELECT text FROM word"), rows(two, "SELECT text FROM word")) == ([("one",)], [])
    for url in (one, two, template):
        postgres.drop(url)


def test_chromium_is_there(chromium: Chromium) -> None:
    assert os.access(chromium.path, os.X_OK)


@pytest.mark.parametrize(
    ("environment", "status", "outcome"), [({"CI": ""}, 0, "1 skipped"), ({"CI": "true"}, 1, "1 error")]
)
def test_a_missing_service_skips_loudly_and_fails_in_ci(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str], status: int, outcome: str
) -> None:
    folder = tmp_path_factory.mktemp("needy")
    (folder / "conftest.py").write_text('pytest_plugins = ["tests.services"]\n')
    (folder / "test_needy.py").write_text(NEEDY.format("chromium"))
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", folder, folder],
        cwd=ROOT, capture_output=True, text=True, env={"PATH": str(folder), "PYTHONPATH": str(ROOT)} | environment,
    )  # fmt: skip
    assert run.returncode == status
    lines = run.stdout.splitlines()
    assert "Chromium IS MISSING: apt-get install chromium; the tests that need it did not run" in lines
    assert outcome in lines[-1]
