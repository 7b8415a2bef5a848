"""Signing in: the same answer in the same time for known and unknown, and never too many tries."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from uuid import UUID

from flask_babel import gettext as _

from app.audit.service import Audit
from app.clock import Clock
from app.crypto.passwords import Passwords
from app.database import Unit
from app.errors import Conflict, Damaged, Invalid, Throttled
from app.keys.keyrings import Keyrings
from app.subject import Subject
from app.users.addresses import key_of
from app.users.known_devices import Device, KnownDevices
from app.users.nobody import Nobody
from app.users.service import LISTED, LONGEST_PASSWORD, User, Users
from app.users.sessions import PREFERENCES, Sessions
from app.users.throttle import Throttle

log = logging.getLogger(__name__)


class WrongPassword(Invalid):
    """Address or password is not right: one answer for every failure."""


@dataclass(frozen=True)
class SignedIn:
    """What a browser gets. token: of the session. known: the text of the cookie by which it is known from now on."""

    token: str = field(repr=False)
    known: str = field(repr=False)


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
        devices: KnownDevices,
        nobody: Nobody,
        audit: Audit,
    ) -> None:
        self._unit, self._clock, self._keyrings, self._users = unit, clock, keyrings, users
        self._sessions, self._passwords, self._throttle, self._audit = sessions, passwords, throttle, audit
        self._devices, self._nobody = devices, nobody

    def sign_in(
        self, *, email: str, password: str, address: str, device: str, known: str = "", replaces: Subject | None = None
    ) -> SignedIn:
        """Begin a session. known: the cookie of this browser; its own tries are left when those of strangers are not.

        replaces: who was signed in there before; that session ends. Raises WrongPassword for every failure, Throttled
        after too many or if no place for a hash is free.
        """
        account = key_of(email) or ""
        mine = self._device(known, account, email)
        with self._throttle.attempt(address, account, device=mine.id if mine else None) as attempt:
            user = self._known(email)
            if not self._proves(user, password, stranger=mine is None) or user is None:
                attempt.failed()
                raise self._wrong("user.sign-in", user, account)
            attempt.succeeded()
        self._renew(user, password)
        return self.enter(user, device=device, known=known, replaces=replaces)

    def enter(self, user: User, *, device: str, known: str = "", replaces: Subject | None = None) -> SignedIn:
        """Begin the session of somebody who has proved who they are. known, replaces: as for `sign_in`."""
        with self._unit.writing():
            if replaces is not None and self._sessions.is_stored(replaces.session_hash):
                self._sessions.end(replaces.session_hash)
            token = self._sessions.begin(user, device=device, action="user.sign-in")
            self._remember(user)
        return SignedIn(token, self._devices.with_account(known, user))

    def confirm(self, subject: Subject, *, password: str, address: str, device: str, known: str = "") -> SignedIn:
        """Replace this session by one whose person has proved again who they are.

        The session has tries of its own, as a known browser has: nobody without it can use them up. Raises
        WrongPassword or Throttled.
        """
        account = f"confirm {subject.id}"
        with self._throttle.attempt(address, account, device=subject.session_hash) as attempt:
            user = self._users.get(subject.id)
            if not self._proves(user, password, stranger=False) or user is None:
                attempt.failed()
                raise self._wrong("user.confirm", user, account)
            attempt.succeeded()
        token = self._sessions.confirm(user, subject.session_hash, device=device)
        return SignedIn(token, self._devices.with_account(known, user))

    def change_password(self, subject: Subject, *, password: str, device: str, known: str = "") -> SignedIn:
        """Give the subject another password, which ends all their sessions, and begin one for this browser.

        Raises Invalid.
        """
        return self.let_in(self._users.set_password(subject, subject.id, password=password), device=device, known=known)

    def let_in(self, user: User, *, device: str, known: str = "") -> SignedIn:
        """Begin the session of a person who proved in another way than by the password who they are."""
        return SignedIn(self._sessions.begin(user, device=device), self._devices.with_account(known, user))

    def sign_out(self, subject: Subject) -> None:
        """End this session."""
        self._sessions.end(subject.session_hash, action="user.sign-out")

    def _known(self, email: str) -> User | None:
        """Return who has this address; somebody whose row is damaged cannot sign in either."""
        try:
            user = self._users.find(email)
        except Damaged as damage:
            self._audit.trouble(damage)
            return None
        if user is None:
            self._nobody.open()
        return user

    def _device(self, known: str, account: str, email: str) -> Device | None:
        """Return the browser as this account knows it, if it signed in since the account last ended its sessions.

        Somebody is looked up for those alone who bring a cookie that was made for this address: that tells them
        nothing new, and strangers who have to wait are answered without a look at who exists.
        """
        device = self._devices.find(known, account)
        user = self._known(email) if device else None
        return device if device and user and user.account.generation == device.generation else None

    def _proves(self, user: User | None, password: str, *, stranger: bool) -> bool:
        """Return whether this is an active person's password; it takes as long for others and for nobody."""
        stored = user.account.password if user and user.active else None
        return self._passwords.verify(stored, password[: LONGEST_PASSWORD + 1], stranger=stranger)

    def _wrong(self, action: str, user: User | None, account: str) -> WrongPassword:
        """Record a failure, in the same time for known and unknown, and return the one answer."""
        wrong = WrongPassword(_("Email or password is not right."))
        wrong.action = action
        name = self._keyrings.current.mac("sign-in address", account)
        wrong.kind, wrong.object_id = ("user", user.id) if user else ("address", UUID(bytes=name[:16]))
        self._audit.trouble(wrong)
        return wrong

    def _renew(self, user: User, password: str) -> None:
        """Store a hash of older parameters anew; if somebody changed the person meanwhile, the next time."""
        if user.account.password and self._passwords.needs_rehash(user.account.password):
            try:
                self._users.rehash(user.id, seen=user, password=password)
            except (Conflict, Throttled):
                log.info("rehash put off")

    def _remember(self, user: User) -> None:
        known = PREFERENCES.c.user == user.id
        now = self._clock()
        if not self._unit.execute(PREFERENCES.update().where(known).values(last_sign_in=now)).rowcount:
            self._unit.execute(PREFERENCES.insert().values(user=user.id, last_sign_in=now))
        self._unit.execute(LISTED.update().where(LISTED.c.user == user.id).values(signed_in_at=now))
