"""E-mail addresses: one canonical form to show, one key to compare."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _

from app.errors import Invalid

LONGEST = 254

OF_OUR_NETWORK = (".local", "@localhost")
"""Domains that the library refuses, because only one network knows them: that may be ours."""
PADDING = ".example"
"""What makes a public name of such a domain while it is checked."""


class Address(NamedTuple):
    """shown: NFC, trimmed, its domain lowered. key: compared without case."""

    shown: str
    key: str


def read_address(text: str) -> Address:
    """Return an address in its canonical form. Raises Invalid with what to enter."""
    plain = unicodedata.normalize("NFC", text).strip()
    padding = PADDING if plain.lower().endswith(OF_OUR_NETWORK) else ""
    try:
        found = validate_email(plain[: LONGEST + 1] + padding, check_deliverability=False, strict=True)
    except (EmailNotValidError, UnicodeError):
        raise Invalid(_("Enter an email address, such as anna@example.org"), field="email") from None
    if unicodedata.normalize("NFKC", found.local_part) != found.local_part:
        text = _("This address holds characters that only look like others. Write it with plain letters.")
        raise Invalid(text, field="email")
    shown = f"{found.local_part}@{found.ascii_domain.lower().removesuffix(padding)}"
    return Address(shown, unicodedata.normalize("NFC", shown.casefold()))  # casefold may take letters apart


def key_of(text: str) -> str | None:
    """Return the key of what somebody typed, or None if it cannot be anybody's address."""
    try:
        return read_address(text).key
    except Invalid:
        return None
