"""The trash: delete, restore, purge, and the collector that empties it."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from flask_babel import gettext as _
from sqlalchemy import Select, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from app.audit.service import Audit
from app.blobs.store import BlobStore
from app.clock import Clock
from app.credentials.registry import Registry
from app.database import Unit
from app.errors import Damaged, Forbidden, Invalid, Refused, Unavailable
from app.keys.trail import Note
from app.subject import Subject
from app.vault.heads import ACCESS, SECRET, VERSION, Head, Heads, misled
from app.vault.models import LeaseRow
from app.vault.policy import DELETE, PURGE, RESTORE, USE, Act, Level, barred
from app.vault.service import note
from app.web.logs import without_text

log = logging.getLogger(__name__)

LEASES: Table = LeaseRow.__table__  # type: ignore[assignment]  # a mapped class's table
LEASE_TIME = timedelta(minutes=10)


@dataclass(frozen=True)
class Collected:
    """What the collector removed, or would remove.

    kept: blobs that nothing names, left alone because they may belong to what is damaged.
    """

    secrets: list[UUID]
    blobs: list[str]
    damaged: list[UUID]
    kept: list[str]


class Trash:
    """Deleted secrets: owners can bring them back for a while, then they are destroyed."""

    def __init__(
        self,
        unit: Unit,
        clock: Clock,
        heads: Heads,
        registry: Registry,
        store: BlobStore,
        audit: Audit,
        harmed: Callable[[], set[UUID]],
        *,
        kept: timedelta,
        orphans_kept: timedelta,
    ) -> None:
        self._unit, self._clock, self._heads, self._registry = unit, clock, heads, registry
        self._store, self._audit, self._harmed = store, audit, harmed
        self.kept, self._orphans_kept = kept, orphans_kept

    def delete(self, subject: Subject, secret_id: UUID) -> None:
        """Move a secret to the trash: nobody finds it from now on. Raises Refused, Forbidden, Damaged."""
        with self._unit.writing():
            _now, head = self._heads.held(subject, secret_id, DELETE)
            self._heads.change(head, note(DELETE.name, subject), deleted_at=self._clock())

    def deletable(self, subject: Subject, secret_id: UUID) -> Head:
        """Return a secret that this person may delete. Raises Refused, Forbidden, Damaged."""
        return self._heads.usable(subject, secret_id, DELETE)

    def listed(self, subject: Subject, *, most: int | None = None, skip: int = 0) -> list[Head]:
        """Return the secrets in this owner's trash, the last deleted first; damage is recorded and passed over.

        most: at most so many, without the `skip` first ones.
        """
        subject.require(USE, action="secret.trash")
        newest = (SECRET.c.deleted_at.desc(), SECRET.c.id)
        ids = self._deleted(subject, SECRET.c.id).order_by(*newest).limit(most).offset(skip)
        found = []
        for row in self._unit.execute(self._heads.rows.selection.where(SECRET.c.id.in_(ids)).order_by(*newest)).all():
            try:
                head = self._heads.verified(row)
            except Damaged as damage:
                self._audit.trouble(damage)
                continue
            if subject.id in head.owners():
                found.append(head)
            else:
                self._audit.trouble(misled("access", head.id))
        return found

    def count(self, subject: Subject) -> int:
        """Return how many secrets lie in this owner's trash, as the rows that find them say."""
        subject.require(USE, action="secret.trash")
        return int(self._unit.execute(self._deleted(subject, func.count())).scalar_one())

    def _deleted(self, subject: Subject, what: Any) -> Select[Any]:
        """Return a statement of what rows call this person's own and the trash still keeps."""
        mine = (ACCESS.c.user == subject.id) & (ACCESS.c.level == Level.OWNER.value)
        kept = SECRET.c.deleted_at > self._clock() - self.kept
        return select(what).select_from(SECRET).join(ACCESS, ACCESS.c.secret == SECRET.c.id).where(mine, kept)

    def restore(self, subject: Subject, secret_id: UUID) -> None:
        """Bring a secret back with its sharing and publications.

        Raises Refused, Damaged; Forbidden with the reason for a type whose group this person has left, since its
        publication there would come back.
        """
        with self._unit.writing():
            now, head = self._heads.held(subject, secret_id, RESTORE, trashed=True)
            self._refuse_over(head, RESTORE)
            if reason := self.barred(now, head):
                raise Forbidden(reason, action=RESTORE.name, kind="secret", object_id=head.id)
            self._heads.change(head, note(RESTORE.name, subject), deleted_at=None)

    def barred(self, subject: Subject, head: Head) -> str | None:
        """Return why this person could not bring a secret back that is theirs, None if they could."""
        kind = self._registry.get(head.type)
        return barred(subject, kind) if kind else None

    def purgeable(self, subject: Subject, secret_id: UUID) -> Head:
        """Return a secret in the trash that this person may purge. Raises Refused, Damaged."""
        head = self._heads.usable(subject, secret_id, PURGE, trashed=True)
        self._refuse_over(head, PURGE)
        return head

    def purge(self, subject: Subject, secret_id: UUID, *, name: str) -> None:
        """Destroy a secret's keys for good. name: as typed by the person; Invalid if it is another."""
        with self._unit.writing():
            _now, head = self._heads.held(subject, secret_id, PURGE, trashed=True)
            self._refuse_over(head, PURGE)
            if _as_typed(name) != _as_typed(head.name):
                raise Invalid(_("This is not the name. Type it as shown."))
            self._heads.remove(head, note(PURGE.name, subject))

    def ends(self, head: Head) -> datetime:
        """Return when a deleted secret is gone for good."""
        return (head.deleted_at or self._clock()) + self.kept

    def is_over(self, head: Head) -> bool:
        return self._clock() >= self.ends(head)

    def collect(self, *, dry_run: bool = False) -> Collected:
        """Destroy what lay in the trash too long, and remove blobs that no version names.

        None is removed while a secret's rows are damaged: any of them may be theirs, and the rows may come back from a
        copy. Whose one is cannot be told without its row: its name is random, its content sealed under a key that lies
        in that row alone, and its time is another machine's, so it does not say that it is older than the secret.
        """
        secrets, damaged = self._purge_expired(dry_run=dry_run)
        orphans = self._orphans()
        with self._unit.open():
            harmed = self._harmed() if orphans else set()
        if harmed:
            return Collected(secrets, [], sorted({*damaged, *harmed}), kept=orphans)
        for name in orphans if not dry_run else ():
            self._remove_orphan(name)
        return Collected(secrets, orphans, damaged, kept=[])

    def lease(self, name: str) -> bool:
        """Return whether this process may run the task `name` now: nobody else does for a while."""
        now, holder = self._clock(), uuid4()
        dialect = sqlite if self._unit.is_sqlite else postgresql
        values = {"name": name, "holder": holder, "until": now + LEASE_TIME}
        taken = dialect.insert(LeaseRow).values(values)
        taken = taken.on_conflict_do_update(
            index_elements=[LEASES.c.name],
            set_={"holder": holder, "until": now + LEASE_TIME},
            where=LEASES.c.until <= now,
        ).returning(LEASES.c.name)  # the number of rows of an insert is not told alike by both databases
        with self._unit.open(), self._unit.writing():
            return self._unit.execute(taken).first() is not None

    def _refuse_over(self, head: Head, act: Act) -> None:
        if self.is_over(head):
            raise Refused(action=act.name, kind="secret", object_id=head.id)

    def _purge_expired(self, *, dry_run: bool) -> tuple[list[UUID], list[UUID]]:
        over = SECRET.c.deleted_at <= self._clock() - self.kept
        purged, damaged = [], []
        with self._unit.open():
            ids = [row.id for row in self._unit.execute(select(SECRET.c.id).where(over)).all()]
        for secret_id in ids:
            try:
                with self._unit.open():
                    done = dry_run or self._purge_one(secret_id)
                    self._unit.commit()  # one by one, so that nobody waits while many are purged or blobs are listed
            except Damaged:
                damaged.append(secret_id)
                continue
            except Unavailable:
                raise
            except Exception as error:  # whatever is wrong with one keeps none of the others
                facts = {"secret": str(secret_id)}
                log.error("not purged: %s", type(error).__name__, exc_info=without_text(error), extra={"facts": facts})
                damaged.append(secret_id)
                continue
            if done:
                purged.append(secret_id)
        return purged, damaged

    def _purge_one(self, secret_id: UUID) -> bool:
        with self._unit.writing():
            head = self._heads.load(secret_id, lock=True)
            if head is None or head.deleted_at is None or not self.is_over(head):
                return False
            self._heads.remove(head, Note(PURGE.name, actor="collector"))
        return True

    def _orphans(self) -> list[str]:
        """Return the blobs, old enough, that no version names."""
        before = self._clock() - self._orphans_kept
        old = [info.name for info in self._store.list() if info.modified < before]
        return [name for name in old if not self._is_named(name)]

    def _remove_orphan(self, name: str) -> None:
        if not self._is_named(name):  # looked for again, just before
            self._store.delete(name)

    def _is_named(self, name: str) -> bool:
        with self._unit.open():
            return self._unit.execute(select(VERSION.c.id).where(VERSION.c.blob == name)).first() is not None


def _as_typed(name: str) -> str:
    """Return a name without what nobody sees: blanks around it, and how its accents are composed."""
    return unicodedata.normalize("NFC", name.strip())
