"""People: find them, create them, change what they may do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, Table, bindparam, delete, insert, select, update

from app.audit.service import Audit
from app.clock import EPOCH, Clock
from app.crypto.passwords import Passwords
from app.database import Unit
from app.errors import Damaged, Forbidden, Invalid, Refused
from app.keys.keyrings import Keyrings
from app.keys.sealed import Opened, SealedRows
from app.keys.trail import Note
from app.subject import GroupLevel, Subject
from app.users.acting import Acting, Who, forget
from app.users.addresses import Address, key_of, read_address
from app.users.catalogue import GUARDED, INVITE, ROLES
from app.users.models import (
    Account,
    ListedRow,
    Membership,
    MembershipRow,
    RoleContent,
    RoleRow,
    UserRoleRow,
    UserRow,
    UserWordRow,
)
from app.users.permissions import ADMINISTRATOR, BUILT_IN, MEMBER, Permissions
from app.users.strength import refuse_weak
from app.users.words import folded_word, listed_name, words_of

USER: Table = UserRow.__table__  # type: ignore[assignment]  # a mapped class's table
ROLE: Table = RoleRow.__table__  # type: ignore[assignment]
USER_ROLE: Table = UserRoleRow.__table__  # type: ignore[assignment]
MEMBERSHIP: Table = MembershipRow.__table__  # type: ignore[assignment]
LISTED: Table = ListedRow.__table__  # type: ignore[assignment]
USER_WORD: Table = UserWordRow.__table__  # type: ignore[assignment]

ACTIVE, INVITED, DISABLED = "active", "invited", "disabled"
LONGEST_NAME = 100
LONGEST_PASSWORD = 256
LONGEST_PLACE = 200
MOST_AT_ONCE = 400
MOST_GROUPS = 500

By = Subject | str
"""Who does it: a person, or the name of a command."""


@dataclass(frozen=True)
class User:
    """A person, verified."""

    opened: Opened[Account]
    id: UUID
    email: str
    first_name: str
    last_name: str
    status: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def initials(self) -> str:
        return (self.first_name[:1] + self.last_name[:1]).upper() or self.email[:2].upper()

    @property
    def active(self) -> bool:
        return self.status == ACTIVE

    @property
    def account(self) -> Account:
        return self.opened.content


class Users:
    """What can be asked and changed about people.

    Use cases take who does it first: a Subject, who must be allowed to, or the name of a command.
    """

    def __init__(
        self,
        unit: Unit,
        clock: Clock,
        rows: SealedRows[Account],
        roles: SealedRows[RoleContent],
        permissions: Permissions,
        passwords: Passwords,
        keyrings: Keyrings,
        audit: Audit,
        acting: Acting,
        *,
        minimum_length: int,
    ) -> None:
        self._unit, self._clock, self._rows, self._roles = unit, clock, rows, roles
        self._permissions, self._passwords, self._keyrings = permissions, passwords, keyrings
        self._audit, self.acting, self._minimum_length = audit, acting, minimum_length
        self._some = rows.selection.where(USER.c.id.in_(bindparam("people", expanding=True)))

    def first_start(self) -> None:
        """Store the built-in roles; fills keys.FirstStart."""
        for role_id, name in BUILT_IN.items():
            self._roles.insert(role_id, RoleContent(()), Note("role.create", actor="first-start"), name=name)

    def people(self, ids: Iterable[UUID]) -> dict[UUID, User]:
        """Return the people with these ids that exist and verify."""
        wanted = list(set(ids))
        found: dict[UUID, User] = {}
        for start in range(0, len(wanted), MOST_AT_ONCE):
            rows = self._unit.execute(self._some, {"people": wanted[start : start + MOST_AT_ONCE]}).all()
            found |= {user.id: user for user in self._intact(rows)}
        return found

    def get(self, user_id: UUID, *, lock: bool = False) -> User | None:
        """Return a person, or None. Raises Damaged."""
        opened = self._rows.load(user_id, lock=lock)
        return as_user(opened) if opened else None

    def find(self, address: str) -> User | None:
        """Return the person with this address, or None. Raises Damaged."""
        key = key_of(address)
        if key is None:
            return None
        row = self._unit.execute(self._rows.selection.where(USER.c.email_key == key)).one_or_none()
        return as_user(self._rows.open(row)) if row else None

    def ids_of(self, addresses: Iterable[str]) -> list[UUID]:
        """Return who has one of these addresses, as the rows that find them say: to hold them, not to be told."""
        keys = [key for key in map(key_of, addresses) if key is not None]
        return [*self._unit.execute(select(USER.c.id).where(USER.c.email_key.in_(keys))).scalars()] if keys else []

    def name_of(self, person: UUID) -> str | None:
        """Return who a person is called, if they exist and verify; fills options.Names."""
        user = self.people([person]).get(person)
        return user.name if user else None

    def all(self) -> list[User]:
        """Return everybody who verifies, by name."""
        return sorted(self._verified(), key=lambda user: (user.name.casefold(), user.id))

    def is_administrator(self, user_id: UUID) -> bool:
        """Return whether a person is active and has the role Administrator, as their own row says."""
        user = self.people([user_id]).get(user_id)
        return user is not None and _administers(user)

    def active_member(self, user_id: UUID, group: UUID) -> bool:
        """Return whether a person is active and belongs to a group, as their own row says."""
        user = self.people([user_id]).get(user_id)
        return user is not None and user.active and user.account.level_in(group) is not None

    def role_named(self, name: str) -> UUID:
        """Return the id of a role that verifies. Raises Invalid."""
        for opened in self._sound_roles():
            if opened.columns["name"].casefold() == name.strip().casefold():
                return opened.id
        raise Invalid(_("There is no role named %(name)s.", name=name))

    def role_names(self) -> dict[UUID, str]:
        """Return the names of all roles that verify."""
        return {opened.id: opened.columns["name"] for opened in self._sound_roles()}

    def create(
        self,
        by: By,
        *,
        email: str,
        first_name: str,
        last_name: str,
        password: str,
        roles: Sequence[UUID] = (),
    ) -> User:
        """Store a new active person with the role Member beside those named.

        Raises Invalid for an address that is taken or none, a name or password that breaks a rule, a role that
        does not exist; Forbidden.
        """
        self._authorise(by, "user.create")
        hashed = self._hashed(password, near=(read_address(email).shown, first_name, last_name))
        names = {"first_name": first_name, "last_name": last_name}
        with self._unit.writing():
            by, record = self.acting(by, INVITE, action="user.create"), note("user.create", by)
            return self.add(by, record, email=email, **names, roles=roles, password=hashed, status=ACTIVE)

    def add(
        self,
        by: By,
        record: Note,
        *,
        email: str,
        first_name: str,
        last_name: str,
        roles: Sequence[UUID],
        password: str | None,
        status: str,
    ) -> User:
        """Store a new person for a use case that has asked who may. password: a hash, None for who cannot sign in yet.

        Raises Invalid for an address that is taken or none, a name that breaks a rule, a role that does not exist;
        Forbidden for a role that allows what the giver may not.
        """
        address = read_address(email)
        names = self._name(first_name, "first_name"), self._name(last_name, "last_name")
        with self._unit.writing():
            self.check_free(address)
            self._check_roles(by, roles)
            all_roles = self._there(_merged([MEMBER], roles, ()))
            record = self._with_roles(record, given=[role for role in all_roles if role != MEMBER])
            user = as_user(
                self._rows.insert(
                    uuid4(),
                    Account(password, 1, all_roles, ()),
                    record,
                    email=address.shown,
                    email_key=address.key,
                    first_name=names[0],
                    last_name=names[1],
                    status=status,
                    created_at=self._clock(),
                )
            )
            self._index_roles(user)
            self._index_words(user)
            self._note_set_up(by, user)
        return user

    def amend(self, user_id: UUID, record: Note, change: Callable[[Account], Account], **columns: object) -> User:
        """Change a person for a use case that has asked who may. Raises Refused if there is nobody with this id."""
        return self._change(user_id, record, change, **columns)

    def remove(self, user: User, record: Note) -> None:
        """Delete a person for a use case that has asked who may, and has removed what is theirs. Raises Conflict."""
        with self._unit.writing():
            for index in (USER_ROLE, USER_WORD, MEMBERSHIP, LISTED):
                self._unit.execute(delete(index).where(index.c.user == user.id))
            self._rows.remove(user.opened, record)

    def check_free(self, address: Address, *, but: UUID | None = None) -> None:
        """Raise Invalid if somebody has this address already. but: who may have it."""
        taken = self._unit.execute(select(USER.c.id).where(USER.c.email_key == address.key)).one_or_none()
        if taken and taken.id != but:
            raise Invalid(_("Somebody with this address exists already."), field="email")

    def check_reach(self, by: Subject, user: User, action: str) -> None:
        """Raise Forbidden if a person may do what `by` may not: whoever takes an account over gains what it may."""
        if not self.allowed(user) <= by.permissions:
            text = _("%(name)s may do more than you. Somebody with the same roles can do this.", name=user.name)
            raise Forbidden(text, action=action, kind="user", object_id=user.id)

    def roles_to_give(self, by: Subject) -> dict[UUID, str]:
        """Return the names of the roles that allow no more than what `by` may, without Member, which everybody has."""
        if not by.may(ROLES):
            return {}
        found = {}
        for opened in self._sound_roles():
            if opened.id != MEMBER and self._permissions.of(opened.id, opened.content.permissions) <= by.permissions:
                found[opened.id] = opened.columns["name"]
        return dict(sorted(found.items(), key=lambda each: (each[0] != ADMINISTRATOR, each[1].casefold())))

    def read_names(self, *, first_name: str, last_name: str) -> dict[str, str]:
        """Return names as whoever enters them has to. Raises Invalid, also without a first name."""
        names = {"first_name": self._name(first_name, "first_name"), "last_name": self._name(last_name, "last_name")}
        if not names["first_name"]:
            raise Invalid(_("This field is needed."), field="first_name")
        return names

    def hashed(self, password: str, *, near: Iterable[str]) -> str:
        """Return a new password's hash. Raises Invalid if it breaks a rule."""
        return self._hashed(password, near=near)

    def rename(self, subject: Subject, *, first_name: str, last_name: str) -> User:
        """Change the subject's own names. Raises Invalid."""
        names = self.read_names(first_name=first_name, last_name=last_name)
        with self._unit.writing():
            self.acting(subject, action="user.rename")
            return self._change(subject.id, note("user.rename", subject), lambda account: account, **names)

    def end_sessions(self, subject: Subject) -> User:
        """End all sessions of the subject, this one too."""
        return self._change(
            subject.id,
            note("user.sign-out-everywhere", subject),
            lambda account: replace(account, generation=account.generation + 1),
        )

    def set_password(self, by: By, user_id: UUID, *, password: str) -> User:
        """Give a person another password; all their sessions end.

        In the browser everybody sets their own alone. Raises Invalid, Refused, Forbidden, SignInNeeded if the session
        of who asks was ended while the hash was made.
        """
        if isinstance(by, Subject) and by.id != user_id:
            raise Forbidden(action="user.password", kind="user", object_id=user_id)
        user = self.get(user_id)
        if user is None:
            raise Refused(action="user.password", kind="user", object_id=user_id)
        if user.status == INVITED:
            raise Invalid(_("%(name)s has not accepted the invitation, and chooses the password then.", name=user.name))
        asked, same = user.account.must_change_since, user.account.password
        if asked and self._passwords.verify(same, password[: LONGEST_PASSWORD + 1]):
            raise Invalid(_("This is the password that you are to change. Choose another one."), field="password")
        hashed = self._hashed(password, near=(user.email, user.first_name, user.last_name))
        with self._unit.writing():
            self.acting(by, action="user.password", on=[user_id])
            return self._change(
                user_id,
                note("user.password", by),
                lambda account: replace(
                    account, password=hashed, generation=account.generation + 1, must_change_since=None
                ),
            )

    def rehash(self, user_id: UUID, *, seen: User, password: str) -> None:
        """Store the password's hash with today's parameters; sessions go on."""
        hashed = self._passwords.hash(password)
        account = replace(seen.account, password=hashed)
        with self._unit.writing():
            self._rows.change(seen.opened, Note("user.rehash", subject=user_id), content=account)

    def disable(self, by: By, user_id: UUID) -> None:
        """End a person's sessions and access; nothing is deleted.

        Raises Invalid for the last active administrator, Refused, Forbidden.
        """
        with self._unit.writing():
            self.hold_administrator()  # first, as everybody who may take one away
            self._begin(by, "user.disable", user_id)
            self._change(
                user_id,
                note("user.disable", by),
                lambda account: replace(account, generation=account.generation + 1),
                status=DISABLED,
            )

    def enable(self, by: By, user_id: UUID) -> None:
        """Let a disabled person sign in again; who never had a password is invited as before.

        Raises Refused, Forbidden.
        """
        with self._unit.writing():
            self._begin(by, "user.enable", user_id)
            user = self.get(user_id)
            status = INVITED if user and user.account.password is None else ACTIVE
            self._change(user_id, note("user.enable", by), lambda account: account, status=status)

    def change_roles(self, by: By, user_id: UUID, *, add: Sequence[UUID] = (), remove: Sequence[UUID] = ()) -> None:
        """Add and remove roles; nobody grants what they lack.

        Raises Invalid for the last active administrator, for a role that does not exist and for taking Member
        away; Refused, Forbidden.
        """
        self._authorise(by, "user.roles")
        if MEMBER in remove:
            raise Invalid(_("Everybody has the role Member."))
        with self._unit.writing():
            if ADMINISTRATOR in remove:
                self.hold_administrator()
            by = self._begin(by, "user.roles", user_id)
            self._check_roles(by, add)
            before = self._there(self._there_of(user_id))  # of a role that is gone nothing can be taken
            after = self._there(_merged(before, add, remove))
            given, taken = (
                [each for each in after if each not in before],
                [each for each in before if each not in after],
            )
            record = self._with_roles(note("user.roles", by), given=given, taken=taken)
            changed = self._change(user_id, record, lambda account: replace(account, roles=after))
            self._index_roles(changed)
            self._note_set_up(by, changed)

    def rename_other(self, by: Subject, user_id: UUID, *, first_name: str, last_name: str) -> User:
        """Change somebody's names. Raises Invalid, Refused, Forbidden."""
        self._authorise(by, "user.rename")
        names = self.read_names(first_name=first_name, last_name=last_name)
        with self._unit.writing():
            self._begin(by, "user.rename", user_id)
            return self._change(user_id, note("user.rename", by), lambda account: account, **names)

    def ask_for_password(self, by: Subject, user_id: UUID, *, since: datetime | None) -> User:
        """Let a person change the password first after the next sign-in; None: no longer. Raises Refused, Forbidden."""
        record = note("user.must-change", by, asked="yes" if since else "no")
        with self._unit.writing():
            self._begin(by, "user.must-change", user_id)
            return self._change(user_id, record, lambda account: replace(account, must_change_since=since))

    def end_sessions_of(self, by: Subject, user_id: UUID) -> User:
        """End all of somebody's sessions. Raises Refused, Forbidden."""
        record = note("user.end-sessions", by)
        with self._unit.writing():
            self._begin(by, "user.end-sessions", user_id)
            return self._change(user_id, record, lambda account: replace(account, generation=account.generation + 1))

    def allowed(self, user: User) -> frozenset[str]:
        """Return what a person's roles allow, whatever their status.

        A role that does not verify allows everything here, so that only who may everything acts on its people; to
        themselves it gives nothing.
        """
        rows = self._unit.execute(self._roles.selection.where(ROLE.c.id.in_(user.account.roles))).all()
        sound = self._sound(rows)
        if len(sound) < len(rows):
            return self._permissions.names()
        return frozenset().union(*(self._permissions.of(role.id, role.content.permissions) for role in sound))

    def roles_allowing(self) -> dict[UUID, tuple[str, frozenset[str]]]:
        """Return the name of each role that verifies and what it allows."""
        return {
            role.id: (role.columns["name"], self._permissions.of(role.id, role.content.permissions))
            for role in self._sound_roles()
        }

    def deleted(self, ids: Iterable[UUID]) -> set[UUID]:
        """Return those of these ids that nobody has any more."""
        wanted = set(ids)
        if not wanted:
            return set()
        there = select(USER.c.id).where(USER.c.id.in_(wanted))
        return wanted - {row.id for row in self._unit.execute(there)}

    def set_membership(
        self, record: Note, user_id: UUID, *, group: UUID, level: GroupLevel | None, ended: Collection[UUID] = ()
    ) -> User:
        """Make a person a member with a level, or none: groups decides, this reseals.

        ended: groups that exist no more, whose memberships are forgotten by the way. Raises Refused if there is
        nobody with this id, Invalid above 500 groups.
        """
        with self._unit.writing():
            changed = self._change(user_id, record, lambda account: _with_membership(account, group, level, ended))
            here = (MEMBERSHIP.c.user == user_id) & (MEMBERSHIP.c.group == group)
            self._unit.execute(delete(MEMBERSHIP).where(here))
            if level is not None:
                row = {"user": user_id, "group": group, "level": level.value, "sort": place_of(changed)}
                self._unit.execute(insert(MEMBERSHIP).values(row))
        return changed

    def members(self, group: UUID) -> list[tuple[User, GroupLevel]]:
        """Return who belongs to a group, as their own rows say, by name."""
        here = select(MEMBERSHIP.c.user).where(MEMBERSHIP.c.group == group)
        found = []
        for user in self._verified(USER.c.id.in_(here)):
            if level := user.account.level_in(group):
                found.append((user, level))
            else:
                self._misled("membership", user)
        return sorted(found, key=lambda each: (each[0].name.casefold(), each[0].id))

    def holders(self, role: UUID, *, most: int, skip: int = 0) -> list[User]:
        """Return some of those who have a role, as their own rows say, in the order of their ids."""
        here = select(USER_ROLE.c.user).where(USER_ROLE.c.role == role).order_by(USER_ROLE.c.user)
        found = self._verified(USER.c.id.in_(here.limit(most).offset(skip)))
        for user in found:
            if role not in user.account.roles:
                self._misled("user_role", user)
        return sorted((user for user in found if role in user.account.roles), key=lambda user: user.id)

    def hold_administrator(self) -> None:
        """Hold the role Administrator's row until the transaction ends. Raises Damaged."""
        if self._roles.load(ADMINISTRATOR, lock=True) is None:
            raise Damaged("role Administrator is gone", kind="role", object_id=ADMINISTRATOR)

    def check_password_rules(self, password: str, *, near: Iterable[str]) -> None:
        """Raise Invalid if a new password is too short, too long or guessed early. near: its owner's own data."""
        if len(password) < self._minimum_length:
            least = self._minimum_length
            raise Invalid(_("At least %(least)s characters.", least=least), field="password")
        if len(password) > LONGEST_PASSWORD:
            raise Invalid(_("At most %(most)s characters.", most=LONGEST_PASSWORD), field="password")
        refuse_weak(password, near=near)

    def _hashed(self, password: str, *, near: Iterable[str]) -> str:
        self.check_password_rules(password, near=near)
        return self._passwords.hash(password)

    def _name(self, text: str, field: str) -> str:
        plain = text.strip()
        if not plain.isprintable() or len(plain) > LONGEST_NAME or any(0xD800 <= ord(each) < 0xE000 for each in plain):
            raise Invalid(_("A name has up to %(most)s letters.", most=LONGEST_NAME), field=field)
        return plain

    def _authorise(self, by: By, action: str) -> None:
        if isinstance(by, Subject):
            by.require(GUARDED[action], action=action)

    def _begin(self, by: Who, action: str, user_id: UUID) -> Who:
        """Hold a person's row, and return who acts on them as they are then. Raises Forbidden, Refused."""
        self._authorise(by, action)  # before anybody waits for them
        by = self.acting(by, GUARDED[action], action=action, on=[user_id])
        if self._rows.load(user_id) is None:
            raise Refused(action=action, kind="user", object_id=user_id)
        return by

    def _check_roles(self, by: By, roles: Sequence[UUID]) -> None:
        """Raise Invalid unless all these roles exist, Forbidden if one of them allows what the giver may not."""
        for role_id in roles:
            opened = self._roles.load(role_id)
            if opened is None:
                raise Invalid(_("There is no such role."))
            allowed = self._permissions.of(role_id, opened.content.permissions)
            if isinstance(by, Subject) and not allowed <= by.permissions:
                raise Forbidden(action="user.roles", kind="role", object_id=role_id)

    def _change(self, user_id: UUID, record: Note, change: Callable[[Account], Account], **columns: object) -> User:
        with self._unit.writing():
            seen = self._rows.load(user_id, lock=True)
            if seen is None:
                raise Refused(action=record.action, kind="user", object_id=user_id)
            before, content = as_user(seen), change(seen.content)
            stays = columns.get("status", before.status) == ACTIVE and ADMINISTRATOR in content.roles
            if _administers(before) and not stays:
                self._guard_administrators(without=user_id)
            changed = as_user(self._rows.change(seen, record, content=content, **columns))
            forget(self._unit, user_id)
            if columns:
                self._index_words(changed)
            return changed

    def _guard_administrators(self, *, without: UUID) -> None:
        """Raise Invalid unless another active administrator remains; the role's row is locked meanwhile."""
        self.hold_administrator()
        holders = select(USER_ROLE.c.user).where(USER_ROLE.c.role == ADMINISTRATOR)
        found = self._verified(USER.c.id.in_(holders))
        for user in found:
            if ADMINISTRATOR not in user.account.roles:
                self._misled("user_role", user)
        if any(user.id != without and _administers(user) for user in found):
            return
        last = self.get(without)
        if last and _administers(last):
            raise Invalid(_("This is the last active administrator. Make somebody else administrator first."))

    def _there_of(self, user_id: UUID) -> tuple[UUID, ...]:
        user = self.get(user_id)
        return user.account.roles if user else ()

    def _with_roles(self, record: Note, *, given: Sequence[UUID] = (), taken: Sequence[UUID] = ()) -> Note:
        """Return what is recorded, with the names that roles have at this moment: they may be renamed or deleted."""
        names = {opened.id: opened.columns["name"] for opened in self._sound_roles(ROLE.c.id.in_([*given, *taken]))}
        told = {
            name: ",".join(_listed(names.get(role, str(role))) for role in roles)
            for name, roles in (("given", given), ("taken", taken))
            if roles
        }
        return replace(record, detail={**record.detail, **told})

    def _there(self, roles: Sequence[UUID]) -> tuple[UUID, ...]:
        """Return those of these roles that there are; none of them can be deleted until the transaction ends."""
        mine = select(ROLE.c.id).where(ROLE.c.id.in_(roles)).order_by(ROLE.c.id)
        found = {row.id for row in self._unit.execute(mine.with_for_update(read=True, key_share=True))}
        return tuple(role for role in roles if role in found)

    def _note_set_up(self, by: By, user: User) -> None:
        """Close the set-up link for good once there is an administrator, however they came to be one."""
        if ADMINISTRATOR in user.account.roles and not self._keyrings.stored().set_up:
            self._keyrings.replace(lambda keyring: keyring.marked_set_up(), note("setup.done", by))

    def _index_roles(self, user: User) -> None:
        self._unit.execute(delete(USER_ROLE).where(USER_ROLE.c.user == user.id))
        self._unit.execute(insert(USER_ROLE), [{"user": user.id, "role": role} for role in user.account.roles])

    def _index_words(self, user: User) -> None:
        self._unit.execute(delete(USER_WORD).where(USER_WORD.c.user == user.id))
        words = words_of(user.first_name, user.last_name, user.email)
        self._unit.execute(insert(USER_WORD), [{"word": word, "user": user.id} for word in words])
        here = MEMBERSHIP.c.user == user.id
        self._unit.execute(update(MEMBERSHIP).where(here).values(sort=place_of(user)))
        self._index_place(user)

    def _index_place(self, user: User) -> None:
        """Store where a person stands in lists."""
        place = {"name": listed_name(user.first_name, user.last_name, user.email), "status": user.status}
        if not self._unit.execute(LISTED.update().where(LISTED.c.user == user.id).values(place)).rowcount:
            begun = {"created_at": user.opened.columns["created_at"], "signed_in_at": EPOCH}
            self._unit.execute(insert(LISTED).values(user=user.id, **place, **begun))

    def _verified(self, *where: ColumnElement[bool]) -> list[User]:
        """Return the people that a condition finds and that verify; the others are recorded as damaged."""
        return self._intact(self._unit.execute(self._rows.selection.where(*where)).all())

    def _sound_roles(self, *where: ColumnElement[bool]) -> list[Opened[RoleContent]]:
        """Return the roles that a condition finds and that verify; the others are recorded as damaged."""
        return self._sound(self._unit.execute(self._roles.selection.where(*where)).all())

    def _sound(self, rows: Sequence[Row[Any]]) -> list[Opened[RoleContent]]:
        found = []
        for row in rows:
            try:
                found.append(self._roles.open(row))
            except Damaged as damage:
                self._audit.trouble(damage)
        return found

    def _intact(self, rows: Sequence[Row[Any]]) -> list[User]:
        found = []
        for row in rows:
            try:
                found.append(as_user(self._rows.open(row)))
            except Damaged as damage:
                self._audit.trouble(damage)
        return found

    def _misled(self, table: str, user: User) -> None:
        """Record that a row which finds a person has no counterpart inside their seal."""
        reason = f"{table}: a row names user {user.id}, whose own row does not know of it"
        self._audit.trouble(Damaged(reason, action=f"{table}.damaged", kind="user", object_id=user.id))


