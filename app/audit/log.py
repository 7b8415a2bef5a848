"""The audit log: what the trail tells, in words and with the names that its reader may see."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.audit.actions import DAMAGED, Action, Actions
from app.audit.ports import Described, Describes
from app.audit.search import Found, Search, Wanted
from app.audit.service import Audit, Event
from app.audit.words import EXPORT, READ
from app.database import Unit
from app.keys.trail import Note
from app.subject import Subject

PAGE = 20
MOST_EXPORTED = 50_000
MOST_MEANT = 8
"""Of the people and objects that a search may mean, so many of each kind are looked for."""
AT_ONCE = 1000
LONGEST_QUERY = 200

PERSON = "user"
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ACTOR = re.compile(r"[a-z0-9_.-]{1,64}")

OUTCOMES = {
    "throttled": _l("Too many tries"),
    "damaged": _l("Damaged"),
    "wrongpassword": _l("Wrong password"),
}
REFUSED = _l("Refused")
"""What stands for any other outcome."""


@dataclass(frozen=True)
class Named:
    """Somebody or something as a line names it. key: as what the address filters by it, "" if it does not."""

    described: Described
    key: str = ""

    @property
    def text(self) -> str:
        return self.described.text


@dataclass(frozen=True)
class Line:
    """An event as its reader sees it.

    person, automation: who did it; both: the automation, on behalf of the person. outcome: of what was refused, in
    words, else "". said: what else is known. look: "", amber or bad.
    """

    event: Event
    person: Named | None
    automation: str
    title: str
    icon: str
    look: str
    outcome: str
    object: Named | None
    said: Sequence[str]

    @property
    def said_shortly(self) -> str:
        return " · ".join(self.said)


@dataclass(frozen=True)
class LogPage:
    """A page of the log. cut: more is meant by what was searched for than is looked for."""

    found: Found
    lines: Sequence[Line]
    person: Named | None = None
    object: Named | None = None
    cut: bool = False


@dataclass(frozen=True)
class Asked:
    """What somebody asks for: what they typed, and the rest as the trail knows it."""

    wanted: Wanted
    query: str = ""


class Log:
    """Reads the trail to those who may. Needs `audit.read`; names are the reader's own affair."""

    def __init__(self, unit: Unit, audit: Audit, actions: Actions, describes: list[Describes]) -> None:
        self._unit, self._audit, self._actions, self._describes = unit, audit, actions, describes
        self._search = Search(unit)

    def page(self, subject: Subject, asked: Asked) -> LogPage:
        """Return a page of what is asked for. Raises Forbidden."""
        subject.require(READ)
        wanted, cut = self._meant(subject, asked)
        found = self._search.page(wanted, most=PAGE)
        filtered = [each for each in (wanted.person, wanted.object_id) if each]
        names = self._names(subject, found.events, also=filtered)
        lines = [self._line(event, names) for event in found.events]
        person, about = self._filters(wanted, names)
        return LogPage(found, lines, person, about, cut)

    def allow_export(self, subject: Subject) -> None:
        """Raise Forbidden unless this person may take entries away."""
        subject.require(READ, action=EXPORT)
        subject.require(EXPORT)

    def export(self, subject: Subject, asked: Asked) -> list[Line]:
        """Return the newest MOST_EXPORTED lines of what is asked for, and record that they left. Raises Forbidden."""
        self.allow_export(subject)
        wanted, _cut = self._meant(subject, replace(asked, wanted=replace(asked.wanted, before=None, after=None)))
        lines = [line for part in self._all(subject, wanted) for line in part]
        detail = {"events": str(len(lines))} | ({"narrowed": narrowed} if (narrowed := _narrowed(asked)) else {})
        with self._unit.writing():
            self._audit.trail.record(Note(EXPORT, subject=subject.id, detail=detail), kind="audit")
        return lines

    def record_export(self, *, actor: str) -> None:
        """Record that a command writes everything out."""
        with self._unit.writing():
            self._audit.trail.record(Note(EXPORT, actor=actor), kind="audit")

    def everything(self, *, since: datetime | None = None, until: datetime | None = None) -> Iterator[Line]:
        """Yield every line, oldest first, for a command: without the names that only their readers see."""
        for events in self._search.walk(since=since, until=until, at_once=AT_ONCE):
            yield from self.lines(events, None)

    def lines(self, events: Sequence[Event], reader: Subject | None) -> list[Line]:
        """Return events in words, for who reads; None: for a command."""
        names = self._names(reader, events)
        return [self._line(event, names) for event in events]

    def _all(self, subject: Subject, wanted: Wanted) -> Iterator[list[Line]]:
        """Yield lines, newest first, until there are enough or no more."""
        left = MOST_EXPORTED
        while left > 0:
            found = self._search.page(wanted, most=min(left, AT_ONCE))
            yield self.lines(found.events, subject)
            left -= len(found.events)
            if found.older is None:
                return
            wanted = replace(wanted, before=found.older)

    def _meant(self, subject: Subject, asked: Asked) -> tuple[Wanted, bool]:
        """Return what is wanted, with whom and what a typed text means, and whether more is meant than that."""
        if not asked.query:
            return asked.wanted, False
        text = asked.query.strip()
        meant: list[UUID | str] = [UUID(text)] if ID.fullmatch(text) else []
        if ACTOR.fullmatch(text.lower()):
            meant.append(text.lower())
        cut = False
        for each in self._describes:
            found = each.find(subject, text, MOST_MEANT + 1)
            cut = cut or len(found) > MOST_MEANT
            meant += found[:MOST_MEANT]
        return replace(asked.wanted, mentioned=tuple(dict.fromkeys(meant))), cut

    def _filters(self, wanted: Wanted, names: Names) -> tuple[Named | None, Named | None]:
        """Return whom and what the page is narrowed to, by name."""
        person = names.of(PERSON, wanted.person) if wanted.person else None
        if wanted.actor:
            person = Named(Described(wanted.actor), wanted.actor)
        return person, names.anything(wanted.object_id) if wanted.object_id else None

    def _names(self, reader: Subject | None, events: Sequence[Event], also: Iterable[UUID] = ()) -> Names:
        """Return the names of everything that these events mention: one statement for each kind of thing."""
        wanted: dict[str, set[UUID]] = {each.kind: set(also) for each in self._describes}
        for event in events:
            mentioned = [(PERSON, event.subject), (event.kind, event.object_id), *_ids(event, wanted)]
            for kind, object_id in mentioned:
                if object_id and kind in wanted:
                    wanted[kind].add(object_id)
        found = {each.kind: each.names(reader, wanted[each.kind]) for each in self._describes if wanted[each.kind]}
        missing = {each for kind, ids in wanted.items() for each in ids if each not in found.get(kind, {})}
        told = self._audit.told_of(missing) if missing else set()
        return Names(found, {each.kind: each for each in self._describes}, told)

    def _line(self, event: Event, names: Names) -> Line:
        action, outcome = self._actions.get(event.action), event.detail.get("outcome", "")
        refused = bool(outcome) and not event.action.endswith(DAMAGED)
        return Line(
            event,
            names.of(PERSON, event.subject) if event.subject else None,
            event.actor or "",
            str(action.tried or action.title) if refused else str(action.title),
            "ban" if refused else action.icon,
            _look(event, action, refused=refused),
            str(OUTCOMES.get(outcome, REFUSED)) if refused else "",
            self._object(event, names),
            self._said(event, names),
        )

    def _object(self, event: Event, names: Names) -> Named | None:
        if event.object_id and event.kind in names.ports:
            return names.of(event.kind, event.object_id)
        text = str(self._actions.kinds.get(event.kind, event.kind))
        return Named(Described(text), str(event.object_id or "")) if text else None

    def _said(self, event: Event, names: Names) -> list[str]:
        """Return what an event's detail tells beyond who and what."""
        about = names.of(event.kind, event.object_id) if event.object_id and event.kind in names.ports else None
        found = []
        for name, value in event.detail.items():
            if name in names.ports:
                if ID.fullmatch(value) and value != str(event.object_id):
                    found.append(names.of(name, UUID(value)).text)
            elif said := self._detail(name, value, about.described.words if about else {}):
                found.append(said)
        return found

    def _detail(self, name: str, value: str, words: Mapping[str, object]) -> str:
        template, spoken = self._actions.details.get(name, f"{name} %(value)s"), self._actions.spoken.get(name, str)
        known = self._actions.values
        texts = [str(known.get((name, each)) or words.get(each) or spoken(each)) for each in value.split(",")]
        shown = ", ".join(filter(None, texts))
        return str(template).replace("%(value)s", shown) if template and shown else ""


