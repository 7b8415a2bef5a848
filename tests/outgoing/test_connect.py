"""The way out: resolved once, every answer checked, the certificate and its name verified, never longer than told."""

from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest

from app.outgoing.addresses import Allowed
from app.outgoing.connect import Deadline, Rules, WayOut, ascii_host
from app.outgoing.trouble import Trouble, Why
from tests.outgoing.servers import HOST, certificate, speaking


def way(*allowed: str, ports: set[int] | None = None, authorities: Path | None = None) -> WayOut:
    return WayOut(Rules(Allowed(allowed), ports, plain_text=False, authorities=authorities))


def why(out: WayOut, host: str, port: int, seconds: float = 5) -> Why:
    with pytest.raises(Trouble) as trouble:
        out.connect(host, port, Deadline(seconds), ports=out.rules.mail_ports).close()
    return trouble.value.why


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name have these addresses; return the names that are asked for. (There is no resolver to be had.)"""
    asked: list[str] = []

    def resolve(host: str, port: int | None, *_rest: Any, **_how: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET6 if ":" in each else socket.AF_INET, 1, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "::1", "[::1]", "0", "2130706433", "0x7f.1", "127.1", "LOCALHOST."]
)
def test_loopback_is_not_reached_by_any_of_its_names(host: str) -> None:
    assert why(way(), host, 25) in {Why.FORBIDDEN, Why.UNKNOWN_NAME}


def test_two_answers_of_which_one_is_private_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "93.184.215.14", "10.0.0.7")
    assert why(way(), "mail.example.org", 25) is Why.FORBIDDEN


def test_a_name_is_asked_for_once_and_the_checked_address_is_the_one_that_is_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with speaking(lambda connection: connection.sendall(b"hello")) as port:
        asked = answers(monkeypatch, HOST)
        connection = way("mail.example.org").connect("mail.example.org", port, Deadline(5), ports=None)
        assert connection.recv(5) == b"hello"
        connection.close()
    assert asked[0] == "mail.example.org"
    assert set(asked[1:]) <= {HOST}  # what connects is given the address, which nobody has to look up


def test_a_port_that_is_not_for_mail_is_refused_before_anything_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers(monkeypatch, HOST)
    assert why(way("mail.example.org", ports={25, 587}), "mail.example.org", 6379) is Why.PORT
    assert asked == []


def test_what_is_closed_and_what_nobody_knows_is_told_apart_inside_only() -> None:
    with socket.create_server((HOST, 0)) as gone:
        port = int(gone.getsockname()[1])
    assert why(way(HOST), HOST, port) is Why.REFUSED
    assert why(way(), "no-such-name.invalid", 25) is Why.UNKNOWN_NAME


@pytest.mark.parametrize(
    "host", ["", " ", "a b", "http://mail", "mail/x", "mail:25", "ma\nil", "-x.org", "x..org", "ä" * 80, "\0", "a@b"]
)
def test_what_is_no_host_is_not_looked_up(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers(monkeypatch, "93.184.215.14")
    assert why(way(), host, 25) is Why.UNKNOWN_NAME
    assert asked == []


def test_a_host_of_another_script_is_asked_for_as_dns_writes_it() -> None:
    assert ascii_host("Straße.example") == "xn--strae-oqa.example"
    assert ascii_host("Mail.Example.ORG.") == "mail.example.org"


def served_with(pem: Path) -> Any:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as inside:
            inside.sendall(b"hello")

    return talk


@pytest.mark.parametrize(
    ("names", "known", "expected"),
    [("localhost", True, None), ("localhost", False, Why.CERTIFICATE), ("elsewhere.example", True, Why.WRONG_NAME)],
)
def test_certificate_and_name_are_verified(tmp_path: Path, names: str, known: bool, expected: Why | None) -> None:
    pem = certificate(tmp_path, names=(names,), addresses=())
    out = way("localhost", authorities=pem if known else None)
    with speaking(served_with(pem)) as port:
        deadline = Deadline(5)
        connection = out.connect("localhost", port, deadline, ports=None)
        if expected is None:
            assert out.encrypted(connection, "localhost", deadline).recv(5) == b"hello"
        else:
            with pytest.raises(Trouble) as trouble:
                out.encrypted(connection, "localhost", deadline)
            assert trouble.value.why is expected
        connection.close()


def test_a_server_that_says_nothing_instead_of_encrypting_is_left_in_time(tmp_path: Path) -> None:
    out = way(HOST, authorities=certificate(tmp_path))
    with speaking(lambda connection: time.sleep(2)) as port:
        deadline, begun = Deadline(0.5), time.monotonic()
        connection = out.connect(HOST, port, deadline, ports=None)
        with pytest.raises(Trouble):
            out.encrypted(connection, HOST, deadline)
        connection.close()
    assert time.monotonic() - begun < 5