class People:
    """Those whom one page names, each read once. The reader is known without reading."""

    def __init__(self, users: Users, reader: Subject) -> None:
        self._users = users
        self._known: dict[UUID, User | Subject] = {reader.id: reader}
        self._asked = {reader.id}

    def named(self, ids: Iterable[UUID]) -> dict[UUID, User | Subject]:
        """Return the people with these ids that exist and verify."""
        wanted = set(ids)
        if missing := wanted - self._asked:
            self._known |= self._users.people(missing)
            self._asked |= missing
        return {each: self._known[each] for each in wanted if each in self._known}


def as_user(opened: Opened[Account]) -> User:
    """Return a verified row as a person."""
    columns = opened.columns
    return User(opened, opened.id, columns["email"], columns["first_name"], columns["last_name"], columns["status"])


def place_of(user: User) -> bytes:
    """Return what puts a person in their place among the members of a group: their name."""
    return folded_word(user.name)[:LONGEST_PLACE]


def _administers(user: User) -> bool:
    return user.active and ADMINISTRATOR in user.account.roles


def note(action: str, by: By, **detail: str) -> Note:
    """Return who does what, for the trail."""
    if isinstance(by, Subject):
        return Note(action, subject=by.id, detail=detail)
    return Note(action, actor=by, detail=detail)


def _listed(name: str) -> str:
    """Return a name as it stands among others, which commas separate."""
    return name.replace(",", " ")


def _merged(present: Sequence[UUID], add: Sequence[UUID], remove: Sequence[UUID]) -> tuple[UUID, ...]:
    return tuple(role for role in dict.fromkeys([*present, *add]) if role not in remove)


def _with_membership(account: Account, group: UUID, level: GroupLevel | None, ended: Collection[UUID] = ()) -> Account:
    others = tuple(each for each in account.memberships if each.group != group and each.group not in ended)
    if level is None:
        return replace(account, memberships=others)
    if len(others) >= MOST_GROUPS:
        raise Invalid(_("Nobody can belong to more than %(most)s groups.", most=MOST_GROUPS), field="add")
    return replace(account, memberships=(*others, Membership(group, level)))
