"""The pages of roles, in the admin centre: one call of a use case each, then a page or the way to one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from app.audit.service import Overtaken
from app.errors import Invalid
from app.users.role_pages import MAY, delete_page, form_page, list_page, role_page, typed_permissions
from app.users.roles import MANAGE, Roles
from app.web.changes import changed
from app.web.forms import refuse_unexpected
from app.web.named_by_id import read_revision, refuse_others
from app.web.pages import page
from app.web.policy import EVERYTHING, requires
from app.web.site import service
from app.web.subjects import confirmed_subject, current_subject

pages = Blueprint("roles", __name__)

FIELDS = frozenset({"name", "description", "revision"})


@pages.get("/admin/roles")
@requires(MANAGE)
def list() -> ResponseReturnValue:
    """Show all roles."""
    return page("roles/list.html", **list_page())


@pages.get("/admin/roles/<uuid:role_id>")
@requires(MANAGE)
def show(role_id: UUID) -> ResponseReturnValue:
    """Show what a role allows, and who has it."""
    role = service(Roles).open(current_subject(), role_id)
    return page("roles/show.html", "people", **role_page(role))


@pages.get("/admin/roles/new")
@requires(MANAGE)
def new() -> ResponseReturnValue:
    """Ask what a new role is called and allows."""
    confirmed_subject()
    return page("roles/form.html", "form", **form_page(None))


@pages.post("/admin/roles/new")
@requires(MANAGE, keeps=lambda: EVERYTHING)
def create() -> ResponseReturnValue:
    """Store a new role, or show the form again with what is wrong."""
    subject, wanted = confirmed_subject(), _entered()
    try:
        role = service(Roles).create(subject, **wanted)
    except Invalid as invalid:
        return _again(None, invalid)
    return changed(url_for("roles.show", role_id=role.id, done="role"))


@pages.get("/admin/roles/<uuid:role_id>/edit")
@requires(MANAGE)
def edit(role_id: UUID) -> ResponseReturnValue:
    """Ask for another name, description and permissions."""
    role = service(Roles).changeable(confirmed_subject(), role_id)
    return page("roles/form.html", "form", **form_page(role))


@pages.post("/admin/roles/<uuid:role_id>/edit")
@requires(MANAGE, keeps=lambda **_view: EVERYTHING)
def save(role_id: UUID) -> ResponseReturnValue:
    """Change a role, or show the form again with what is wrong or who was faster."""
    roles, subject = service(Roles), confirmed_subject()
    role = roles.changeable(subject, role_id)
    wanted, seen = _entered(), read_revision(request.form)
    try:
        roles.change(subject, role_id, seen=seen, **wanted)
    except Invalid as invalid:
        return _again(role, invalid)
    except Overtaken as overtaken:
        present = roles.changeable(subject, role_id)
        context = form_page(present, typed=request.form, overtaken=overtaken)
        return page("roles/form.html", "form", status=409, **context)
    return changed(url_for("roles.show", role_id=role_id, done="role"))


@pages.get("/admin/roles/<uuid:role_id>/delete")
@requires(MANAGE)
def ask_delete(role_id: UUID) -> ResponseReturnValue:
    """Ask whether a role is to go, and say who loses it."""
    role = service(Roles).deletable(confirmed_subject(), role_id)
    return page("roles/delete.html", "form", **delete_page(role))


@pages.post("/admin/roles/<uuid:role_id>/delete")
@requires(MANAGE, keeps=lambda **_view: {"revision"})
def delete(role_id: UUID) -> ResponseReturnValue:
    """Delete a role."""
    roles, subject = service(Roles), confirmed_subject()
    roles.deletable(subject, role_id)
    refuse_unexpected(frozenset({"revision"}))
    try:
        roles.delete(subject, role_id, seen=read_revision(request.form))
    except Overtaken as overtaken:
        context = delete_page(roles.changeable(subject, role_id), overtaken=overtaken)
        return page("roles/delete.html", "form", status=409, **context)
    return changed(url_for("roles.list", done="role-gone"), gone=url_for("roles.show", role_id=role_id))


def _entered() -> dict[str, Any]:
    """Return name, description and permissions as they were entered. Raises Invalid for what no page of ours sends."""
    form = request.form
    refuse_others(form, FIELDS, MAY)
    named = {name: form.get(name, "") for name in ("name", "description")}
    return {**named, "permissions": typed_permissions(form)}


def _again(role: Any, invalid: Invalid) -> ResponseReturnValue:
    context = form_page(role, typed=request.form, errors={invalid.field: str(invalid)})
    return page("roles/form.html", "form", status=422, **context)
