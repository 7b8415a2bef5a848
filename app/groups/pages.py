"""What the groups' pages show: a group, its members, what is to become of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from app.audit.service import Event
from app.groups.members_form import Wishes
from app.groups.ports import Leaving
from app.groups.service import Group, Groups
from app.subject import GroupLevel, Subject
from app.users.rows import overtaken_note, pending_rows
from app.users.service import User, Users
from app.web.additions import NOBODY
from app.web.named_by_id import Form
from app.web.site import current_site, service
from app.web.subjects import current_subject

Context = dict[str, Any]

MINE, ALL = "mine", "all"


def tabs(mine: int, every: int, current: str) -> list[Context]:
    """Return the tabs above the list, for who sees more groups than their own."""
    if every == mine:
        return []
    found = []
    for key, label, count in ((MINE, _("My groups"), mine), (ALL, _("All"), every)):
        url = url_for("groups.list", filter=key)
        found.append({"key": key, "label": label, "count": count, "url": url, "current": key == current})
    return found


def group_named(group: Group) -> Context:
    """Return what names a group."""
    return {"id": group.id, "name": group.name, "description": group.description, "system": group.system}


def person_named(user: User, level: GroupLevel, subject: Subject) -> Context:
    """Return what names a member, with their level."""
    return {
        "id": user.id,
        "name": user.name,
        "initials": user.initials,
        "level": level.value,
        "is_me": user.id == subject.id,
    }


def members_page(
    group: Group,
    *,
    errors: Mapping[str, str] | None = None,
    typed: Form | None = None,
    conflict: Context | None = None,
) -> Context:
    """Return the context of the members page. typed: what was posted, in place of what is stored."""
    subject, form = current_subject(), typed if typed is not None else Form()
    found = service(Groups).members(subject, group.id)
    admins = [user.id for user, level in found if level is GroupLevel.ADMIN and user.active]
    published = _published(group.id)
    people = []
    for user, level in found:
        wanted = form.get(f"level-{user.id}", level.value)
        people.append(
            {
                **person_named(user, level, subject),
                "email": user.email,
                "level": wanted,
                "seen": level.value,
                "changed": wanted != level.value,
                "last_admin": admins == [user.id] and not group.system,
                "publications": published.get(user.id, []),
            }
        )
    return {
        "group": group_named(group),
        "revision": group.revision,
        "members": people,
        "pending": pending_rows(service(Users), form, errors or {}, usual=GroupLevel.MEMBER.value),
        "errors": dict(errors or {}),
        "typed": form,
        "conflict": conflict,
    }


def overtaken_page(group: Group, wishes: Wishes, last: Event | None) -> Context:
    """Return the context of the members page after somebody else's change: what holds now, what is still wished."""
    subject, users = current_subject(), service(Users)
    present = {user.id: user for user, _level in service(Groups).members(subject, group.id)}
    typed, dropped = Form(), []
    for wish in wishes.people:
        if wish.user in present:
            typed[f"level-{wish.user}"] = wish.level.value if wish.level else NOBODY
            typed[f"publications-{wish.user}"] = "keep" if wish.keep else "withdraw"
    if gone := users.people({wish.user for wish in wishes.people if wish.level} - present.keys()):
        names = ", ".join(sorted(user.name for user in gone.values()))
        dropped.append(_("No longer among them: %(names)s.", names=names))
    for addition in wishes.additions:
        same = [user for user in present.values() if user.email.casefold() == addition.address.casefold()]
        if same:
            dropped.append(_("%(name)s is a member already.", name=same[0].name))
            continue
        end = addition.field.removeprefix("add")
        typed[addition.field], typed[f"add-level{end}"] = addition.address, addition.level.value
    note = overtaken_note(users, last, reader=subject.id, dropped=dropped)
    return members_page(group, typed=typed, conflict=note)


def _published(group: UUID) -> Mapping[UUID, Sequence[str]]:
    found: dict[UUID, list[str]] = {}
    for port in current_site().fillings(Leaving):
        for user, names in port.published_by_member(group).items():
            found.setdefault(user, []).extend(names)
    return found
