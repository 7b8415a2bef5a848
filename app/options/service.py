"""What holds of the settings that the admin centre can change, and how they are changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import literal, select

from app.audit.service import Audit, Event, Overtaken
from app.audit.trail import AuditTrail
from app.database import Id, Unit
from app.errors import Damaged, Invalid
from app.keys.sealed import Opened, SealedRows
from app.keys.trail import Note
from app.options.models import Chosen, Directory
from app.options.ports import Acting
from app.settings import Users, as_domain
from app.subject import Subject

OPTIONS = UUID("5e570000-0000-4000-8000-000000000004")
"""The id of the one row."""

CHANGE = "settings.change"
"""The permission, and the word for a change in the trail."""
MOST_DOMAINS = 50


@dataclass(frozen=True)
class Values:
    """What holds. registration_domains: of the addresses that may register themselves; empty: any."""

    registration: bool
    registration_domains: tuple[str, ...]
    directory: Directory


STRICTEST = Values(registration=False, registration_domains=(), directory="exact")
"""What holds while nobody can tell what was chosen."""

NAMES = tuple(each.name for each in fields(Values))


@dataclass(frozen=True)
class State:
    """What the page of settings shows. revision: 0 before the first change; chosen: the names of what is stored."""

    revision: int
    values: Values
    filed: Values
    chosen: frozenset[str]
    last: Event | None


class Options:
    """Gives out what holds now: one statement each time it is asked, and a seal only after a change."""

    def __init__(
        self,
        unit: Unit,
        rows: SealedRows[Chosen],
        trail: AuditTrail,
        audit: Audit,
        settings: Users,
        acting: Sequence[Acting],
    ) -> None:
        self._unit, self._rows, self._trail, self._audit, self._acting = unit, rows, trail, audit, acting
        self._filed = Values(settings.registration, settings.registration_domains, settings.directory)
        table, here = rows.table, literal(OPTIONS, Id())
        stored = select(table.c.revision).where(table.c.id == here).scalar_subquery()
        self._probe = select(stored.label("revision"), trail.newest(here).label("newest"))
        self._kept: Opened[Chosen] | None = None

    @property
    def registration(self) -> bool:
        """Whether people may register themselves."""
        return self.values().registration

    @property
    def registration_domains(self) -> tuple[str, ...]:
        """The mail domains of those who may, as addresses write them; empty: any."""
        return self.values().registration_domains

    @property
    def directory(self) -> Directory:
        """Whom the search for people shows."""
        return self.values().directory

    def values(self) -> Values:
        """Return what holds now. What cannot be verified is recorded, and the strictest holds instead."""
        try:
            return self._merged(self._stored())
        except Damaged as damage:
            self._audit.trouble(damage)
            return STRICTEST

    def state(self, subject: Subject) -> State:
        """Return what the page of settings shows. Raises Forbidden, Damaged."""
        subject.require(CHANGE)
        opened = self._stored()
        chosen = {name for name in NAMES if opened and getattr(opened.content, name) is not None}
        last = self._last() if opened else None
        revision = opened.revision if opened else 0
        return State(revision, self._merged(opened), self._filed, frozenset(chosen), last)

    def save(self, subject: Subject, *, seen: int, wanted: Values) -> None:
        """Let other values hold from now on; what is wanted as it is stays where it comes from.

        seen: the revision that the page showed. Raises Overtaken if somebody was faster, unless all is as wanted;
        Invalid, Forbidden, Damaged.
        """
        subject.require(CHANGE)
        wanted = replace(wanted, registration_domains=as_domains(wanted.registration_domains))
        with self._unit.writing():
            opened = self._held(subject, CHANGE)
            present = self._merged(opened)
            changed = {name: value for name, value in asdict(wanted).items() if value != getattr(present, name)}
            if changed:
                self._refuse_overtaken(opened, seen)
                self._store(opened, replace(_content(opened), **changed), subject, CHANGE, **changed)

    def reset(self, subject: Subject, *, seen: int, name: str) -> None:
        """Let one of them be again as the settings file says. Raises Overtaken, Invalid, Forbidden, Damaged."""
        subject.require(CHANGE, action="settings.reset")
        if name not in NAMES:
            raise Invalid(_("There is no such setting."))
        with self._unit.writing():
            opened = self._held(subject, "settings.reset")
            if opened is None or getattr(opened.content, name) is None:
                return
            self._refuse_overtaken(opened, seen)
            content = replace(opened.content, **{name: None})
            self._store(opened, content, subject, "settings.reset", **{name: getattr(self._filed, name)})

    def _held(self, subject: Subject, action: str) -> Opened[Chosen] | None:
        """Return the row, held until the transaction ends, to who may still change it. Raises Forbidden, Damaged."""
        table = self._rows.table
        self._unit.execute(select(table.c.id).where(table.c.id == OPTIONS).with_for_update())
        for port in self._acting:
            port.acting(subject, CHANGE, action=action)
        return self._stored()

    def _refuse_overtaken(self, opened: Opened[Chosen] | None, seen: int) -> None:
        if seen != (opened.revision if opened else 0):
            raise Overtaken(self._last())

    def _store(self, opened: Opened[Chosen] | None, content: Chosen, by: Subject, action: str, **detail: Any) -> None:
        note = Note(action, subject=by.id, detail={name: _told(value) for name, value in detail.items()})
        if opened is None:
            self._rows.insert(OPTIONS, content, note)
        else:
            self._rows.change(opened, note, content=content)

    def _last(self) -> Event | None:
        found = self._audit.changes(OPTIONS, only=(CHANGE, "settings.reset"), most=1)
        return found[0] if found else None

    def _stored(self) -> Opened[Chosen] | None:
        """Return the row, verified; None before the first change. Raises Damaged."""
        row = self._unit.execute(self._probe).one()
        if row.revision is None and row.newest is None and not self._trail.told(OPTIONS):
            return None
        kept = self._kept
        if kept is not None and kept.revision == row.revision == row.newest:
            return kept
        opened = self._rows.load(OPTIONS)
        if opened is None:
            raise Damaged("options: the row is gone", action="options.damaged", kind="options", object_id=OPTIONS)
        if not self._unit.is_writing:  # what is not committed may yet be rolled back
            self._kept = opened
        return opened

    def _merged(self, opened: Opened[Chosen] | None) -> Values:
        chosen = {name: value for name, value in asdict(_content(opened)).items() if value is not None}
        return replace(self._filed, **chosen)


def as_domains(texts: Iterable[str]) -> tuple[str, ...]:
    """Return mail domains as addresses write them, each once. Raises Invalid."""
    found = []
    for text in texts:
        try:
            found.append(as_domain(text))
        except ValueError:
            wrong = _("Enter mail domains such as example.org; %(text)s is none.", text=text[:60])
            raise Invalid(wrong, field="registration_domains") from None
    if len(found) > MOST_DOMAINS:
        raise Invalid(_("At most %(most)s domains.", most=MOST_DOMAINS), field="registration_domains")
    return tuple(dict.fromkeys(found))


def _content(opened: Opened[Chosen] | None) -> Chosen:
    return opened.content if opened else Chosen()


def _told(value: object) -> str:
    """Return a value as the trail tells it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return " ".join(value) if isinstance(value, tuple) else str(value)
