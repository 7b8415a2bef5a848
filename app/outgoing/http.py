"""Asks a web server that a person named, over https alone; follows nothing and keeps nothing of the answer."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from app.outgoing.connect import Deadline, WayOut
from app.outgoing.trouble import Trouble, Why

USUAL: Collection[int] = frozenset({443})


def get_status(way: WayOut, url: str, headers: Mapping[str, str], *, seconds: float) -> int:
    """Return the status of a GET; a redirection is an answer like any other. seconds: for all of it. Raises Trouble."""
    host, port, path = _parts(url)
    deadline = Deadline(seconds)
    ports = None if way.rules.allowed.names(host) else USUAL
    plain = way.connect(host, port, deadline, ports=ports)
    try:
        with deadline.over(plain):
            connection = way.encrypted(plain, host, deadline)
    except Trouble:
        plain.close()
        raise
    client = _Client(host, port, connection)
    try:
        with deadline.over(connection):
            client.request("GET", path, headers=dict(headers))
            return client.getresponse().status
    except TimeoutError:
        raise Trouble(Why.SILENT) from None
    except (http.client.HTTPException, OSError, ValueError):
        raise Trouble(Why.SILENT if deadline.passed else Why.SPEECH) from None
    finally:
        client.close()


class _Client(http.client.HTTPConnection):
    """http.client over a connection that was opened and checked before."""

    def __init__(self, host: str, port: int, connection: socket.socket) -> None:
        super().__init__(host, port)
        self.sock: Any = connection
        self.default_port = 443

    def connect(self) -> None:
        """Open nothing: there is one connection, and no second one."""
        raise http.client.NotConnected


def _parts(url: str) -> tuple[str, int, str]:
    """Return host, port and path with query. Raises Trouble for what is no plain https address."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise Trouble(Why.UNKNOWN_NAME) from None
    if parts.scheme != "https":
        raise Trouble(Why.PLAIN)
    if not parts.hostname or "@" in parts.netloc:
        raise Trouble(Why.UNKNOWN_NAME)
    return parts.hostname, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
