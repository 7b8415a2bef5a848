"""What a save of the sharing took from people, written into the address that gives it back."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.clock import from_micros, to_micros
from app.crypto.keyring import Keyring
from app.errors import Refused
from app.vault.heads import Grant
from app.vault.policy import Level

MOST = 20
"""People in one address, so that it does not become too long for a browser or a proxy."""
MAC_SIZE = 32


@dataclass(frozen=True)
class Lost:
    """What one person lost."""

    user: UUID
    level: Level
    until: datetime | None


def ticket(keyring: Keyring, owner: UUID, secret: UUID, revision: int, lost: Sequence[Grant]) -> str:
    """Return, for this owner alone, who lost what when this revision was saved.

    Made of letters, digits, hyphens and underscores; "" for nobody, and for more people than an address holds.
    """
    if not 0 < len(lost) <= MOST:
        return ""
    people = [f"{each.user} {each.level.value} {to_micros(each.until) if each.until else ''}" for each in lost]
    text = "\n".join([str(revision), *people]).encode()
    return urlsafe_b64encode(_mac(keyring, owner, secret, text) + text).decode().rstrip("=")


def read_ticket(keyring: Keyring, owner: UUID, secret: UUID, given: str) -> tuple[int, list[Lost]]:
    """Return the revision, and who lost what. Raises Refused unless it was made here, for this owner and secret."""
    try:
        plain = urlsafe_b64decode(given + "=" * (-len(given) % 4))
    except ValueError:
        plain = b""
    mac, text = plain[:MAC_SIZE], plain[MAC_SIZE:]
    if not hmac.compare_digest(mac, _mac(keyring, owner, secret, text)):
        raise Refused(action="secret.share", kind="secret", object_id=secret)
    revision, *people = text.decode().split("\n")
    return int(revision), [_person(line) for line in people]


def _mac(keyring: Keyring, owner: UUID, secret: UUID, text: bytes) -> bytes:
    return keyring.mac("undo sharing", owner, secret, text)


def _person(line: str) -> Lost:
    user, level, until = line.split(" ")
    return Lost(UUID(user), Level(level), from_micros(int(until)) if until else None)
