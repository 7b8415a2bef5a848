"""Signing in: the same answer in the same time for known and unknown, and never too many tries."""

from __future__ import annotations

import logging
from uuid import UUID

from flask_babel import gettext as _

from app.audit.service import Audit
from app.clock import Clock
from app.crypto.passwords import Passwords
from app.database import Unit
from app.errors import Conflict, Damaged, Invalid
from app.keys.keyrings import Keyrings
from app.subject import Subject
from app.users.addresses import key_of
from app.users.service import LONGEST_PASSWORD, User, Users
from app.users.sessions import PREFERENCES, Sessions
from app.users.throttle import Throttle

log = logging.getLogger(__name__)


class WrongPassword(Invalid):
    """Address or password is not right: one answer for every failure."""


class SignIn:
    """Signs people in, confirms who they are, signs them out."""

    def __init__(
        self,
        unit: Unit,
        clock: Clock,
        keyrings: Keyrings,
        users: Users,
        sessions: Sessions,
        passwords: Passwords,
        throttle: Throttle,
        audit: Audit,
    ) -> None:
        self._unit, self._clock, self._keyrings, self._users = unit, clock, keyrings, users
        self._sessions, self._passwords, self._throttle, self._audit = sessions, passwords, throttle, audit

    def sign_in(self, *, email: str, password: str, address: str, device: str, replaces: Subject | None = None) -> str:
        """Return the token of a new session. replaces: who was signed in there before; that session ends.

        Raises WrongPassword for every failure, Throttled after too many or if no place for a hash is free.
        """
        account = key_of(email) or ""
        self._throttle.check(address, account)
        user = self._known(email)
        if user is None or not self._proves(user, password):
            if user is None:
                self._passwords.verify(None, password[: LONGEST_PASSWORD + 1])
            self._throttle.failed(address, account)
            raise self._wrong("user.sign-in", user, account)
        self._throttle.succeeded(address, account)
        self._renew(user, password)
        return self.enter(user, device=device, replaces=replaces)

    def enter(self, user: User, *, device: str, replaces: Subject | None = None) -> str:
        """Return the token of a new session of somebody who has proved who they are. replaces: as for `sign_in`."""
        with self._unit.writing():
            if replaces is not None and self._sessions.is_stored(replaces.session_hash):
                self._sessions.end(replaces.session_hash)
            token = self._sessions.begin(user, device=device, action="user.sign-in")
            self._remember(user)
        return token

    def confirm(self, subject: Subject, *, password: str, address: str, device: str) -> str:
        """Return the token of the session that replaces this one, its person having proved who they are again.

        Raises WrongPassword or Throttled.
        """
        account = f"confirm {subject.id}"
        self._throttle.check(address, account)
        user = self._users.get(subject.id)
        if user is None or not self._proves(user, password):
            self._throttle.failed(address, account)
            raise self._wrong("user.confirm", user, account)
        self._throttle.succeeded(address, account)
        return self._sessions.confirm(user, subject.session_hash, device=device)

    def change_password(self, subject: Subject, *, password: str, device: str) -> str:
        """Give the subject another password, which ends all their sessions, and return the token of a new one.

        Raises Invalid.
        """
        user = self._users.set_password(subject, subject.id, password=password)
        return self._sessions.begin(user, device=device)

    def sign_out(self, subject: Subject) -> None:
        """End this session."""
        self._sessions.end(subject.session_hash, action="user.sign-out")

    def _known(self, email: str) -> User | None:
        """Return who has this address; somebody whose row is damaged cannot sign in either."""
        try:
            return self._users.find(email)
        except Damaged as damage:
            self._audit.trouble(damage)
            return None

    def _proves(self, user: User, password: str) -> bool:
        """Return whether this is an active person's password; it takes as long for others."""
        stored = user.account.password if user.active else None
        return self._passwords.verify(stored, password[: LONGEST_PASSWORD + 1])

    def _wrong(self, action: str, user: User | None, account: str) -> WrongPassword:
        """Record a failure, in the same time for known and unknown, and return the one answer."""
        wrong = WrongPassword(_("Email or password is not right."))
        wrong.action = action
        if user is not None:
            wrong.kind, wrong.object_id = "user", user.id
        else:
            name = self._keyrings.current.mac("sign-in address", account)
            wrong.kind, wrong.object_id = "address", UUID(bytes=name[:16])
        self._audit.trouble(wrong)
        return wrong

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
