"""The clockwork behind the door: each serving process decides about requests, its own at once, those of others soon."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Event, Thread

from app.database import Unit
from app.users.requests import MOST_AT_ONCE, Requests
from app.web.logs import without_text

log = logging.getLogger(__name__)

EVERY_SECONDS = 5
ANSWER_SECONDS = 0.2
"""How long each request rests at least, in whichever process, so that its answer has left before it is decided about:
how long that takes tells nothing of what is found."""
PATIENCE_SECONDS = 5
"""How long the end of a process waits for what is being decided."""


class Worker:
    """A thread that ends with the process."""

    def __init__(self, unit: Unit, requests: Requests, *, every: float = EVERY_SECONDS) -> None:
        """every: seconds between two looks for what other processes were asked."""
        self._unit, self._requests, self._every = unit, requests, every
        self._asked, self._stop = Event(), Event()
        self._thread: Thread | None = None
        self.context: Callable[[], AbstractContextManager[object]]
        """Encloses each turn: the app's context, in which texts have a language."""

    def start(self) -> None:
        """Begin to decide, now and whenever something is asked for."""
        self._thread = Thread(target=self._run, name="requests", daemon=True)
        self._thread.start()
        atexit.register(self.stop)

    def stop(self) -> None:
        """End the thread after the request that it decides about."""
        self._stop.set()
        self._asked.set()
        if self._thread is not None:
            self._thread.join(PATIENCE_SECONDS)
        atexit.unregister(self.stop)

    def wake(self) -> None:
        """Say that something has been asked for."""
        self._asked.set()

    def turn(self, *, rest: float = 0) -> int:
        """Decide about what is due, one request after the other, and return how many there were.

        rest: seconds from looking to deciding. Raises Unavailable if the database does not answer.
        """
        with self.context():
            with self._unit.open():
                due = self._requests.due()
            if due and rest:
                self._stop.wait(rest)
            for request_id in due:
                if self._stop.is_set():
                    break
                self._requests.settle(request_id)
        return len(due)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._asked.clear()
            if not self._is_more():
                self._asked.wait(self._every)

    def _is_more(self) -> bool:
        """Do a turn, and return whether another one should follow at once."""
        try:
            return self.turn(rest=ANSWER_SECONDS) == MOST_AT_ONCE
        except Exception as error:  # the thread is the only one of its process
            log.error("requests wait: %s", type(error).__name__, exc_info=without_text(error))
            return False
