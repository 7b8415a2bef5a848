"""Mail servers that really speak: aiosmtpd with AUTH, STARTTLS and TLS, and ones that misbehave."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.processes import free_port

USER, PASSWORD, TOKEN = "mailer", "marked-P4ss%word/ß", "ya29.marked-token"
HOST = "127.0.0.1"


def certificate(folder: Path, *, names: Sequence[str] = ("localhost",), addresses: Sequence[str] = (HOST,)) -> Path:
    """Make a certificate that vouches for itself, and return the file that holds it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    alternatives += [x509.IPAddress(ip_address(each)) for each in addresses]
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{names[0]}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@dataclass
class Box:
    """What a server took: the envelopes, and how it answers."""

    envelopes: list[Envelope] = field(default_factory=list)
    answer: Callable[[Envelope], str] = lambda _envelope: "250 OK"
    recipient: Callable[[str], str] = lambda _address: "250 OK"

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        said = self.recipient(address)
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        said = self.answer(envelope)
        if said.startswith("250"):
            self.envelopes.append(envelope)
        return said


def proves(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    ok = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=ok, handled=ok)


@contextmanager
def smtp_server(folder: Path, *, encryption: str = "starttls", pem: Path | None = None) -> Iterator[tuple[int, Box]]:
    """Serve mail on loopback, and return the port and what comes in."""
    box, how = Box(), dict[str, Any]()
    context = None
    if encryption != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem or certificate(folder))
    if encryption == "starttls":
        how = {"tls_context": context, "require_starttls": True, "auth_require_tls": True}
    elif encryption == "tls":
        how = {"ssl_context": context, "auth_require_tls": False}
    else:
        how = {"auth_require_tls": False}
    controller = Controller(box, hostname=HOST, port=free_port(), authenticator=proves, enable_SMTPUTF8=True, **how)
    controller.start()
    try:
        yield controller.port, box
    finally:
        controller.stop()
        for task in asyncio.all_tasks(controller.loop) if not controller.loop.is_closed() else ():
            task.cancel()


@contextmanager
def speaking(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve one conversation at a time on loopback by hand, and return the port."""
    listener = socket.create_server((HOST, 0))
    listener.settimeout(0.2)
    ending = threading.Event()

    def serve() -> None:
        while not ending.is_set():
            try:
                connection, _address = listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(10)
                with suppress(OSError):
                    talk(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        ending.set()
        thread.join(5)
        listener.close()


def scripted(*lines: bytes) -> Callable[[socket.socket], None]:
    """Return a talk that says a line, hears one, says the next, … and closes."""

    def talk(connection: socket.socket) -> None:
        for line in lines:
            connection.sendall(line)
            if not connection.recv(65536):
                return

    return talk
