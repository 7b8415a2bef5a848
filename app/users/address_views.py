"""The pages on which an address is changed: one's own in the account, that of others in the admin centre."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from app.errors import Invalid
from app.users.address_changes import AddressChanges
from app.users.catalogue import CHANGE
from app.users.forms import AddressForm
from app.users.service import User
from app.users.ways import people_url
from app.web.changes import changed
from app.web.forms import point_out, refuse_unexpected
from app.web.pages import page
from app.web.policy import requires, signed_in
from app.web.site import service
from app.web.subjects import confirmed_subject, current_subject

pages = Blueprint("addresses", __name__)


@pages.get("/account/security/address")
@signed_in()
def mine() -> ResponseReturnValue:
    """Ask for another address of one's own."""
    confirmed_subject()
    return _my_page(AddressForm(formdata=None), 200)


@pages.post("/account/security/address")
@signed_in(keeps=lambda: {"email"})
def ask() -> ResponseReturnValue:
    """Send a link to it; what is said is the same whoever has the address."""
    subject, form = confirmed_subject(), AddressForm()
    if form.validate_on_submit():
        try:
            service(AddressChanges).ask(subject, email=form.email.data or "")
        except Invalid as invalid:
            point_out(form, invalid)
        else:
            return changed(url_for("account.security", done="asked"))
    return _my_page(form, 422)


@pages.post("/account/security/address/withdraw")
@signed_in(keeps=lambda: frozenset())
def withdraw() -> ResponseReturnValue:
    """Keep the present address: the link at the new one ends."""
    refuse_unexpected(frozenset())
    service(AddressChanges).withdraw(current_subject())
    return changed(url_for("account.security", done="kept"))


@pages.get("/admin/users/<uuid:user_id>/address")
@requires(CHANGE)
def of_user(user_id: UUID) -> ResponseReturnValue:
    """Ask for another address of somebody's."""
    user = service(AddressChanges).of(confirmed_subject(), user_id)
    return _their_page(user, AddressForm(formdata=None), 200)


@pages.post("/admin/users/<uuid:user_id>/address")
@requires(CHANGE, keeps=lambda user_id: {"email"})  # noqa: ARG005  # named as the view's argument
def save(user_id: UUID) -> ResponseReturnValue:
    """Change it, end their sessions, and tell them."""
    subject, changes, form = confirmed_subject(), service(AddressChanges), AddressForm()
    user = changes.of(subject, user_id)
    if form.validate_on_submit():
        try:
            changes.set(subject, user_id, email=form.email.data or "")
        except Invalid as invalid:
            point_out(form, invalid)
        else:
            return changed(people_url(user_id, done="address-set"))
    return _their_page(user, form, 422)


def _my_page(form: AddressForm, status: int) -> ResponseReturnValue:
    possible = service(AddressChanges).are_possible
    return page("users/address.html", "form", status=status, form=form, possible=possible)


def _their_page(user: User, form: AddressForm, status: int) -> ResponseReturnValue:
    context: dict[str, Any] = {"user": user, "form": form, "back_url": people_url(user.id)}
    return page("users/address_of_user.html", "form", status=status, **context)