@dataclass(frozen=True)
class Names:
    """What a page's reader may know of the things on it. told: of the missing, those that there were."""

    found: Mapping[str, Mapping[UUID, Described]]
    ports: Mapping[str, Describes]
    told: Collection[UUID]

    def of(self, kind: str, object_id: UUID) -> Named:
        """Return the name of an object of a kind that a port describes."""
        port = self.ports.get(kind)
        found = self.found.get(kind, {}).get(object_id)
        if found is None:
            text = (port.gone if object_id in self.told else port.unknown) if port else object_id
            found = Described(str(text))
        return Named(found, str(object_id))

    def anything(self, object_id: UUID) -> Named:
        """Return the name of an object of whichever kind has one with this id."""
        kinds = [kind for kind, found in self.found.items() if object_id in found]
        return self.of(kinds[0], object_id) if kinds else Named(Described(str(_("an object"))), str(object_id))


def _ids(event: Event, kinds: Collection[str]) -> list[tuple[str, UUID]]:
    """Return the objects that an event's detail names; what is no id was written by another hand."""
    return [(name, UUID(value)) for name, value in event.detail.items() if name in kinds and ID.fullmatch(value)]


def _look(event: Event, action: Action, *, refused: bool) -> str:
    if refused or event.action.endswith(DAMAGED):
        return "bad"
    return "amber" if action.amber else ""


def _narrowed(asked: Asked) -> str:
    """Return by what an export is narrowed, without what was typed, which may be a secret's name."""
    wanted = asked.wanted
    by = {
        "q": asked.query,
        "person": wanted.person or wanted.actor,
        "object": wanted.object_id,
        "action": wanted.actions or wanted.refused,
        "days": wanted.since or wanted.until,
    }
    return ",".join(name for name, value in by.items() if value)
