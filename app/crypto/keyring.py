"""The keyring: numbered terms that seal rows and DEKs, session key, audit keys, and whether set-up is done."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.clock import from_micros, to_micros
from app.crypto.context import KEYRING, Context, Item, encode
from app.crypto.root_key import WrongRootKey
from app.crypto.seal import KEY_SIZE, open_numbered, open_with, seal_with, term_of
from app.errors import Damaged

_FORMAT = 1
_CHECK_SIZE = 16
_LAST_TERM = 2**32 - 1


class UnknownTerm(Damaged):
    """Sealed under a term that this keyring does not hold: another process may have added it, so load and retry."""


class TermState(StrEnum):
    """What a term still does."""

    ACTIVE = "active"
    DECRYPT_ONLY = "decrypt-only"
    DESTROYED = "destroyed"


@dataclass(frozen=True)
class Term:
    """One key of the keyring. number: random, 1..2**32-1. key: 32 bytes, None once destroyed."""

    number: int
    state: TermState
    key: bytes | None = field(repr=False)
    created: datetime

    def __post_init__(self) -> None:
        if not 1 <= self.number <= _LAST_TERM:
            raise ValueError("a term's number is 1 to 2**32-1")
        if (self.key is None) != (self.state is TermState.DESTROYED):
            raise ValueError("a destroyed term, and no other, has no key")
        if self.key is not None:
            _require_key(self.key)


@dataclass(frozen=True)
class AuditKey:
    """A key that chains the audit trail. number: from 1. key: 32 bytes."""

    number: int
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.number < 1:
            raise ValueError("an audit key's number is 1 or above")
        _require_key(self.key)


@dataclass(frozen=True)
class Keyring:
    """The keys of one deployment at one revision. It never changes: a change gives a new one, one revision higher."""

    deployment: UUID
    revision: int
    terms: tuple[Term, ...]
    session_key: bytes = field(repr=False)
    audit_keys: tuple[AuditKey, ...]
    set_up: bool

    def __post_init__(self) -> None:
        _require_key(self.session_key)
        if sum(term.state is TermState.ACTIVE for term in self.terms) != 1:
            raise ValueError("exactly one term is active")
        if not self.audit_keys:
            raise ValueError("there is no audit key")
        for numbered in (self.terms, self.audit_keys):
            if len({each.number for each in numbered}) != len(numbered):
                raise ValueError("a number is used twice")

    @classmethod
    def create(cls, *, now: datetime) -> Self:
        """Return the first keyring of a new deployment: revision 1, one active term, not set up."""
        return cls(
            deployment=uuid4(),
            revision=1,
            terms=(Term(1 + secrets.randbelow(_LAST_TERM), TermState.ACTIVE, _new_key(), now),),
            session_key=_new_key(),
            audit_keys=(AuditKey(1, _new_key()),),
            set_up=False,
        )

    def seal(self, plaintext: bytes, context: Context) -> bytes:
        """Seal under the active term; see `seal_with`."""
        term = next(term for term in self.terms if term.state is TermState.ACTIVE)
        return seal_with(_key_of(term), plaintext, context, term=term.number)

    def open(self, sealed: bytes, context: Context) -> bytes:
        """Open with the term that the header names; see `open_with`.

        Raises Damaged, also for term 0 and for a destroyed term; UnknownTerm if the keyring has no such term.
        """
        number = term_of(sealed)
        if number == 0:
            raise Damaged("not sealed under a term")
        term = next((term for term in self.terms if term.number == number), None)
        if term is None:
            raise UnknownTerm("sealed under a term that the keyring does not hold")
        return open_numbered(_key_of(term), sealed, context, term=number)

    def derive(self, label: str) -> bytes:
        """Return the 32 bytes that the session key gives for `label`: cookies, CSRF, set-up link and such."""
        return HKDF(SHA512(), KEY_SIZE, None, b"tresor/derive/1" + encode((label,))).derive(self.session_key)

    def mac(self, purpose: str, *items: Item) -> bytes:
        """Return HMAC-SHA256, 32 bytes, of purpose and items under the session key. Compare in constant time."""
        return _hmac(self.session_key, b"tresor/mac/1" + encode((purpose, *items)))

    def marked_set_up(self) -> Self:
        """Return the next revision, in which set-up is done."""
        return replace(self, revision=self.revision + 1, set_up=True)

    def sealed_under(self, root: bytes) -> bytes:
        """Return the keyring as it is stored: check 16 | sealed form under the root key (32 bytes)."""
        return _check_of(root) + seal_with(root, self._text(), _context(self.deployment, self.revision))

    @classmethod
    def opened(cls, sealed: bytes, root: bytes, *, deployment: UUID, revision: int) -> Self:
        """Return the keyring that `sealed_under` stored for this deployment and revision.

        Raises WrongRootKey if it was stored under another root key, Damaged for everything else.
        """
        check, form = sealed[:_CHECK_SIZE], sealed[_CHECK_SIZE:]
        term_of(form)
        right_key = hmac.compare_digest(check, _check_of(root))
        try:
            text = open_with(root, form, _context(deployment, revision))
        except Damaged as error:
            if right_key:
                raise Damaged(f"keyring: {error}") from error
            raise WrongRootKey(
                "The root key is not the one that this installation's keyring was stored under."
                " Give the right one: TRESOR_ROOT_KEY_FILE, TRESOR_ROOT_KEY or the recovery kit."
            ) from None
        if not right_key:
            raise Damaged("keyring: the root key's check was altered")
        return cls._from_text(text, deployment, revision)

    def _text(self) -> bytes:
        return _canonical(
            {
                "format": _FORMAT,
                "terms": [_plain_term(term) for term in self.terms],
                "session_key": _written(self.session_key),
                "audit_keys": [{"number": each.number, "key": _written(each.key)} for each in self.audit_keys],
                "set_up": self.set_up,
            }
        )

    @classmethod
    def _from_text(cls, text: bytes, deployment: UUID, revision: int) -> Self:
        """Return the keyring of a text that verified; writing it again must give the same bytes."""
        try:
            plain = json.loads(text)
            keyring = cls(
                deployment=deployment,
                revision=revision,
                terms=tuple(_read_term(term) for term in plain["terms"]),
                session_key=_read(plain["session_key"]),
                audit_keys=tuple(AuditKey(each["number"], _read(each["key"])) for each in plain["audit_keys"]),
                set_up=plain["set_up"] is True,
            )
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
            raise Damaged("keyring: unknown or broken format") from error
        if keyring._text() != text:
            raise Damaged("keyring: not in canonical form")
        return keyring


def chain(key: bytes, previous: bytes, *items: Item) -> bytes:
    """Return an audit event's chain value, 32 bytes: HMAC-SHA256 over the value of the event before and `items`.

    key: an audit key, 32 bytes. previous: that value as it is stored; empty before the first event.
    """
    _require_key(key)
    return _hmac(key, b"tresor/chain/1" + encode((previous, *items)))


def new_dek() -> bytes:
    """Return a fresh key for one version's blob, 32 bytes."""
    return _new_key()


