"""The server of `make dev`: it starts anew when a file changes, outlives a broken one, and can be ended."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.processes import free_port, running, wait_for
from tests.services import ROOT

ANSWER_SECONDS = 30
A_MOMENT = 2
"""Seconds in which the server would have reacted: it looks for changes twenty times a second."""


def page(port: int) -> str:
    """Return the sign-in page, or "" while nobody answers."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/login", timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


def soon(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + ANSWER_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {ANSWER_SECONDS} seconds")
        time.sleep(0.1)


def workers(server: int) -> list[str]:
    """Return the processes that a server has started."""
    return Path(f"/proc/{server}/task/{server}/children").read_text("utf-8").split()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what is served, to be edited."""
    copy = tmp_path / "checkout"
    for folder in ("app", "config", "static", "templates"):
        shutil.copytree(ROOT / folder, copy / folder, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "wsgi.py", copy)
    return copy


def test_it_starts_anew_after_a_change_outlives_a_broken_file_and_ends(checkout: Path) -> None:
    port = free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TRESOR_", "AZURE_"))}
    environment = {**clean, "TRESOR_BASE_URL": f"http://127.0.0.1:{port}", "PYTHONPATH": str(checkout)}
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--workers", "1", "--reload"]
    log = checkout.parent / "log"
    with (
        log.open("w") as out,
        running(command, signal.SIGINT, cwd=checkout, env=environment, stdout=out, stderr=out) as server,
    ):
        wait_for(server, lambda: "Sign in" in page(port))
        views, template = checkout / "app" / "users" / "views.py", checkout / "templates" / "users" / "login.html"
        whole = views.read_text("utf-8")
        views.write_text(f"{whole}((\n")
        soon(lambda: "SyntaxError" in log.read_text("utf-8"))
        time.sleep(A_MOMENT)
        assert server.poll() is None
        views.write_text(whole)
        template.write_text(template.read_text("utf-8").replace('_("Sign in")', '"Come in"'))
        soon(lambda: "Come in" in page(port))
        serving = workers(server.pid)
        for name in ("tresor.sqlite3-journal", "note.py"):
            (checkout / "instance" / "data" / name).write_text("x")
        time.sleep(A_MOMENT)
        assert workers(server.pid) == serving
        for _ in range(20):  # so fast that workers are told to end while they start
            views.touch()
            time.sleep(0.05)
        server.send_signal(signal.SIGINT)
        assert server.wait(ANSWER_SECONDS) is not None
