"""A secret's events in words: what people did, and what used it in process."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.audit.service import MOST_COUNTED, Audit, Event, Uses
from app.credentials.declare import CredentialType
from app.credentials.fields import Text
from app.credentials.registry import Registry
from app.groups.service import Groups
from app.subject import SYSTEM, Subject
from app.users.service import People, Users
from app.vault import policy
from app.vault.heads import Head, Heads
from app.vault.policy import ACTIVITY

SHOWN = 8
"""So many lines of what people did stand on the secret's page, and up to AUTOMATIONS_SHOWN of what used it."""

AUTOMATIONS_SHOWN = 3
LOOKED_AT = 60
PAGE = 20
CHANGES_READ = 1000
USE = "secret.use"

ICONS = {
    "secret.create": "plus",
    "secret.change": "pencil",
    "secret.restore-version": "history",
    "secret.reveal": "lock-open",
    "secret.copy": "copy",
    "secret.test": "plug-zap",
    "secret.share": "user-plus",
    "secret.unshare": "user-minus",
    "secret.leave": "user-minus",
    "secret.publish": "waypoints",
    "secret.withdraw": "waypoints",
    "secret.hand-over": "arrow-right-left",
    "secret.delete": "trash-2",
    "secret.restore": "rotate-ccw",
}
SENTENCES = {
    "secret.create": (_l("You created it"), _l("%(who)s created it")),
    "secret.change": (_l("You changed: %(fields)s"), _l("%(who)s changed: %(fields)s")),
    "secret.restore-version": (_l("You restored version %(number)s"), _l("%(who)s restored version %(number)s")),
    "secret.reveal": (_l("You revealed: %(field)s"), _l("%(who)s revealed: %(field)s")),
    "secret.copy": (_l("You copied: %(field)s"), _l("%(who)s copied: %(field)s")),
    "secret.test": (_l("You tested the connection"), _l("%(who)s tested the connection")),
    "secret.share": (_l("You shared it with %(other)s"), _l("%(who)s shared it with %(other)s")),
    "secret.unshare": (_l("You took it from %(other)s"), _l("%(who)s took it from %(other)s")),
    "secret.leave": (_l("You removed it from your vault"), _l("%(who)s removed it from their vault")),
    "secret.publish": (_l("You published it in %(group)s"), _l("%(who)s published it in %(group)s")),
    "secret.withdraw": (_l("You withdrew it from %(group)s"), _l("%(who)s withdrew it from %(group)s")),
    "secret.hand-over": (
        _l("You handed it over from %(former)s to %(other)s"),
        _l("%(who)s handed it over from %(former)s to %(other)s"),
    ),
    "secret.delete": (_l("You moved it to the trash"), _l("%(who)s moved it to the trash")),
    "secret.restore": (_l("You restored it from the trash"), _l("%(who)s restored it from the trash")),
}
"""By the person who reads, and by anybody else. `other` and `group` stand after a preposition: "somebody", "you"."""
REFUSED = (_l("You tried to open it and were refused"), _l("%(who)s tried to open it and was refused"))
FORBIDDEN = (
    _l("You tried more than your level allows and were refused"),
    _l("%(who)s tried more than their level allows and was refused"),
)
ACTS = (*(policy.OPEN, policy.REVEAL, policy.COPY, policy.HISTORY, policy.ACTIVITY, policy.EDIT, policy.LEAVE),
        *(policy.RESTORE_VERSION, policy.SHARING, policy.DELETE, policy.RESTORE, policy.PURGE))  # fmt: skip
TOLD = tuple(sorted(ICONS.keys() | {act.name for act in ACTS}))
"""The actions that are told; those without an icon only when they were refused."""

ID, VERSION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), re.compile(r"[0-9]{1,9}")
OPENS = frozenset({"secret.reveal", "secret.copy"})


@dataclass(frozen=True)
class Told:
    """An event as a page shows it. note: said more quietly; amber: a value was in the open."""

    icon: str
    text: str
    at: datetime
    amber: bool = False
    note: str = ""
    times: int = 1
    number: int = 0
    """The event's, which tells the order of what happened at the same moment."""


@dataclass(frozen=True)
class Used:
    """An automation as a page shows it: its name, what it did, and as what an address names it."""

    actor: str
    name: str
    told: Told


@dataclass(frozen=True)
class WantedActivity:
    """What of the activity is asked for. actor "": of no single automation; page from 1."""

    automations: bool = False
    actor: str = ""
    page: int = 1


