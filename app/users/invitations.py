"""Invitations: a person without a password, and a link that lets them choose one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _

from app.audit.service import Audit
from app.database import Unit
from app.errors import Conflict, Forbidden, Invalid, Refused
from app.keys.trail import Note
from app.outbox.service import Outbox
from app.settings import Settings
from app.subject import Subject
from app.users.catalogue import INVITE, ROLES
from app.users.invitation_mail import INVITATION
from app.users.links import For, Link, Links
from app.users.models import Account
from app.users.preferences import Preferences
from app.users.service import ACTIVE, INVITED, User, Users, note

SEND, COPY, WITHDRAW, ACCEPT = "invitation.send", "invitation.copy", "invitation.withdraw", "invitation.accept"


@dataclass(frozen=True)
class Invitation:
    """An invitation that has not been accepted. Names are None if nobody knows them any more.

    ends_at: None if its link is over, so that a new one is needed. copied_by: who saw the link beside the invited.
    """

    user: User
    language: str | None
    invited_by: str | None
    invited_at: datetime | None
    ends_at: datetime | None
    copied_by: str | None


class Invitations:
    """Invites people, and lets them in."""

    def __init__(
        self,
        unit: Unit,
        users: Users,
        links: Links,
        preferences: Preferences,
        outbox: Outbox,
        audit: Audit,
        settings: Settings,
    ) -> None:
        self._unit, self._users, self._links, self._preferences = unit, users, links, preferences
        self._outbox, self._audit = outbox, audit
        self._base_url, self._site = settings.server.base_url, settings.host

    @property
    def are_mailed(self) -> bool:
        """Whether an invitation is sent by mail; else its link can be copied."""
        return self._outbox.is_open

    def invite(
        self, by: Subject, *, email: str, first_name: str, last_name: str, roles: Sequence[UUID], language: str
    ) -> User:
        """Store a person who has been invited, and the mail with their link if mails are sent.

        roles: beside Member. Raises Invalid as Users.add does, Forbidden for roles that `by` may not give.
        """
        by.require(INVITE, action="user.invite")
        if roles:
            by.require(ROLES, action="user.roles")
        with self._unit.writing():
            by = self._users.acting(by, INVITE, *([ROLES] if roles else []), action="user.invite")
            names = {"first_name": first_name, "last_name": last_name}
            record = note("user.invite", by)
            user = self._users.add(by, record, email=email, **names, roles=roles, password=None, status=INVITED)
            self._preferences.speak(user, language=language)
            if self._outbox.is_open:
                self._send(by, user)
        return user

    def of(self, by: Subject, user_id: UUID) -> Invitation:
        """Return the invitation of somebody who has not accepted it. Raises Refused, Forbidden."""
        by.require(INVITE, action="invitation.open")
        user = self._invited(user_id, "invitation.open")
        return self._described(user, self._links.pending(user_id, For.INVITATION))

    def send(self, by: Subject, user_id: UUID) -> User:
        """Send the mail again, with a new link; earlier ones end. Raises Refused, Forbidden, Invalid without mail."""
        by.require(INVITE, action=SEND)
        if not self._outbox.is_open:
            raise Invalid(_("This installation sends no mail yet. Copy the invitation link instead."))
        with self._unit.writing():
            user = self._invited(user_id, SEND)
            self._send(by, user)
            self._users.acting(by, INVITE, action=SEND, on=[user_id])
            self._still_invited(user)
        return user

    def copy(self, by: Subject, user_id: UUID) -> str:
        """Return the address of a new link, for who hands it over where no mail is sent; earlier ones end.

        The invited person is told who did it. Raises Refused, Forbidden also if the invitation carries roles that
        `by` lacks, Invalid where mails are sent.
        """
        by.require(INVITE, action=COPY)
        if self._outbox.is_open:
            raise Invalid(_("Invitations are sent by mail here. Send it again instead."))
        with self._unit.writing():
            user = self._invited(user_id, COPY)
            address = self._issue(by, user, copied_by=by.id)
            by = self._users.acting(by, INVITE, action=COPY, on=[user_id])
            self._users.check_reach(by, self._still_invited(user), COPY)
            self._users.amend(user_id, note(COPY, by), _unchanged)
        return address

    def may_withdraw(self, by: Subject, found: Invitation) -> bool:
        """Return whether `by` may withdraw this invitation."""
        try:
            self._users.check_reach(by, found.user, WITHDRAW)
        except Forbidden:
            return False
        return True

    def withdrawable(self, by: Subject, user_id: UUID) -> Invitation:
        """Return an invitation that `by` may withdraw. Raises Refused, Forbidden."""
        found = self.of(by, user_id)
        self._users.check_reach(by, found.user, WITHDRAW)
        return found

    def withdraw(self, by: Subject, user_id: UUID) -> User:
        """Remove somebody who has not accepted their invitation.

        Raises Refused, Forbidden also if the invitation carries roles that `by` lacks, Conflict.
        """
        by.require(INVITE, action=WITHDRAW)
        with self._unit.writing():
            self._links.withdraw(user_id)
            by = self._users.acting(by, INVITE, action=WITHDRAW, on=[user_id])
            user = self._invited(user_id, WITHDRAW)
            self._users.check_reach(by, user, WITHDRAW)
            self._preferences.forget(user)
            self._users.remove(user, note(WITHDRAW, by))
        return user

    def opened(self, token: str) -> Invitation:
        """Return the invitation that a link belongs to; nothing is consumed. Raises Refused."""
        link = self._link(token)
        return self._described(self._guest(link), link)

    def accept(self, token: str, *, first_name: str, last_name: str, password: str, language: str) -> User:
        """Let somebody in who has chosen a password; the link is used up. Raises Refused, Invalid, Conflict."""
        link = self._link(token)
        user = self._guest(link)
        names = self._users.read_names(first_name=first_name, last_name=last_name)
        hashed = self._users.hashed(password, near=(user.email, *names.values()))
        with self._unit.writing():
            self._links.use(link)
            self._still_invited(user)
            active = self._users.amend(
                user.id,
                Note(ACCEPT, subject=user.id),
                lambda account: replace(account, password=hashed, generation=account.generation + 1),
                status=ACTIVE,
                **names,
            )
            self._preferences.speak(active, language=language)
        return active

    def _send(self, by: Subject, user: User) -> None:
        address = self._issue(by, user)
        values = {"inviter": by.name, "site": self._site, "link": address}
        language = self._preferences.language(user)
        self._outbox.enqueue(INVITATION, user.email, by=note(SEND, by), language=language, **values)

    def _issue(self, by: Subject, user: User, *, copied_by: UUID | None = None) -> str:
        record = note(COPY if copied_by else SEND, by)
        token = self._links.issue(For.INVITATION, record, user=user, address=user.email, copied_by=copied_by)
        return f"{self._base_url}/invite/{token}"

    def _link(self, token: str) -> Link:
        return self._links.find(For.INVITATION, token)

    def _guest(self, link: Link) -> User:
        """Return whom a link invites. Raises Refused if they have been let in or kept out in another way."""
        if link.user is None or link.user.status != INVITED or link.user.email != link.address:
            raise Refused(action="invitation.open")
        return link.user

    def _invited(self, user_id: UUID, action: str) -> User:
        user = self._users.get(user_id)
        if user is None or user.status != INVITED:
            raise Refused(action=action, kind="user", object_id=user_id)
        return user

    def _still_invited(self, user: User) -> User:
        """Return somebody as they are now. Raises Conflict if they were let in, or removed, since they were read.

        It is asked after the link was written: everybody takes a link first and its person then, so nobody waits for
        somebody who waits for them.
        """
        now = self._users.get(user.id, lock=True)
        if now is None or now.status != INVITED:
            raise Conflict()
        return now

    def _described(self, user: User, link: Link | None) -> Invitation:
        invited = next(iter(self._audit.changes(user.id, only=("user.invite",), most=1)), None)
        inviter, copier = invited.subject if invited else None, link.copied_by if link else None
        people = self._users.people([each for each in (inviter, copier) if each])
        return Invitation(
            user,
            self._preferences.language(user),
            people[inviter].name if inviter in people else None,
            invited.time if invited else None,
            link.ends_at if link else None,
            (people[copier].name if copier in people else _("Somebody")) if copier else None,
        )


def _unchanged(account: Account) -> Account:
    return account
