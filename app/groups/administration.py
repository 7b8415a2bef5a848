"""The pages of who manages all groups: their list, a new one, and the question before one ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, request, url_for
from flask.typing import ResponseReturnValue

from app.audit.service import Overtaken
from app.errors import Invalid
from app.groups.deletion import Deletion
from app.groups.history import History
from app.groups.listing import ADMINS_NAMED, FILTERS, SORTS, AllGroups, GroupsFound, WantedGroups
from app.groups.pages import counts_of_publications, group_named
from app.groups.service import CREATE, MANAGE, Groups
from app.web.changes import changed, way_on
from app.web.forms import refuse_unexpected
from app.web.pages import page
from app.web.paging import page_number, pager
from app.web.policy import requires
from app.web.site import service
from app.web.subjects import confirmed_subject, current_subject

pages = Blueprint("groups_admin", __name__)

NAMED = frozenset({"name", "description"})
LONGEST_QUERY = 100

Rows = Sequence[Mapping[str, Any]]


@pages.get("/admin/groups")
@requires(MANAGE)
def list() -> ResponseReturnValue:
    """Show all groups: those of one page that fit what is asked for."""
    found = service(AllGroups).page(current_subject(), _asked(request.args))
    query = {"q": found.wanted.query, "filter": found.wanted.filter, "sort": found.wanted.sort}
    listing = pager("groups_admin.list", found.page, found.total, query)
    return page(
        "groups/all.html",
        "results",
        groups=_shown(found),
        listing=listing,
        wanted=found.wanted,
        may_create=current_subject().may(CREATE),
        system_changed=service(History).last_of_system(),
        home=_home(),
    )


@pages.get("/admin/groups/new")
@requires(CREATE)
def new() -> ResponseReturnValue:
    """Ask for a new group's name."""
    return page("groups/new.html", "form", typed={}, errors={}, back=_back())


@pages.post("/admin/groups/new")
@requires(CREATE, keeps=lambda **_view: NAMED)
def create() -> ResponseReturnValue:
    """Store a new group, whose first admin is who creates it."""
    refuse_unexpected(NAMED)
    typed = {name: request.form.get(name, "") for name in NAMED}
    try:
        group = service(Groups).create(current_subject(), **typed)
    except Invalid as invalid:
        wrong = {invalid.field: str(invalid)}
        return page("groups/new.html", "form", status=422, typed=typed, errors=wrong, back=_back())
    return way_on(url_for("groups.show", group_id=group.id, done="group-created"))


@pages.get("/groups/<uuid:group_id>/delete")
@requires(MANAGE)
def ask_delete(group_id: UUID) -> ResponseReturnValue:
    """Show what would end with a group."""
    look = service(Deletion).question(current_subject(), group_id)
    confirmed_subject()
    return page("groups/delete.html", "form", group=group_named(look.group), look=look, overtaken=False)


@pages.post("/groups/<uuid:group_id>/delete")
@requires(MANAGE, keeps=lambda **_view: {"mark"})
def delete(group_id: UUID) -> ResponseReturnValue:
    """Delete a group, with the publications that were shown."""
    use = service(Deletion)
    look = use.question(current_subject(), group_id)
    subject = confirmed_subject()
    refuse_unexpected(frozenset({"mark"}))
    try:
        use.delete(subject, group_id, mark=request.form.get("mark", ""))
    except Overtaken:
        look = use.question(subject, group_id)
        group = group_named(look.group)
        return page("groups/delete.html", "form", status=409, group=group, look=look, overtaken=True)
    gone = url_for("groups.show", group_id=group_id)
    return changed(url_for("groups_admin.list", done="group-deleted"), gone=gone)


def _asked(query: Mapping[str, str]) -> WantedGroups:
    """Return what an address asks for; what no page of ours writes is as if it were not there."""
    wanted, sort = query.get("filter", ""), query.get("sort", "")
    return WantedGroups(
        query=query.get("q", "").strip()[:LONGEST_QUERY],
        filter=wanted if wanted in FILTERS else "",
        sort=sort if sort in SORTS else SORTS[0],
        page=page_number(query.get("page", "")),
    )


def _shown(found: GroupsFound) -> Rows:
    published = counts_of_publications([group.id for group in found.groups])
    return [
        {
            **group_named(group),
            "created_at": group.created_at,
            "member_count": found.members[group.id],
            "publication_count": published[group.id],
            "admins": [user.name for user in found.admins[group.id][:ADMINS_NAMED]],
            "more_admins": len(found.admins[group.id]) > ADMINS_NAMED,
        }
        for group in found.groups
    ]


def _home() -> str | None:
    """Return the address of the admin centre, if there is one."""
    return url_for("admin.home") if "admin.home" in current_app.view_functions else None


def _back() -> str:
    """Return where a new group is cancelled to."""
    return url_for("groups_admin.list") if current_subject().may(MANAGE) else url_for("groups.list")
