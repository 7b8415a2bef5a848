"""The collector's clockwork: each serving process empties the trash at its start and daily, one at a time."""

from __future__ import annotations

import logging
from threading import Event, Thread

from app.errors import TresorError
from app.vault.trash import Trash

log = logging.getLogger(__name__)

DAY = 24 * 60 * 60
LEASE = "collect"


class Collector:
    """A thread that ends with the process."""

    def __init__(self, trash: Trash) -> None:
        self._trash = trash
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
        while not self._stop.is_set():
            try:
                self.turn()
            except TresorError as error:
                log.error("not collected: %s", error)
            self._stop.wait(DAY)
