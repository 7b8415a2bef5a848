"""The vault's main use cases: create, open, change, reveal, copy, history."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from flask_babel import gettext as _

from app.audit.service import Audit
from app.clock import Clock
from app.credentials.declare import Credentials, CredentialType
from app.credentials.registry import Registry
from app.credentials.values import is_blank, merge, to_plain, validate
from app.database import Unit
from app.errors import Conflict, Damaged, Forbidden, Invalid, Refused
from app.keys.trail import Note
from app.subject import Subject
from app.vault.heads import Grant, Head, HeadContent, Heads, Publication
from app.vault.policy import COPY, CREATE, EDIT, HISTORY, OPEN, RESTORE, RESTORE_VERSION, REVEAL, Act, Level, barred
from app.vault.safe import MOST_VERSIONS, Blob, Safe, TypeMissing, Version

MOST_LOOKED_INTO = 20
"""So many older versions of a damaged secret are opened in search of an intact one."""


@dataclass(frozen=True)
class Secret:
    """A secret opened for a person. credentials None: its type is missing, or it is damaged."""

    head: Head
    level: Level
    credentials: Credentials | None
    trouble: str | None = None
    """None, `missing` or `damaged`."""
    reason: str | None = None
    """Why this person cannot change it although their level would allow it."""

    @property
    def opened(self) -> Credentials:
        """The credentials. Raises Damaged if there are none."""
        if self.credentials is None:
            raise Damaged(f"secret {self.head.id}: {self.trouble}", kind="secret", object_id=self.head.id)
        return self.credentials


class Stale(Conflict):
    """The secret was edited since the form was opened. Holds what is stored now."""

    def __init__(self, current: Secret, version: Version) -> None:
        super().__init__(_("Somebody changed it meanwhile. Nothing was stored: look at it again, then repeat."))
        self.current = current
        self.version = version


class MadeBefore(Conflict):
    """A form that made a secret came again with something else, or what it made is not in the vault any more.

    head: what it made, it may lie in the trash; None if that is nothing that this person finds.
    """

    def __init__(self, head: Head | None) -> None:
        super().__init__(_("This form was saved before. What it holds now is not stored yet."))
        self.head = head


@dataclass(frozen=True)
class Compared:
    """Two versions of a secret, the older first. None: that one does not open."""

    secret: Secret
    older: Version
    newer: Version
    before: Credentials | None
    after: Credentials | None


@dataclass(frozen=True)
class Restorable:
    """An older version that can become the current one, beside what is current."""

    secret: Secret
    version: Version
    credentials: Credentials


class Blank(Invalid):
    """All fields are empty or at their defaults: there is nothing to keep."""


class Vault:
    """What people do with the values of secrets."""

    def __init__(self, unit: Unit, clock: Clock, heads: Heads, safe: Safe, registry: Registry, audit: Audit) -> None:
        self._unit, self._clock, self._heads = unit, clock, heads
        self._safe, self._registry, self._audit = safe, registry, audit

    def kind(self, subject: Subject, type_id: str) -> CredentialType:
        """Return a type that this person may create now.

        Raises Refused if there is no such type, Forbidden with the reason if it needs a group they are not in.
        """
        subject.require(CREATE, action="secret.create")
        kind = self._registry.get(type_id)
        if kind is None:
            raise Refused(action="secret.create")
        if reason := barred(subject, kind):
            raise Forbidden(reason, action="secret.create")
        return kind

    def create(self, subject: Subject, type_id: str, *, values: Mapping[str, object], once: str = "") -> UUID:
        """Store a new secret, owned by `subject`, and return its id.

        values: as validated by the form. once: a second create with the same one and the same values returns the
        first one's id. Raises MadeBefore, Invalid, Blank, Forbidden, Refused, Unavailable.
        """
        kind = self.kind(subject, type_id)
        credentials = validate(kind.cls, values)
        if is_blank(credentials):
            raise Blank(_("Fill in at least one field: there is nothing to keep yet."))
        key = hashlib.sha256(subject.id.bytes + once.encode()).digest() if once else None
        if made := key and self._heads.made_with(key):
            return self._same(subject, made, credentials)
        secret_id = uuid4()
        blob = self._safe.put(secret_id, credentials)
        with self._unit.writing():
            made = key and self._heads.made_with(key)
            if not made:
                now = self._heads.acting(subject, action="secret.create")
                self.kind(now, type_id)
                self._store_first(now, secret_id, credentials, blob, once=key)
                return secret_id
        self._unit.roll_back()  # nothing was written, and nobody waits while a blob is read
        return self._same(subject, made, credentials)

    def open(self, subject: Subject, secret_id: UUID) -> Secret:
        """Return a secret with its credentials, or with what is wrong with it. Raises Refused, Unavailable."""
        return self._opened(subject, self._heads.usable(subject, secret_id, OPEN))

    def editable(self, subject: Subject, secret_id: UUID) -> Secret:
        """Return a secret to somebody who may edit it.

        Raises Refused, Forbidden, Damaged, TypeMissing, Unavailable.
        """
        head = self._heads.usable(subject, secret_id, EDIT)
        secret = self._opened(subject, head)
        self._refuse_barred(subject, head, EDIT)
        return self._reread(secret) if secret.credentials is None else secret

    def change(
        self, subject: Subject, secret_id: UUID, *, seen: int, values: Mapping[str, object], cleared: frozenset[str]
    ) -> None:
        """Store changed values as a new version; what is stored already stores nothing.

        seen: the version that the form showed. If there is a newer one and it holds just these values, as after a
        form sent twice, nothing is to do; else it is Stale. cleared: secret-style fields to empty. A blank
        secret-style field keeps its value unless a destination changed.
        Raises Stale, Invalid, Forbidden, Refused, Unavailable.
        """
        secret = self.editable(subject, secret_id)
        if secret.head.version != seen:
            return self._refuse_other(secret, values, cleared)
        stored = secret.opened
        changed = validate(type(stored), merge(type(stored), stored, values, cleared))
        fields = differing(stored, changed)
        if not fields:
            return None
        if is_blank(changed):
            raise Blank(_("Fill in at least one field: there is nothing to keep yet."))
        blob = self._safe.put(secret_id, changed)
        with self._unit.writing():
            now, head = self._heads.held(subject, secret_id, EDIT)
            self._refuse_barred(now, head, EDIT)
            if head.version == seen:
                record = note("secret.change", now, fields=",".join(fields))
                return self._store_next(now, head, changed, blob, record)
        self._unit.roll_back()  # nothing was written, and nobody waits while a blob is read
        return self._refuse_other(self._reread(replace(secret, head=head)), values, cleared)

    def reveal(self, subject: Subject, secret_id: UUID, *, field: str) -> str:
        """Return one secret-style value in the clear, and record that `subject` saw it.

        Raises Refused if it does not exist or is not theirs (the two look alike), or the type has no such
        secret-style field; Damaged if it does not verify.
        """
        return self.reveal_on_page(subject, secret_id, field=field)[1]

    def reveal_on_page(self, subject: Subject, secret_id: UUID, *, field: str) -> tuple[Secret, str]:
        """Return a secret with one secret-style value in the clear, and record it. Raises as `reveal`."""
        return self._seen(subject, secret_id, field, REVEAL)

    def copy(self, subject: Subject, secret_id: UUID, *, field: str) -> str:
        """Return one secret-style value for the clipboard, and record it. Raises as `reveal`."""
        return self._seen(subject, secret_id, field, COPY)[1]

    def versions(self, subject: Subject, secret_id: UUID, *, most: int = MOST_VERSIONS, skip: int = 0) -> list[Version]:
        """Return the versions, newest first, also damaged ones. Raises Refused, Forbidden for viewers.

        most: at most so many, without the `skip` newest ones.
        """
        self._heads.usable(subject, secret_id, HISTORY)
        return self._told(secret_id, self._safe.versions(secret_id, most=most, skip=skip))

    def last_versions(self, subject: Subject, secret: Secret, *, most: int) -> list[Version]:
        """Return the newest versions of a secret that has just been opened. Raises as `versions`."""
        self._heads.check(subject, secret.head, HISTORY)
        return self._told(secret.head.id, self._safe.versions(secret.head.id, most=most))

    def compare(
        self, subject: Subject, secret_id: UUID, *, older: int | None = None, newer: int | None = None
    ) -> Compared:
        """Return two versions to look at side by side, in their order.

        newer: None for the current one; older: None for the one before that. Raises Refused also for a version that
        never was, Forbidden for viewers, TypeMissing, Unavailable.
        """
        head = self._heads.usable(subject, secret_id, HISTORY)
        last = head.version if newer is None else newer
        first = max(1, last - 1) if older is None else older
        numbers = sorted((first, last))
        for number in numbers:
            self._refuse_unknown_version(head, number)
        rows = [self._safe.version(secret_id, number) for number in numbers]
        self._told(secret_id, rows)
        before, after = (self._or_none(secret_id, number) for number in numbers)
        return Compared(self._opened(subject, head), rows[0], rows[1], before, after)

    def intact(self, subject: Subject, secret_id: UUID) -> Version | None:
        """Return the newest version before the current one that opens, of the last few. Raises Refused, Forbidden."""
        head = self._heads.usable(subject, secret_id, HISTORY)
        for version in self._safe.versions(secret_id, most=MOST_LOOKED_INTO, skip=1):
            if version.intact and self._or_none(secret_id, version.number) and version.number < head.version:
                return version
        return None

    def seen(self, subject: Subject, secret_id: UUID, *, number: int) -> Credentials | None:
        """Return the version that a stale form began with, or None if it is not there or does not open.

        Raises Refused, Forbidden.
        """
        head = self._heads.usable(subject, secret_id, HISTORY)
        try:
            return self._safe.get(secret_id, number) if 1 <= number <= head.version else None
        except Damaged:
            return None

    def restorable(self, subject: Subject, secret_id: UUID, *, number: int) -> Restorable:
        """Return an older version for the question whether to restore it. Raises as `restore_version`, but Stale."""
        head = self._heads.usable(subject, secret_id, RESTORE_VERSION)
        self._refuse_barred(subject, head, RESTORE_VERSION)
        self._refuse_unknown_version(head, number)
        if number == head.version:
            raise Invalid(_("This version is the current one already."))
        credentials = self._safe.get(secret_id, number)
        return Restorable(self._opened(subject, head), self._safe.version(secret_id, number), credentials)

    def restore_version(self, subject: Subject, secret_id: UUID, *, number: int, seen: int) -> None:
        """Store an older version's values as a new version.

        seen: the version that was the current one on the page that asked. Raises Refused, Forbidden, Invalid if it
        is the current one, Stale, Damaged, Unavailable.
        """
        found = self.restorable(subject, secret_id, number=number)
        self._refuse_moved(subject, found.secret.head, seen)
        credentials = found.credentials
        blob = self._safe.put(secret_id, credentials)
        with self._unit.writing():
            now, head = self._heads.held(subject, secret_id, RESTORE_VERSION)
            self._refuse_barred(now, head, RESTORE_VERSION)
            if head.version == seen:
                secret_fields = ",".join(spec.name for spec in credentials.specs if spec.secret)
                record = note("secret.restore-version", now, restored=str(number), fields=secret_fields)
                return self._store_next(now, head, credentials, blob, record)
        self._unit.roll_back()  # as in `change`
        return self._refuse_moved(subject, head, seen)

    def _same(self, subject: Subject, made: UUID, credentials: Credentials) -> UUID:
        """Return a secret that was made before if it began with just these values. Raises MadeBefore, Unavailable."""
        head = self._found(subject, made)
        if head is None or head.deleted_at is not None or head.type != credentials.type.id:
            raise MadeBefore(head)
        began = self._or_none(made, 1)
        if began is None or differing(began, credentials):
            raise MadeBefore(head)
        return made

    def _found(self, subject: Subject, secret_id: UUID) -> Head | None:
        """Return a secret that this person finds in the vault or in the trash."""
        for act, trashed in ((OPEN, False), (RESTORE, True)):
            with suppress(Refused, Damaged):
                return self._heads.usable(subject, secret_id, act, trashed=trashed)
        return None

    def _told(self, secret_id: UUID, versions: list[Version]) -> list[Version]:
        """Record those that are damaged."""
        if broken := [str(each.number) for each in versions if not each.intact]:
            reason = f"secret {secret_id}: versions {','.join(broken)}"
            self._audit.trouble(Damaged(reason, kind="secret", object_id=secret_id, action="secret.damaged"))
        return versions

    def _store_first(
        self, subject: Subject, secret_id: UUID, credentials: Credentials, blob: Blob, *, once: bytes | None
    ) -> None:
        kind, now = type(credentials).type, self._clock()
        published = (Publication(kind.group, by=subject.id, at=now),) if kind.group else ()
        owner = Grant(subject.id, Level.OWNER, until=None, by=subject.id, at=now)
        content = HeadContent(credentials.name, credentials.summary(), (owner,), published)
        self._heads.insert(
            secret_id,
            content,
            note("secret.create", subject, type=kind.id, version="1"),
            type=kind.id,
            version=1,
            changed_at=now,
            once=once,
        )
        self._safe.add(secret_id, 1, blob, author=subject.id)

    def _store_next(self, subject: Subject, head: Head, credentials: Credentials, blob: Blob, record: Note) -> None:
        number = head.version + 1
        content = replace(head.opened.content, name=credentials.name, summary=credentials.summary())
        record = replace(record, detail={**record.detail, "version": str(number)})
        self._heads.change(head, record, content=content, version=number, changed_at=self._clock())
        self._safe.add(head.id, number, blob, author=subject.id)

    def _opened(self, subject: Subject, head: Head) -> Secret:
        secret = self._closed(subject, head)
        try:
            return self._reread(secret)
        except TypeMissing:
            return replace(secret, trouble="missing")
        except Damaged as damage:
            self._audit.trouble(damage)
            return replace(secret, trouble="damaged")

    def _closed(self, subject: Subject, head: Head) -> Secret:
        """Return a secret without its values, which nobody has asked the safe for."""
        grant = head.grant(subject.id, self._clock())
        if grant is None:  # it has ended this moment
            raise Refused(action=OPEN.name, kind="secret", object_id=head.id)
        kind = self._registry.get(head.type)
        return Secret(head, grant.level, None, reason=barred(subject, kind) if kind else None)

    def _seen(self, subject: Subject, secret_id: UUID, field: str, act: Act) -> tuple[Secret, str]:
        """Return a secret and one value; that it was seen is stored before anything is made of it."""
        head = self._heads.usable(subject, secret_id, act)
        secret = self._reread(self._closed(subject, head))
        if not any(spec.name == field and spec.secret for spec in secret.opened.specs):
            raise Refused(action=act.name, kind="secret", object_id=secret_id)
        record = note(act.name, subject, field=field, version=str(head.version))
        self._audit.record_now(record, kind="secret", object_id=secret_id)
        return secret, str(getattr(secret.opened, field))

    def _refuse_moved(self, subject: Subject, head: Head, seen: int) -> None:
        """Raise Stale if another version came; it may be one that does not open, which restoring is there for."""
        if head.version != seen:
            raise Stale(self._opened(subject, head), self._safe.versions(head.id, most=1)[0])

    def _refuse_other(self, secret: Secret, values: Mapping[str, object], cleared: frozenset[str]) -> None:
        """Raise Stale unless these values are just what is stored."""
        stored = secret.opened
        try:
            same = not differing(stored, validate(type(stored), merge(type(stored), stored, values, cleared)))
        except Invalid:
            same = False
        if not same:
            raise Stale(secret, self._safe.versions(secret.head.id, most=1)[0])

    def _reread(self, secret: Secret) -> Secret:
        return replace(secret, credentials=self._safe.get(secret.head.id, secret.head.version))

    def _refuse_barred(self, subject: Subject, head: Head, act: Act) -> None:
        kind = self._registry.get(head.type)
        if kind and (reason := barred(subject, kind)):
            raise Forbidden(reason, action=act.name, kind="secret", object_id=head.id)

    def _or_none(self, secret_id: UUID, number: int) -> Credentials | None:
        """Return a version's credentials, None if it does not verify. Raises TypeMissing, Unavailable."""
        try:
            return self._safe.get(secret_id, number)
        except TypeMissing:
            raise
        except Damaged:
            return None

    def _refuse_unknown_version(self, head: Head, number: int) -> None:
        if not 1 <= number <= head.version:
            raise Refused(action=HISTORY.name, kind="secret", object_id=head.id)


def differing(one: Credentials, other: Credentials) -> list[str]:
    """Return the names of the fields in which two credentials of one type differ."""
    before, after = to_plain(one), to_plain(other)
    return [spec.name for spec in other.specs if before.get(spec.name) != after.get(spec.name)]


def note(action: str, subject: Subject, **detail: str) -> Note:
    """Return who does what, for the trail."""
    return Note(action, subject=subject.id, detail=detail)
