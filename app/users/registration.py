"""Self-registration: where a setting allows it, who proves to read an address becomes a member with it."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.audit.service import Audit
from app.database import Unit
from app.errors import Conflict, Damaged, Invalid, Refused
from app.keys.keyrings import Keyrings
from app.keys.trail import Note
from app.outbox.service import Outbox
from app.outbox.templates import MailTemplate
from app.users.addresses import Address, key_of, read_address
from app.users.links import For, Link, Links
from app.users.preferences import Preferences
from app.users.requests import ACTOR
from app.users.service import User, Users
from app.users.sparing import Sparing

CONFIRM = MailTemplate(
    "user.registration",
    _l("Your account at %(site)s"),
    (
        _l("Hello,"),
        _l("Somebody asked for an account at %(site)s with this address. To create it, open this link:"),
        "%(link)s",
        _l("It is good for one day and for one use."),
        _l("If it was not you, do nothing: without the link there will be no account."),
    ),
    one_time=True,
)
TAKEN = MailTemplate(
    "user.registration-taken",
    _l("You have an account at %(site)s already"),
    (
        _l("Hello,"),
        _l("Somebody asked for an account at %(site)s with this address. There is one already."),
        _l("To sign in: %(sign_in)s"),
        _l("To choose a new password if you forgot yours: %(forgot)s"),
        _l("If no mail follows then, the account is not active yet or not any more: ask an administrator."),
        _l("If it was not you, do nothing: nothing has changed, and whoever asked has learned nothing."),
    ),
)


class Rules(Protocol):
    """What an administrator decided: app.options.Options."""

    @property
    def registration(self) -> bool: ...

    @property
    def registration_domains(self) -> tuple[str, ...]: ...


class Taken(Conflict):
    """Somebody has this address by now; told to nobody but who proved to read it."""


class Registration:
    """Decides about requests for an account, and makes it for who opens the link."""

    def __init__(
        self,
        unit: Unit,
        users: Users,
        links: Links,
        preferences: Preferences,
        outbox: Outbox,
        sparing: Sparing,
        keyrings: Keyrings,
        audit: Audit,
        rules: Rules,
        *,
        base_url: str,
    ) -> None:
        self._unit, self._users, self._links, self._preferences = unit, users, links, preferences
        self._outbox, self._sparing, self._keyrings, self._audit = outbox, sparing, keyrings, audit
        self._rules, self._base_url = rules, base_url

    @property
    def is_open(self) -> bool:
        """Whether people may register themselves: the setting says so, and a mail can confirm their address."""
        return self._outbox.is_open and self._rules.registration

    def refuse_other_domains(self, address: str) -> None:
        """Raise Invalid, with the domains, for an address that may not register; this asks nothing about accounts."""
        domains = self._rules.registration_domains
        if domains and not self._is_ours(address):
            names = ", ".join(domains)
            raise Invalid(_("Only addresses of %(domains)s can register here.", domains=names), field="email")

    def decide(self, address: str, *, language: str) -> None:
        """Mail a link to a free address that may register, and a word to one that has an account."""
        if not self.is_open or key_of(address) is None or not self._is_ours(address):
            return
        read = read_address(address)
        if not self._sparing.allows("registration.mail", kind="address", object_id=self._name(read)):
            return
        by = Note("registration.link", actor=ACTOR)
        site = self._base_url.partition("://")[2]
        if user := self._known(read):
            urls = {"sign_in": f"{self._base_url}/login", "forgot": f"{self._base_url}/forgot"}
            spoken = self._preferences.language(user) or language
            self._outbox.enqueue(TAKEN, user.email, by=by, language=spoken, site=site, **urls)
        elif not self._is_taken(read):
            token = self._links.issue(For.REGISTRATION, by, user=None, address=read.shown)
            url = f"{self._base_url}/register/{token}"
            self._outbox.enqueue(CONFIRM, read.shown, by=by, language=language, site=site, link=url)

    def find(self, token: str) -> Link:
        """Return the link with this token. Raises Refused if it opens nothing, Taken if its address has an account."""
        link = self._links.find(For.REGISTRATION, token)
        if not self._rules.registration or not self._is_ours(link.address):
            raise Refused(action="registration.open")
        if self._is_taken(read_address(link.address)):
            raise Taken
        return link

    def create(self, token: str, *, first_name: str, last_name: str, password: str, language: str) -> User:
        """Make an active person with the role Member whose address the link has confirmed.

        Raises Refused if the link opens nothing, Taken if the address has an account by now, Invalid for a name or
        password that breaks a rule, Throttled if no place for a hash is free.
        """
        link = self.find(token)
        try:  # the hash takes long, so `create` begins the transaction after it
            user = self._users.create(
                ACTOR, email=link.address, first_name=first_name, last_name=last_name, password=password
            )
        except Invalid as invalid:
            if invalid.field != "email":
                raise
            raise Taken from None
        except Conflict:  # it was free a moment ago
            if self._is_taken(read_address(link.address)):
                raise Taken from None
            raise
        with self._unit.writing():
            self._links.use(link)
            self._preferences.speak(user, language=language)
        return user

    def _is_ours(self, address: str) -> bool:
        """Return whether addresses of this domain may register."""
        domains = self._rules.registration_domains
        try:
            domain = read_address(address).shown.rpartition("@")[2]
        except Invalid:
            domain = address.strip().rpartition("@")[2].lower()
        return not domains or domain in domains

    def _known(self, address: Address) -> User | None:
        """Return who has this address; nobody whose row is damaged."""
        try:
            return self._users.find(address.shown)
        except Damaged as damage:
            self._audit.trouble(damage)
            return None

    def _is_taken(self, address: Address) -> bool:
        """Return whether there is a row with this address, whatever became of it."""
        try:
            return self._users.find(address.shown) is not None
        except Damaged:
            return True

    def _name(self, address: Address) -> UUID:
        """Return what stands in the trail for an address that may be nobody's."""
        return UUID(bytes=self._keyrings.current.mac("registration address", address.key)[:16])
