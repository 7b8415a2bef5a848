"""A secret's events in words: what people did, and what used it in process."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.audit.service import MOST_COUNTED, Audit, Event, Uses
from app.credentials.declare import CredentialType
from app.credentials.fields import Text
from app.groups.service import Groups
from app.subject import Subject
from app.users.service import People

SHOWN = 8
USE = "secret.use"
UNTOLD = (USE, "secret.damaged", "secret.open")

ICONS = {
    "secret.create": "plus",
    "secret.change": "pencil",
    "secret.restore-version": "history",
    "secret.reveal": "lock-open",
    "secret.copy": "copy",
    "secret.share": "user-plus",
    "secret.unshare": "user-minus",
    "secret.publish": "waypoints",
    "secret.withdraw": "waypoints",
    "secret.delete": "trash-2",
    "secret.restore": "rotate-ccw",
}
SENTENCES = {
    "secret.create": (_l("You created it"), _l("%(who)s created it")),
    "secret.change": (_l("You changed: %(fields)s"), _l("%(who)s changed: %(fields)s")),
    "secret.restore-version": (_l("You restored version %(number)s"), _l("%(who)s restored version %(number)s")),
    "secret.reveal": (_l("You revealed: %(field)s"), _l("%(who)s revealed: %(field)s")),
    "secret.copy": (_l("You copied: %(field)s"), _l("%(who)s copied: %(field)s")),
    "secret.share": (_l("You shared it with %(other)s"), _l("%(who)s shared it with %(other)s")),
    "secret.unshare": (_l("You took it from %(other)s"), _l("%(who)s took it from %(other)s")),
    "secret.publish": (_l("You published it in %(group)s"), _l("%(who)s published it in %(group)s")),
    "secret.withdraw": (_l("You withdrew it from %(group)s"), _l("%(who)s withdrew it from %(group)s")),
    "secret.delete": (_l("You moved it to the trash"), _l("%(who)s moved it to the trash")),
    "secret.restore": (_l("You restored it from the trash"), _l("%(who)s restored it from the trash")),
}
"""By the person who reads, and by anybody else. `other` and `group` stand after a preposition: "somebody", "you"."""
ID, VERSION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), re.compile(r"[0-9]{1,9}")
OPENS = frozenset({"secret.reveal", "secret.copy"})


@dataclass(frozen=True)
class Told:
    """An event as a page shows it. amber: a value was in the open."""

    icon: str
    text: str
    at: datetime
    amber: bool


class Activity:
    """Turns events into sentences, with the names that people have today."""

    def __init__(self, audit: Audit, groups: Groups) -> None:
        self._audit, self._groups = audit, groups

    def of(self, subject: Subject, secret_id: UUID, kind: CredentialType | None, people: People) -> list[Told]:
        """Return the last events of a secret, newest first; uses in process are one line with a count."""
        events = self._audit.last(secret_id, most=SHOWN, only=tuple(ICONS))
        names = self.names(subject, events, people)
        labels = labels_of(kind)
        told = [
            Told(ICONS[event.action], _sentence(event, subject, names, labels), event.time, event.action in OPENS)
            for event in events
        ]
        if uses := self._audit.uses(secret_id, USE):
            told.append(Told("bot", _used(uses), uses.last, False))
        return sorted(told, key=lambda each: each.at, reverse=True)

    def names(self, subject: Subject, events: Iterable[Event], people: People) -> Mapping[str, str]:
        """Return the names of all people and groups that events mention, by id as text.

        By "", "user" and "group": what stands for somebody who acted, another one and a group without a name.
        """
        mentioned = {event.subject for event in events if event.subject}
        mentioned |= _ids(events, "user")
        groups = _ids(events, "group")
        found = {str(each.id): each.name for each in people.named(mentioned).values()}
        found |= {str(each.id): each.name for each in self._groups.names(groups).values()}
        return found | {str(subject.id): _("you"), "": _("Somebody"), "user": _("somebody"), "group": _("a group")}

    def changes(self, secret_id: UUID, kind: CredentialType | None, *, most: int) -> Mapping[int, str]:
        """Return which fields each of the newest versions changed, in words, by its number."""
        events = self._audit.last(secret_id, most=most, only=("secret.change",))
        labels = labels_of(kind)
        numbered = [(event.detail.get("version", ""), event) for event in events]
        return {int(number): _fields(event, labels) for number, event in numbered if VERSION.fullmatch(number)}


def _used(uses: Uses) -> str:
    if uses.times > MOST_COUNTED:
        return _("%(actor)s used it (more than %(num)s×)", actor=uses.actor, num=MOST_COUNTED)
    return ngettext("%(actor)s used it (%(num)s×)", "%(actor)s used it (%(num)s×)", uses.times, actor=uses.actor)


def _ids(events: Iterable[Event], word: str) -> set[UUID]:
    """Return the ids that events hold under a word; what is none was written by another hand."""
    return {UUID(found) for event in events if ID.fullmatch(found := event.detail.get(word, ""))}


def labels_of(kind: CredentialType | None) -> Mapping[str, Text]:
    """Return a type's labels by field; what is used of them is put into the reader's language."""
    return {spec.name: spec.label for spec in kind.cls.specs} if kind else {}


def _fields(event: Event, labels: Mapping[str, Text]) -> str:
    names = event.detail.get("fields", "").split(",")
    return ", ".join(str(labels.get(name, name)) for name in names if name)


def _sentence(event: Event, subject: Subject, names: Mapping[str, str], labels: Mapping[str, Text]) -> str:
    """Return what happened; "you" has sentences of its own, because verbs follow the person in German."""
    field = event.detail.get("field", "")
    values = {
        "who": names.get(str(event.subject), event.actor or names[""]),
        "other": names.get(event.detail.get("user", "user"), names["user"]),
        "group": names.get(event.detail.get("group", "group"), names["group"]),
        "field": labels.get(field, field),
        "fields": _fields(event, labels),
        "number": event.detail.get("restored", ""),
    }
    by_me, by_others = SENTENCES[event.action]
    return str(by_me if event.subject == subject.id else by_others) % values