def random_token() -> str:
    """Return 256 random bits as 43 characters that are safe in URLs and cookies."""
    return _written(_new_key())


def token_hash(token: str) -> bytes:
    """Return the SHA-256 by which a token is found, 32 bytes. Any text has one, what a stranger sends too."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def _new_key() -> bytes:
    return secrets.token_bytes(KEY_SIZE)


def _require_key(key: bytes) -> None:
    if len(key) != KEY_SIZE:
        raise ValueError("a key has exactly 32 bytes")


def _key_of(term: Term) -> bytes:
    if term.key is None:
        raise Damaged("sealed under a destroyed term")
    return term.key


def _hmac(key: bytes, message: bytes) -> bytes:
    mac = HMAC(key, SHA256())
    mac.update(message)
    return mac.finalize()


def _context(deployment: UUID, revision: int) -> Context:
    return Context(KEYRING, deployment, (revision,))


def _check_of(root: bytes) -> bytes:
    """Return what a stored keyring shows of its root key, so that a wrong key can be told from damage."""
    _require_key(root)
    return HKDF(SHA512(), _CHECK_SIZE, None, b"tresor/root/1").derive(root)


def _canonical(plain: dict[str, object]) -> bytes:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _plain_term(term: Term) -> dict[str, object]:
    return {
        "number": term.number,
        "state": term.state.value,
        "key": None if term.key is None else _written(term.key),
        "created": to_micros(term.created),
    }


def _read_term(plain: Any) -> Term:
    key = None if plain["key"] is None else _read(plain["key"])
    return Term(plain["number"], TermState(plain["state"]), key, from_micros(plain["created"]))


def _written(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()


def _read(written: str) -> bytes:
    return base64.urlsafe_b64decode(written + "=")
