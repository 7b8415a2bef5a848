"""The pages behind the links of mails, for people who are not signed in: an invitation, a new address.

A link is shown by GET, which consumes nothing, and used by POST. One that does not hold is answered alike, whatever
the reason.
"""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, current_app, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.errors import Invalid, Refused, Throttled
from app.users.address_changes import AddressChanges
from app.users.cookies import SessionCookie
from app.users.forms import InvitedForm
from app.users.invitations import Invitation, Invitations
from app.users.sign_in import SignIn
from app.users.strength import strength
from app.web.boundary import TresorFlask
from app.web.forms import TresorForm, point_out, refuse_unexpected
from app.web.pages import fragment, page
from app.web.policy import public
from app.web.site import current_site, service
from app.web.subjects import person

pages = Blueprint("linked", __name__)

NAMES = ("first_name", "last_name", "language")


@pages.errorhandler(Refused)
def over(error: Refused) -> ResponseReturnValue:
    """Say what may have happened to a link, in the same words for all of them."""
    cast(TresorFlask, current_app).abandon(error)
    return page("users/link_over.html", status=error.status)


@pages.get("/invite/<path:token>")
@public()
def invitation(token: str) -> ResponseReturnValue:
    """Ask somebody who was invited for a password."""
    found = service(Invitations).opened(token)
    stored = {
        "first_name": found.user.first_name,
        "last_name": found.user.last_name,
        "language": found.language or current_site().settings.web.language,
    }
    return _invitation_page(found, InvitedForm(formdata=None, data=stored), 200)


@pages.post("/invite/<path:token>")
@public(keeps=lambda token: NAMES)  # noqa: ARG005  # named as the view's argument
def accept(token: str) -> ResponseReturnValue:
    """Let them in, signed in."""
    invitations, form = service(Invitations), InvitedForm()
    found = invitations.opened(token)
    if form.validate_on_submit():
        entered = {name: form[name].data or "" for name in (*NAMES, "password")}
        try:
            user = invitations.accept(token, **entered)
        except Invalid as invalid:
            point_out(form, invalid)
        except Throttled as throttled:
            text = str(throttled) or _("Too many people sign in at this moment. Try again.")
            wait = [("Retry-After", str(throttled.seconds))]
            return _invitation_page(found, form, 429, failure=text, headers=wait)
        else:
            cookie = service(SessionCookie)
            session = service(SignIn).enter(
                user, device=request.user_agent.string, known=cookie.known(request), replaces=person()
            )
            return cookie.put(make_response(redirect(url_for(current_site().home), 303)), session)
    return _invitation_page(found, form, 422)


@pages.post("/invite/<path:token>/strength")
@public()
def judge(token: str) -> ResponseReturnValue:
    """Say how hard a password is to guess while it is typed; nothing of it is kept."""
    found = service(Invitations).opened(token)
    refuse_unexpected(frozenset({*NAMES, "password", "password_again"}))
    typed, names = request.form.get("password", ""), [request.form.get(name, "") for name in NAMES[:2]]
    least = current_site().settings.passwords.minimum_length
    judged = strength(typed, near=(found.user.email, *names)) if typed else None
    return make_response(fragment("users/_strength.html", "strength", judged=judged, missing=least - len(typed)))


@pages.get("/address/<path:token>")
@public()
def address(token: str) -> ResponseReturnValue:
    """Ask whether to sign in with this address from now on."""
    link = service(AddressChanges).opened(token)
    who = person()
    mine = who if who and link.user and who.id == link.user.id else None
    return page("users/address_confirm.html", "form", address=link.address, mine=mine, form=TresorForm(formdata=None))


@pages.post("/address/<path:token>")
@public(keeps=lambda token: frozenset())  # noqa: ARG005  # named as the view's argument
def change_address(token: str) -> ResponseReturnValue:
    """Change it; who is signed in here stays so."""
    refuse_unexpected(frozenset())
    reader, cookie = person(), service(SessionCookie)
    session = service(AddressChanges).confirm(
        token, reader=reader, device=request.user_agent.string, known=cookie.known(request)
    )
    if session:
        return cookie.put(make_response(redirect(url_for("account.security", done="address"), 303)), session)
    return redirect(url_for(current_site().home if reader else "users.login", done="address-out"), 303)


def _invitation_page(
    found: Invitation, form: InvitedForm, status: int, *, failure: str = "", **how: Any
) -> ResponseReturnValue:
    judge_url = url_for("linked.judge", **(request.view_args or {}))
    context: dict[str, Any] = {"invitation": found, "form": form, "reader": person(), "judge_url": judge_url}
    return page("users/invited.html", "form", status=status, failure=failure, **context, **how)
