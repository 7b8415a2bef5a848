"""What the groups' pages show: a group, its members, what is to become of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from app.audit.service import Event
from app.groups.history import History
from app.groups.members import PAGE, MembersShown
from app.groups.members_form import Part, Wishes
from app.groups.ports import Leaving, Panels, Publications, Published
from app.groups.service import MANAGE, Group, Groups
from app.subject import GroupLevel, Subject
from app.users.directory import Directory
from app.users.memberships import Member
from app.users.rows import overtaken_note, pending_rows
from app.users.service import User, Users
from app.web.additions import NOBODY
from app.web.named_by_id import Form
from app.web.paging import pager
from app.web.site import current_site, service
from app.web.subjects import current_subject

Context = dict[str, Any]

LEADERS_NAMED = 5
WITHOUT_SEARCH = 20
"""A group with more members than that offers a search among them."""


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
        "active": user.active,
    }


def group_page(group: Group, part: Part, page: int) -> Context:
    """Return the context of a group's page. page: of what is published in it."""
    subject, groups, panels = current_subject(), service(Groups), current_site().fillings(Panels)
    manages, level = groups.manages(subject, group.id), subject.groups.get(group.id)
    leaders = groups.leaders(subject, group.id, most=LEADERS_NAMED + 1)
    return {
        "group": {
            **group_named(group),
            "my_level": level,
            "may_manage": manages,
            "may_delete": subject.may(MANAGE) and not group.system,
            "may_leave": level is not None and (manages or not group.system),
            "admins": [user.name for user in leaders[:LEADERS_NAMED] if user.id != subject.id],
            "more_admins": len(leaders) > LEADERS_NAMED,
            "publications": published_here(group, page),
            "automations": [each for port in panels for each in port.automations(subject, group.id)],
            "kinds": [each for port in panels for each in port.kinds(group.id)],
            "events": service(History).latest(subject, group.id) if manages else [],
        },
        "shown": members_shown(group, groups.members(subject, group.id, query=part.query, page=part.page)),
    }


def published_here(group: Group, page: int) -> Context:
    """Return a page of what is published in a group, and the ways to the pages beside it."""
    subject, panels = current_subject(), current_site().fillings(Panels)
    found = panels[0].publications(subject, group.id, page=page) if panels else Publications()
    return {"rows": found.rows, **pager("groups.show", found.page, found.total, {}, group_id=group.id)}


def members_shown(group: Group, found: MembersShown) -> Context:
    """Return some of the members, as the group's page shows them, and the ways to the others."""
    subject, url = current_subject(), url_for("groups.show", group_id=group.id)
    people = [person_named(each.user, each.level, subject) for each in found.members]
    return {**_part(found), "people": people, **_ways(found, url)}


def _part(found: MembersShown) -> Context:
    first = (found.page - 1) * PAGE
    return {
        "total": found.total,
        "first": first + 1 if found.members else 0,
        "last": first + len(found.members),
        "query": found.query,
        "page": found.page,
        "more": found.more,
        "searched": found.total > WITHOUT_SEARCH,
    }


