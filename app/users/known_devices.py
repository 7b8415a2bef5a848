"""Browsers that an account signed in from before: a sealed cookie, which gives tries of their own and proves nobody."""

from __future__ import annotations

import base64
import binascii
import secrets
import struct
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.clock import Clock, from_micros, to_micros
from app.crypto.context import DEVICE, Context
from app.crypto.seal import open_with, seal_with
from app.errors import Damaged
from app.keys.keyrings import Keyrings
from app.users.service import User

LABEL = "device cookie"
ACCOUNT_PURPOSE = "device account"
MOST = 5
ENTRY = struct.Struct(">16s16sQQ")
LENGTH = 460
"""Of every cookie, in characters, whatever it holds."""


@dataclass(frozen=True)
class Device:
    """A browser as one account knows it. id: what its failures are counted under."""

    account: bytes = field(repr=False)
    id: bytes
    generation: int
    since: datetime


class KnownDevices:
    """Reads and makes the cookie's text (FORMAT.md, 'Device cookie')."""

    def __init__(self, keyrings: Keyrings, clock: Clock, *, days: int) -> None:
        self._keyrings, self._clock, self._lasts = keyrings, clock, timedelta(days=days)

    def find(self, cookie: str, address_key: str) -> Device | None:
        """Return the browser as the account of an address knows it, or None. Its generation is not looked at."""
        if not cookie:
            return None
        account = self._account(address_key)
        return next((each for each in self._read(cookie) if each.account == account), None)

    def with_account(self, cookie: str, user: User) -> str:
        """Return the text of a cookie that holds what this one does, and that a person has just signed in."""
        account = self._account(user.opened.columns["email_key"])
        new = Device(account, secrets.token_bytes(16), user.account.generation, self._clock())
        return self._written([new, *(each for each in self._read(cookie) if each.account != account)][:MOST])

    def _account(self, address_key: str) -> bytes:
        return self._keyrings.current.mac(ACCOUNT_PURPOSE, address_key)[:16]

    def _read(self, cookie: str) -> list[Device]:
        if len(cookie) != LENGTH:
            return []
        try:
            sealed = base64.urlsafe_b64decode(cookie.encode("ascii"))
            if base64.urlsafe_b64encode(sealed).decode("ascii") != cookie:  # Python takes other letters, too
                return []
            entries = open_with(self._keyrings.current.derive(LABEL), sealed, self._context())
            found = [
                Device(account, id_, generation, from_micros(since))
                for account, id_, generation, since in ENTRY.iter_unpack(entries)
            ]
        except (UnicodeEncodeError, binascii.Error, Damaged):
            return []
        return [each for each in found if self._clock() < each.since + self._lasts]

    def _written(self, devices: list[Device]) -> str:
        entries = b"".join(
            ENTRY.pack(each.account, each.id, each.generation, to_micros(each.since)) for each in devices
        )
        sealed = seal_with(self._keyrings.current.derive(LABEL), entries, self._context())
        return base64.urlsafe_b64encode(sealed).decode("ascii")

    def _context(self) -> Context:
        return Context(DEVICE, self._keyrings.current.deployment, ())
