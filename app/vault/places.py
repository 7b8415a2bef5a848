"""Places for tests of a connection: in each process few, one of them for a person, and hardly anybody waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from flask_babel import gettext as _

from app.errors import Throttled

AT_ONCE = 2
"""Tests at the same time in a process, which has a few threads for everybody."""
WAITING = 1
"""People who may wait for a place: each holds a thread, too."""
PATIENCE_SECONDS = 2
ACTION = "secret.test"


class Places:
    """Gives out places, each for the time of a test."""

    def __init__(self) -> None:
        self._free = threading.BoundedSemaphore(AT_ONCE)
        self._queue = threading.BoundedSemaphore(WAITING)
        self._people = set[UUID]()
        self._lock = threading.Lock()

    @contextmanager
    def of(self, person: UUID) -> Iterator[None]:
        """Hold a place for a person. Raises Throttled if they have one already, or if none becomes free soon."""
        with self._lock:
            if person in self._people:
                text = _("You are testing a connection already. Wait for its result, then try again.")
                raise Throttled(text, action=ACTION)
            self._people.add(person)
        try:
            if not self._free.acquire(blocking=False):
                self._wait()
            try:
                yield
            finally:
                self._free.release()
        finally:
            with self._lock:
                self._people.remove(person)

    def _wait(self) -> None:
        """Take a place as soon as one is free. Raises Throttled."""
        busy = Throttled(_("Others are testing connections. Try again in a few seconds."), seconds=5, action=ACTION)
        if not self._queue.acquire(blocking=False):
            raise busy
        try:
            if not self._free.acquire(timeout=PATIENCE_SECONDS):
                raise busy
        finally:
            self._queue.release()
