"""Signing in: the same answer in the same time for known and unknown, and never too many tries."""

from __future__ import annotations

import hashlib
import logging

from flask_babel import gettext as _
from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

from app.audit.service import Audit
from app.clock import Clock
from app.crypto.passwords import Passwords
from app.database import Unit
from app.errors import Conflict, Damaged, Invalid, Throttled
from app.keys.trail import Note
from app.settings import Limits as LimitSettings
from app.subject import Subject
from app.users.addresses import key_of
from app.users.service import LONGEST_PASSWORD, User, Users
from app.users.sessions import PREFERENCES, Sessions

log = logging.getLogger(__name__)

ADDRESS_MINUTES = 10


class Throttle:
    """Counts failures by (address, account) and by address; a shared store that is down: by this process alone."""

    def __init__(self, settings: LimitSettings) -> None:
        self._enabled = settings.enabled
        self._wait = settings.sign_in_wait_seconds
        self._pair = RateLimitItemPerSecond(settings.sign_in_tries, settings.sign_in_wait_seconds)
        self._address = RateLimitItemPerMinute(settings.address_tries, ADDRESS_MINUTES)
        storage: Storage = storage_from_string(settings.url, wrap_exceptions=True)  # type: ignore[assignment]
        self._shared = _limiter(storage)
        self._alone = _limiter(MemoryStorage())

    def check(self, address: str, account: str) -> None:
        """Raise Throttled if this many failures are enough for now."""
        if not self._enabled:
            return
        for item, key in self._items(address, account):
            if not self._ask("test", item, key):
                raise Throttled(
                    _("Too many tries. Wait %(seconds)s seconds.", seconds=self._wait),
                    seconds=self._wait,
                    action="user.sign-in",
                )

    def failed(self, address: str, account: str) -> None:
        """Count a failure."""
        if self._enabled:
            for item, key in self._items(address, account):
                self._ask("hit", item, key)

    def _items(self, address: str, account: str) -> list[tuple[RateLimitItemPerSecond | RateLimitItemPerMinute, str]]:
        pair = hashlib.sha256(f"{address}\0{account}".encode("utf-8", "surrogatepass")).hexdigest()
        return [(self._pair, pair), (self._address, address)]

    def _ask(self, what: str, item: RateLimitItemPerSecond | RateLimitItemPerMinute, key: str) -> bool:
        try:
            return bool(getattr(self._shared, what)(item, key))
        except StorageError:
            log.warning("limits: the shared store does not answer, this process counts alone")
            return bool(getattr(self._alone, what)(item, key))


def _limiter(storage: Storage) -> MovingWindowRateLimiter | FixedWindowRateLimiter:
    return MovingWindowRateLimiter(storage) if hasattr(storage, "acquire_entry") else FixedWindowRateLimiter(storage)


class WrongPassword(Invalid):
    """Address or password is not right: one answer for every failure."""


class SignIn:
    """Signs people in, confirms who they are, signs them out."""

    def __init__(
        self,
        unit: Unit,
        clock: Clock,
        users: Users,
        sessions: Sessions,
        passwords: Passwords,
        throttle: Throttle,
        audit: Audit,
    ) -> None:
        self._unit, self._clock, self._users, self._sessions = unit, clock, users, sessions
        self._passwords, self._throttle, self._audit = passwords, throttle, audit

    def sign_in(self, *, email: str, password: str, address: str, device: str) -> str:
        """Return the token of a new session.

        Raises WrongPassword for every failure, Throttled after too many or if no place for a hash is free.
        """
        account = key_of(email) or ""
        self._throttle.check(address, account)
        user = self._known(email)
        stored = user.account.password if user and user.active else None
        if not self._passwords.verify(stored, password[: LONGEST_PASSWORD + 1]) or user is None:
            self._fail(user, address, account, "user.sign-in")
        assert user is not None
        self._renew(user, password)
        with self._unit.writing():
            token = self._sessions.begin(user, device=device)
            self._audit.record(Note("user.sign-in", subject=user.id), kind="user", object_id=user.id)
            self._remember(user)
        return token

    def confirm(self, subject: Subject, *, password: str, address: str, device: str) -> str:
        """Return the token of the session that replaces this one, its person having proved who they are again."""
        account = f"confirm {subject.id}"
        self._throttle.check(address, account)
        user = self._users.get(subject.id)
        stored = user.account.password if user and user.active else None
        if not self._passwords.verify(stored, password[: LONGEST_PASSWORD + 1]) or user is None:
            self._fail(user, address, account, "user.confirm")
        assert user is not None
        with self._unit.writing():
            self._audit.record(Note("user.confirm", subject=user.id), kind="user", object_id=user.id)
            return self._sessions.confirm(user, subject.session_hash, device=device)

    def sign_out(self, subject: Subject) -> None:
        """End this session."""
        with self._unit.writing():
            self._sessions.end(subject.session_hash)
            self._audit.record(Note("user.sign-out", subject=subject.id), kind="user", object_id=subject.id)

    def _known(self, email: str) -> User | None:
        try:
            return self._users.find(email)
        except Damaged:
            return None

    def _fail(self, user: User | None, address: str, account: str, action: str) -> None:
        self._throttle.failed(address, account)
        if user is not None:
            note = Note(action, subject=user.id, detail={"outcome": "failed"})
            self._audit.record_now(note, kind="user", object_id=user.id)
        raise WrongPassword(_("Email or password is not right."))

    def _renew(self, user: User, password: str) -> None:
        """Store a hash of older parameters anew; if somebody changed the person meanwhile, the next time."""
        if user.account.password and self._passwords.needs_rehash(user.account.password):
            try:
                self._users.rehash(user.id, seen=user, password=password)
            except Conflict:
                log.info("rehash put off")

    def _remember(self, user: User) -> None:
        known = PREFERENCES.c.user == user.id
        now = self._clock()
        if not self._unit.execute(PREFERENCES.update().where(known).values(last_sign_in=now)).rowcount:
            self._unit.execute(PREFERENCES.insert().values(user=user.id, last_sign_in=now))
