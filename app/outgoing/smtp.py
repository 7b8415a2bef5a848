"""Speaks SMTP to a server that a person named: greeted, encrypted as told, signed in, and mails handed over."""

from __future__ import annotations

import base64
import smtplib
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, BinaryIO

from app.outgoing.cleaner import cleaned
from app.outgoing.connect import Deadline, WayOut
from app.outgoing.trouble import Trouble, Why

STARTTLS, TLS, NONE = "starttls", "tls", "none"
MOST_SAID = 64 * 1024
"""The bytes of one answer of a server, of however many lines."""
PERMANENT = 500
NO_ADDRESS = 553
"""RFC 5321, 4.2.2: a mailbox's name is not allowed; here it is not even said."""


@dataclass(frozen=True)
class MailServer:
    """A server and how to sign in. user "": do not. token: an access token instead of the password (XOAUTH2)."""

    host: str
    port: int
    encryption: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(each for each in (self.password, self.token) if each)


@dataclass(frozen=True)
class Answer:
    """What a server said to one mail or recipient. code 0: nothing, the line was cut. text: cleaned."""

    code: int
    text: str

    @property
    def accepted(self) -> bool:
        return 200 <= self.code < 300

    @property
    def permanent(self) -> bool:
        return self.code >= PERMANENT


class Dialogue:
    """A connection that is ready to take mails. Use `dialogue`."""

    def __init__(self, client: _Client, server: MailServer) -> None:
        self._client, self._server = client, server
        self._left_amid = False

    def send(self, message: EmailMessage, *, sender: str, recipients: Sequence[str]) -> dict[str, Answer]:
        """Hand one mail over and return what became of each recipient. Raises Trouble if the connection is lost.

        A recipient who is accepted while the text is refused counts as refused.
        """
        with _translated(self._client.deadline):
            client = self._client
            if not all(map(_is_plain, (sender, *recipients))):
                return {each: Answer(NO_ADDRESS, "") for each in recipients}
            wide = not all(each.isascii() for each in (sender, *recipients))
            if wide and not client.has_extn("smtputf8"):
                return {each: Answer(PERMANENT, "SMTPUTF8") for each in recipients}
            if self._left_amid:
                client.rset()
            self._left_amid = True
            options = ["SMTPUTF8", "BODY=8BITMIME"] if wide else []
            code, text = client.mail(sender, options)
            if code != 250:  # RFC 5321, 4.2.5
                return dict.fromkeys(recipients, self._answer(code, text))
            found = {each: self._answer(*client.rcpt(each)) for each in recipients}
            if not any(answer.accepted for answer in found.values()):
                return found
            end = self._data(message.as_bytes(policy=SMTP.clone(utf8=wide, cte_type="7bit")))
            self._left_amid = not end.accepted
            return {each: end if answer.accepted else answer for each, answer in found.items()}

    def _data(self, text: bytes) -> Answer:
        try:
            return self._answer(*self._client.data(text))
        except smtplib.SMTPDataError as error:  # the server does not even want to hear it
            return self._answer(error.smtp_code, _bytes(error.smtp_error))

    def _answer(self, code: int, text: bytes) -> Answer:
        return Answer(code, cleaned(text.decode("utf-8", "replace"), self._server.secrets))


@contextmanager
def dialogue(
    way: WayOut, server: MailServer, *, seconds: float, step: Callable[[str], None] = lambda _done: None
) -> Iterator[Dialogue]:
    """Open a connection that is ready to take mails, and say goodbye in the end. Raises Trouble.

    seconds: for all of it. step: told "connected", "encrypted" and "signed in" as each is done.
    """
    if server.encryption == NONE and not way.rules.plain_text:
        raise Trouble(Why.PLAIN)
    deadline = Deadline(seconds)
    connection = way.connect(server.host, server.port, deadline, ports=way.rules.mail_ports)
    step("connected")
    if server.encryption == TLS:
        connection = way.encrypted(connection, server.host, deadline)
    client = _Client(connection, deadline)
    try:
        with deadline.over(connection):
            _greet(client)
        if server.encryption == STARTTLS:
            connection = _starttls(way, client, server, deadline)
        if server.encryption in (STARTTLS, TLS):
            step("encrypted")
        with deadline.over(connection):
            _sign_in(client, server)
            step("signed in")
            yield Dialogue(client, server)
            _leave(client)
    finally:
        client.close()


