"""Between the server and the app: a request is heard out before one of the few threads is given to it."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote_to_bytes

from app.web.logs import without_text

log = logging.getLogger(__name__)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Environ = dict[str, Any]
WSGI = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Answered = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, headers, body."""

THREADS = 4
"""In each process: a request that waits for another server, as a tested connection does, leaves room for the others."""

BODY_SECONDS = 10
SLOWEST = 16 * 1024
"""Bytes a second: a body has BODY_SECONDS, and as much longer as its size takes at this pace."""

HEARD_OUT = 16 * 2**20
"""Bytes of a body above the limit that are heard, and dropped, so that a browser which still sends reads the answer."""

ROOM = 128 * 2**20
"""Bytes of bodies that a process keeps at a time; when it is full, only bodies of ORDINARY size are taken."""
ORDINARY = 64 * 1024

MOST_WAITING = 256
"""Requests that wait for a thread; who comes then is told so at once."""

HOP = frozenset({b"transfer-encoding"})
"""Headers of the connection: what was sent in pieces is whole when the app hears of it."""


class Gone(Exception):
    """Whoever asked went away before all was said."""


class Full(Exception):
    """There is no room for another large body, or too many wait."""


class Served:
    """The WSGI app as an ASGI one, so that a slow sender holds a connection, for some seconds, and never a thread."""

    def __init__(
        self,
        app: WSGI,
        *,
        most: int,
        threads: int = THREADS,
        seconds: float = BODY_SECONDS,
        room: int = ROOM,
        waiting: int = MOST_WAITING,
    ) -> None:
        """most: bytes of the largest body that the app takes. seconds: how long the smallest body may take."""
        self._app, self._most, self._seconds, self._room = app, most, seconds, room
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="answers")
        self._kept, self._asked, self._at_most = 0, 0, threads + waiting

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Hear one request out, have it answered in a thread, send the answer."""
        if scope["type"] != "http":
            return
        environ = environ_of(scope)
        body = bytearray()
        try:
            heard = await self._hear(environ, receive, body)
            answered = await self._answered(environ, body, receive if heard else None)
        except Gone:
            return
        except TimeoutError:
            log.warning("408: a form came too slowly")
            answered = plain(408, "What you sent came too slowly, so nothing was done.\n")
        except Full:
            log.warning("503: too many requests, or too large ones, at a time")
            answered = plain(503, "Too much is being sent here at this moment. Try again.\n", {"Retry-After": "5"})
        finally:
            self._forget(body)
        status, headers, content = answered
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _hear(self, environ: Environ, receive: Receive, body: bytearray) -> bool:
        """Put what is sent into `body`, unless it is too large: the app hears of that from CONTENT_LENGTH alone.

        Returns whether all of it was heard. Raises Gone, TimeoutError, Full.
        """
        told = _length(environ)
        if told > self._most and (told > HEARD_OUT or "HTTP_EXPECT" in environ):
            return False
        total, full = 0, False
        try:
            async with asyncio.timeout(self._seconds + min(told, self._most) / SLOWEST):
                async for chunk in _chunks(receive):
                    total += len(chunk)
                    full = full or (len(body) + len(chunk) > ORDINARY and self._kept + len(chunk) > self._room)
                    if full or total > self._most:
                        self._forget(body)
                    else:
                        self._kept += len(chunk)
                        body += chunk
                    if total > HEARD_OUT:
                        break
        except TimeoutError:
            if max(total, told) <= self._most:
                raise
        if full and total <= self._most:
            raise Full
        environ["CONTENT_LENGTH"] = str(max(total, told))
        return total <= self._most

    async def _answered(self, environ: Environ, body: bytearray, receive: Receive | None) -> Answered:
        """Return the app's answer. Raises Full, and Gone if whoever asked goes away before a thread has begun.

        receive: hears of that; None while there is more of the body, which nobody wants.
        """
        if self._asked >= self._at_most:
            raise Full
        self._asked += 1
        working = self._threads.submit(self._answer, environ, body)
        answer: asyncio.Future[Any] = asyncio.wrap_future(working)
        gone: list[asyncio.Future[Any]] = [asyncio.ensure_future(_gone(receive))] if receive else []
        try:
            await asyncio.wait([answer, *gone], return_when=asyncio.FIRST_COMPLETED)
            if not answer.done() and working.cancel():
                raise Gone
            answered: Answered = await answer
            return answered
        finally:
            for each in gone:
                each.cancel()
            self._asked -= 1

    def _forget(self, body: bytearray) -> None:
        self._kept -= len(body)
        body.clear()

    def _answer(self, environ: Environ, body: bytearray) -> Answered:
        """Call the app, and return its whole answer."""
        said: list[Any] = []
        environ["wsgi.input"] = BytesIO(body)

        def start_response(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> object:
            said[:] = int(status[:3]), [(_bytes(name), _bytes(value)) for name, value in headers]
            return _unused

        try:
            answer = self._app(environ, start_response)
            try:
                content = b"".join(answer)
            finally:
                if hasattr(answer, "close"):
                    answer.close()
            return said[0], said[1], content
        except Exception as error:  # the app has an answer for each error; this is for what fails above it
            log.error("unanswered %s", type(error).__name__, exc_info=without_text(error))
            return plain(500, "Something failed here. Try again; if it stays, tell your administrator.\n")


def environ_of(scope: Message) -> Environ:
    """Return what WSGI tells of a request, without a body.

    A header with an underscore in its name is left out: it would be taken for that with a hyphen, which a proxy sets.
    """
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    environ["SERVER_NAME"], environ["SERVER_PORT"] = (str(each) for each in scope["server"])
    if scope["client"]:
        environ["REMOTE_ADDR"] = scope["client"][0]
    for name, value in scope["headers"]:
        if b"_" not in name and name.lower() not in HOP:
            _add(environ, name.decode("latin-1").upper().replace("-", "_"), value.decode("latin-1"))
    return environ


def plain(status: int, text: str, more: Mapping[str, str] = MappingProxyType({})) -> Answered:
    """Return an answer for whom no page can be made, after which the connection ends."""
    headers = {
        "Content-Type": "text/plain",
        "Content-Length": str(len(text)),
        "Connection": "close",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **more,
    }
    return status, [(_bytes(name), _bytes(value)) for name, value in headers.items()], text.encode("ascii")


def _add(environ: Environ, name: str, value: str) -> None:
    if name in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
        environ[name] = value
        return
    name = f"HTTP_{name}"
    between = "; " if name == "HTTP_COOKIE" else ","
    environ[name] = f"{environ[name]}{between}{value}" if name in environ else value


async def _chunks(receive: Receive) -> Any:
    """Yield what is sent. Raises Gone for what is cut short."""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


async def _gone(receive: Receive) -> None:
    """Return when whoever asked goes away."""
    while (await receive())["type"] == "http.request":
        pass


def _length(environ: Environ) -> int:
    """Return the bytes that a request says it has, 0 if it does not say."""
    told = environ.get("CONTENT_LENGTH", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 19 else 0


def _bytes(text: str) -> bytes:
    return text.encode("latin-1")


def _unused(_data: bytes) -> None:
    """Stand for what WSGI has for the oldest apps."""
