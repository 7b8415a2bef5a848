"""Use in process: an automation asks for the credentials of a type that are published in a group."""

from __future__ import annotations

import re
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from app.audit.service import Audit
from app.credentials.declare import Credentials
from app.database import Unit
from app.errors import Damaged, Refused
from app.groups.service import Groups
from app.keys.trail import Note
from app.subject import Subject
from app.users.service import Users
from app.vault.heads import PUBLICATION, SECRET, Head, Heads, misled
from app.vault.safe import Safe

C = TypeVar("C", bound=Credentials)

ACTOR = re.compile(r"[a-z0-9_.-]{1,64}")


class NoSuchCredential(Refused):
    """No secret of that type is published in that group, or none that the hint names, or not for that person."""


class Matching:
    """The automations' door: values without a page, each use recorded."""

    def __init__(self, unit: Unit, heads: Heads, safe: Safe, users: Users, groups: Groups, audit: Audit) -> None:
        self._unit, self._heads, self._safe = unit, heads, safe
        self._users, self._groups, self._audit = users, groups, audit

    def match(
        self,
        kind: type[C],
        *,
        group: UUID,
        hint: UUID | str | None = None,
        version: int | None = None,
        actor: str,
        subject: Subject | UUID | None = None,
    ) -> C:
        """Return the credentials of type `kind` that are published in `group`, and record the use.

        hint: the id or the exact name of a secret; no other one is taken. version: a stored version, with an id
        as hint. actor: the automation, `[a-z0-9_.-]{1,64}`. subject: the person on whose behalf it runs, who must
        be an active member of the group. Of several the one whose current version is youngest; ties: greater id.
        Raises NoSuchCredential; Damaged for a damaged candidate, which is not passed over; Unavailable; RuntimeError
        inside of a transaction that writes: undone, it would take the event with it, and the values would be out.
        """
        if self._unit.is_writing:
            raise RuntimeError("match: ask before the transaction begins, so that the use stays on record")
        self._check(actor, hint, version)
        person = subject.id if isinstance(subject, Subject) else subject
        none = NoSuchCredential(action="secret.use", kind="group", object_id=group)
        if not self._groups.names([group]) or (person and not self._users.active_member(person, group)):
            raise none
        candidates = [head for head in self._published(kind.type.id, group, hint) if _fits(head, hint)]
        if not candidates:
            raise none
        head = max(candidates, key=lambda each: (each.changed_at, each.id))
        if version is not None and not 1 <= version <= head.version:
            raise none
        number = version or head.version
        credentials = self._safe.get(head.id, number)
        if not isinstance(credentials, kind):
            raise Damaged(f"secret {head.id}: not a {kind.__name__}", kind="secret", object_id=head.id)
        note = Note("secret.use", subject=person, actor=actor, detail={"group": str(group), "version": str(number)})
        self._audit.record_now(note, kind="secret", object_id=head.id)
        return credentials

    def _published(self, type_id: str, group: UUID, hint: UUID | str | None) -> list[Head]:
        """Return what is published there and not deleted; with an id as hint that one alone, whatever befell others."""
        here = select(PUBLICATION.c.secret).where(PUBLICATION.c.group == group, PUBLICATION.c.type == type_id)
        if isinstance(hint, UUID):
            here = here.where(PUBLICATION.c.secret == hint)
        statement = self._heads.rows.selection.where(SECRET.c.id.in_(here))
        heads = [self._heads.verified(row) for row in self._unit.execute(statement).all()]
        here_too = [head for head in heads if head.is_published_in(group) and head.type == type_id]
        for head in heads:
            if head not in here_too:
                self._audit.trouble(misled("publication", head.id))
        return [head for head in here_too if head.deleted_at is None]

    def _check(self, actor: str, hint: UUID | str | None, version: int | None) -> None:
        if not ACTOR.fullmatch(actor):
            raise ValueError("actor: 1 to 64 of a-z 0-9 _ . -")
        if version is not None and not isinstance(hint, UUID):
            raise ValueError("version needs a secret's id as hint")


def _fits(head: Head, hint: UUID | str | None) -> bool:
    return hint is None or head.id == hint or head.name == hint
