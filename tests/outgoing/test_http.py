"""Asking a web server: over https alone, to the one that the certificate names, one answer and no more."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from app.outgoing.addresses import Allowed
from app.outgoing.connect import Rules, WayOut
from app.outgoing.http import get_status
from app.outgoing.trouble import Trouble, Why
from tests.outgoing.servers import certificate, speaking


def way(pem: Path | None, *allowed: str) -> WayOut:
    return WayOut(Rules(Allowed(allowed), None, plain_text=False, authorities=pem))


def answering(pem: Path, answer: bytes, heard: list[bytes]) -> Callable[[socket.socket], None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as inside:
            heard.append(inside.recv(65536))
            inside.sendall(answer)

    return talk


@pytest.mark.parametrize("status", [200, 301, 401, 500])
def test_the_status_is_what_comes_back_and_nothing_is_followed(tmp_path: Path, status: int) -> None:
    pem, heard = certificate(tmp_path), list[bytes]()
    answer = f"HTTP/1.1 {status} X\r\nLocation: https://localhost/elsewhere\r\nContent-Length: 0\r\n\r\n".encode()
    with speaking(answering(pem, answer, heard)) as port:
        url = f"https://localhost:{port}/rest/x?y=1"
        assert get_status(way(pem, "localhost"), url, {"Authorization": "Bearer t"}, seconds=5) == status
    assert len(heard) == 1
    assert heard[0].startswith(b"GET /rest/x?y=1 HTTP/1.1\r\n")
    assert f"Host: localhost:{port}".encode() in heard[0]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost/", Why.PLAIN),
        ("ftp://localhost/", Why.PLAIN),
        ("https://user@localhost/", Why.UNKNOWN_NAME),
        ("https:///x", Why.UNKNOWN_NAME),
        ("https://localhost:99999/", Why.UNKNOWN_NAME),
        ("https://localhost:6379/", Why.PORT),
        ("https://127.0.0.1/", Why.FORBIDDEN),
        ("https://[::ffff:169.254.169.254]/latest", Why.FORBIDDEN),
    ],
)
def test_what_may_not_be_asked_is_not_asked(url: str, expected: Why) -> None:
    with pytest.raises(Trouble) as trouble:
        get_status(way(None), url, {}, seconds=5)
    assert trouble.value.why is expected


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 X\r\n" + b"A: b\r\n" * 5000 + b"\r\n"]
)
def test_what_does_not_speak_http_is_an_error(tmp_path: Path, answer: bytes) -> None:
    pem = certificate(tmp_path)
    with speaking(answering(pem, answer, [])) as port, pytest.raises(Trouble):
        get_status(way(pem, "localhost"), f"https://localhost:{port}/", {}, seconds=3)


def test_no_header_adds_a_line(tmp_path: Path) -> None:
    pem, heard = certificate(tmp_path), list[bytes]()
    with speaking(answering(pem, b"", heard)) as port, pytest.raises(Trouble):
        headers = {"Authorization": "Bearer a\r\nX: y"}
        get_status(way(pem, "localhost"), f"https://localhost:{port}/", headers, seconds=3)
    assert heard in ([], [b""])
