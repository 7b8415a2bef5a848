"""The rules about people, roles, groups and sessions in plain words: what each use case must answer and change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from app.subject import SYSTEM
from app.users.permissions import ADMINISTRATOR, BUILT_IN, MEMBER

Answer = str | None
"""None: it is done; else the word for how it is refused."""

COMMAND = None
"""Who acts on the server's command line may do everything that keeps the rules."""
IDLE, ABSOLUTE, TOUCH = timedelta(hours=12), timedelta(hours=168), timedelta(minutes=1)

NEEDS = {
    "create": "user.invite",
    "disable": "user.disable",
    "enable": "user.disable",
    "roles": "user.roles",
    "role": "role.manage",
    "every group": "group.manage",
}
"""The permission that each act needs."""


@dataclass
class Person:
    """roles: ids, of which some may be gone; groups: id to level."""

    id: UUID
    password: str
    active: bool = True
    roles: set[UUID] = field(default_factory=lambda: {MEMBER})
    groups: dict[UUID, str] = field(default_factory=dict)
    generation: int = 1


@dataclass
class Role:
    id: UUID
    name: str
    permissions: frozenset[str]
    revision: int = 1


@dataclass
class Session:
    token: str
    person: UUID
    generation: int
    issued: datetime
    seen: datetime
    ended: bool = False


