"""Who has a secret: sharing it with people, publishing it into groups, withdrawing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.audit.service import Audit, Overtaken
from app.clock import Clock
from app.credentials.registry import Registry
from app.database import Unit
from app.errors import Damaged, Forbidden, Invalid, Refused
from app.groups.service import Group, Groups
from app.keys.keyrings import Keyrings
from app.keys.trail import Note
from app.subject import Subject
from app.users.directory import Directory
from app.users.service import User, Users
from app.vault.heads import ACCESS, PUBLICATION, Grant, Head, Heads, Publication
from app.vault.policy import LEAVE, PUBLISH, SHARING, USE, Level
from app.vault.service import note
from app.vault.undo import Lost, read_ticket, ticket

ENDED = _l("The end of access lies in the past. Choose a later day.")

APART = frozenset({"secret.change", "secret.restore-version", "secret.delete", "secret.restore"})
"""What makes a new revision and leaves people and groups as they are."""


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
class Addition:
    """Somebody to be given it, named by their exact address. field: the input that names them."""

    address: str
    level: Level = Level.VIEWER
    until: datetime | None = None
    field: str = "add"

    @property
    def end(self) -> datetime | None:
        """When access ends: owners have no end."""
        return None if self.level is Level.OWNER else self.until


@dataclass(frozen=True)
class Wishes:
    """What the sharing page wants changed. People not named stay as they are; level None removes."""

    levels: Mapping[UUID, Level | None] = field(default_factory=dict)
    until: Mapping[UUID, datetime | None] = field(default_factory=dict)
    shown: frozenset[UUID] = frozenset()
    ticked: frozenset[UUID] = frozenset()
    add: str = ""
    add_level: Level = Level.VIEWER
    add_until: datetime | None = None
    more: tuple[Addition, ...] = ()
    """People beside the one in `add`."""

    @property
    def additions(self) -> tuple[Addition, ...]:
        first = (Addition(self.add, self.add_level, self.add_until),) if self.add else ()
        return first + self.more


@dataclass(frozen=True)
class Saved:
    """What a save did. mine: whether this person still has it. undo: gives back what people lost; "" if nobody
    did, or they own it no longer and could not."""

    mine: bool
    undo: str = ""


class Sharing:
    """What owners, and group admins for their group, decide about who has a secret."""

    def __init__(
        self,
        unit: Unit,
        clock: Clock,
        heads: Heads,
        users: Users,
        directory: Directory,
        groups: Groups,
        registry: Registry,
        audit: Audit,
        keyrings: Keyrings,
    ) -> None:
        self._unit, self._clock, self._heads = unit, clock, heads
        self._users, self._directory, self._groups = users, directory, groups
        self._registry, self._audit, self._keyrings = registry, audit, keyrings

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
            head,
            shared,
            sorted(offers, key=lambda offer: (not offer.mine, not offer.group.system, offer.group.name.casefold())),
        )

    def look_up(self, subject: Subject, secret_id: UUID, text: str) -> list[User]:
        """Return the people whom `text` may mean and who have no access yet. Raises Refused, Forbidden, Throttled."""
        head = self._heads.usable(subject, secret_id, SHARING)
        return self._directory.look_up(subject, text, without=[grant.user for grant in head.access])

    def save(self, subject: Subject, secret_id: UUID, *, revision: int, wishes: Wishes) -> Saved:
        """Change people and groups together, or nothing.

        revision: the one that the page showed. Raises Overtaken if people or groups were changed since, unless all
        that is wished for is so already; Invalid for an unknown or inactive person, a secret without owner, a group
        not mine; Forbidden, Refused, Throttled.
        """
        with self._unit.writing():
            now, head = self._heads.held(subject, secret_id, SHARING)
            if overtaken := self._overtaken(head, revision):
                if overtaken.last and self._is_so(head, wishes):  # the same form came twice
                    return Saved(mine=True)
                raise overtaken
            access, people_notes = self._new_access(now, head, wishes)
            publications, group_notes = self._new_publications(now, head, wishes)
            notes = people_notes + group_notes
            if not notes:
                return Saved(mine=True)
            self._refuse_ownerless(access)
            changed = self._store(head, notes, access, publications)
        left = {grant.user for grant in access}
        lost = [grant for grant in head.access if grant.user not in left]
        undo = ticket(self._keyrings.current, subject.id, head.id, changed.revision, lost)
        return Saved(subject.id in left, undo if subject.id in changed.owners() else "")

    def give_back(self, subject: Subject, secret_id: UUID, *, undo: str) -> None:
        """Give back what a save took from people, at the same level and to the same end.

        undo: what `save` returned. Raises Overtaken if people or groups were changed since, unless they have it
        already; Invalid for who is not active any more; Refused, Forbidden.
        """
        with self._unit.writing():
            now, head = self._heads.held(subject, secret_id, SHARING)
            revision, lost = read_ticket(self._keyrings.current, subject.id, secret_id, undo)
            present = {(grant.user, grant.level, grant.until) for grant in head.access}
            if all((each.user, each.level, each.until) in present for each in lost):
                return
            if overtaken := self._overtaken(head, revision):
                raise overtaken
            again = self._given_back(now, head, lost)
            notes = [_shared(subject, each) for each in again]
            self._store(head, notes, (*head.access, *again), head.publications)

    def leavable(self, subject: Subject, secret_id: UUID) -> Head:
        """Return a secret that this person was given and may remove from their vault. Raises Refused, Forbidden."""
        head = self._heads.usable(subject, secret_id, LEAVE)
        _refuse_owner(subject, head)
        return head

    def leave(self, subject: Subject, secret_id: UUID) -> None:
        """End one's own access; only an owner can give it again.

        Raises Refused, Damaged; Forbidden for owners, who give up ownership where they see who is left.
        """
        with self._unit.writing():
            now, head = self._heads.held(subject, secret_id, LEAVE)
            _refuse_owner(now, head)
            left = tuple(grant for grant in head.access if grant.user != now.id)
            self._heads.change(head, note(LEAVE.name, now), content=replace(head.opened.content, access=left))

    def withdraw(self, subject: Subject, secret_id: UUID, *, group: UUID, trashed_too: bool = False) -> None:
        """Take a secret out of a group: an owner, or who manages the group.

        trashed_too: also one in the trash, which else would come back with its publication. Raises Refused, Damaged.
        """
        with self._unit.writing():
            head = self._published(subject, secret_id, group, lock=True, trashed_too=trashed_too)
            self._refuse_unless_theirs(self._heads.acting(subject, action="secret.withdraw"), head, group)
            left = tuple(each for each in head.publications if each.group != group)
            record = note("secret.withdraw", subject, group=str(group))
            self._heads.change(head, record, content=replace(head.opened.content, publications=left))

    def withdrawable(self, subject: Subject, secret_id: UUID, *, group: UUID) -> Head:
        """Return a secret that this person may withdraw from a group. Raises Forbidden, Refused, Damaged.

        Who neither owns it nor manages the group does not see the publication: as if there were none.
        """
        head = self._published(subject, secret_id, group)
        self._refuse_unless_theirs(subject, head, group)
        return head

    def _published(
        self, subject: Subject, secret_id: UUID, group: UUID, *, lock: bool = False, trashed_too: bool = False
    ) -> Head:
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
        return head

    def _refuse_unless_theirs(self, subject: Subject, head: Head, group: UUID) -> None:
        """Raise Refused unless this person owns a secret or manages the group."""
        subject.require(USE, action="secret.withdraw")
        if subject.id not in head.owners() and not self._groups.manages(subject, group):
            raise Refused(action="secret.withdraw", kind="secret", object_id=head.id)

    def _finds(self, subject: Subject, secret_id: UUID, group: UUID) -> bool:
        """Return whether rows that find it lead this person to a secret whose head does not verify."""
        published = (PUBLICATION.c.secret == secret_id) & (PUBLICATION.c.group == group)
        if self._groups.manages(subject, group):
            return self._unit.execute(select(PUBLICATION.c.secret).where(published)).first() is not None
        owned = (ACCESS.c.secret == secret_id) & (ACCESS.c.user == subject.id) & (ACCESS.c.level == Level.OWNER.value)
        return self._unit.execute(select(ACCESS.c.secret).where(owned)).first() is not None

    def _overtaken(self, head: Head, revision: int) -> Overtaken | None:
        """Return what to raise if people or groups were changed since this revision."""
        if head.revision == revision:
            return None
        if not 0 < revision < head.revision:
            return Overtaken()
        since = [event for event in self._audit.later(head.id, revision) if event.action not in APART]
        return Overtaken(since[-1]) if since else None

    def _is_so(self, head: Head, wishes: Wishes) -> bool:
        """Return whether all that is wished for is so already."""
        levels = {grant.user: grant.level for grant in head.access}
        ends = {grant.user: grant.until for grant in head.access}
        groups = {each.group for each in head.publications}
        return (
            all(levels.get(user) is level for user, level in wishes.levels.items())
            and all(
                ends.get(user) == until
                for user, until in wishes.until.items()
                if levels.get(user, Level.OWNER) is not Level.OWNER
            )
            and wishes.ticked <= groups
            and not (wishes.shown - wishes.ticked) & groups
            and all(self._has(head, addition) for addition in wishes.additions)
        )

    def _has(self, head: Head, addition: Addition) -> bool:
        user = self._users.find(addition.address)
        grants = [(grant.level, grant.until) for grant in head.access if user and grant.user == user.id]
        return grants == [(addition.level, addition.end)]

    def _store(
        self, head: Head, notes: list[Note], access: tuple[Grant, ...], publications: tuple[Publication, ...]
    ) -> Head:
        for each in notes[:-1]:
            self._audit.record(each, kind="secret", object_id=head.id)
        content = replace(head.opened.content, access=access, publications=publications)
        return self._heads.change(head, notes[-1], content=content)

    def _given_back(self, subject: Subject, head: Head, lost: Sequence[Lost]) -> list[Grant]:
        people, now = self._users.people([each.user for each in lost]), self._clock()
        present = {grant.user for grant in head.access}
        again = [
            Grant(each.user, each.level, each.until, by=subject.id, at=now) for each in lost if each.user not in present
        ]
        for grant in again:
            user = people.get(grant.user)
            if user is None or not user.active:
                raise Invalid(_("Only active people can be given access."))
            self._refuse_outsider(head, grant)
        return again

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
        for addition in wishes.additions:
            added = self._added(subject, kept, head, addition, now)
            kept.append(added)
            notes.append(_shared(subject, added))
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

    def _added(self, subject: Subject, kept: Sequence[Grant], head: Head, addition: Addition, now: datetime) -> Grant:
        try:
            found = self._directory.named(subject, addition.address)
        except Invalid as invalid:
            raise Invalid(invalid.message, field=addition.field) from None
        if any(grant.user == found.id for grant in (*kept, *head.access)):
            text = _("%(name)s has access already. Change the level in the list.", name=found.name)
            raise Invalid(text, field=addition.field)
        if addition.end is not None and addition.end <= now:
            raise Invalid(ENDED, field=addition.field)
        return Grant(found.id, addition.level, addition.end, by=subject.id, at=now)

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
        for group in sorted(new):
            if group not in known or not subject.is_member(group):
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
        return _shared(subject, after, before.until)


def _refuse_owner(subject: Subject, head: Head) -> None:
    if subject.id in head.owners():
        text = _("You own it. Give up ownership under “Share”, or move it to the trash.")
        raise Forbidden(text, action=LEAVE.name, kind="secret", object_id=head.id)


def _shared(subject: Subject, given: Grant, before: datetime | None = None) -> Note:
    """Return what is recorded of access as it was given: to whom, the level, until when. before: until when it was."""
    ends = {"until": given.until.isoformat() if given.until else "open"} if given.until or before else {}
    return note("secret.share", subject, user=str(given.user), level=given.level.value, **ends)
