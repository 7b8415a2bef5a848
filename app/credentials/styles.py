"""What each style of text accepts, and the one way in which it is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

import idna
from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _

LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,19})://", re.IGNORECASE)


class Unfit(ValueError):
    """The value does not fit its field; the message is a sentence for the person who entered it."""


def line(text: str) -> str:
    """Return a text of one line as it is; raise Unfit for control characters and unpaired surrogates."""
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
        raise Unfit(_("Enter this on one line, without control characters."))
    return text


def lines(text: str) -> str:
    """Return a text with its line ends as newlines; raise Unfit for NUL and unpaired surrogates."""
    if any(character == "\0" or unicodedata.category(character) == "Cs" for character in text):
        raise Unfit(_("Enter this without control characters."))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def host(text: str) -> str:
    """Return an address, or a name in lower case and in Unicode, without brackets, port and final dot."""
    text = line(text)
    if scheme := SCHEME.match(text):
        raise Unfit(_("Enter a host name, without %(scheme)s://", scheme=scheme[1].lower()))
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return str(ip_address(bare if "%" not in bare else ""))
    except ValueError:
        return _host_name(text)


def _host_name(text: str) -> str:
    name = text.lower().removesuffix(".")
    if not text.isascii():
        try:
            encoded = idna.encode(text.removesuffix("."), uts46=True)
            text, name = encoded.decode("ascii"), idna.decode(encoded)
        except idna.IDNAError:
            raise Unfit(_host_wanted()) from None
    labels = text.lower().removesuffix(".").split(".")
    # A last label of digits only would be read as an IPv4 address in one of its old spellings.
    if len(text) > 253 or not all(map(LABEL.fullmatch, labels)) or NUMBER.fullmatch(labels[-1]):
        raise Unfit(_host_wanted())
    return name


def _host_wanted() -> str:
    return _("Enter a host name, for example server.example.org")


def url(text: str) -> str:
    """Return an http or https address as it is; raise Unfit for others, and for one that carries a password."""
    text = line(text)
    try:
        parts = urlsplit(text)
        named = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        host(parts.hostname or "")
    except ValueError:  # Unfit is one, too
        named = None
    if not named or any(character.isspace() or character == "\\" for character in text):
        raise Unfit(_("Enter an address that begins with https:// or http://"))
    if "@" in parts.netloc:
        raise Unfit(_("Enter the address without a user name or password."))
    return text


def email(text: str) -> str:
    """Return an e-mail address with its domain in lower case; whether it exists is not asked."""
    try:
        found = validate_email(
            line(text), check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError:
        raise Unfit(_("Enter an e-mail address, for example name@example.org")) from None
    return found.normalized


STYLES: Mapping[str, Callable[[str], str]] = {
    "text": line,
    "choice": line,
    "secret": line,
    "multiline": lines,
    "secret-multiline": lines,
    "host": host,
    "url": url,
    "email": email,
}
