"""The collector's clockwork: each serving process empties the trash at its start and daily, one at a time."""

from __future__ import annotations

import logging
from threading import Event, Thread

from app.errors import TresorError
from app.vault.trash import LEASE_TIME, Trash
from app.web.logs import without_text

log = logging.getLogger(__name__)

DAY = 24 * 60 * 60
AGAIN = LEASE_TIME.total_seconds()
"""Seconds until it is tried again after a failure, whose lease has ended then; twice as long after each further one."""
LONGEST = 2 * 60 * 60
LEASE = "collect"


class Collector:
    """A thread that ends with the process."""

    def __init__(self, trash: Trash, *, again: float = AGAIN) -> None:
        """again: seconds from a failure to the next try."""
        self._trash, self._again = trash, again
        self._stop = Event()

    def start(self) -> None:
        """Begin to collect, now and daily."""
        Thread(target=self._run, name="collector", daemon=True).start()

    def stop(self) -> None:
        """End the thread after what it is doing."""
        self._stop.set()

    def turn(self) -> bool:
        """Collect if no other process does; return whether this one did."""
        if not self._trash.lease(LEASE):
            return False
        collected = self._trash.collect()
        facts = {"secrets": len(collected.secrets), "blobs": len(collected.blobs), "damaged": len(collected.damaged)}
        log.info("collected", extra={"facts": facts})
        return True

    def _run(self) -> None:
        again = self._again
        while not self._stop.is_set():
            if self._is_done():
                again = self._again
                self._stop.wait(DAY)
            else:
                self._stop.wait(again)
                again = min(2 * again, LONGEST)

    def _is_done(self) -> bool:
        """Do a turn, and return whether it did not fail."""
        try:
            self.turn()
        except TresorError as error:
            log.error("not collected: %s", error)
            return False
        except Exception as error:  # the thread is the only one of its process
            log.error("not collected: %s", type(error).__name__, exc_info=without_text(error))
            return False
        return True
