"""Weighs what pages bring over the network, headers included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page


@contextmanager
def weighed(page: Page) -> Iterator[Counter[str]]:
    """Count the bytes of what a page loads until the block ends, by the last part of their addresses.

    What comes from the browser's own memory weighs nothing.
    """
    found, names = Counter[str](), dict[str, str]()
    session = page.context.new_cdp_session(page)

    def asks(event: dict[str, Any]) -> None:
        names[event["requestId"]] = event["request"]["url"].partition("?")[0].rpartition("/")[2]

    def ends(event: dict[str, Any]) -> None:
        found[names[event["requestId"]]] += int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", asks)
    session.on("Network.loadingFinished", ends)
    session.send("Network.enable")
    yield found
    session.detach()
