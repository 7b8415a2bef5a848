"""The rules of the domain as plain sets and dictionaries, written from its page and not from the code."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from app.subject import SYSTEM

RANK = {"viewer": 1, "editor": 2, "owner": 3}
NEEDS = {"smtp": SYSTEM}
DESTINATION = {"smtp": "host", "login": "website"}
TRASH = timedelta(days=30)

Answer = str | None
"""refused, forbidden, invalid or conflict; None: it is done."""


@dataclass
class Person:
    """Somebody who may act while active, and the level in each of their groups."""

    id: UUID
    active: bool = True
    groups: dict[UUID, str] = field(default_factory=dict)


@dataclass
class Kept:
    """One secret. versions: all values ever stored, the current ones last. access: level and end by person.

    last: what was changed last, "nothing" since it was created, "values" (the trash, too) or "people" (groups, too).
    """

    id: UUID
    kind: str
    versions: list[dict[str, object]]
    changed_at: datetime
    access: dict[UUID, tuple[str, datetime | None]]
    groups: set[UUID]
    deleted_at: datetime | None = None
    purged: bool = False
    last: str = "nothing"

    @property
    def name(self) -> object:
        return self.versions[-1]["name"]

    @property
    def value(self) -> object:
        return self.versions[-1]["password"]


class Model:
    """What each person sees and may do. Methods answer as Tresor must, and change what is kept if it is done."""

    def __init__(self, now: datetime, teams: list[UUID]) -> None:
        self.now = now
        self.teams = teams
        self.people: dict[UUID, Person] = {}
        self.secrets: dict[UUID, Kept] = {}

    # ── who may ──

    def level(self, person: UUID, secret: Kept) -> str | None:
        """Return the level that a share gives at this moment; an end date has passed from its moment on."""
        level, until = secret.access.get(person, (None, None))
        return level if until is None or self.now < until else None

    def asks(self, person: UUID, secret: Kept, least: str) -> Answer:
        """Not theirs, in the trash or gone: as if it did not exist. Theirs to see, not to do: forbidden."""
        level = self.level(person, secret)
        if secret.purged or secret.deleted_at or level is None:
            return "refused"
        return None if RANK[level] >= RANK[least] else "forbidden"

    def asks_trash(self, person: UUID, secret: Kept) -> Answer:
        """The trash is its owners' alone, for thirty days."""
        gone = secret.purged or secret.deleted_at is None or self.now >= secret.deleted_at + TRASH
        return "refused" if gone or self.level(person, secret) != "owner" else None

    def barred(self, person: UUID, kind: str) -> bool:
        return kind in NEEDS and NEEDS[kind] not in self.people[person].groups

    def may_change(self, person: UUID, secret: Kept) -> Answer:
        return self.asks(person, secret, "editor") or ("forbidden" if self.barred(person, secret.kind) else None)

    def is_active_member(self, person: UUID, group: UUID) -> bool:
        return self.people[person].active and group in self.people[person].groups

    # ── secrets ──

    def may_create(self, person: UUID, kind: str) -> Answer:
        return "forbidden" if self.barred(person, kind) else None

    def create(self, person: UUID, kind: str, secret_id: UUID, values: dict[str, object]) -> None:
        published = {NEEDS[kind]} if kind in NEEDS else set()
        self.secrets[secret_id] = Kept(secret_id, kind, [values], self.now, {person: ("owner", None)}, published)

    def edit(self, person: UUID, secret: Kept, *, seen: int, changes: dict[str, object]) -> Answer:
        if answer := self.may_change(person, secret):
            return answer
        stored = secret.versions[-1]
        if seen != len(secret.versions):
            return "conflict" if {**stored, **changes} != stored else None
        where = DESTINATION[secret.kind]
        if changes.get(where, stored[where]) != stored[where] and "password" not in changes:
            return "invalid"
        if {**stored, **changes} != stored:
            self._store(secret, {**stored, **changes})
        return None

    def restore_version(self, person: UUID, secret: Kept, number: int, *, seen: int) -> Answer:
        if answer := self.may_change(person, secret):
            return answer
        if not 1 <= number <= len(secret.versions):
            return "refused"
        if number == len(secret.versions):
            return "invalid"
        if seen != len(secret.versions):
            return "conflict"
        self._store(secret, dict(secret.versions[number - 1]))
        return None

    def _store(self, secret: Kept, values: dict[str, object]) -> None:
        secret.versions.append(values)
        secret.changed_at = self.now
        secret.last = "values"

    # ── sharing ──

    def share(
        self, person: UUID, secret: Kept, with_: UUID, level: str, until: datetime | None, *, stale: bool
    ) -> Answer:
        if answer := self.asks(person, secret, "owner"):
            return answer
        if stale and secret.last != "values":
            return self._overtaken(secret, secret.access.get(with_) == (level, until))
        if not self.people[with_].active or with_ in secret.access or self._outsider(with_, secret, level):
            return "invalid"
        if level != "owner" and until is not None and until <= self.now:
            return "invalid"
        secret.access[with_] = (level, None if level == "owner" else until)
        secret.last = "people"
        return None

    def _overtaken(self, secret: Kept, so_already: bool) -> Answer:
        """What one page before this one asks for: no conflict if it is so already; before the first there was none."""
        return None if so_already and secret.last == "people" else "conflict"

    def change_level(self, person: UUID, secret: Kept, of: UUID, level: str | None, *, stale: bool) -> Answer:
        if answer := self.asks(person, secret, "owner"):
            return answer
        if stale and secret.last != "values":
            return self._overtaken(secret, secret.access.get(of, (None, None))[0] == level)
        if of not in secret.access:
            return "invalid"
        now_level, until = secret.access[of]
        if level == now_level:
            return None
        if level and self._outsider(of, secret, level):
            return "invalid"
        left = {who: entry for who, entry in secret.access.items() if who != of}
        if level:
            left[of] = (level, None if level == "owner" else until)
        if not any(entry[0] == "owner" and self.people[who].active for who, entry in left.items()):
            return "invalid"
        secret.access, secret.last = left, "people"
        return None

    def set_end(self, person: UUID, secret: Kept, of: UUID, until: datetime | None) -> Answer:
        if answer := self.asks(person, secret, "owner"):
            return answer
        level, before = secret.access[of]
        if level == "owner" or until == before:
            return None
        if (until is not None and until <= self.now) or self._outsider(of, secret, level):
            return "invalid"
        secret.access[of] = (level, until)
        secret.last = "people"
        return None

    def _outsider(self, person: UUID, secret: Kept, level: str) -> bool:
        """Owners and editors of a type that needs a group can only be its members."""
        return level != "viewer" and secret.kind in NEEDS and not self.is_active_member(person, NEEDS[secret.kind])

    def publish(self, person: UUID, secret: Kept, group: UUID) -> Answer:
        if answer := self.asks(person, secret, "owner"):
            return answer
        if group not in secret.groups and group not in self.people[person].groups:
            return "invalid"
        if group not in secret.groups:
            secret.groups.add(group)
            secret.last = "people"
        return None

    def untick(self, person: UUID, secret: Kept, group: UUID) -> Answer:
        if answer := self.asks(person, secret, "owner"):
            return answer
        if group in secret.groups:
            secret.groups.remove(group)
            secret.last = "people"
        return None

    def withdraw(self, person: UUID, secret: Kept, group: UUID) -> Answer:
        """An owner, or the group's admin; nobody else sees what is published. The system group has no admins."""
        if secret.purged or secret.deleted_at or group not in secret.groups:
            return "refused"
        if self.level(person, secret) != "owner" and self.people[person].groups.get(group) != "admin":
            return "refused"
        secret.groups.remove(group)
        secret.last = "people"
        return None

    # ── the trash ──

    def delete(self, person: UUID, secret: Kept) -> Answer:
        if answer := self.asks(person, secret, "owner"):
            return answer
        secret.deleted_at, secret.last = self.now, "values"
        return None

    def restore(self, person: UUID, secret: Kept) -> Answer:
        if answer := self.asks_trash(person, secret) or ("forbidden" if self.barred(person, secret.kind) else None):
            return answer
        secret.deleted_at, secret.last = None, "values"
        return None

    def purge(self, person: UUID, secret: Kept, name: str) -> Answer:
        if answer := self.asks_trash(person, secret):
            return answer
        if name != secret.name:
            return "invalid"
        secret.purged = True
        return None

    def collect(self) -> set[UUID]:
        over = {
            each.id
            for each in self.secrets.values()
            if not each.purged and each.deleted_at and self.now >= each.deleted_at + TRASH
        }
        for secret_id in over:
            self.secrets[secret_id].purged = True
        return over

    # ── groups and people ──

    def join(self, person: UUID, group: UUID, level: str) -> Answer:
        who = self.people[person]
        if not who.active or group in who.groups or (group == SYSTEM and level == "admin"):
            return "invalid"
        who.groups[group] = level
        return None

    def leave(self, person: UUID, group: UUID) -> Answer:
        who = self.people[person]
        if group not in who.groups:
            return "invalid"
        admins = {each.id for each in self.people.values() if each.active and each.groups.get(group) == "admin"}
        if admins == {person}:
            return "invalid"
        del who.groups[group]
        return None

    # ── what is seen ──

    def vault(self, person: UUID) -> dict[UUID, tuple[str, str, object]]:
        """Return section, level and name of all that this person sees."""
        return {
            each.id: (self._section(person, each), level, each.name)
            for each in self.secrets.values()
            if not each.purged and not each.deleted_at and (level := self.level(person, each))
        }

    def _section(self, person: UUID, secret: Kept) -> str:
        if secret.groups:
            return "published"
        others = [who for who in secret.access if who != person and self.level(who, secret)]
        return "shared" if others else "personal"

    def trash(self, person: UUID) -> set[UUID]:
        return {each.id for each in self.secrets.values() if self.asks_trash(person, each) is None}

    def match(
        self, kind: str, group: UUID, *, hint: UUID | str | None = None, subject: UUID | None = None
    ) -> Kept | None:
        """Return the youngest published one that the hint names; ties: the greater id."""
        if subject is not None and not self.is_active_member(subject, group):
            return None
        found = [
            each
            for each in self.secrets.values()
            if each.kind == kind and group in each.groups and not each.purged and not each.deleted_at
            if hint in (None, each.id, each.name)
        ]
        return max(found, key=lambda each: (each.changed_at, each.id), default=None)
