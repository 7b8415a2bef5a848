"""The groups' pages."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.errors import Conflict, Invalid
from app.groups.members_form import read_wishes
from app.groups.ports import Leaving, Panels
from app.groups.service import USE, Group, Groups
from app.subject import GroupLevel, Subject
from app.users.service import User, Users
from app.web.changes import changed
from app.web.named_by_id import read_revision
from app.web.pages import page
from app.web.policy import EVERYTHING, requires
from app.web.site import current_site, service
from app.web.subjects import current_subject

pages = Blueprint("groups", __name__)

FASTER = _l("The members were changed by somebody else meanwhile. Look again, then repeat.")


@pages.get("/groups")
@requires(USE)
def list() -> ResponseReturnValue:
    """Show the groups that a person belongs to."""
    subject, groups = current_subject(), service(Groups)
    mine = groups.mine(subject)
    counts = groups.counts([group.id for group in mine])
    published: Counter[UUID] = Counter()
    for port in current_site().fillings(Panels):
        published.update(port.counts([*counts]))
    shown = [
        {
            **_named(group),
            "member_count": counts[group.id],
            "publication_count": published[group.id],
            "my_level": subject.groups.get(group.id),
        }
        for group in mine
    ]
    return page("groups/list.html", "results", groups=shown, tabs=[])


@pages.get("/groups/<uuid:group_id>")
@requires(USE)
def show(group_id: UUID) -> ResponseReturnValue:
    """Show a group: what is published in it, and its members."""
    subject, groups = current_subject(), service(Groups)
    group = groups.visible(subject, group_id)
    shown = {
        **_named(group),
        "members": [_person(user, level, subject) for user, level in groups.members(subject, group_id)],
        "publications": [
            each for port in current_site().fillings(Panels) for each in port.publications(subject, group_id)
        ],
        "my_level": subject.groups.get(group_id),
        "may_manage": groups.manages(subject, group_id),
    }
    return page("groups/show.html", "publications", group=shown)


@pages.get("/groups/<uuid:group_id>/members")
@requires(USE)
def members(group_id: UUID) -> ResponseReturnValue:
    """Show the members to who manages them."""
    group = service(Groups).managed(current_subject(), group_id)
    return page("groups/members.html", "form", **_members_page(group))


@pages.post("/groups/<uuid:group_id>/members")
@requires(USE, keeps=lambda **_view: EVERYTHING)
def save_members(group_id: UUID) -> ResponseReturnValue:
    """Change members together, or show the page again with what is wrong."""
    groups, subject = service(Groups), current_subject()
    group = groups.managed(subject, group_id)
    wishes = read_wishes(request.form)
    errors: dict[str, str] = {}
    status = 422
    add = service(Users).find(wishes.add) if wishes.add else None
    if wishes.add and add is None:
        errors["add"] = _("Nobody with the address %(address)s is active here.", address=wishes.add)
    else:
        try:
            groups.save_members(
                subject,
                group_id,
                revision=read_revision(request.form),
                wishes=wishes.people,
                add=add,
                add_level=wishes.add_level,
            )
        except Invalid as invalid:
            errors[invalid.field] = str(invalid)
        except Conflict as conflict:
            errors[""], status, group = str(conflict) or str(FASTER), 409, groups.managed(subject, group_id)
        else:
            return changed(url_for("groups.show", group_id=group_id, done="members"))
    context = _members_page(group, errors=errors, typed=dict(request.form))
    return page("groups/members.html", "form", status=status, **context)


def _members_page(
    group: Group, *, errors: dict[str, str] | None = None, typed: dict[str, str] | None = None
) -> dict[str, Any]:
    subject = current_subject()
    found = service(Groups).members(subject, group.id)
    admins = [user.id for user, level in found if level is GroupLevel.ADMIN]
    people = []
    for user, level in found:
        published = [each for port in current_site().fillings(Leaving) for each in port.published_by(user.id, group.id)]
        people.append(
            {
                **_person(user, level, subject),
                "email": user.email,
                "last_admin": admins == [user.id] and not group.system,
                "publications": [name for _id, name in published],
            }
        )
    return {
        "group": _named(group),
        "revision": group.revision,
        "members": people,
        "errors": errors or {},
        "typed": typed or {},
    }


def _named(group: Group) -> dict[str, Any]:
    return {"id": group.id, "name": group.name, "description": group.description, "system": group.system}


def _person(user: User, level: GroupLevel, subject: Subject) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "initials": user.initials,
        "level": level.value,
        "is_me": user.id == subject.id,
    }
