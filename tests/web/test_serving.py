"""The server in front of the app: who sends slowly holds no thread, what is cut short or too large reaches nobody."""

from __future__ import annotations

import http.client
import json
import re
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from app.cli import SERVED_AS
from app.web.serving import HEARD_OUT, ORDINARY, THREADS
from tests.journeys.conftest import Served, serving
from tests.processes import answers, free_port, running, wait_for
from tests.services import ROOT

WAITING = 2
ECHO = f"""
import json, os, time
from app.web.serving import Served

def echo(environ, start_response):
    read = environ["wsgi.input"].read()
    told = {{name: value for name, value in environ.items() if isinstance(value, str)}} | {{"read": len(read)}}
    with open("asked", "a") as file:
        file.write(environ["REQUEST_METHOD"] + environ["PATH_INFO"] + "\\n")
    while environ["PATH_INFO"] == "/waits" and not os.path.exists("ends"):
        time.sleep(0.01)
    start_response("413 Too Large" if int(environ.get("CONTENT_LENGTH") or 0) > {2 * ORDINARY} else "200 OK", [])
    return [json.dumps(told).encode()]

served = Served(echo, most={2 * ORDINARY}, seconds=0.5, room={2 * ORDINARY}, waiting={WAITING})
"""


class Echo:
    """A small app behind the same server: it tells what it was told, and notes that it was asked."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port, self._folder = port, folder

    @property
    def asked(self) -> list[str]:
        file = self._folder / "asked"
        return file.read_text().split() if file.exists() else []

    def ends(self) -> None:
        """Let those be answered who wait."""
        (self._folder / "ends").touch()


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Echo]:
    folder, port = tmp_path_factory.mktemp("echo"), free_port()
    (folder / "echo.py").write_text(ECHO)
    command = [sys.executable, "-m", "granian", *SERVED_AS, "--port", str(port), "echo:served"]
    with running(command, signal.SIGINT, cwd=folder, env={"PYTHONPATH": str(ROOT)}) as server:
        wait_for(server, lambda: answers(port))
        yield Echo(port, folder)


@pytest.fixture(scope="module")
def tresor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as served:
        yield served


def connect(port: int, *lines: str, sent: bytes = b"", seconds: float = 10) -> socket.socket:
    """Return a connection on which the head of a request and the beginning of its body have been sent."""
    connection = socket.create_connection(("127.0.0.1", port), seconds)
    connection.sendall("\r\n".join([*lines, f"Host: 127.0.0.1:{port}", "", ""]).encode("latin-1") + sent)
    return connection


def heard(connection: socket.socket) -> bytes:
    """Return all that comes until the server closes."""
    found = b""
    while more := connection.recv(65536):
        found += more
    connection.close()
    return found


def asked(port: int, *lines: str, sent: bytes = b"") -> tuple[int, bytes]:
    """Return status and body of an answer."""
    head, _, body = heard(connect(port, *lines, "Connection: close", sent=sent)).partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def port_of(served: Served) -> int:
    return int(served.url.rpartition(":")[2])


def test_a_request_is_told_to_the_app_as_it_came(echo: Echo) -> None:
    lines = ("POST /a%ff%2Fb%3F?x=%20y HTTP/1.1", "X-Twice: 1", "X-Twice: 2", "Cookie: a=1", "Cookie: b=2")
    status, body = asked(
        echo.port, *lines, "X_Twice: 3", "Content-Type: text/plain", "Content-Length: 5", sent=b"hello"
    )
    told = json.loads(body)
    assert status == 200
    assert told["PATH_INFO"] == "/a\xff/b?"
    expected = {
        "REQUEST_METHOD": "POST", "QUERY_STRING": "x=%20y", "HTTP_X_TWICE": "1,2", "HTTP_COOKIE": "a=1; b=2",
        "CONTENT_TYPE": "text/plain", "CONTENT_LENGTH": "5", "read": 5, "SCRIPT_NAME": "", "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http", "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_PORT": str(echo.port),
    }  # fmt: skip
    assert {name: told.get(name) for name in expected} == expected


def test_a_body_in_pieces_of_unknown_length_is_put_together(echo: Echo) -> None:
    pieces = b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    _status, body = asked(echo.port, "POST / HTTP/1.1", "Transfer-Encoding: chunked", sent=pieces)
    assert (json.loads(body)["CONTENT_LENGTH"], json.loads(body)["read"]) == ("5", 5)


def test_a_form_in_pieces_of_unknown_length_is_read(tresor: Served) -> None:
    """A proxy that keeps nothing back passes on a body whose length it does not know."""
    client = http.client.HTTPConnection("127.0.0.1", port_of(tresor), timeout=10)
    client.request("GET", "/login")
    page = client.getresponse()
    cookies = [each.partition(";")[0] for each in page.headers.get_all("Set-Cookie") or ()]
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.read().decode())
    assert found
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    form = f"csrf_token={found[1]}&next=&email=nobody%40example.org&password=wrong-wrong-wrong-wrong".encode()
    sent = {**kind, "Cookie": "; ".join(cookies)}
    client.request("POST", "/login", iter([form[:20], form[20:]]), sent, encode_chunked=True)
    answer = client.getresponse()
    shown = answer.read()
    assert (answer.status, b"nobody@example.org" in shown) == (422, True), shown.decode()
    client.request("POST", "/login", iter([form, b"x" * 2**21]), sent, encode_chunked=True)
    assert client.getresponse().status == 413
    client.close()


@pytest.mark.parametrize("how", [("Content-Length: 5", b"he"), ("Transfer-Encoding: chunked", b"2\r\nhe\r\n")])
def test_a_body_that_was_cut_short_reaches_nobody(echo: Echo, how: tuple[str, bytes]) -> None:
    before = len(echo.asked)
    connection = connect(echo.port, "POST / HTTP/1.1", how[0], sent=how[1])
    connection.shutdown(socket.SHUT_WR)
    assert not heard(connection).startswith(b"HTTP/1.1 200")
    assert len(echo.asked) == before


def test_a_body_that_comes_too_slowly_is_given_up_and_its_connection_ends(echo: Echo) -> None:
    before, begun = len(echo.asked), time.monotonic()
    connection = connect(echo.port, "POST / HTTP/1.1", "Content-Length: 50", sent=b"x")
    with suppress(OSError):
        for _ in range(100):  # a trickle does not prolong it
            time.sleep(0.1)
            connection.sendall(b"x")
            if time.monotonic() - begun > 2:
                break
    assert heard(connection).startswith(b"HTTP/1.1 408 ")
    assert len(echo.asked) == before


def test_a_body_above_the_limit_is_heard_out_and_then_answered(echo: Echo) -> None:
    large = HEARD_OUT // 2
    status, body = asked(echo.port, "POST / HTTP/1.1", f"Content-Length: {large}", sent=b"x" * large)
    assert (status, json.loads(body)["read"]) == (413, 0)


def test_a_body_far_above_the_limit_is_refused_before_it_comes(echo: Echo) -> None:
    connection = connect(echo.port, "POST / HTTP/1.1", f"Content-Length: {HEARD_OUT + 1}")
    assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
    connection.close()


def test_who_asks_before_sending_a_large_body_is_told_not_to(echo: Echo) -> None:
    lines = ("POST / HTTP/1.1", "Content-Length: 5000000", "Expect: 100-continue")
    connection = connect(echo.port, *lines)
    assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
    connection.close()


def test_when_too_much_is_being_sent_an_ordinary_form_is_taken_and_a_large_one_is_not(echo: Echo) -> None:
    size = 2 * ORDINARY
    full = connect(echo.port, "POST / HTTP/1.1", f"Content-Length: {size}", sent=b"x" * (size - 1))
    time.sleep(0.1)
    assert asked(echo.port, "POST / HTTP/1.1", "Content-Length: 5", sent=b"hello")[0] == 200
    assert asked(echo.port, "POST / HTTP/1.1", f"Content-Length: {size}", sent=b"x" * size)[0] == 503
    full.close()
    time.sleep(0.1)
    assert asked(echo.port, "POST / HTTP/1.1", f"Content-Length: {size}", sent=b"x" * size)[0] == 200


def test_who_goes_away_before_a_thread_is_free_is_not_answered_and_who_would_wait_long_is_told(echo: Echo) -> None:
    held = [connect(echo.port, "GET /waits HTTP/1.1") for _ in range(THREADS)]
    until(lambda: echo.asked.count("GET/waits") == THREADS)
    going = [connect(echo.port, "GET /goes HTTP/1.1", "Connection: close") for _ in range(10)]
    until(lambda: len(answered(going)) == 10 - WAITING)
    told = answered(going)
    assert all(heard(each).startswith(b"HTTP/1.1 503 ") for each in told)
    for each in going:
        each.close()
    staying: list[socket.socket] = []

    def wait_in_their_places() -> bool:
        staying.append(connect(echo.port, "GET /stays HTTP/1.1", "Connection: close"))
        return len(staying) - len(answered(staying)) == WAITING

    until(wait_in_their_places)
    echo.ends()
    answers = [heard(each)[:13] for each in staying]
    assert answers.count(b"HTTP/1.1 200 ") == WAITING
    assert "GET/goes" not in echo.asked
    assert answered(held) == held


def answered(connections: list[socket.socket]) -> list[socket.socket]:
    """Return those on which there is something to read, now or soon."""
    time.sleep(0.2)
    return select.select(connections, [], [], 0)[0]


def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_many_slow_senders_keep_nobody_from_being_answered(tresor: Served) -> None:
    with ExitStack() as held:
        for _ in range(5 * THREADS):
            lines = ("POST /login HTTP/1.1", "Sec-Fetch-Site: same-origin", "Content-Length: 500")
            kind = "Content-Type: application/x-www-form-urlencoded"
            held.enter_context(connect(port_of(tresor), *lines, kind, sent=b"csrf_token="))
        time.sleep(0.2)
        assert asked(port_of(tresor), "GET /healthz HTTP/1.1") == (200, b'{"status":"ok"}\n')
        assert asked(port_of(tresor), "POST /login HTTP/1.1", "Content-Length: 0")[0] == 403


def test_who_sends_a_form_above_the_limit_reads_why_it_was_refused(tresor: Served) -> None:
    size = 4 * 2**20
    lines = ("POST /login HTTP/1.1", "Sec-Fetch-Site: same-origin", f"Content-Length: {size}")
    kind = "Content-Type: application/x-www-form-urlencoded"
    status, body = asked(port_of(tresor), *lines, kind, sent=b"email=" + b"x" * (size - 6))
    assert status == 413
    assert b"larger than this form takes" in body
