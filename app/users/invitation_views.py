"""The pages on which people are invited, and what becomes of an invitation until it is accepted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from app.errors import Invalid
from app.users.catalogue import INVITE
from app.users.forms import InviteForm
from app.users.invitations import Invitations
from app.users.service import Users
from app.users.ways import people_url
from app.web.changes import changed, way_on
from app.web.forms import point_out, refuse_unexpected
from app.web.pages import page
from app.web.policy import EVERYTHING, requires
from app.web.site import service
from app.web.subjects import confirmed_subject, current_subject

pages = Blueprint("invitations", __name__, url_prefix="/admin/users")

NOTHING: frozenset[str] = frozenset()


@pages.get("/invite")
@requires(INVITE)
def new() -> ResponseReturnValue:
    """Ask whom to invite."""
    form = InviteForm(formdata=None, data={"language": str(get_locale())}, offers=_offers())
    return _new_page(form, 200)


@pages.post("/invite")
@requires(INVITE, keeps=lambda: EVERYTHING)
def invite() -> ResponseReturnValue:
    """Invite somebody, and say what happened: a mail is on its way, or there is a link to hand over."""
    invitations, form = service(Invitations), InviteForm(offers=_offers())
    if form.validate_on_submit():
        entered = {name: form[name].data or "" for name in ("email", "first_name", "last_name", "language")}
        try:
            roles = form.chosen()
            by = confirmed_subject() if roles else current_subject()
            user = invitations.invite(by, roles=roles, **entered)
        except Invalid as invalid:
            point_out(form, invalid)
        else:
            if invitations.are_mailed:
                return changed(url_for("invitations.show", user_id=user.id, done="invited"))
            return way_on(url_for("invitations.show", user_id=user.id))
    return _new_page(form, 422)


@pages.get("/<uuid:user_id>/invitation")
@requires(INVITE)
def show(user_id: UUID) -> ResponseReturnValue:
    """Show an invitation that waits, and what can be done about it."""
    invitations = service(Invitations)
    found = invitations.of(current_subject(), user_id)
    return page(
        "users/invitation.html",
        invitation=found,
        are_mailed=invitations.are_mailed,
        may_withdraw=invitations.may_withdraw(current_subject(), found),
        back_url=people_url(),
    )


@pages.post("/<uuid:user_id>/invitation/send")
@requires(INVITE, keeps=lambda user_id: NOTHING)  # noqa: ARG005  # named as the view's argument
def send(user_id: UUID) -> ResponseReturnValue:
    """Send the mail again, with a new link."""
    refuse_unexpected(NOTHING)
    service(Invitations).send(current_subject(), user_id)
    return changed(url_for("invitations.show", user_id=user_id, done="invited"))


@pages.get("/<uuid:user_id>/invitation/copy")
@requires(INVITE)
def copy(user_id: UUID) -> ResponseReturnValue:
    """Say what copying the link means, before it is made."""
    found = service(Invitations).of(confirmed_subject(), user_id)
    return page("users/invitation_link.html", "form", invitation=found, address=None)


@pages.post("/<uuid:user_id>/invitation/copy")
@requires(INVITE, keeps=lambda user_id: NOTHING)  # noqa: ARG005  # named as the view's argument
def copied(user_id: UUID) -> ResponseReturnValue:
    """Show a new link, this once."""
    subject, invitations = confirmed_subject(), service(Invitations)
    refuse_unexpected(NOTHING)
    address = invitations.copy(subject, user_id)
    found = invitations.of(subject, user_id)
    return page("users/invitation_link.html", "form", invitation=found, address=address)


@pages.get("/<uuid:user_id>/invitation/withdraw")
@requires(INVITE)
def withdraw(user_id: UUID) -> ResponseReturnValue:
    """Ask whether to take an invitation back."""
    found = service(Invitations).withdrawable(current_subject(), user_id)
    return page("users/invitation_withdraw.html", "form", invitation=found)


@pages.post("/<uuid:user_id>/invitation/withdraw")
@requires(INVITE, keeps=lambda user_id: NOTHING)  # noqa: ARG005  # named as the view's argument
def withdrawn(user_id: UUID) -> ResponseReturnValue:
    """Take it back: its link ends, and nothing of the person is kept."""
    refuse_unexpected(NOTHING)
    service(Invitations).withdraw(current_subject(), user_id)
    gone = url_for("admin_users.show", user_id=user_id)
    return changed(people_url(done="uninvited"), gone=gone)


def _offers() -> dict[UUID, str]:
    return service(Users).roles_to_give(current_subject())


def _new_page(form: InviteForm, status: int) -> ResponseReturnValue:
    ticked = set(form.chosen()) if request.method == "POST" else set()
    context: dict[str, Any] = {"form": form, "ticked": ticked, "are_mailed": service(Invitations).are_mailed}
    return page("users/invite.html", "form", status=status, back_url=people_url(), **context)
