"""Whom a change of members is told by mail; in the app it stands on the group's page."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask_babel import lazy_gettext as _l

from app.groups.finding import Group
from app.keys.trail import Note
from app.outbox.service import Outbox
from app.outbox.templates import MailTemplate
from app.subject import Subject
from app.users.administrators import Administrators
from app.users.memberships import Memberships
from app.users.preferences import Preferences
from app.users.service import By, User, Users

JOIN = "group.join"
MOST_TOLD = 50
"""So many admins are told at most; all of them see it on the group's page."""

JOINED = MailTemplate(
    "group-joined",
    _l("%(who)s added themselves to %(group)s"),
    (
        _l("%(who)s, who manages all groups, made themselves a member of %(group)s or raised their own level there."),
        _l("You get this because you are an admin of this group. Its page shows who belongs to it."),
    ),
)
SYSTEM_CHANGED = MailTemplate(
    "group-system-changed",
    _l("The members of the system group were changed"),
    (
        _l("%(who)s changed who belongs to the system group: it is about %(other)s."),
        _l("Members of the system group can redirect this installation’s mail. The group’s page shows who they are."),
    ),
)


class Telling:
    """Puts mails into the outbox, in the transaction of what they tell; nothing where no mail is sent."""

    def __init__(
        self,
        outbox: Outbox,
        users: Users,
        memberships: Memberships,
        administrators: Administrators,
        preferences: Preferences,
    ) -> None:
        self._outbox, self._users, self._memberships = outbox, users, memberships
        self._administrators, self._preferences = administrators, preferences

    def members_changed(self, by: By, group: Group, record: Note) -> None:
        """Tell who must hear of it: all administrators of a change in the system group; a team's admins when somebody
        who manages all groups joins."""
        if not self._outbox.is_open:
            return
        if group.system:
            self._send(SYSTEM_CHANGED, self._administrators.active(most=MOST_TOLD), by, group, record)
        elif record.action == JOIN:
            self._send(JOINED, self._memberships.leaders(group.id, most=MOST_TOLD), by, group, record)

    def _send(self, template: MailTemplate, to: Sequence[User], by: By, group: Group, record: Note) -> None:
        who = by.name if isinstance(by, Subject) else str(by)
        about = self._users.people([UUID(record.detail["user"])])
        other = next((user.name for user in about.values()), who)
        others = [user for user in to if not isinstance(by, Subject) or user.id != by.id]
        languages = self._preferences.languages([user.id for user in others])
        for user in others:
            values = {"who": who, "group": group.name, "other": other}
            self._outbox.enqueue(template, user.email, by=record, language=languages.get(user.id), **values)