def _ways(found: MembersShown, url: str) -> Context:
    """Return the addresses of the pages of members beside this one."""
    last = 1 if found.query else max(1, -(-found.total // PAGE))
    return {
        "previous_url": f"{url}?members={found.page - 1}" if found.page > 1 else None,
        "next_url": f"{url}?members={found.page + 1}" if found.page < last else None,
    }


def members_page(
    group: Group,
    part: Part = Part(),  # noqa: B008  # immutable
    *,
    errors: Mapping[str, str] | None = None,
    typed: Form | None = None,
    conflict: Context | None = None,
) -> Context:
    """Return the context of the members page. typed: what was posted, in place of what is stored.

    Who is wished for stands in front, whichever part of the members is shown.
    """
    subject, form, groups = current_subject(), typed if typed is not None else Form(), service(Groups)
    found = groups.members(subject, group.id, query=part.query, page=part.page)
    wished = groups.these(subject, group.id, [*_wished(form)])
    shown = {**wished, **{each.user.id: each for each in found.members if each.user.id not in wished}}
    only = _only_admin(groups, subject, group.id)
    published = published_by(subject, group.id, shown.keys())
    return {
        "group": group_named(group),
        "revision": group.revision,
        "members": [_row(each, form, subject, group, only, published) for each in shown.values()],
        "shown": _part(found),
        "pages": max(1, -(-found.total // PAGE)),
        "pending": pending_rows(service(Directory), subject, form, errors or {}, usual=GroupLevel.MEMBER.value),
        "errors": dict(errors or {}),
        "typed": form,
        "conflict": conflict,
    }


def _row(
    member: Member,
    form: Form,
    subject: Subject,
    group: Group,
    only_admin: UUID | None,
    published: Mapping[UUID, Published],
) -> Context:
    user, level = member.user, member.level.value
    wanted = form.get(f"level-{user.id}", level)
    return {
        **person_named(user, member.level, subject),
        "email": user.email,
        "level": wanted,
        "seen": level,
        "changed": wanted != level,
        "last_admin": only_admin == user.id and not group.system,
        "published": published.get(user.id),
    }


def _only_admin(groups: Groups, subject: Subject, group_id: UUID) -> UUID | None:
    """Return the one active admin of a group, if there is just one."""
    leaders = groups.leaders(subject, group_id, most=2)
    return leaders[0].id if len(leaders) == 1 else None


def _wished(form: Form) -> Iterable[UUID]:
    """Yield whose level the form wants changed, as far as it says what it saw."""
    for name, level in form.items():
        if name.startswith("level-") and level != form.get(f"seen-{name.removeprefix('level-')}"):
            yield UUID(name.removeprefix("level-"))


def published_by(subject: Subject, group: UUID, people: Collection[UUID]) -> Mapping[UUID, Published]:
    """Return what each of these people published in a group, as far as the reader may withdraw it."""
    found: dict[UUID, Published] = {}
    for port in current_site().fillings(Leaving):
        for user, each in port.published_by(subject, group, people).items():
            before = found.get(user, Published([], 0))
            found[user] = Published([*before.names, *each.names], before.total + each.total)
    return found


def overtaken_page(group: Group, wishes: Wishes, last: Event | None, part: Part) -> Context:
    """Return the context of the members page after somebody else's change: what holds now, what is still wished."""
    subject, users = current_subject(), service(Users)
    present = service(Groups).these(subject, group.id, [wish.user for wish in wishes.people])
    typed, dropped = Form(), []
    for wish in wishes.people:
        if wish.user in present:
            typed[f"level-{wish.user}"] = wish.level.value if wish.level else NOBODY
            typed[f"publications-{wish.user}"] = "keep" if wish.keep else "withdraw"
    if gone := users.people({wish.user for wish in wishes.people if wish.level} - present.keys()):
        names = ", ".join(sorted(user.name for user in gone.values()))
        dropped.append(_("No longer among them: %(names)s.", names=names))
    for addition in wishes.additions:
        same = users.find(addition.address)
        if same and same.account.level_in(group.id):
            dropped.append(_("%(name)s is a member already.", name=same.name))
            continue
        end = addition.field.removeprefix("add")
        typed[addition.field], typed[f"add-level{end}"] = addition.address, addition.level.value
    note = overtaken_note(users, last, reader=subject.id, dropped=dropped)
    return members_page(group, part, typed=typed, conflict=note)


def edit_page(
    group: Group, *, errors: Mapping[str, str] | None = None, typed: Form | None = None, last: Event | None = None
) -> Context:
    """Return the context of the form of name and description. last: what somebody else changed meanwhile."""
    form = typed if typed is not None else Form()
    return {
        "group": group_named(group),
        "revision": group.revision,
        "may_rename": current_subject().may(MANAGE),
        "values": {
            "name": form.get("name", group.name),
            "description": form.get("description", group.description),
        },
        "errors": dict(errors or {}),
        "conflict": overtaken_note(service(Users), last, reader=current_subject().id, dropped=[]) if last else None,
    }


def counts_of_publications(groups: Sequence[UUID]) -> Mapping[UUID, int]:
    """Return how many secrets are published in each of these groups."""
    found = dict.fromkeys(groups, 0)
    for port in current_site().fillings(Panels):
        for group, number in port.counts(groups).items():
            found[group] += number
    return found
