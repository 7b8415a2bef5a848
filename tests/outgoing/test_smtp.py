"""Speaking SMTP with real servers: encrypted or not at all, each failure by its name, each recipient by themselves."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from app.outgoing.addresses import Allowed
from app.outgoing.connect import Rules, WayOut
from app.outgoing.smtp import Answer, MailServer, dialogue
from app.outgoing.trouble import Trouble, Why
from tests.outgoing.servers import HOST, PASSWORD, TOKEN, USER, certificate, scripted, smtp_server, speaking


def way(pem: Path | None = None, *, plain_text: bool = False) -> WayOut:
    return WayOut(Rules(Allowed([HOST, "localhost"]), None, plain_text=plain_text, authorities=pem))


def a_message(subject: str = "Hello") -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Subject"], message["From"], message["To"] = subject, "tresor@example.org", "anna@example.org"
    message.set_content("Grüße\n" + "long " * 400 + "\n.\n..dots\n")
    return message


def server(port: int, encryption: str = "starttls", **how: str) -> MailServer:
    return MailServer(HOST, port, encryption, **{"user": USER, "password": PASSWORD, **how})


def sends(out: WayOut, to: MailServer, *recipients: str, sender: str = "tresor@example.org") -> dict[str, Answer]:
    with dialogue(out, to, seconds=10) as talk:
        return talk.send(a_message(), sender=sender, recipients=recipients or ("anna@example.org",))


def why(out: WayOut, to: MailServer, seconds: float = 10) -> Trouble:
    with pytest.raises(Trouble) as trouble, dialogue(out, to, seconds=seconds):
        pass
    return trouble.value


@pytest.mark.parametrize("encryption", ["starttls", "tls", "none"])
def test_a_mail_is_handed_over(tmp_path: Path, encryption: str) -> None:
    pem, steps = certificate(tmp_path), list[str]()
    with smtp_server(tmp_path, encryption=encryption, pem=pem) as (port, box):
        out = way(pem, plain_text=encryption == "none")
        with dialogue(out, server(port, encryption), seconds=10, step=steps.append) as talk:
            for _again in range(3):
                answers = talk.send(a_message(), sender="tresor@example.org", recipients=["anna@example.org"])
                assert answers["anna@example.org"].accepted
    assert [each.rcpt_tos for each in box.envelopes] == [["anna@example.org"]] * 3
    body = box.envelopes[0].content
    assert isinstance(body, bytes)
    assert max(map(len, body.split(b"\r\n"))) <= 998
    assert steps == ["connected", *(["encrypted"] if encryption != "none" else []), "signed in"]


def test_plain_text_is_refused_before_anything_is_sent_unless_the_operator_allows_it() -> None:
    heard: list[bytes] = []
    with speaking(lambda connection: heard.append(connection.recv(100))) as port:
        assert why(way(), server(port, "none")).why is Why.PLAIN
    assert heard == []


def test_a_server_without_starttls_hears_no_password(tmp_path: Path) -> None:
    heard = bytearray()

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        while data := connection.recv(4096):
            heard.extend(data)
            connection.sendall(b"250-hello\r\n250 AUTH PLAIN LOGIN\r\n" if b"EHLO" in data.upper() else b"250 ok\r\n")

    with speaking(talk) as port:
        assert why(way(certificate(tmp_path)), server(port)).why is Why.NO_ENCRYPTION
    assert b"AUTH" not in heard.upper()
    assert PASSWORD.encode() not in heard


def test_what_a_server_says_before_it_encrypts_counts_for_nothing(tmp_path: Path) -> None:
    """A man in the middle who adds an answer to STARTTLS is not believed afterwards (CVE-2011-0411)."""
    pem = certificate(tmp_path)
    talk = scripted(b"220 hello\r\n", b"250-hello\r\n250 STARTTLS\r\n", b"220 go on\r\n250-hello\r\n250 AUTH PLAIN\r\n")
    with speaking(talk) as port:
        assert why(way(pem), server(port)).why is Why.NO_ENCRYPTION


@pytest.mark.parametrize(
    ("names", "known", "expected"),
    [("localhost", False, Why.CERTIFICATE), ("elsewhere.example", True, Why.WRONG_NAME)],
)
@pytest.mark.parametrize("encryption", ["starttls", "tls"])
def test_a_wrong_certificate_and_a_wrong_name_are_told_apart(
    tmp_path: Path, encryption: str, names: str, known: bool, expected: Why
) -> None:
    pem = certificate(tmp_path, names=(names,), addresses=() if known else (HOST,))
    with smtp_server(tmp_path, encryption=encryption, pem=pem) as (port, _box):
        assert why(way(pem if known else None), server(port, encryption)).why is expected


def test_a_wrong_password_is_said_by_the_servers_own_words(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with smtp_server(tmp_path, pem=pem) as (port, _box):
        trouble = why(way(pem), server(port, password="wrong"))
    assert trouble.why is Why.SIGN_IN
    assert trouble.answer.startswith("535")


def test_a_token_that_is_refused_is_a_refused_sign_in(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with smtp_server(tmp_path, pem=pem) as (port, _box):
        assert why(way(pem), server(port, token=TOKEN)).why is Why.SIGN_IN


def hangs(connection: socket.socket) -> None:
    time.sleep(3)


def drips(connection: socket.socket) -> None:
    for _byte in range(100):
        connection.sendall(b"2")
        time.sleep(0.1)


def floods(connection: socket.socket) -> None:
    connection.sendall(b"220 hello\r\n")
    connection.recv(100)
    for _line in range(20_000):
        connection.sendall(b"250-" + b"x" * 400 + b"\r\n")


@pytest.mark.parametrize(
    ("talk", "expected"),
    [
        (hangs, {Why.SILENT}),
        (drips, {Why.SILENT, Why.CLOSED, Why.SPEECH}),
        (floods, {Why.CLOSED, Why.SPEECH}),
        (lambda _connection: None, {Why.CLOSED, Why.SPEECH}),
        (scripted(b"554 go away\r\n"), {Why.SPEECH}),
        (scripted(b"\xff\xfe\x00 nonsense\r\n"), {Why.SPEECH, Why.CLOSED}),
        (scripted(b"HTTP/1.1 200 OK\r\n\r\n"), {Why.SPEECH, Why.CLOSED}),
        (scripted(b"220 hello\r\n", b"500 what\r\n", b"500 what\r\n"), {Why.SPEECH, Why.CLOSED, Why.NO_ENCRYPTION}),
    ],
    ids=["hangs", "drips", "floods", "closes", "refuses", "nonsense", "speaks http", "knows no greeting"],
)
def test_a_server_that_misbehaves_is_left_in_time(
    tmp_path: Path, talk: Callable[[socket.socket], None], expected: set[Why]
) -> None:
    begun = time.monotonic()
    with speaking(talk) as port:
        assert why(way(certificate(tmp_path)), server(port), seconds=1.5).why in expected
        assert time.monotonic() - begun < 8


def test_recipients_are_answered_one_by_one(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with smtp_server(tmp_path, pem=pem) as (port, box):
        box.recipient = lambda address: {"a": "250 OK", "b": "550 nobody here", "c": "451 later"}[address[0]]
        answers = sends(way(pem), server(port), "a@example.org", "b@example.org", "c@example.org")
        assert {each[0]: (said.accepted, said.permanent) for each, said in answers.items()} == {
            "a": (True, False), "b": (False, True), "c": (False, False),
        }  # fmt: skip
        box.answer = lambda _envelope: "452 full"
        refused = sends(way(pem), server(port), "a@example.org", "b@example.org")
        assert (refused["a@example.org"].code, refused["b@example.org"].code) == (452, 550)


def test_after_a_refused_mail_the_next_one_goes_over_the_same_line(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with smtp_server(tmp_path, pem=pem) as (port, box):
        box.recipient = lambda address: "550 no" if address.startswith("b") else "250 OK"
        with dialogue(way(pem), server(port), seconds=10) as talk:
            for who, taken in (("b", False), ("a", True), ("b", False), ("a", True)):
                address = f"{who}@example.org"
                answers = talk.send(a_message(), sender="tresor@example.org", recipients=[address])
                assert answers[address].accepted is taken
    assert len(box.envelopes) == 2


def test_an_echoed_password_is_covered(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with smtp_server(tmp_path, pem=pem) as (port, box):
        box.answer = lambda _envelope: f"550 you are {PASSWORD}".encode().decode("latin-1")
        said = sends(way(pem), server(port))["anna@example.org"]
    assert said.code == 550
    assert "marked" not in said.text


@pytest.mark.parametrize(
    "address", ["a@example.org\r\nRCPT TO:<b@example.org>", "a@example.org\nDATA", "a\0@example.org"]
)
def test_no_address_adds_a_line_to_what_is_said(tmp_path: Path, address: str) -> None:
    pem = certificate(tmp_path)
    with smtp_server(tmp_path, pem=pem) as (port, box):
        assert sends(way(pem), server(port), address)[address].permanent
        assert sends(way(pem), server(port), sender=address)["anna@example.org"].permanent
    assert box.envelopes == []


def test_an_address_of_another_script_goes_only_where_it_is_understood(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with smtp_server(tmp_path, pem=pem) as (port, box):
        assert sends(way(pem), server(port), "jürgen@example.org")["jürgen@example.org"].accepted
    assert box.envelopes[0].rcpt_tos == ["jürgen@example.org"]
