"""Roles: named sets of permissions, made and changed by whoever manages them, as far as they hold these themselves.

To take something away needs what giving it needs: else whoever may less could take their powers from those who watch
over them, and nobody but an administrator could give these back.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import delete, func, literal, select, union_all

from app.audit.service import Audit, Event, Overtaken
from app.database import Id, Unit
from app.errors import Damaged, Forbidden, Invalid, Refused
from app.keys.sealed import Opened, SealedRows
from app.options.service import CHANGE as CHANGE_SETTINGS
from app.subject import Subject
from app.users.models import RoleContent
from app.users.permissions import ADMINISTRATOR, BUILT_IN, MEMBER, Permission, Permissions
from app.users.service import ROLE, USER_ROLE, By, User, Users, note

MANAGE = "role.manage"

CREATE, EDIT, DELETE = "role.create", "role.change", "role.delete"

LONGEST_NAME, LONGEST_DESCRIPTION = 100, 500
MOST_ROLES = 100
MOST_COUNTED = 1000
"""Up to so many people of a role are counted, so that a page costs the same however many there are."""

LIKE_BUILT_IN = frozenset({"administrator", "administration", "member", "mitglied"})
"""What pages call the built-in roles, as names are compared: no other role is called so."""


def declare(permissions: Permissions, *, system: LazyString) -> None:
    """Declare who may change roles and settings."""
    permissions.declare(
        MANAGE,
        _l("Manage roles"),
        _l("Make, change and delete roles; nobody puts into a role what they lack themselves."),
        system=system,
    )
    permissions.declare(
        CHANGE_SETTINGS, _l("Change settings"), _l("Change those of the installation."), system=_l("Installation")
    )


@dataclass(frozen=True)
class Role:
    """A role, verified. allows: what its people may do by it; stored: that, and what no active system knows."""

    id: UUID
    name: str
    description: str
    allows: frozenset[str]
    stored: frozenset[str]
    revision: int

    @property
    def built_in(self) -> bool:
        return self.id in BUILT_IN


class Roles:
    """What can be asked and changed about roles. Changes come one after the other: the row Administrator is held."""

    def __init__(
        self, unit: Unit, rows: SealedRows[RoleContent], permissions: Permissions, users: Users, audit: Audit
    ) -> None:
        self._unit, self._rows, self._permissions = unit, rows, permissions
        self._users, self._audit = users, audit

    def all(self, subject: Subject) -> list[Role]:
        """Return the roles that verify: the built-in ones, then the others by name. Raises Forbidden."""
        subject.require(MANAGE, action="role.list")
        found = []
        for row in self._unit.execute(self._rows.selection).all():
            try:
                found.append(self._as_role(self._rows.open(row)))
            except Damaged as damage:
                self._audit.trouble(damage)
        return sorted(found, key=lambda role: (not role.built_in, role.name.casefold(), role.id))

    def open(self, subject: Subject, role_id: UUID) -> Role:
        """Return one role. Raises Refused, Forbidden, Damaged."""
        subject.require(MANAGE, action="role.open")
        opened = self._rows.load(role_id)
        if opened is None:
            raise Refused(action="role.open", kind="role", object_id=role_id)
        return self._as_role(opened)

    def changeable(self, subject: Subject, role_id: UUID) -> Role:
        """Return a role that is not built in. Raises Refused, Forbidden, Damaged."""
        role = self.open(subject, role_id)
        if role.built_in:
            raise Forbidden(_built_in(), action=EDIT, kind="role", object_id=role_id)
        return role

    def deletable(self, subject: Subject, role_id: UUID) -> Role:
        """Return a role that this person may delete. Raises Refused, Forbidden, Damaged."""
        role = self.changeable(subject, role_id)
        self._refuse_beyond(subject, role.allows, DELETE)
        return role

    def offered(self, subject: Subject, role: Role | None = None) -> list[tuple[Permission, bool]]:
        """Return the permissions that a role may hold beside what everybody has, and whether this person decides on it.

        They neither give nor take what they lack.
        """
        held = role.stored if role else frozenset()
        return [
            (each, subject.may(each.name))
            for each in self._permissions.all()
            if not each.everybody or each.name in held
        ]

    def counts(self, roles: Sequence[UUID]) -> dict[UUID, int]:
        """Return how many people each role has, as the rows that find them say; more than 1000 are 1001."""
        if not roles:
            return {}
        counted = []
        for role_id in roles:
            some = select(USER_ROLE.c.user).where(USER_ROLE.c.role == role_id).limit(MOST_COUNTED + 1).subquery()
            counted.append(select(literal(role_id, Id()).label("role"), func.count().label("n")).select_from(some))
        return {row.role: row.n for row in self._unit.execute(union_all(*counted))}

    def people(self, subject: Subject, role_id: UUID, *, most: int, skip: int = 0) -> list[User]:
        """Return some of the people of a role, as their own rows say. Raises Forbidden."""
        subject.require(MANAGE, action="role.open")
        return self._users.holders(role_id, most=most, skip=skip)

    def create(self, by: By, *, name: str, description: str = "", permissions: Collection[str] = ()) -> Role:
        """Store a new role.

        Raises Invalid for a name or permission that does not fit, Forbidden for what `by` lacks.
        """
        content = self._content(description, permissions)
        shown = _name(name)
        with self._unit.writing():
            by = self._begin(by, CREATE)
            self._refuse_beyond(by, content.permissions, CREATE)
            names = self._names()
            self._refuse_taken(shown, names.values())
            if len(names) >= MOST_ROLES:
                raise Invalid(_("There are %(most)s roles already, which is as many as there can be.", most=MOST_ROLES))
            told = note(CREATE, by, name=shown, permissions=" ".join(content.permissions))
            return self._as_role(self._rows.insert(uuid4(), content, told, name=shown))

    def change(
        self, by: By, role_id: UUID, *, seen: int, name: str, description: str, permissions: Collection[str]
    ) -> Role:
        """Give a role another name, description and permissions; what no active system knows stays in it.

        seen: the revision that the form showed. Raises Overtaken if somebody was faster, unless all is as wanted;
        Invalid, Refused, Forbidden for a built-in role and for adding or removing what `by` lacks.
        """
        shown = _name(name)
        with self._unit.writing():
            by = self._begin(by, EDIT)
            opened = self._load(role_id, EDIT)
            role = self._as_role(opened)
            unknown = [each for each in opened.content.permissions if each not in self._permissions.names()]
            content = self._content(description, permissions, unknown)
            if (shown, content) == (role.name, opened.content):
                return role
            if role.revision != seen:
                raise Overtaken(self.last(role_id))
            added, taken = _differences(role.stored, frozenset(content.permissions))
            self._refuse_beyond(by, [*added, *taken], EDIT)
            self._refuse_taken(shown, [name for other, name in self._names().items() if other != role_id])
            told = note(EDIT, by, name=shown, added=" ".join(added), removed=" ".join(taken))
            return self._as_role(self._rows.change(opened, told, content=content, name=shown))

    def delete(self, by: By, role_id: UUID, *, seen: int) -> None:
        """Delete a role; its people lose it with their next request. Its id is never used again.

        Raises Overtaken if somebody changed it since the page showed it, Refused, Forbidden for a built-in one and
        for one that allows what `by` lacks.
        """
        with self._unit.writing():
            by = self._begin(by, DELETE)
            opened = self._load(role_id, DELETE)
            self._refuse_beyond(by, self._as_role(opened).allows, DELETE)
            if opened.revision != seen:
                raise Overtaken(self.last(role_id))
            # held against rows that are about to name it, which an ordinary lock would let by
            self._unit.execute(select(ROLE.c.id).where(ROLE.c.id == role_id).with_for_update())
            self._unit.execute(delete(USER_ROLE).where(USER_ROLE.c.role == role_id))
            self._rows.remove(opened, note(DELETE, by, name=opened.columns["name"]))

    def last(self, role_id: UUID) -> Event | None:
        """Return the newest change of a role."""
        found = self._audit.changes(role_id, only=(CREATE, EDIT, DELETE), most=1)
        return found[0] if found else None

    def _begin(self, by: By, action: str) -> By:
        """Let no other change of roles by until this transaction ends, and return who acts as they are then.

        Raises Forbidden for who may not change any.
        """
        self._users.hold_administrator()
        return self._users.acting(by, MANAGE, action=action)

    def _load(self, role_id: UUID, action: str) -> Opened[RoleContent]:
        if role_id in BUILT_IN:
            raise Forbidden(_built_in(), action=action, kind="role", object_id=role_id)
        opened = self._rows.load(role_id, lock=True)
        if opened is None:
            raise Refused(action=action, kind="role", object_id=role_id)
        return opened

    def _content(self, description: str, permissions: Collection[str], more: Sequence[str] = ()) -> RoleContent:
        if unknown := sorted(set(permissions) - self._permissions.names()):
            raise Invalid(_("There is no permission %(name)s.", name=unknown[0][:60]), field="permissions")
        return RoleContent(tuple(sorted({*permissions, *more})), _description(description))

    def _refuse_beyond(self, by: By, permissions: Collection[str], action: str) -> None:
        """Raise Forbidden if this person gives or takes by a role what they may not do themselves."""
        if isinstance(by, Subject) and not set(permissions) <= by.permissions:
            text = _("Nobody gives or takes with a role what they lack themselves.")
            raise Forbidden(text, action=action, kind="role")

    def _names(self) -> dict[UUID, str]:
        """Return the names that are taken, as their rows say: one that does not verify takes its name all the same."""
        return {row.id: row.name for row in self._unit.execute(select(ROLE.c.id, ROLE.c.name))}

    def _refuse_taken(self, name: str, taken: Iterable[str]) -> None:
        if key_of(name) in {*LIKE_BUILT_IN, *map(key_of, taken)}:
            raise Invalid(_("There is a role with this name already."), field="name")

    def _as_role(self, opened: Opened[RoleContent]) -> Role:
        name, description = opened.columns["name"], opened.content.description
        if opened.id in BUILT_IN:
            name, description = BUILT_IN_WORDS[opened.id]
        stored = frozenset(opened.content.permissions)
        allows = self._permissions.of(opened.id, stored)
        return Role(opened.id, str(name), str(description), allows, stored, opened.revision)


BUILT_IN_WORDS: dict[UUID, tuple[Any, Any]] = {
    ADMINISTRATOR: (
        _l("Administrator"),
        _l("Manages people, groups, roles and settings. Cannot open what is not shared with them."),
    ),
    MEMBER: (_l("Member"), _l("Own vault, own groups, own account. Everybody has this role.")),
}
"""What pages call the built-in roles, and say of them."""


def key_of(name: str) -> str:
    """Return a name as it is compared."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _name(text: str) -> str:
    name = unicodedata.normalize("NFC", text).strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or not key_of(name):
        raise Invalid(_("A name has 1 to %(most)s letters.", most=LONGEST_NAME), field="name")
    return name


def _description(text: str) -> str:
    plain = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    if len(plain) > LONGEST_DESCRIPTION or not plain.replace("\n", "").isprintable():
        raise Invalid(_("At most %(most)s letters.", most=LONGEST_DESCRIPTION), field="description")
    return plain


def _differences(before: frozenset[str], after: frozenset[str]) -> tuple[list[str], list[str]]:
    return sorted(after - before), sorted(before - after)


def _built_in() -> str:
    return str(_("Built-in roles cannot be changed."))
