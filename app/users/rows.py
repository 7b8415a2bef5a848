"""What forms that give people something show again: who was about to be added, and who was faster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from app.audit.service import Event
from app.subject import Subject
from app.users.directory import Directory
from app.users.service import User, Users
from app.web.additions import MOST, entered
from app.web.named_by_id import Form

NOBODY = UUID(int=0)


def pending_rows(
    directory: Directory, subject: Subject, typed: Form, errors: Mapping[str, str], *, usual: str
) -> list[dict[str, Any]]:
    """Return the people who were about to be added beside the first, with what the subject may know of them."""
    rows = [row for row in entered(typed, usual) if row.number]
    known = directory.known(subject, [row.address for row in rows[:MOST]])
    return [
        {
            "number": row.number,
            **_named(known.get(row.address), row.address),
            "level": row.level,
            "until": row.until,
            "error": errors.get(row.field, ""),
        }
        for row in rows
    ]


def overtaken_note(users: Users, last: Event | None, *, reader: UUID, dropped: Sequence[str]) -> dict[str, Any]:
    """Return who saved the same form first, and when. dropped: what cannot be wished any more, in words."""
    by = last.subject if last else None
    people = users.people([by]) if by else {}
    return {
        "by": people[by].name if by in people else nameless(users, by),
        "by_me": by == reader,
        "at": last.time if last else None,
        "dropped": dropped,
    }


def nameless(users: Users, user_id: UUID | None) -> str:
    """Return what begins a sentence about somebody who has no name to show: damaged, or deleted."""
    return _("A deleted user") if user_id and users.deleted([user_id]) else _("Somebody")


def _named(found: User | None, address: str) -> dict[str, Any]:
    """Return what a row shows of somebody who was named by their address: only that, if they are not known."""
    if found is None:
        return {"id": NOBODY, "name": address, "email": address, "initials": address[:2].upper()}
    return {"id": found.id, "name": found.name, "email": found.email, "initials": found.initials}