@dataclass(frozen=True)
class ActivityPage:
    """A page of a secret's activity: lines of it, or each automation in one line."""

    head: Head
    wanted: WantedActivity
    lines: Sequence[Told]
    used: Sequence[Used]
    total: int
    """How many lines there are on all pages; more than MOST_COUNTED are MOST_COUNTED + 1."""


class Activity:
    """Turns events into sentences, with the names that people have today."""

    def __init__(self, audit: Audit, users: Users, groups: Groups, heads: Heads, registry: Registry) -> None:
        self._audit, self._users, self._groups = audit, users, groups
        self._heads, self._registry = heads, registry

    def latest(self, subject: Subject, secret_id: UUID) -> list[Told]:
        """Return the last events of a secret, newest first; each automation is one line with a count.

        Raises Refused, Forbidden for viewers, Damaged.
        """
        head = self._heads.usable(subject, secret_id, ACTIVITY)
        return self.latest_of(subject, head, People(self._users, subject))

    def latest_of(self, subject: Subject, head: Head, people: People) -> list[Told]:
        """Return the same of a secret that this person was given, and is no viewer of."""
        told = self._told(subject, head, self._last(head.id), people)
        used = [each.told for each in self._used(head.id)[:AUTOMATIONS_SHOWN]]
        return sorted([*_folded(told)][:SHOWN] + used, key=lambda each: (each.at, each.number), reverse=True)

    def page(self, subject: Subject, secret_id: UUID, wanted: WantedActivity) -> ActivityPage:
        """Return what people did, which automations used it, or what one of them did: twenty lines a page.

        Raises Refused, Forbidden for viewers, Damaged.
        """
        head = self._heads.usable(subject, secret_id, ACTIVITY)
        skip = (wanted.page - 1) * PAGE
        if not wanted.automations:
            events = self._audit.by_people(head.id, only=TOLD, most=PAGE, skip=skip)
            total = self._audit.count_by_people(head.id, only=TOLD)
            told = self._told(subject, head, events, People(self._users, subject))
            return ActivityPage(head, wanted, told, [], total)
        used = self._used(head.id)
        this = next((each for each in used if each.actor == wanted.actor), None)
        if this is None:
            return ActivityPage(head, replace(wanted, actor=""), [], used, len(used))
        events = self._audit.by_automation(head.id, this.actor, USE, most=PAGE, skip=skip)
        return ActivityPage(head, wanted, self._single_uses(subject, events), [this], this.told.times)

    def changes(self, head: Head) -> Mapping[int, Event]:
        """Return the event that made each version of a secret, by its number, as far as they are read."""
        made = ("secret.change", "secret.restore-version")
        events = self._audit.changes(head.id, only=made, most=CHANGES_READ)
        numbered = [(event.detail.get("version", ""), event) for event in events]
        return {int(number): event for number, event in numbered if VERSION.fullmatch(number)}

    def _last(self, secret_id: UUID) -> list[Event]:
        """Return the newest events by people; whoever is refused again and again does not hide the others."""
        events = self._audit.by_people(secret_id, only=TOLD, most=LOOKED_AT)
        if len(events) < LOOKED_AT or sum(not _was_refused(each) for each in events) >= SHOWN:
            return events
        more = self._audit.by_people(secret_id, only=tuple(ICONS), most=SHOWN, refused_too=False)
        known = {each.number for each in events}
        return events + [each for each in more if each.number not in known]

    def _told(self, subject: Subject, head: Head, events: Sequence[Event], people: People) -> list[Told]:
        names, labels = self._names(subject, events, people), labels_of(self._registry.get(head.type))
        return [
            Told(
                "ban" if _was_refused(event) else ICONS[event.action],
                _sentence(event, subject, names, labels),
                event.time,
                amber=event.action in OPENS and not _was_refused(event),
                times=event.count,
                number=event.number,
            )
            for event in events
            if event.action in ICONS or _was_refused(event)
        ]

    def _used(self, secret_id: UUID) -> list[Used]:
        """Return each automation that used a secret, the latest first."""
        found = self._audit.automations(secret_id, USE)
        groups = self._groups.names([UUID(each) for uses in found for each in uses.groups if ID.fullmatch(each)])
        names = {str(group.id): _("system group") if group.id == SYSTEM else group.name for group in groups.values()}
        return [_use(uses, sorted(filter(None, map(names.get, uses.groups)))) for uses in found]

    def _single_uses(self, subject: Subject, events: Sequence[Event]) -> list[Told]:
        names = self._names(subject, events, People(self._users, subject))
        return [Told("bot", _single_use(event, names), event.time) for event in events]

    def _names(self, subject: Subject, events: Iterable[Event], people: People) -> Mapping[str, str]:
        """Return the names of all people and groups that events mention, by id as text.

        By "", "user" and "group": what stands for somebody who acted, another one and a group without a name.
        """
        mentioned = {event.subject for event in events if event.subject}
        mentioned |= _ids(events, "user") | _ids(events, "former")
        groups = _ids(events, "group")
        known = people.named(mentioned)
        found = {str(each): _("a deleted user") for each in self._users.deleted(mentioned - known.keys())}
        found |= {str(each.id): each.name for each in known.values()}
        found |= {str(group): name for group, name in self._groups.called(groups).items()}
        return found | {str(subject.id): _("you"), "": _("Somebody"), "user": _("somebody"), "group": _("a group")}


