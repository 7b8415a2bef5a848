"""Servers that a test run starts and ends."""

from __future__ import annotations

import ctypes
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

START_SECONDS = 60


@contextmanager
def running(command: Sequence[str | Path], end: signal.Signals, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server, end it with `end`; it does not survive us, even if we are killed."""
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, preexec_fn=_die_with_parent(end), **quiet | options)
    try:
        yield server
    finally:
        server.send_signal(end)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _die_with_parent(end: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(1, int(end), 0, 0, 0)  # PR_SET_PDEATHSIG


def wait_for(server: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
    """Return when `ready`; fail the test if the server ends or START_SECONDS pass."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if server.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"did not start: {server.args!r} (exit status {server.returncode})")
        time.sleep(0.05)


def free_port() -> int:
    """Return a port of loopback that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    """Tell whether somebody listens on this port of loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
