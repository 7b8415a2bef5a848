"""A forgotten password: a link by mail to the address that is stored, and another password in its place."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.audit.service import Audit
from app.database import Unit
from app.errors import Damaged, Refused
from app.keys.trail import Note
from app.outbox.service import Outbox
from app.outbox.templates import MailTemplate
from app.users.links import For, Link, Links
from app.users.preferences import Preferences
from app.users.requests import ACTOR
from app.users.service import User, Users
from app.users.sparing import Sparing

RESET = MailTemplate(
    "user.reset",
    _l("A new password for %(site)s"),
    (
        _l("Hello %(name)s,"),
        _l("Somebody asked for a new password for your account at %(site)s. To choose one, open this link:"),
        "%(link)s",
        _l("It is good for 30 minutes and for one use."),
        _l("If it was not you, do nothing: your password stays as it is, and whoever asked has learned nothing."),
    ),
    one_time=True,
)
CHANGED = MailTemplate(
    "user.password-changed",
    _l("Your password for %(site)s was changed"),
    (
        _l("Hello %(name)s,"),
        _l("The password of your account at %(site)s was changed with a link that was mailed to this address."),
        _l("You have been signed out everywhere."),
        _l("If it was not you, somebody else reads your mail: tell your administrator at once."),
    ),
)


class Resets:
    """Decides about requests for a new password, and sets it for who opens the link."""

    def __init__(
        self,
        unit: Unit,
        users: Users,
        links: Links,
        preferences: Preferences,
        outbox: Outbox,
        sparing: Sparing,
        audit: Audit,
        *,
        base_url: str,
    ) -> None:
        self._unit, self._users, self._links = unit, users, links
        self._preferences, self._outbox, self._sparing = preferences, outbox, sparing
        self._audit, self._base_url = audit, base_url

    @property
    def is_open(self) -> bool:
        """Whether a forgotten password can be replaced by mail: where none is sent, an administrator must do it."""
        return self._outbox.is_open

    def decide(self, address: str, *, language: str) -> None:
        """Mail a link to who has this address, can sign in, and was not mailed a few already."""
        user = self._known(address)
        if user is None or not user.active or user.account.password is None or not self.is_open:
            return
        if not self._sparing.allows("reset.mail", kind="user", object_id=user.id):
            return
        by = Note("reset.link", actor=ACTOR)
        token = self._links.issue(For.RESET, by, user=user, address=user.email)
        self._mail(RESET, user, by, language=language, link=f"{self._base_url}/reset/{token}")

    def find(self, token: str) -> Link:
        """Return the link with this token. Raises Refused if it opens nothing."""
        link = self._links.find(For.RESET, token)
        if link.user is None or not link.user.active:
            raise Refused(action="reset.open")
        return link

    def set_password(self, token: str, *, password: str, language: str) -> None:
        """Replace the password of whose link this is, and that alone; all their sessions end, and a mail tells them.

        language: the mail's, for who chose none. Raises Refused if the link opens nothing, Invalid for a password that
        breaks a rule, Throttled if no place for a hash is free.
        """
        link = self.find(token)
        assert link.user is not None  # `find` gives out no other
        user = self._users.set_password(ACTOR, link.user.id, password=password)
        with self._unit.writing():  # `set_password` has begun the transaction, after the hash, which takes long
            self._links.use(link)
            if not user.active or user.account.generation != link.user.account.generation + 1:
                raise Refused(action="reset.use", kind="user", object_id=user.id)
            self._mail(CHANGED, user, Note("reset.use", actor=ACTOR), language=language)

    def _known(self, address: str) -> User | None:
        """Return who has this address, held until the transaction ends; nobody whose row is damaged."""
        try:
            found = self._users.find(address)
            return self._users.get(found.id, lock=True) if found else None
        except Damaged as damage:
            self._audit.trouble(damage)
            return None

    def _mail(self, template: MailTemplate, user: User, by: Note, *, language: str, **values: str) -> None:
        """Write to the stored address, in the language of the account or else of the page."""
        spoken = self._preferences.language(user) or language
        values |= {"name": user.name, "site": self._base_url.partition("://")[2]}
        self._outbox.enqueue(template, user.email, by=by, language=spoken, **values)