def _was_refused(event: Event) -> bool:
    return "outcome" in event.detail


def _folded(told: Iterable[Told]) -> Iterator[Told]:
    """Yield lines that follow each other and say the same as one, at its last time; refusals wherever they stand."""
    lines: list[Told] = []
    for each in told:
        like = [at for at, line in enumerate(lines) if (line.icon, line.text) == (each.icon, each.text)]
        if like and (like[-1] == len(lines) - 1 or each.icon == "ban"):
            lines[like[-1]] = replace(lines[like[-1]], times=lines[like[-1]].times + each.times)
        else:
            lines.append(each)
    yield from lines


def _ids(events: Iterable[Event], word: str) -> set[UUID]:
    """Return the ids that events hold under a word; what is none was written by another hand."""
    return {UUID(found) for event in events if ID.fullmatch(found := event.detail.get(word, ""))}


def labels_of(kind: CredentialType | None) -> Mapping[str, Text]:
    """Return a type's labels by field; what is used of them is put into the reader's language."""
    return {spec.name: spec.label for spec in kind.cls.specs} if kind else {}


def fields_of(event: Event, labels: Mapping[str, Text]) -> str:
    """Return the labels of the fields that an event changed, in words."""
    names = event.detail.get("fields", "").split(",")
    return ", ".join(str(labels.get(name, name)) for name in names if name)


def name_of(actor: str) -> str:
    """Return an automation's name as it begins a sentence."""
    return actor[:1].upper() + actor[1:]


def counted(times: int) -> str:
    """Return how often something happened, as it stands after its name; what is not counted to its end says so."""
    if times > MOST_COUNTED:
        return str(_("more than %(num)s×", num=format_decimal(MOST_COUNTED)))
    return f"{format_decimal(times)}×"


def _use(uses: Uses, groups: Sequence[str]) -> Used:
    name = name_of(uses.actor)
    text = str(_("%(actor)s used it", actor=name))
    told = Told(
        "bot",
        text,
        uses.last.time,
        note=f"({', '.join([*groups, counted(uses.times)])})",
        times=uses.times,
        number=uses.last.number,
    )
    return Used(uses.actor, name, told)


def _single_use(event: Event, names: Mapping[str, str]) -> str:
    number, group = event.detail.get("version", ""), names.get(event.detail.get("group", ""), _("a group"))
    if event.subject:
        who = names.get(str(event.subject), _("somebody"))
        return str(_("Version %(number)s in %(group)s, for %(who)s", number=number, group=group, who=who))
    return str(_("Version %(number)s in %(group)s", number=number, group=group))


def _begins_with(who: str) -> str:
    """Return a name as it begins a sentence."""
    return _("A deleted user") if who == _("a deleted user") else who


def _sentence(event: Event, subject: Subject, names: Mapping[str, str], labels: Mapping[str, Text]) -> str:
    """Return what happened; "you" has sentences of its own, because verbs follow the person in German."""
    field = event.detail.get("field", "")
    values = {
        "who": _begins_with(names.get(str(event.subject), event.actor or names[""])),
        "former": names.get(event.detail.get("former", "user"), names["user"]),
        "other": names.get(event.detail.get("user", "user"), names["user"]),
        "group": names.get(event.detail.get("group", "group"), names["group"]),
        "field": labels.get(field, field),
        "fields": fields_of(event, labels),
        "number": event.detail.get("restored", ""),
    }
    refused = FORBIDDEN if event.detail.get("outcome") == "forbidden" else REFUSED
    by_me, by_others = refused if _was_refused(event) else SENTENCES[event.action]
    return str(by_me if event.subject == subject.id else by_others) % values
