"""Groups: create them, name and describe them; with all that can be asked about finding them and their members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.errors import Forbidden, Invalid
from app.groups.finding import CREATE, MANAGE, TABLE, USE, Group, as_group
from app.groups.members import DESCRIBE, RENAME, Addition, Members, MembersShown, Wish
from app.groups.models import GroupContent
from app.groups.names import key_of, read_description, read_name
from app.keys.trail import Note
from app.subject import SYSTEM, GroupLevel, Subject
from app.users.service import By, note

__all__ = ["CREATE", "MANAGE", "TABLE", "USE", "Addition", "Group", "Groups", "MembersShown", "Wish"]

TEAM, SYSTEM_KIND = "team", "system"
NAMES = frozenset({DESCRIBE, RENAME})


class Groups(Members):
    """What can be asked and changed about groups and their members; deleting one is Deletion's."""

    def first_start(self) -> None:
        """Store the system group; fills keys.FirstStart."""
        self._rows.insert(
            SYSTEM,
            GroupContent(""),
            Note("group.create", actor="first-start"),
            name="System",
            name_key="system",
            kind=SYSTEM_KIND,
            created_at=self._clock(),
        )

    def records(self, subject: Subject) -> Mapping[str, object]:
        """Return the groups that the subject belongs to; fills users.PersonalRecords."""
        named = self.names(subject.groups)
        mine = [(named[group].name, level.value) for group, level in subject.groups.items() if group in named]
        return {"groups": [{"name": name, "level": level} for name, level in sorted(mine)]}

    def create(self, by: By, *, name: str, description: str = "") -> Group:
        """Store a new team; who creates it in the browser becomes its first admin. Raises Invalid, Forbidden."""
        if isinstance(by, Subject):
            by.require(CREATE)
        shown, about = read_name(name), read_description(description)
        with self._unit.writing():
            by = self._users.acting(by, CREATE, action=CREATE)
            self._refuse_taken(shown)
            opened = self._rows.insert(
                uuid4(),
                GroupContent(about),
                note("group.create", by, name=shown),
                name=shown,
                name_key=key_of(shown),
                kind=TEAM,
                created_at=self._clock(),
            )
            if isinstance(by, Subject):
                self._join(by, as_group(opened), by.id, GroupLevel.ADMIN, first=True)
        return as_group(opened)

    def described(self, subject: Subject, group_id: UUID) -> Group:
        """Return a team to who may change its description. Raises Refused, Forbidden."""
        group = self.managed(subject, group_id)
        if group.system:
            raise Forbidden(action=DESCRIBE, kind="group", object_id=group_id)
        return group

    def describe(
        self, subject: Subject, group_id: UUID, *, description: str, name: str | None = None, revision: int = 0
    ) -> None:
        """Change a team's description; name: and its name, for who manages all groups.

        revision: the one that the page showed, 0: none. Raises Overtaken if name or description were changed since,
        unless they are as wished already; Forbidden, Refused, Invalid.
        """
        about, shown = read_description(description), None if name is None else read_name(name)
        with self._unit.writing():
            group, subject = self.locked(subject, group_id)
            if group.system:
                raise Invalid(_("The system group cannot be changed."))
            if shown is not None:
                subject.require(MANAGE, action=RENAME)
            columns, notes = self._renamed(subject, group, shown)
            if about != group.description:
                notes.append(note(DESCRIBE, subject))
            if not notes:
                return
            if revision and (overtaken := self.overtaken(group, revision, only=NAMES)):
                raise overtaken
            for each in notes[:-1]:
                self._audit.record(each, kind="group", object_id=group_id)
            self._rows.change(self.held(group_id), notes[-1], content=GroupContent(about), **columns)

    def _renamed(self, subject: Subject, group: Group, name: str | None) -> tuple[dict[str, Any], list[Note]]:
        if name is None or name == group.name:
            return {}, []
        if key_of(name) != key_of(group.name):
            self._refuse_taken(name)
        columns = {"name": name, "name_key": key_of(name)}
        return columns, [note(RENAME, subject, before=group.name, name=name)]

    def _refuse_taken(self, name: str) -> None:
        """Raise Invalid if a group is called so. Two who choose the same name at once come one after the other."""
        key = key_of(name)
        if not self._unit.is_sqlite:
            self._unit.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"group {key}"))))
        if self._unit.execute(select(TABLE.c.id).where(TABLE.c.name_key == key)).first():
            raise Invalid(_("There is a group with this name already."), field="name")
