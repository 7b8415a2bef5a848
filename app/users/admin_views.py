"""The administrators' pages about people: one call of a use case each, then a page or the way to one."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from app.audit.service import Overtaken
from app.errors import Forbidden, Invalid
from app.users.admin_form import asked_for, read_decisions, read_people, read_person
from app.users.admin_pages import delete_page, disable_page, list_page, overtaken_page, person_page, settle_page
from app.users.administration import Administration
from app.users.catalogue import CHANGE, DELETE, DISABLE, READ, ROLES
from app.users.deletion import Deletion
from app.users.people_list import PeopleList
from app.users.settling import Settling
from app.web.changes import changed, way_on
from app.web.forms import refuse_unexpected
from app.web.named_by_id import read_named, refuse_others
from app.web.pages import page
from app.web.paging import page_number
from app.web.policy import EVERYTHING, requires
from app.web.site import service
from app.web.subjects import confirmed_subject, current_subject

pages = Blueprint("admin_users", __name__, url_prefix="/admin/users")

NOTHING: frozenset[str] = frozenset()


@pages.get("")
@requires(READ)
def list() -> ResponseReturnValue:
    """Show all people, a page of them."""
    found = service(PeopleList).page(current_subject(), asked_for(request.args))
    return page("users/admin_list.html", "people", **list_page(found))


@pages.get("/<uuid:user_id>")
@requires(READ)
def show(user_id: UUID) -> ResponseReturnValue:
    """Show one person."""
    user = service(Administration).person(current_subject(), user_id)
    return page("users/admin_person.html", "form", **person_page(user))


@pages.post("/<uuid:user_id>")
@requires(READ, keeps=lambda **_view: EVERYTHING)
def save(user_id: UUID) -> ResponseReturnValue:
    """Change names, roles and the demand for another password together; roles need a fresh confirmation."""
    administration, subject = service(Administration), current_subject()
    user = administration.person(subject, user_id)
    if not (subject.may(CHANGE) or subject.may(ROLES)):
        raise Forbidden(action="user.change", kind="user", object_id=user_id)
    wishes = read_person(
        request.form,
        names=subject.may(CHANGE),
        demand=subject.may(CHANGE) and user_id != subject.id,
        roles=subject.may(ROLES),
    )
    if administration.changes_roles(user, wishes):
        confirmed_subject()
    try:
        administration.save(subject, user_id, wishes)
    except Invalid as invalid:
        context = person_page(user, errors={invalid.field: str(invalid)}, wishes=wishes)
        return page("users/admin_person.html", "form", status=422, **context)
    except Overtaken as overtaken:
        context = overtaken_page(administration.person(subject, user_id), wishes, overtaken.last)
        return page("users/admin_person.html", "form", status=409, **context)
    return way_on(url_for("admin_users.show", user_id=user_id, done="person"))


@pages.post("/<uuid:user_id>/sessions/end")
@requires(CHANGE, keeps=lambda **_view: NOTHING)
def end_sessions(user_id: UUID) -> ResponseReturnValue:
    """End all of a person's sessions."""
    refuse_unexpected(NOTHING)
    service(Administration).end_sessions(current_subject(), user_id)
    return changed(url_for("admin_users.show", user_id=user_id, done="person-sessions"))


@pages.get("/disable")
@requires(DISABLE)
def disable() -> ResponseReturnValue:
    """Say what it means to disable the people who were ticked."""
    people = service(Administration).to_disable(current_subject(), read_people(request.args.getlist("person")))
    if not people:
        return way_on(url_for("admin_users.list", done="person-disabled"))
    return page("users/admin_disable.html", "form", errors={}, **disable_page(people))


@pages.post("/disable")
@requires(DISABLE, keeps=lambda: EVERYTHING)
def disabled() -> ResponseReturnValue:
    """Disable them, or nobody."""
    administration, subject = service(Administration), current_subject()
    refuse_others(request.form, NOTHING, "person-")
    people = [*read_named(request.form, "person-")]
    asked = administration.to_disable(subject, people)
    try:
        administration.disable(subject, people)
    except Invalid as invalid:
        return page("users/admin_disable.html", "form", status=422, errors={"": str(invalid)}, **disable_page(asked))
    if len(people) > 1:
        return changed(url_for("admin_users.list", done="person-disabled"))
    user = administration.person_after(people[0])
    if subject.may(DELETE) and service(Settling).alone_count(user):
        return way_on(url_for("admin_users.settle", user_id=user.id, done="person-disabled"))
    return changed(url_for("admin_users.show", user_id=user.id, done="person-disabled"))


@pages.post("/<uuid:user_id>/enable")
@requires(DISABLE, keeps=lambda **_view: NOTHING)
def enable(user_id: UUID) -> ResponseReturnValue:
    """Let a person sign in again."""
    refuse_unexpected(NOTHING)
    service(Administration).enable(current_subject(), user_id)
    return changed(url_for("admin_users.show", user_id=user_id, done="person-enabled"))


@pages.get("/<uuid:user_id>/holdings")
@requires(DELETE)
def settle(user_id: UUID) -> ResponseReturnValue:
    """Show what only a disabled person owns."""
    subject, number = confirmed_subject(), page_number(request.args.get("page", ""))
    user, alone = service(Settling).open(subject, user_id, page=number)
    return page("users/admin_settle.html", "form", **settle_page(user, alone))


@pages.post("/<uuid:user_id>/holdings")
@requires(DELETE, keeps=lambda **_view: EVERYTHING)
def settled(user_id: UUID) -> ResponseReturnValue:
    """Hand over and delete as chosen, all of it or nothing."""
    settling, subject = service(Settling), confirmed_subject()
    number = page_number(request.form.get("page", ""))
    user, alone = settling.open(subject, user_id, page=number)
    try:
        decisions = read_decisions(request.form)
        settling.settle(subject, user_id, heirs=decisions.heirs, deletions=decisions.deletions)
    except Invalid as invalid:
        context = settle_page(user, alone, errors={invalid.field: str(invalid)}, typed=request.form)
        return page("users/admin_settle.html", "form", status=422, **context)
    left = (decisions.heirs or decisions.deletions) and settling.alone(user).total
    endpoint = "admin_users.settle" if left else "admin_users.show"
    return way_on(url_for(endpoint, user_id=user_id, done="person-settled"))


@pages.get("/<uuid:user_id>/delete")
@requires(DELETE)
def delete(user_id: UUID) -> ResponseReturnValue:
    """Say what it means to delete a person."""
    user = service(Deletion).deletable(confirmed_subject(), user_id)
    return page("users/admin_delete.html", "form", errors={}, **delete_page(user))


@pages.post("/<uuid:user_id>/delete")
@requires(DELETE, keeps=lambda **_view: NOTHING)
def deleted(user_id: UUID) -> ResponseReturnValue:
    """Delete a person for good."""
    deletion, subject = service(Deletion), confirmed_subject()
    user = deletion.deletable(subject, user_id)
    refuse_unexpected(NOTHING)
    try:
        deletion.delete(subject, user_id)
    except Invalid as invalid:
        return page("users/admin_delete.html", "form", status=422, errors={"": str(invalid)}, **delete_page(user))
    gone = url_for("admin_users.show", user_id=user_id)
    return changed(url_for("admin_users.list", done="person-deleted"), gone=gone)
