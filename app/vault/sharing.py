"""Who has a secret: sharing it with people, publishing it into groups, withdrawing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.audit.service import Audit
from app.clock import Clock
from app.credentials.registry import Registry
from app.database import Unit
from app.errors import Conflict, Damaged, Forbidden, Invalid, Refused
from app.groups.service import Group, Groups
from app.keys.trail import Note
from app.subject import Subject
from app.users.service import User, Users
from app.vault.heads import ACCESS, PUBLICATION, Grant, Head, Heads, Publication
from app.vault.policy import PUBLISH, SHARING, USE, Level
from app.vault.service import note

ENDED = _l("The end of access lies in the past. Choose a later day.")


@dataclass(frozen=True)
class SharedWith:
    """A person in the access list."""

    user: User
    grant: Grant
    is_me: bool
    only_owner: bool


@dataclass(frozen=True)
class Offer:
    """A group on the sharing page. One that I left can only be unticked."""

    group: Group
    published: bool
    mine: bool


@dataclass(frozen=True)
class SharingState:
    """What the sharing page shows."""

    head: Head
    people: list[SharedWith]
    groups: list[Offer]


@dataclass(frozen=True)
class Wishes:
    """What the sharing page sent. People not named stay as they are; level None removes."""

    levels: Mapping[UUID, Level | None] = field(default_factory=dict)
    until: Mapping[UUID, datetime | None] = field(default_factory=dict)
    shown: frozenset[UUID] = frozenset()
    ticked: frozenset[UUID] = frozenset()
    add: str = ""
    add_level: Level = Level.VIEWER
    add_until: datetime | None = None


class Sharing:
    """What owners, and group admins for their group, decide about who has a secret."""

    def __init__(
        self, unit: Unit, clock: Clock, heads: Heads, users: Users, groups: Groups, registry: Registry, audit: Audit
    ) -> None:
        self._unit, self._clock, self._heads = unit, clock, heads
        self._users, self._groups, self._registry, self._audit = users, groups, registry, audit

    def state(self, subject: Subject, secret_id: UUID) -> SharingState:
        """Return who has a secret, for an owner. Raises Refused, Forbidden, Damaged."""
        head = self._heads.usable(subject, secret_id, SHARING)
        people = self._users.people([grant.user for grant in head.access])
        owners = head.owners()
        shared = [
            SharedWith(people[grant.user], grant, grant.user == subject.id, owners == [grant.user])
            for grant in head.access
            if grant.user in people
        ]
        known = self._groups.names([*subject.groups, *(each.group for each in head.publications)])
        offers = [Offer(group, head.is_published_in(group.id), subject.is_member(group.id)) for group in known.values()]
        return SharingState(
            head, shared, sorted(offers, key=lambda offer: (not offer.mine, offer.group.name.casefold()))
        )

    def save(self, subject: Subject, secret_id: UUID, *, revision: int, wishes: Wishes) -> bool:
        """Change people and groups together, or nothing; return whether this person still has the secret.

        revision: the one that the page showed. Raises Conflict if it is not the present one; Invalid for an
        unknown or inactive person, a secret without owner, a group not mine; Forbidden, Refused.
        """
        with self._unit.writing():
            head = self._heads.usable(subject, secret_id, SHARING, lock=True)
            if head.revision != revision:
                raise Conflict(_("Sharing was changed by somebody else meanwhile. Look at it again, then repeat."))
            access, people_notes = self._new_access(subject, head, wishes)
            publications, group_notes = self._new_publications(subject, head, wishes)
            notes = people_notes + group_notes
            if not notes:
                return True
            self._refuse_ownerless(access)
            for each in notes[:-1]:
                self._audit.record(each, kind="secret", object_id=head.id)
            content = replace(head.opened.content, access=access, publications=publications)
            self._heads.change(head, notes[-1], content=content)
        return any(grant.user == subject.id for grant in access)

    def withdraw(self, subject: Subject, secret_id: UUID, *, group: UUID, trashed_too: bool = False) -> None:
        """Take a secret out of a group: an owner, or who manages the group.

        trashed_too: also one in the trash, which else would come back with its publication. Raises Refused, Damaged.
        """
        with self._unit.writing():
            head = self.withdrawable(subject, secret_id, group=group, lock=True, trashed_too=trashed_too)
            left = tuple(each for each in head.publications if each.group != group)
            record = note("secret.withdraw", subject, group=str(group))
            self._heads.change(head, record, content=replace(head.opened.content, publications=left))

    def withdrawable(
        self, subject: Subject, secret_id: UUID, *, group: UUID, lock: bool = False, trashed_too: bool = False
    ) -> Head:
        """Return a secret that this person may withdraw from a group. Raises Forbidden, Refused, Damaged.

        Who neither owns it nor manages the group does not see the publication: as if there were none.
        """
        subject.require(USE, action="secret.withdraw")
        refused = Refused(action="secret.withdraw", kind="secret", object_id=secret_id)
        try:
            head = self._heads.load(secret_id, lock=lock)
        except Damaged:
            if self._finds(subject, secret_id, group):
                raise
            raise refused from None
        if head is None or (head.deleted_at and not trashed_too) or not head.is_published_in(group):
            raise refused
        if subject.id not in head.owners() and not self._groups.manages(subject, group):
            raise refused
        return head

    def _finds(self, subject: Subject, secret_id: UUID, group: UUID) -> bool:
        """Return whether rows that find it lead this person to a secret whose head does not verify."""
        published = (PUBLICATION.c.secret == secret_id) & (PUBLICATION.c.group == group)
        if self._groups.manages(subject, group):
            return self._unit.execute(select(PUBLICATION.c.secret).where(published)).first() is not None
        owned = (ACCESS.c.secret == secret_id) & (ACCESS.c.user == subject.id) & (ACCESS.c.level == Level.OWNER.value)
        return self._unit.execute(select(ACCESS.c.secret).where(owned)).first() is not None

    def _new_access(self, subject: Subject, head: Head, wishes: Wishes) -> tuple[tuple[Grant, ...], list[Note]]:
        now, notes, kept = self._clock(), [], []
        if wishes.levels.keys() - {grant.user for grant in head.access}:
            raise Invalid(_("Somebody on this page has no access any more. Open it again."))
        for grant in head.access:
            changed = self._changed(subject, grant, wishes, now)
            if changed is not None:
                kept.append(changed)
            if changed != grant:
                notes.append(self._person_note(subject, grant, changed))
        if wishes.add:
            added = self._added(subject, head, wishes, now)
            kept.append(added)
            notes.append(note("secret.share", subject, user=str(added.user), level=added.level.value))
        for grant in kept:
            self._refuse_outsider(head, grant)
        return tuple(kept), notes

    def _changed(self, subject: Subject, grant: Grant, wishes: Wishes, now: datetime) -> Grant | None:
        level = wishes.levels.get(grant.user, grant.level)
        if level is None:
            return None
        until = None if level is Level.OWNER else wishes.until.get(grant.user, grant.until)
        if (level, until) == (grant.level, grant.until):
            return grant
        if until is not None and until != grant.until and until <= now:
            raise Invalid(ENDED, field=f"until-{grant.user}")
        return Grant(grant.user, level, until, by=subject.id, at=now)

    def _added(self, subject: Subject, head: Head, wishes: Wishes, now: datetime) -> Grant:
        found = self._users.find(wishes.add)
        if found is None or not found.active:
            raise Invalid(_("Nobody with the address %(address)s is active here.", address=wishes.add), field="add")
        if any(grant.user == found.id for grant in head.access):
            raise Invalid(_("%(name)s has access already. Change the level in the list.", name=found.name), field="add")
        until = None if wishes.add_level is Level.OWNER else wishes.add_until
        if until is not None and until <= now:
            raise Invalid(ENDED, field="add")
        return Grant(found.id, wishes.add_level, until, by=subject.id, at=now)

    def _refuse_outsider(self, head: Head, grant: Grant) -> None:
        """Raise Invalid if a secret of a type that needs a group would be newly given for changing to an outsider."""
        kind = self._registry.get(head.type)
        needed = kind.group if kind else None
        if needed is None or grant.level is Level.VIEWER or grant in head.access:
            return
        if not self._users.active_member(grant.user, needed):
            raise Invalid(_("Only members of the system group can edit or own this type."))

    def _refuse_ownerless(self, access: tuple[Grant, ...]) -> None:
        owners = [grant.user for grant in access if grant.level is Level.OWNER]
        if not any(user.active for user in self._users.people(owners).values()):
            raise Invalid(_("A secret keeps at least one owner. Make somebody else owner first."))

    def _new_publications(
        self, subject: Subject, head: Head, wishes: Wishes
    ) -> tuple[tuple[Publication, ...], list[Note]]:
        present = {each.group for each in head.publications}
        gone, new = (wishes.shown - wishes.ticked) & present, (wishes.shown & wishes.ticked) - present
        if (gone or new) and not subject.may(PUBLISH):
            raise Forbidden(action=PUBLISH)
        known = self._groups.names(new)
        me = self._users.get(subject.id, lock=True) if new else None  # a removal meanwhile comes before or after this
        for group in sorted(new):
            if group not in known or me is None or me.account.level_in(group) is None:
                raise Invalid(_("You can publish only into groups that you belong to."))
        now = self._clock()
        kept = tuple(each for each in head.publications if each.group not in gone)
        added = tuple(Publication(group, by=subject.id, at=now) for group in sorted(new))
        notes = [note("secret.withdraw", subject, group=str(group)) for group in sorted(gone)]
        notes += [note("secret.publish", subject, group=str(group)) for group in sorted(new)]
        return kept + added, notes

    def _person_note(self, subject: Subject, before: Grant, after: Grant | None) -> Note:
        if after is None:
            return note("secret.unshare", subject, user=str(before.user))
        return note("secret.share", subject, user=str(before.user), level=after.level.value)
