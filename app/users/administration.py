"""What administrators do with others: change, disable, enable, end sessions; never with who may do more than they."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.audit.service import Audit, Event, Overtaken
from app.clock import Clock
from app.database import Unit
from app.errors import Forbidden, Invalid, Refused
from app.subject import Subject
from app.users.catalogue import CHANGE, DISABLE, READ, ROLES
from app.users.permissions import MEMBER
from app.users.service import DISABLED, User, Users
from app.users.sessions import PREFERENCES, SESSION, Sessions

NOT_ONESELF = _l("You cannot do this with yourself. Ask another administrator.")
MOST_AT_ONCE = 20
"""So many people are disabled together: a page of the list."""
TOLD = frozenset(
    {
        "invitation.accept",
        "user.address",
        "user.disable",
        "user.enable",
        "user.must-change",
        "user.password",
        "user.rename",
        "user.roles",
    }
)
"""What changes something that the form of a person shows."""


@dataclass(frozen=True)
class Wishes:
    """What the page of a person wants to be so. shown: the roles that it offered; None: not offered at all."""

    revision: int
    first_name: str | None = None
    last_name: str | None = None
    must_change: bool | None = None
    shown: frozenset[UUID] = frozenset()
    ticked: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class SignIns:
    """How a person uses their account."""

    sessions: int
    seen_at: datetime | None
    signed_in_at: datetime | None


class Administration:
    """Changes people on behalf of who may."""

    def __init__(self, unit: Unit, clock: Clock, users: Users, sessions: Sessions, audit: Audit) -> None:
        self._unit, self._clock, self._users, self._sessions, self._audit = unit, clock, users, sessions, audit

    def person(self, subject: Subject, user_id: UUID) -> User:
        """Return a person to who may see people. Raises Forbidden, Refused, Damaged."""
        subject.require(READ, action="user.open")
        user = self._users.get(user_id)
        if user is None:
            raise Refused(action="user.open", kind="user", object_id=user_id)
        return user

    def sign_ins(self, user: User) -> SignIns:
        """Return how many sessions of a person hold, when they were last there, and last signed in."""
        living = self._sessions.living(user)
        statement = select(PREFERENCES.c.last_sign_in).where(PREFERENCES.c.user == user.id)
        signed_in = self._unit.execute(statement).scalar_one_or_none()
        return SignIns(len(living), max((row.seen_at for row in living), default=signed_in), signed_in)

    def session_counts(self, people: Collection[UUID]) -> dict[UUID, int]:
        """Return how many sessions each person has, as the rows say."""
        statement = select(SESSION.c.user, func.count().label("times")).where(SESSION.c.user.in_(people))
        return {row.user: row.times for row in self._unit.execute(statement.group_by(SESSION.c.user))}

    def may_more(self, subject: Subject, user: User) -> bool:
        """Return whether a person's roles allow something that the subject may not do."""
        return not self._users.allowed(user) <= subject.permissions

    def changeable(self, subject: Subject, user_id: UUID, action: str) -> User:
        """Return somebody else whom the subject may act on.

        Raises Refused for nobody, Forbidden with the reason for oneself and for who may do more.
        """
        user = self._users.get(user_id)
        if user is None:
            raise Refused(action=action, kind="user", object_id=user_id)
        if user_id == subject.id:
            raise _forbidden(action, user_id, NOT_ONESELF)
        if self.may_more(subject, user):
            text = _("%(name)s may do more than you. Somebody with the same roles can do this.", name=user.name)
            raise _forbidden(action, user_id, text)
        return user

    def held(
        self, subject: Subject, user_id: UUID, action: str, *needs: str, also: Iterable[UUID] = ()
    ) -> tuple[Subject, User]:
        """Return who acts, as they are now, and whom they may act on, both held until the transaction ends.

        needs: permissions; also: others to be held. Raises as Acting and `changeable` do.
        """
        now = self._users.acting(subject, *needs, action=action, on=[user_id, *also])
        return now, self.changeable(now, user_id, action)

    def changes_roles(self, user: User, wishes: Wishes) -> bool:
        """Return whether what is wished gives or takes a role."""
        return self._roles_to_change(user, wishes) != (frozenset(), frozenset())

    def save(self, subject: Subject, user_id: UUID, wishes: Wishes) -> User:
        """Change names, roles and the demand for another password together, or nothing.

        Raises Overtaken if somebody changed the person since the page was shown, unless all that is wished for is so
        already; Invalid, Forbidden, Refused.
        """
        with self._unit.writing():
            if wishes.shown:
                self._users.hold_administrator()  # first, as everybody who takes administrators away
            subject = self._users.acting(subject, action="user.change", on=[user_id])
            user = self._users.get(user_id)
            if user is None:
                raise Refused(action="user.change", kind="user", object_id=user_id)
            if self._is_so(user, wishes):
                return user
            if overtaken := self._overtaken(user, wishes.revision):
                raise overtaken
            return self._saved(subject, user, wishes)

    def end_sessions(self, subject: Subject, user_id: UUID) -> None:
        """End all sessions of somebody else. Raises Forbidden, Refused."""
        subject.require(CHANGE, action="user.end-sessions")
        with self._unit.writing():
            subject, _user = self.held(subject, user_id, "user.end-sessions", CHANGE)
            self._users.end_sessions_of(subject, user_id)

    def to_disable(self, subject: Subject, people: Sequence[UUID]) -> list[User]:
        """Return those of these people who are not disabled yet, whom the subject may disable.

        Raises Invalid for none or too many, Forbidden, Refused.
        """
        subject.require(DISABLE)
        if not 0 < len(people) <= MOST_AT_ONCE:
            raise Invalid(_("Tick 1 to %(most)s people.", most=MOST_AT_ONCE))
        found = [self.changeable(subject, user_id, DISABLE) for user_id in sorted(set(people))]
        return [user for user in found if user.status != DISABLED]

    def disable(self, subject: Subject, people: Sequence[UUID]) -> int:
        """Disable people together or nobody, and return how many were not before.

        Raises Invalid with the name for the last active administrator; Forbidden, Refused.
        """
        with self._unit.writing():
            self._users.hold_administrator()  # first, as everybody who takes administrators away
            subject = self._users.acting(subject, DISABLE, action=DISABLE, on=people[: MOST_AT_ONCE + 1])
            for user in (found := self.to_disable(subject, people)):
                try:
                    self._users.disable(subject, user.id)
                except Invalid as invalid:
                    raise Invalid(_("%(name)s: %(reason)s", name=user.name, reason=str(invalid))) from None
        return len(found)

    def enable(self, subject: Subject, user_id: UUID) -> None:
        """Let somebody sign in again. Raises Forbidden, Refused; Invalid for who is not disabled."""
        subject.require(DISABLE, action="user.enable")
        with self._unit.writing():
            subject, user = self.held(subject, user_id, "user.enable", DISABLE)
            if user.status != DISABLED:
                raise Invalid(_("%(name)s is not disabled.", name=user.name))
            self._users.enable(subject, user_id)

    def last_change(self, user: User) -> Event | None:
        """Return the newest event that changed something that the form of a person shows."""
        found = self._audit.changes(user.id, only=tuple(TOLD), most=1)
        return found[0] if found else None

    def _saved(self, subject: Subject, user: User, wishes: Wishes) -> User:
        add, remove = self._roles_to_change(user, wishes)
        names = self._names(user, wishes)
        asks = wishes.must_change is not None and wishes.must_change is not _asked(user)
        if user.id == subject.id:
            self._refuse_own(user, roles=bool(add or remove), asks=asks)
        else:
            self.changeable(subject, user.id, "user.change")
        if names:
            user = self._users.rename_other(subject, user.id, first_name=names[0], last_name=names[1])
        if asks:
            user = self._users.ask_for_password(subject, user.id, since=self._clock() if wishes.must_change else None)
        if add or remove:
            subject.require(ROLES, action="user.roles")
            self._refuse_greater(subject, remove)
            self._users.change_roles(subject, user.id, add=sorted(add), remove=sorted(remove))
        return self.person_after(user.id)

    def person_after(self, user_id: UUID) -> User:
        """Return somebody who was just changed."""
        user = self._users.get(user_id)
        if user is None:
            raise Refused(action="user.open", kind="user", object_id=user_id)
        return user

    def _refuse_own(self, user: User, *, roles: bool, asks: bool) -> None:
        if roles or asks:
            raise _forbidden("user.change", user.id, NOT_ONESELF)

    def _refuse_greater(self, subject: Subject, roles: Collection[UUID]) -> None:
        """Raise Forbidden for taking a role away that allows more than the subject may do."""
        known = self._users.roles_allowing()
        for role in roles:
            if role in known and not known[role][1] <= subject.permissions:
                raise Forbidden(action="user.roles", kind="role", object_id=role)

    def _roles_to_change(self, user: User, wishes: Wishes) -> tuple[frozenset[UUID], frozenset[UUID]]:
        """Return the roles to give and to take."""
        present, ticked = frozenset(user.account.roles), wishes.ticked | {MEMBER}
        return (wishes.shown & ticked) - present, (wishes.shown - ticked) & present

    def _names(self, user: User, wishes: Wishes) -> tuple[str, str] | None:
        """Return the names to be stored, or None if they stay."""
        first = user.first_name if wishes.first_name is None else wishes.first_name.strip()
        last = user.last_name if wishes.last_name is None else wishes.last_name.strip()
        return None if (first, last) == (user.first_name, user.last_name) else (first, last)

    def _is_so(self, user: User, wishes: Wishes) -> bool:
        asks = wishes.must_change is not None and wishes.must_change is not _asked(user)
        return not asks and self._names(user, wishes) is None and not self.changes_roles(user, wishes)

    def _overtaken(self, user: User, revision: int) -> Overtaken | None:
        """Return what to raise if what the page shows was changed since this revision."""
        if user.opened.revision == revision:
            return None
        if not 0 < revision < user.opened.revision:
            return Overtaken()
        since = [event for event in self._audit.later(user.id, revision) if event.action in TOLD]
        return Overtaken(since[-1]) if since else None


def _forbidden(action: str, user_id: UUID, text: object = "") -> Forbidden:
    return Forbidden(text, action=action, kind="user", object_id=user_id)


def _asked(user: User) -> bool:
    return user.account.must_change_since is not None
