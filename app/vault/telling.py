"""Who is told by mail that a secret was handed over: everybody with access, the new owner too; no name leaves."""

from __future__ import annotations

from uuid import UUID

from flask_babel import lazy_gettext as _l

from app.keys.trail import Note
from app.outbox.service import Outbox
from app.outbox.templates import MailTemplate
from app.subject import Subject
from app.users.preferences import Preferences
from app.users.service import Users

HANDED_OVER = MailTemplate(
    "secret.handed-over",
    _l("A secret has another owner"),
    (
        _l("%(who)s handed over a secret that you have access to."),
        _l("It belonged to %(former)s and belongs to %(heir)s now."),
        _l("Nobody read it for that. You find it here: %(link)s"),
        _l("You get this because you have access to this secret."),
    ),
)


class Telling:
    """Writes to people about secrets; nothing is written where no mail is sent."""

    def __init__(self, outbox: Outbox, users: Users, preferences: Preferences, base_url: str) -> None:
        self._outbox, self._users, self._preferences, self._base_url = outbox, users, preferences, base_url

    def handed_over(
        self, by: Subject, secret: UUID, record: Note, *, former: UUID, to: UUID, access: set[UUID]
    ) -> None:
        """Tell who is active of those with access, and the new owner. former: whose it was."""
        if not self._outbox.is_open:
            return
        people = self._users.people({former, to, *access})
        told = [user for user in people.values() if user.active and user.id not in {by.id, former}]
        languages = self._preferences.languages([user.id for user in told])
        values = {
            "who": by.name or by.email,
            "former": people[former].name if former in people else "",
            "heir": people[to].name if to in people else "",
            "link": f"{self._base_url}/vault/{secret}",
        }
        for user in sorted(told, key=lambda user: user.id):
            self._outbox.enqueue(HANDED_OVER, user.email, by=record, language=languages.get(user.id), **values)