class Model:
    """What holds. Methods answer as Tresor must, and change what they say is done."""

    def __init__(
        self, now: datetime, permissions: frozenset[str], everybody: frozenset[str], teams: list[UUID]
    ) -> None:
        self.now, self.permissions, self.everybody, self.teams = now, permissions, everybody, teams
        self.people: dict[UUID, Person] = {}
        self.roles: dict[UUID, Role] = {
            ADMINISTRATOR: Role(ADMINISTRATOR, "Administrator", permissions),
            MEMBER: Role(MEMBER, "Member", everybody),
        }
        self.sessions: list[Session] = []

    # ── who may ──

    def holds(self, session: Session) -> bool:
        person = self.people[session.person]
        within = self.now < session.issued + ABSOLUTE and self.now < session.seen + IDLE
        return not session.ended and person.active and session.generation == person.generation and within

    def may(self, by: UUID | None) -> frozenset[str]:
        if by is COMMAND:
            return self.permissions
        person = self.people[by]
        if not person.active:
            return frozenset()
        return frozenset().union(*(self.roles[role].permissions for role in person.roles if role in self.roles))

    def lacks(self, by: UUID | None, act: str) -> bool:
        return NEEDS[act] not in self.may(by)

    def administrators(self) -> set[UUID]:
        return {each.id for each in self.people.values() if each.active and ADMINISTRATOR in each.roles}

    def is_last(self, person: UUID) -> bool:
        return self.administrators() == {person}

    # ── people ──

    def create(self, by: UUID | None, *, taken: bool, role: UUID | None) -> Answer:
        if self.lacks(by, "create"):
            return "forbidden"
        if taken:
            return "invalid"
        return self._gives(by, role)

    def disable(self, by: UUID | None, person: UUID) -> Answer:
        if self.lacks(by, "disable"):
            return "forbidden"
        if self.is_last(person):
            return "invalid"
        self.people[person].active = False
        self.people[person].generation += 1
        return None

    def enable(self, by: UUID | None, person: UUID) -> Answer:
        if self.lacks(by, "enable"):
            return "forbidden"
        self.people[person].active = True
        return None

    def change_roles(self, by: UUID | None, person: UUID, *, add: UUID | None, remove: UUID | None) -> Answer:
        if self.lacks(by, "roles"):
            return "forbidden"
        if remove == MEMBER:
            return "invalid"
        if answer := self._gives(by, add):
            return answer
        if remove == ADMINISTRATOR and self.is_last(person):
            return "invalid"
        roles = self.people[person].roles | ({add} if add else set())
        self.people[person].roles = {role for role in roles if role != remove and role in self.roles}
        return None

    def _gives(self, by: UUID | None, role: UUID | None) -> Answer:
        """Nobody gives a role that allows what they may not do."""
        if role is None:
            return None
        if role not in self.roles:
            return "invalid"
        return None if self.roles[role].permissions <= self.may(by) else "forbidden"

    def set_password(self, person: UUID, password: str) -> Answer:
        self.people[person].password = password
        self.people[person].generation += 1
        return None

    # ── roles ──

    def create_role(self, by: UUID | None, name: str, permissions: frozenset[str]) -> Answer:
        if self.lacks(by, "role") or not permissions <= self.may(by):
            return "forbidden"
        return "invalid" if self._is_taken(name) else None

    def change_role(self, by: UUID | None, role: UUID, *, seen: int, name: str, permissions: frozenset[str]) -> Answer:
        if answer := self._may_change(by, role):
            return answer
        stored = self.roles[role]
        if (stored.name, stored.permissions) == (name, permissions):
            return None
        if seen != stored.revision:
            return "conflict"
        if not permissions - stored.permissions <= self.may(by):
            return "forbidden"
        if self._is_taken(name, but=role):
            return "invalid"
        self.roles[role] = Role(role, name, permissions, stored.revision + 1)
        return None

    def delete_role(self, by: UUID | None, role: UUID, *, seen: int) -> Answer:
        if answer := self._may_change(by, role):
            return answer
        if seen != self.roles[role].revision:
            return "conflict"
        del self.roles[role]
        return None

    def _may_change(self, by: UUID | None, role: UUID) -> Answer:
        if self.lacks(by, "role") or role in BUILT_IN:
            return "forbidden"
        return None if role in self.roles else "refused"

    def _is_taken(self, name: str, *, but: UUID | None = None) -> bool:
        return any(each.name.casefold() == name.casefold() for each in self.roles.values() if each.id != but)

    # ── groups ──

    def join(self, by: UUID | None, group: UUID, person: UUID, level: str) -> Answer:
        if answer := self._may_manage(by, group):
            return answer
        who = self.people[person]
        if not who.active or group in who.groups or (group == SYSTEM and level == "admin"):
            return "invalid"
        who.groups[group] = level
        return None

    def set_level(self, by: UUID | None, group: UUID, person: UUID, level: str) -> Answer:
        if answer := self._may_manage(by, group):
            return answer
        who = self.people[person]
        if group not in who.groups or (group == SYSTEM and level == "admin"):
            return "invalid"
        if level == "member" and self._admins(group) == {person}:
            return "invalid"
        who.groups[group] = level
        return None

    def leave(self, by: UUID | None, group: UUID, person: UUID) -> Answer:
        if answer := self._may_manage(by, group):
            return answer
        if group not in self.people[person].groups or self._admins(group) == {person}:
            return "invalid"
        del self.people[person].groups[group]
        return None

    def _may_manage(self, by: UUID | None, group: UUID) -> Answer:
        if by is COMMAND:
            return None
        level, every = self.people[by].groups.get(group), not self.lacks(by, "every group")
        if level is None and not every:
            return "refused"
        if group == SYSTEM:
            return None if every and by in self.administrators() else "forbidden"
        return None if every or level == "admin" else "forbidden"

    def _admins(self, group: UUID) -> set[UUID]:
        return {each.id for each in self.people.values() if each.active and each.groups.get(group) == "admin"}

    # ── sessions ──

    def signs_in(self, person: UUID, password: str) -> bool:
        return self.people[person].active and self.people[person].password == password

    def begin(self, person: UUID, token: str) -> None:
        generation = self.people[person].generation
        self.sessions.append(Session(token, person, generation, self.now, self.now))

    def asks(self, session: Session) -> bool:
        """Return whether a session lets its person in; it goes on then."""
        if not self.holds(session):
            return False
        if self.now - session.seen >= TOUCH:
            session.seen = self.now
        return True
