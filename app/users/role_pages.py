"""What the pages of roles show: roles with the number of their people, permissions under their systems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from flask import current_app, request, url_for
from flask_babel import gettext as _

from app.audit.service import Overtaken
from app.users.catalogue import READ
from app.users.permissions import MEMBER, Permission, Permissions
from app.users.roles import MOST_COUNTED, Role, Roles
from app.users.rows import overtaken_note
from app.users.service import User, Users
from app.web.named_by_id import Form
from app.web.site import service
from app.web.subjects import current_subject

Context = dict[str, Any]

MAY = "may-"
"""The beginning of a checkbox's name; a permission's follows."""
AT_ONCE = 20
MOST_PAGES = MOST_COUNTED // AT_ONCE
PERSON = "admin_users.show"
PAGE = re.compile("[1-9][0-9]{0,3}")


def list_page() -> Context:
    """Return the context of the page of all roles."""
    roles, subject = service(Roles), current_subject()
    found = roles.all(subject)
    counts = roles.counts([role.id for role in found if role.id != MEMBER])
    shown = [{**_named(role), "people": counts.get(role.id)} for role in found]
    return {"roles": shown, "most": MOST_COUNTED, "home_url": _admin_home()}


def role_page(role: Role) -> Context:
    """Return the context of one role's page: what it allows, and its people, twenty of them at once."""
    allowed = [each for each in service(Permissions).all() if each.name in role.allows]
    return {
        "role": {**_named(role), "may_delete": not role.built_in and role.allows <= current_subject().permissions},
        "systems": _by_system([{"title": each.title, "text": each.description, "of": each} for each in allowed]),
        "people": None if role.id == MEMBER else _people(role),
    }


def form_page(
    role: Role | None,
    *,
    typed: Form | None = None,
    errors: Mapping[str, str] | None = None,
    overtaken: Overtaken | None = None,
) -> Context:
    """Return the context of the form. role None: a new one; typed: what was posted, in place of what is stored."""
    entered = typed if typed is not None else _stored(role)
    ticked = typed_permissions(entered)
    choices = [
        {
            "name": MAY + each.name,
            "title": each.title,
            "text": each.description,
            "ticked": each.name in ticked,
            "may": may,
            "kept": not may and role is not None and each.name in role.stored,
            "of": each,
        }
        for each, may in service(Roles).offered(current_subject(), role)
    ]
    return {
        "role": _named(role) if role else None,
        "revision": role.revision if role else 0,
        "typed": entered,
        "systems": _by_system(choices),
        "errors": dict(errors or {}),
        "conflict": _conflict(role, entered, overtaken) if role and overtaken else None,
        "cancel_url": url_for("roles.show", role_id=role.id) if role else url_for("roles.list"),
    }


def delete_page(role: Role, *, overtaken: Overtaken | None = None) -> Context:
    """Return the context of the question before a role goes."""
    note = _said(overtaken) if overtaken else None
    count = service(Roles).counts([role.id])[role.id]
    context = {"role": _named(role), "revision": role.revision, "people": count, "most": MOST_COUNTED}
    return {**context, "conflict": note}


def typed_permissions(form: Form) -> set[str]:
    """Return the permissions that are ticked."""
    return {name.removeprefix(MAY) for name in form if name.startswith(MAY)}


def _named(role: Role) -> Context:
    return {"id": role.id, "name": role.name, "description": role.description, "built_in": role.built_in}


def _stored(role: Role | None) -> Form:
    if role is None:
        return Form()
    ticked = {MAY + name: "on" for name in role.stored}
    return Form({"name": role.name, "description": role.description, **ticked})


def _by_system(items: Iterable[Context]) -> list[tuple[str, list[Context]]]:
    """Return what belongs to permissions under the names of their systems, in the order of their declaration."""
    order = list(dict.fromkeys(_heading(each) for each in service(Permissions).all()))
    placed = sorted(items, key=lambda item: order.index(_heading(item["of"])))
    return [(heading, [*found]) for heading, found in groupby(placed, key=lambda item: _heading(item["of"]))]


def _heading(permission: Permission) -> str:
    return str(permission.system or _("Other"))


def _people(role: Role) -> Context:
    roles, asked = service(Roles), request.args.get("page", "")
    number = min(int(asked), MOST_PAGES) if PAGE.fullmatch(asked) else 1
    total = roles.counts([role.id])[role.id]
    found = roles.people(current_subject(), role.id, most=AT_ONCE, skip=(number - 1) * AT_ONCE)
    more = number * AT_ONCE < total and number < MOST_PAGES
    return {
        "shown": [
            {**_person(user), "url": _person_url(user)} for user in sorted(found, key=lambda user: user.name.casefold())
        ],
        "total": total,
        "most": MOST_COUNTED,
        "previous_url": url_for("roles.show", role_id=role.id, page=number - 1) if number > 1 else None,
        "next_url": url_for("roles.show", role_id=role.id, page=number + 1) if more else None,
    }


def _person(user: User) -> Context:
    return {"id": user.id, "name": user.name, "initials": user.initials, "email": user.email, "active": user.active}


def _person_url(user: User) -> str | None:
    """Return the way to a person's page for who sees it."""
    seen = current_subject().may(READ) and PERSON in current_app.view_functions
    return url_for(PERSON, user_id=user.id) if seen else None


def _conflict(role: Role, typed: Form, overtaken: Overtaken) -> Context:
    """Return who was faster, and what differs between what holds now and what was typed."""
    pairs = [
        (_("Name"), role.name, typed.get("name", "")),
        (_("Description"), role.description, typed.get("description", "")),
    ]
    ticked = typed_permissions(typed)
    for each, _may in service(Roles).offered(current_subject(), role):
        pairs.append((str(each.title), _allowed(each.name in role.stored), _allowed(each.name in ticked)))
    rows = [{"label": label, "theirs": theirs, "yours": yours} for label, theirs, yours in pairs if theirs != yours]
    return {**_said(overtaken), "rows": rows, "discard_url": url_for("roles.show", role_id=role.id)}


def _said(overtaken: Overtaken) -> Context:
    return overtaken_note(service(Users), overtaken.last, reader=current_subject().id, dropped=())


def _allowed(yes: bool) -> str:
    return str(_("allowed") if yes else _("not allowed"))


def _admin_home() -> str | None:
    """Return the address of the admin centre, if it is active."""
    return url_for("admin.home") if "admin.home" in current_app.view_functions else None
