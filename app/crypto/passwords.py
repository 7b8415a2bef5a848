"""Passwords: Argon2id hashes, made and checked for a bounded number of people at a time."""

from __future__ import annotations

import base64
import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from app.errors import Damaged, Invalid, Throttled

_SALT_SIZE, _HASH_SIZE = 16, 32


class Passwords:
    """Hashes and verifies passwords with today's parameters; hashes of older parameters still verify.

    memory_kib: for each running hash. waiting: how many may queue while `at_once` others are worked on, in this
    process; who comes after them gets Throttled at once, so that neither memory nor time grows with the attempts.
    kept: how many of these places strangers cannot take.
    """

    def __init__(
        self,
        memory_kib: int = 64 * 1024,
        time_cost: int = 3,
        parallelism: int = 1,
        waiting: int = 8,
        *,
        at_once: int = 2,
        kept: int = 0,
    ) -> None:
        self._hasher = PasswordHasher(
            time_cost=time_cost,
            memory_cost=memory_kib,
            parallelism=parallelism,
            hash_len=_HASH_SIZE,
            salt_len=_SALT_SIZE,
            type=Type.ID,
        )
        self._nobody = _unmatched(memory_kib, time_cost, parallelism)
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._open_to_strangers = threading.BoundedSemaphore(at_once + waiting - kept)
        self._running = threading.BoundedSemaphore(at_once)

    def hash(self, password: str) -> str:
        """Return the hash to store. Raises Invalid for unpaired surrogates, Throttled if all places are taken."""
        try:
            normal = _normalised(password).encode()
        except UnicodeEncodeError as error:
            raise Invalid("The password holds an unpaired surrogate.") from error
        with _place(self._places), self._running:
            return self._hasher.hash(normal)

    def verify(self, stored: str | None, password: str, *, stranger: bool = False) -> bool:
        """Tell whether `password` gave the `stored` hash; None, for nobody, takes as long and is never true.

        stranger: nothing but this password speaks for who asks. Raises Throttled if all places are taken, Damaged if
        `stored` is no hash.
        """
        attempt = _normalised(password).encode(errors="surrogatepass")
        with _place(self._open_to_strangers) if stranger else nullcontext(), _place(self._places), self._running:
            try:
                return self._hasher.verify(self._nobody if stored is None else stored, attempt)
            except VerifyMismatchError:
                return False
            except (InvalidHashError, VerificationError) as error:
                raise Damaged(f"password hash: {error}") from error

    def needs_rehash(self, stored: str) -> bool:
        """Tell whether `stored` was made with other parameters than today's. Raises Damaged if it is no hash."""
        try:
            return self._hasher.check_needs_rehash(stored)
        except InvalidHashError as error:
            raise Damaged(f"password hash: {error}") from error


@contextmanager
def _place(places: threading.Semaphore) -> Iterator[None]:
    """Hold one of these places. Raises Throttled if all are taken."""
    if not places.acquire(blocking=False):
        raise Throttled(seconds=1)
    try:
        yield
    finally:
        places.release()


def _normalised(password: str) -> str:
    """Return Unicode normal form C, so that the same keys on another system give the same password (RFC 8265)."""
    return unicodedata.normalize("NFC", password)


def _unmatched(memory_kib: int, time_cost: int, parallelism: int) -> str:
    """Return a hash of no password: random where the result stands."""
    salt, result = (_unpadded(secrets.token_bytes(size)) for size in (_SALT_SIZE, _HASH_SIZE))
    return f"$argon2id$v=19$m={memory_kib},t={time_cost},p={parallelism}${salt}${result}"


def _unpadded(value: bytes) -> str:
    return base64.b64encode(value).rstrip(b"=").decode()
