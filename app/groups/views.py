"""The groups' pages: one call of a use case each, then a page or the way to one."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, make_response, request, url_for
from flask.typing import ResponseReturnValue

from app.audit.service import Overtaken
from app.errors import Invalid
from app.groups.members_form import Wishes, read_part, read_shown, read_wishes
from app.groups.pages import (
    Context,
    counts_of_publications,
    edit_page,
    group_named,
    group_page,
    members_page,
    members_shown,
    overtaken_page,
    published_by,
)
from app.groups.service import CREATE, MANAGE, USE, Groups
from app.subject import Subject
from app.web.changes import changed
from app.web.forms import refuse_unexpected
from app.web.named_by_id import impossible, read_revision
from app.web.pages import fragment, page
from app.web.paging import PAGE, page_number, pager
from app.web.parts import wants
from app.web.policy import EVERYTHING, requires
from app.web.site import service
from app.web.subjects import current_subject

pages = Blueprint("groups", __name__)

MEMBERS_CARD, MEMBERS_PART = "section#group-members", "div#members-part"


@pages.get("/groups")
@requires(USE)
def list() -> ResponseReturnValue:
    """Show the groups that a person belongs to."""
    subject, groups = current_subject(), service(Groups)
    mine = groups.mine(subject)
    number = min(page_number(request.args.get("page", "")), max(1, -(-len(mine) // PAGE)))
    seen = mine[(number - 1) * PAGE : number * PAGE]
    counts = groups.sizes(seen)
    published = counts_of_publications([*counts])
    shown = [
        {
            **group_named(group),
            "member_count": counts[group.id],
            "publication_count": published[group.id],
            "my_level": subject.groups.get(group.id),
        }
        for group in seen
    ]
    listing = pager("groups.list", number, len(mine), {})
    return page(
        "groups/list.html",
        "filtered",
        groups=shown,
        listing=listing,
        manages=subject.may(MANAGE),
        may_create=subject.may(CREATE),
    )


@pages.get("/groups/<uuid:group_id>")
@requires(USE)
def show(group_id: UUID) -> ResponseReturnValue:
    """Show a group: what is published in it, what it is good for, and its members; of the members another part."""
    subject, groups = current_subject(), service(Groups)
    group, part = groups.visible(subject, group_id), read_part(request.args, query="member", page="members")
    if wants(MEMBERS_CARD):
        found = groups.members(subject, group_id, query=part.query, page=part.page)
        return page("groups/show.html", "members", group=group_named(group), shown=members_shown(group, found))
    return page("groups/show.html", **group_page(group, part, page_number(request.args.get("page", ""))))


@pages.get("/groups/<uuid:group_id>/edit")
@requires(USE)
def edit(group_id: UUID) -> ResponseReturnValue:
    """Ask for a team's description, and for its name, who manages all groups."""
    group = service(Groups).described(current_subject(), group_id)
    return page("groups/edit.html", "form", **edit_page(group))


@pages.post("/groups/<uuid:group_id>/edit")
@requires(USE, keeps=lambda **_view: {"name", "description", "revision"})
def describe(group_id: UUID) -> ResponseReturnValue:
    """Change a team's description or name."""
    groups, subject = service(Groups), current_subject()
    group = groups.described(subject, group_id)
    refuse_unexpected(frozenset({"description", "revision"} | ({"name"} if subject.may(MANAGE) else set())))
    try:
        groups.describe(
            subject,
            group_id,
            description=request.form.get("description", ""),
            name=request.form.get("name"),
            revision=read_revision(request.form),
        )
    except Invalid as invalid:
        context = edit_page(group, errors={invalid.field: str(invalid)}, typed=request.form)
        return page("groups/edit.html", "form", status=422, **context)
    except Overtaken as overtaken:
        context = edit_page(groups.described(subject, group_id), typed=request.form, last=overtaken.last)
        return page("groups/edit.html", "form", status=409, **context)
    return changed(url_for("groups.show", group_id=group_id, done="described"))


@pages.get("/groups/<uuid:group_id>/members")
@requires(USE)
def members(group_id: UUID) -> ResponseReturnValue:
    """Show some of the members to who manages them."""
    group = service(Groups).managed(current_subject(), group_id)
    return page("groups/members.html", "form", **members_page(group, read_part(request.args)))


@pages.post("/groups/<uuid:group_id>/members/shown")
@requires(USE, keeps=lambda **_view: EVERYTHING)
def show_members(group_id: UUID) -> ResponseReturnValue:
    """Show another part of the members, and still what is wished and not saved yet."""
    group = service(Groups).managed(current_subject(), group_id)
    read_wishes(request.form)
    context = members_page(group, read_part(request.form), typed=request.form)
    return page("groups/members.html", "part" if wants(MEMBERS_PART) else "form", **context)


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
    wishes, part = read_wishes(request.form), read_shown(request.form)
    try:
        groups.save_members(
            subject,
            group_id,
            revision=read_revision(request.form),
            wishes=wishes.people,
            additions=wishes.additions,
        )
    except Invalid as invalid:
        context = members_page(group, part, errors={invalid.field: str(invalid)}, typed=request.form)
        return page("groups/members.html", "form", status=422, **context)
    except Overtaken as overtaken:
        context = overtaken_page(groups.managed(subject, group_id), wishes, overtaken.last, part)
        return page("groups/members.html", "form", status=409, **context)
    if _has_left(subject, wishes):
        return changed(url_for("groups.list", done="left"), gone=url_for("groups.show", group_id=group_id))
    return changed(url_for("groups.show", group_id=group_id, done="members"))


@pages.get("/groups/<uuid:group_id>/leave")
@requires(USE)
def ask_leave(group_id: UUID) -> ResponseReturnValue:
    """Ask whether to leave, and what becomes of one's publications."""
    return _leaving(group_id)


@pages.post("/groups/<uuid:group_id>/leave")
@requires(USE, keeps=lambda **_view: {"publications"})
def leave(group_id: UUID) -> ResponseReturnValue:
    """Leave a group."""
    groups, subject = service(Groups), current_subject()
    groups.leavable(subject, group_id)
    refuse_unexpected(frozenset({"publications"}))
    kept = request.form.get("publications", "keep")
    if kept not in {"keep", "withdraw"}:
        raise impossible()
    try:
        groups.leave(subject, group_id, keep=kept == "keep")
    except Invalid as invalid:
        return _leaving(group_id, status=422, error=str(invalid))
    if subject.may(MANAGE):
        return changed(url_for("groups.show", group_id=group_id, done="left-group"))
    return changed(url_for("groups.list", done="left-group"), gone=url_for("groups.show", group_id=group_id))


def _leaving(group_id: UUID, *, status: int = 200, error: str = "") -> ResponseReturnValue:
    groups, subject = service(Groups), current_subject()
    group = groups.leavable(subject, group_id)
    context: Context = {
        "group": group_named(group),
        "published": published_by(subject, group_id, [subject.id]).get(subject.id),
        "last_admin": not group.system and groups.is_last_admin(subject, group_id),
        "sees_on": subject.may(MANAGE),
        "error": error,
    }
    return page("groups/leave.html", "form", status=status, **context)


def _has_left(subject: Subject, wishes: Wishes) -> bool:
    """Return whether this person sees the group no more."""
    left = any(wish.user == subject.id and wish.level is None for wish in wishes.people)
    return left and not subject.may(MANAGE)