class _Client(smtplib.SMTP):
    """smtplib over a connection that was opened and checked before; what a server says is bounded."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        super().__init__(local_hostname="localhost")  # our own name is nobody's business; RFC 5321, 4.1.4 allows it
        self.deadline = deadline
        self.takes(connection)

    def takes(self, connection: socket.socket) -> None:
        """Speak over this connection from now on; what was said before counts no more."""
        connection.settimeout(self.deadline.left())
        self.sock: Any = connection
        self.file: Any = None
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features: dict[str, str] = {}
        self.does_esmtp = False

    def getreply(self) -> tuple[int, bytes]:
        """Return an answer. Raises SMTPServerDisconnected, also for one without end."""
        if self.file is None:
            self.file = _Bounded(self.sock.makefile("rb"))
        self.file.left = MOST_SAID
        return super().getreply()


class _Bounded:
    """A file of which no more than `left` bytes are read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.left = file, MOST_SAID

    def readline(self, most: int) -> bytes:
        line = self._file.readline(min(most, self.left))
        self.left -= len(line)
        return line

    def close(self) -> None:
        self._file.close()


def _greet(client: _Client) -> None:
    with _translated(client.deadline):
        code, _text = client.getreply()
        if code != 220:
            raise Trouble(Why.SPEECH)
        client.ehlo_or_helo_if_needed()


def _starttls(way: WayOut, client: _Client, server: MailServer, deadline: Deadline) -> socket.socket:
    """Encrypt what is plain so far; a server that does not offer it, or says more before it, is left."""
    with deadline.over(client.sock), _translated(deadline):
        if not client.has_extn("starttls"):
            raise Trouble(Why.NO_ENCRYPTION)
        code, _text = client.docmd("STARTTLS")
        if code != 220:
            raise Trouble(Why.NO_ENCRYPTION)
    # what the file has read ahead came in plain text and is thrown away with it (CVE-2011-0411)
    connection = way.encrypted(client.sock, server.host, deadline)
    client.takes(connection)
    with deadline.over(connection), _translated(deadline):
        client.ehlo_or_helo_if_needed()
    return connection


def _sign_in(client: _Client, server: MailServer) -> None:
    if not server.user:
        return
    with _translated(client.deadline):
        client.ehlo_or_helo_if_needed()
        offered = client.esmtp_features.get("auth", "").upper().split()
        if server.token:
            code, text = _by_token(client, server)
        elif "PLAIN" in offered:
            code, text = client.docmd("AUTH", "PLAIN " + _coded("\0".join(("", server.user, server.password))))
        elif "LOGIN" in offered:
            code, text = client.docmd("AUTH", f"LOGIN {_coded(server.user)}")
            if code == 334:
                code, text = client.docmd(_coded(server.password))
        else:
            raise Trouble(Why.SIGN_IN)
    if code != 235:
        raise Trouble(Why.SIGN_IN, cleaned(f"{code} {text.decode('utf-8', 'replace')}", server.secrets))


def _by_token(client: _Client, server: MailServer) -> tuple[int, bytes]:
    """Sign in with XOAUTH2, as Google and Microsoft document it, and return the last answer."""
    code, text = client.docmd("AUTH", "XOAUTH2 " + _coded(f"user={server.user}\x01auth=Bearer {server.token}\x01\x01"))
    return client.docmd("") if code == 334 else (code, text)  # an empty line asks for the refusal itself


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _leave(client: _Client) -> None:
    with suppress(smtplib.SMTPException, OSError):  # everything was said
        client.quit()


@contextmanager
def _translated(deadline: Deadline) -> Iterator[None]:
    """Translate what ends a conversation. Raises Trouble."""
    try:
        yield
    except TimeoutError:
        raise Trouble(Why.SILENT) from None
    except smtplib.SMTPServerDisconnected:
        raise Trouble(Why.SILENT if deadline.passed else Why.CLOSED) from None
    except (smtplib.SMTPException, OSError, ValueError):
        raise Trouble(Why.SILENT if deadline.passed else Why.SPEECH) from None


def _is_plain(address: str) -> bool:
    """Return whether an address adds nothing to the command that it stands in."""
    return address.isprintable() and not set(address) & set(" <>")


def _bytes(text: bytes | str) -> bytes:
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
