"""E-mail addresses: one canonical form to show, one key to compare."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _

from app.errors import Invalid

LONGEST = 254


class Address(NamedTuple):
    """shown: NFC, trimmed, its domain lowered. key: compared without case."""

    shown: str
    key: str


def read_address(text: str) -> Address:
    """Return an address in its canonical form. Raises Invalid with what to enter."""
    plain = unicodedata.normalize("NFC", text).strip()
    if len(plain) > LONGEST:
        raise Invalid(_("Enter an email address, such as anna@example.org"), field="email")
    try:
        found = validate_email(plain, check_deliverability=False, allow_smtputf8=True)
    except (EmailNotValidError, UnicodeError):
        raise Invalid(_("Enter an email address, such as anna@example.org"), field="email") from None
    shown = f"{found.local_part}@{found.ascii_domain.lower()}"
    return Address(shown, shown.casefold())


def key_of(text: str) -> str | None:
    """Return the key of what somebody typed, or None if it cannot be anybody's address."""
    try:
        return read_address(text).key
    except Invalid:
        return None
