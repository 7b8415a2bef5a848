"""Opens every socket to an address that a person entered: resolved once, checked, in time, encrypted for the name."""

from __future__ import annotations

import logging
import re
import socket
import ssl
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from time import monotonic

import idna

from app.outgoing.addresses import Address, Allowed, is_of_the_world
from app.outgoing.trouble import Trouble, Why

log = logging.getLogger(__name__)

NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")


@dataclass(frozen=True)
class Rules:
    """What the operator's files and environment say.

    mail_ports: None for any. authorities: a PEM file of those that are trusted beside the system's.
    """

    allowed: Allowed
    mail_ports: Collection[int] | None
    plain_text: bool
    authorities: Path | None = None


class Deadline:
    """The end of a whole conversation, however slowly the other side drips."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left. Raises Trouble if there are none."""
        seconds = self._end - monotonic()
        if seconds <= 0:
            raise Trouble(Why.SILENT)
        return seconds

    @property
    def passed(self) -> bool:
        return monotonic() >= self._end

    @contextmanager
    def over(self, connection: socket.socket) -> Iterator[None]:
        """End a connection when the time is over, even amid a read."""
        timer = threading.Timer(self.left(), _shut, (connection,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


class WayOut:
    """Connects to servers that a person named, if the rules let them be reached."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._context = ssl.create_default_context()
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        if rules.authorities:
            self._context.load_verify_locations(cafile=rules.authorities)

    def connect(self, host: str, port: int, deadline: Deadline, *, ports: Collection[int] | None) -> socket.socket:
        """Return a connection to an address that the name has and that may be reached. Raises Trouble.

        ports: those that are for what is going to be spoken, None for any.
        """
        if ports is not None and port not in ports:
            raise Trouble(Why.PORT)
        addresses = self._resolved(host, deadline)
        if not self.rules.allowed.host(host):
            for address in addresses:
                if not (is_of_the_world(address) or self.rules.allowed.address(address)):
                    log.warning("outgoing: an address that may not be reached was asked for")
                    raise Trouble(Why.FORBIDDEN)
        return self._first(addresses, port, deadline)

    def encrypted(self, connection: socket.socket, host: str, deadline: Deadline) -> ssl.SSLSocket:
        """Return the connection encrypted, its certificate and name verified. Raises Trouble."""
        connection.settimeout(deadline.left())
        try:
            return self._context.wrap_socket(connection, server_hostname=ascii_host(host))
        except ssl.SSLCertVerificationError as error:
            wrong_name = error.verify_code in {62, 64}  # X509_V_ERR_HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH
            raise Trouble(Why.WRONG_NAME if wrong_name else Why.CERTIFICATE) from None
        except TimeoutError:
            raise Trouble(Why.SILENT) from None
        except (ssl.SSLError, OSError, ValueError):
            raise Trouble(Why.NO_ENCRYPTION) from None

    def _resolved(self, host: str, deadline: Deadline) -> list[Address]:
        """Return all addresses of a name, asked once. Raises Trouble."""
        name, found = ascii_host(host), list[str]()

        def ask() -> None:
            try:
                answers = socket.getaddrinfo(name, None, proto=socket.IPPROTO_TCP)
            except (OSError, UnicodeError):
                return
            found.extend(dict.fromkeys(str(each[4][0]) for each in answers))

        asking = threading.Thread(target=ask, name="resolve", daemon=True)  # a resolver cannot be told to hurry
        asking.start()
        asking.join(deadline.left())
        if not found:
            raise Trouble(Why.UNKNOWN_NAME)
        return [ip_address(each.partition("%")[0]) for each in found]

    def _first(self, addresses: list[Address], port: int, deadline: Deadline) -> socket.socket:
        """Return a connection to the first of these addresses that takes it. Raises Trouble."""
        why = Why.REFUSED
        for number, address in enumerate(addresses):
            share = deadline.left() / (len(addresses) - number)
            try:
                return socket.create_connection((str(address), port), timeout=share)
            except TimeoutError:
                why = Why.SILENT
            except OSError:
                continue
        raise Trouble(why)


def ascii_host(host: str) -> str:
    """Return a host as DNS and certificates write it. Raises Trouble for what is none."""
    plain = host.strip().rstrip(".")
    try:
        return str(ip_address(plain.strip("[]")))
    except ValueError:
        pass
    try:
        name = plain.lower() if plain.isascii() else idna.encode(plain, uts46=True).decode("ascii")
    except idna.IDNAError:
        raise Trouble(Why.UNKNOWN_NAME) from None
    if not NAME.fullmatch(name):
        raise Trouble(Why.UNKNOWN_NAME)
    return name


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # it may be closed already
        connection.shutdown(socket.SHUT_RDWR)
