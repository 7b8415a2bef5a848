"""Another address to sign in with: by oneself, confirmed where it leads, or by an administrator, never in silence."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask_babel import gettext as _

from app.database import Unit
from app.errors import Conflict, Forbidden, Invalid, Refused
from app.keys.trail import Note
from app.outbox.service import Outbox
from app.settings import Settings
from app.subject import Subject
from app.users.address_mails import ASKED, CHANGED, CONFIRM, SET_BY_OTHER, TAKEN
from app.users.addresses import Address, read_address
from app.users.catalogue import CHANGE
from app.users.known_devices import KnownDevices
from app.users.links import For, Link, Links
from app.users.models import Account
from app.users.preferences import Preferences
from app.users.service import INVITED, User, Users, note
from app.users.sessions import Sessions
from app.users.sign_in import SignedIn
from app.users.throttle import Throttle

ASK, ADDRESS = "address.ask", "user.address"


class AddressChanges:
    """Changes addresses. Each change ends all sessions and links of before, as a change of password does.

    Whoever confirms their own in a browser that is signed in stays so there, with a new session.
    """

    def __init__(
        self,
        unit: Unit,
        users: Users,
        sessions: Sessions,
        devices: KnownDevices,
        links: Links,
        preferences: Preferences,
        outbox: Outbox,
        throttle: Throttle,
        settings: Settings,
    ) -> None:
        self._unit, self._users, self._sessions, self._links = unit, users, sessions, links
        self._devices, self._preferences, self._outbox, self._throttle = devices, preferences, outbox, throttle
        self._base_url, self._site = settings.server.base_url, settings.host

    @property
    def are_possible(self) -> bool:
        """Whether people can change their own address: without mail nobody could confirm it."""
        return self._outbox.is_open

    def pending(self, subject: Subject) -> Link | None:
        """Return the link that waits at the subject's new address, or None."""
        return self._links.pending(subject.id, For.ADDRESS)

    def ask(self, subject: Subject, *, email: str) -> None:
        """Send a link to a new address, and tell the old one.

        All that the subject can see is the same if somebody has that address: then the link is sent to nobody, and
        who has it is told. Raises Invalid for what is no address or their own, or where no mail is sent; Throttled.
        """
        if not self._outbox.is_open:
            raise Invalid(_("This installation sends no mail yet. An administrator can change your address."))
        address = read_address(email)
        user = self._known(subject.id, ASK)
        if address.key == user.opened.columns["email_key"]:
            raise Invalid(_("You sign in with this address already."), field="email")
        self._throttle.wrote(subject.id)
        with self._unit.writing():
            token = self._links.issue(For.ADDRESS, note(ASK, subject), user=user, address=address.shown)
            self._users.acting(subject, action=ASK)
            record = note("address.mail", subject)
            if has_it := self._users.find(address.shown):
                spoken = self._preferences.language(has_it)
                self._outbox.enqueue(TAKEN, has_it.email, by=record, language=spoken, site=self._site)
            else:
                spoken, link = self._preferences.language(user), f"{self._base_url}/address/{token}"
                self._outbox.enqueue(CONFIRM, address.shown, by=record, language=spoken, site=self._site, link=link)
            self._tell(user.email, user, address, record)

    def withdraw(self, subject: Subject) -> None:
        """End the link to the subject's new address."""
        self._links.withdraw(subject.id, For.ADDRESS)

    def opened(self, token: str) -> Link:
        """Return the link with this token; nothing is consumed. Raises Refused."""
        return self._confirming(token)[0]

    def confirm(self, token: str, *, reader: Subject | None, device: str, known: str = "") -> SignedIn | None:
        """Change an address as its link allows, and begin a new session if it is the reader's own.

        Raises Refused, Conflict if somebody has the address by now.
        """
        link, seen = self._confirming(token)
        address = read_address(link.address)
        with self._unit.writing():
            self._links.use(link)
            try:
                user = self._set(seen, address, Note(ADDRESS, subject=seen.id))
            except Invalid:
                raise Conflict(_("Somebody else has this address by now. Nothing was changed.")) from None
            self._links.withdraw(user.id)
            self._tell(seen.email, user, address, Note("address.mail", subject=user.id), done=True)
            if reader is None or reader.id != user.id:
                return None
            session = self._sessions.begin(user, device=device, confirmed_at=reader.confirmed_at)
            return SignedIn(session, self._devices.with_account(known, user))

    def of(self, by: Subject, user_id: UUID) -> User:
        """Return somebody else whose address `by` may change. Raises Refused, Forbidden."""
        by.require(CHANGE, action=ADDRESS)
        return self._settable(by, self._known(user_id, ADDRESS))

    def _settable(self, by: Subject, user: User) -> User:
        if user.id == by.id:
            text = _("You change your own address in your account, where the new one is confirmed.")
            raise Forbidden(text, action=ADDRESS, kind="user", object_id=user.id)
        self._users.check_reach(by, user, ADDRESS)
        if user.status == INVITED:
            text = _("%(name)s has not accepted the invitation. Withdraw it and invite the other address.")
            raise Forbidden(text % {"name": user.name}, action=ADDRESS, kind="user", object_id=user.id)
        return user

    def set(self, by: Subject, user_id: UUID, *, email: str) -> User:
        """Change somebody's address, which ends their sessions and tells them, in the app and at the old address.

        Raises Invalid for what is no address, theirs or somebody's; Refused, Forbidden.
        """
        seen = self.of(by, user_id)
        address = read_address(email)
        if address.shown == seen.email:
            raise Invalid(_("%(name)s signs in with this address already.", name=seen.name), field="email")
        with self._unit.writing():
            self._links.withdraw(user_id)
            by = self._users.acting(by, CHANGE, action=ADDRESS, on=[user_id])
            self._settable(by, self._known(user_id, ADDRESS))
            user = self._set(seen, address, note(ADDRESS, by))
            values = {"site": self._site, "address": address.shown, "who": by.name}
            spoken = self._preferences.language(user)
            self._outbox.enqueue(SET_BY_OTHER, seen.email, by=note("address.mail", by), language=spoken, **values)
        return user

    def _set(self, seen: User, address: Address, record: Note) -> User:
        """Store an address that is free within this transaction; two who take it at once collide at its key."""

        def ended(account: Account) -> Account:
            if account.generation != seen.account.generation:
                raise Conflict()  # what allowed it has ended meanwhile
            return replace(account, generation=account.generation + 1)

        self._users.check_free(address, but=seen.id)
        return self._users.amend(seen.id, record, ended, email=address.shown, email_key=address.key)

    def _tell(self, old: str, user: User, address: Address, record: Note, *, done: bool = False) -> None:
        """Write to the old address that another one is asked for, or has taken its place."""
        spoken, values = self._preferences.language(user), {"site": self._site, "address": address.shown}
        self._outbox.enqueue(CHANGED if done else ASKED, old, by=record, language=spoken, **values)

    def _confirming(self, token: str) -> tuple[Link, User]:
        link = self._links.find(For.ADDRESS, token)
        if link.user is None or not link.user.active:
            raise Refused(action="address.open")
        return link, link.user

    def _known(self, user_id: UUID, action: str) -> User:
        user = self._users.get(user_id)
        if user is None:
            raise Refused(action=action, kind="user", object_id=user_id)
        return user
