"""The groups' pages: one call of a use case each, then a page or the way to one."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from flask import Blueprint, make_response, request, url_for
from flask.typing import ResponseReturnValue

from app.audit.service import Overtaken
from app.errors import Invalid
from app.groups.members_form import Wishes, read_wishes
from app.groups.pages import ALL, MINE, group_named, members_page, overtaken_page, person_named, tabs
from app.groups.ports import Panels
from app.groups.service import MANAGE, USE, Groups
from app.subject import Subject
from app.web.changes import changed
from app.web.forms import refuse_unexpected
from app.web.named_by_id import read_revision
from app.web.pages import fragment, page
from app.web.policy import EVERYTHING, requires
from app.web.site import current_site, service
from app.web.subjects import current_subject

pages = Blueprint("groups", __name__)


@pages.get("/groups")
@requires(USE)
def list() -> ResponseReturnValue:
    """Show the groups that a person belongs to, or all of them to who manages groups."""
    subject, groups = current_subject(), service(Groups)
    every = groups.mine(subject)
    mine = [group for group in every if subject.is_member(group.id)]
    wanted = request.args.get("filter") or (MINE if mine else ALL)
    current = MINE if wanted == MINE else ALL
    seen = mine if current == MINE else every
    counts = groups.counts([group.id for group in seen])
    published: Counter[UUID] = Counter()
    for port in current_site().fillings(Panels):
        published.update(port.counts([*counts]))
    shown = [
        {
            **group_named(group),
            "member_count": counts[group.id],
            "publication_count": published[group.id],
            "my_level": subject.groups.get(group.id),
        }
        for group in seen
    ]
    manages = subject.may(MANAGE)
    choices = tabs(len(mine), len(every), current) if manages else []
    return page("groups/list.html", "filtered", groups=shown, tabs=choices, manages=manages)


@pages.get("/groups/<uuid:group_id>")
@requires(USE)
def show(group_id: UUID) -> ResponseReturnValue:
    """Show a group: what is published in it, and its members."""
    subject, groups = current_subject(), service(Groups)
    group = groups.visible(subject, group_id)
    shown = {
        **group_named(group),
        "members": [person_named(user, level, subject) for user, level in groups.members(subject, group_id)],
        "publications": [
            each for port in current_site().fillings(Panels) for each in port.publications(subject, group_id)
        ],
        "my_level": subject.groups.get(group_id),
        "may_manage": groups.manages(subject, group_id),
    }
    return page("groups/show.html", "publications", group=shown)


@pages.get("/groups/<uuid:group_id>/edit")
@requires(USE)
def edit(group_id: UUID) -> ResponseReturnValue:
    """Ask for a team's description."""
    group = service(Groups).described(current_subject(), group_id)
    return page("groups/edit.html", "form", group=group_named(group), errors={}, typed={})


@pages.post("/groups/<uuid:group_id>/edit")
@requires(USE, keeps=lambda **_view: {"description"})
def describe(group_id: UUID) -> ResponseReturnValue:
    """Change a team's description."""
    groups, subject = service(Groups), current_subject()
    group = groups.described(subject, group_id)
    refuse_unexpected(frozenset({"description"}))
    try:
        groups.describe(subject, group_id, description=request.form.get("description", ""))
    except Invalid as invalid:
        wrong, shown = {invalid.field: str(invalid)}, group_named(group)
        return page("groups/edit.html", "form", status=422, group=shown, errors=wrong, typed=request.form)
    return changed(url_for("groups.show", group_id=group_id, done="described"))


@pages.get("/groups/<uuid:group_id>/members")
@requires(USE)
def members(group_id: UUID) -> ResponseReturnValue:
    """Show the members to who manages them."""
    group = service(Groups).managed(current_subject(), group_id)
    return page("groups/members.html", "form", **members_page(group))


@pages.get("/groups/<uuid:group_id>/members/people")
@requires(USE)
def find_people(group_id: UUID) -> ResponseReturnValue:
    """Show the people whom the typed text may mean, as options of the field that adds one."""
    text = request.args.get("add", "")
    found = service(Groups).look_up(current_subject(), group_id, text)
    return make_response(fragment("users/found.html", "found", people=found, asked=text.strip()))


@pages.post("/groups/<uuid:group_id>/members")
@requires(USE, keeps=lambda **_view: EVERYTHING)
def save_members(group_id: UUID) -> ResponseReturnValue:
    """Change members together, or show the page again with what is wrong."""
    groups, subject = service(Groups), current_subject()
    group = groups.managed(subject, group_id)
    wishes = read_wishes(request.form)
    try:
        groups.save_members(
            subject,
            group_id,
            revision=read_revision(request.form),
            wishes=wishes.people,
            additions=wishes.additions,
        )
    except Invalid as invalid:
        context = members_page(group, errors={invalid.field: str(invalid)}, typed=request.form)
        return page("groups/members.html", "form", status=422, **context)
    except Overtaken as overtaken:
        context = overtaken_page(groups.managed(subject, group_id), wishes, overtaken.last)
        return page("groups/members.html", "form", status=409, **context)
    if _has_left(subject, wishes):
        return changed(url_for("groups.list", done="left"), gone=url_for("groups.show", group_id=group_id))
    return changed(url_for("groups.show", group_id=group_id, done="members"))


def _has_left(subject: Subject, wishes: Wishes) -> bool:
    """Return whether this person sees the group no more."""
    left = any(wish.user == subject.id and wish.level is None for wish in wishes.people)
    return left and not subject.may(MANAGE)
