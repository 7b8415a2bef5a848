"""The pages of signing in and out, of set-up and of the language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, jsonify, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.errors import Invalid, Throttled
from app.users.cookies import SessionCookie
from app.users.forms import ConfirmForm, LoginForm, SetupForm
from app.users.preferences import Preferences
from app.users.registration import Registration
from app.users.service import Users
from app.users.setup import Setup
from app.users.sign_in import SignIn, WrongPassword
from app.users.told import Told
from app.users.ways import came_from, next_page
from app.web.answers import resend_page
from app.web.forms import refuse_unexpected
from app.web.gate import waiting_names
from app.web.languages import COOKIE, LANGUAGES
from app.web.pages import page
from app.web.policy import public, signed_in
from app.web.site import current_site, service
from app.web.subjects import current_subject, person

pages = Blueprint("users", __name__)

YEAR = 365 * 24 * 3600
NAMES = ("first_name", "last_name", "email")


@pages.get("/")
@public()
def start() -> ResponseReturnValue:
    """Lead to the first page behind the door, or to the door."""
    return redirect(url_for(current_site().home if person() else "users.login"), 303)


@pages.get("/login")
@public()
def login() -> ResponseReturnValue:
    """Show the door."""
    if person():
        return redirect(next_page(request.args.get("next", "")), 303)
    form = LoginForm(formdata=None, data={"next": request.args.get("next", "")})
    return _login_page(form)


@pages.post("/login")
@public(keeps=lambda: {"email", "next"})
def sign_in() -> ResponseReturnValue:
    """Begin a session, or say in one way that it did not work."""
    form = LoginForm()
    if not form.validate_on_submit():
        return _login_page(form, _("Enter email and password."), status=422)
    try:
        entry = service(SignIn).sign_in(
            email=form.email.data or "",
            password=form.password.data or "",
            address=request.remote_addr or "",
            device=request.user_agent.string,
            known=service(SessionCookie).known(request),
            replaces=person(),
        )
    except WrongPassword as wrong:
        return _login_page(form, str(wrong), status=422)
    except Throttled as throttled:
        headers = [("Retry-After", str(throttled.seconds))]
        text = str(throttled) or _("Too many people sign in at this moment. Try again.")
        return _login_page(form, text, status=429, headers=headers)
    way_on = _past_what_is_told(form.email.data or "", next_page(form.next.data or ""))
    return service(SessionCookie).put(make_response(redirect(way_on, 303)), entry)


@pages.post("/logout")
@signed_in(keeps=lambda: frozenset())
def logout() -> ResponseReturnValue:
    """End the session."""
    refuse_unexpected(frozenset())
    subject = current_subject()
    service(SignIn).sign_out(subject)
    for leaver in current_site().leavers:
        leaver(subject.id)
    return service(SessionCookie).remove(make_response(redirect(url_for("users.login"), 303)))


@pages.get("/session")
@signed_in()
def session_left() -> ResponseReturnValue:
    """Answer whose session this is and how many seconds it lasts without another request; this one counts as one
    unless the page asked by itself."""
    subject = current_subject()
    return jsonify(person=str(subject.id), seconds=subject.seconds_left(current_site().clock()))


@pages.get("/confirm")
@signed_in()
def confirm() -> ResponseReturnValue:
    """Ask for the password again."""
    form = ConfirmForm(waiting={}, formdata=None, data={"next": request.args.get("next", "")})
    return _confirm_page(form, None, 200)


@pages.post("/confirm")
@signed_in(keeps=lambda: {"next", *_waiting(request.form.get("next", ""))})
def confirmed() -> ResponseReturnValue:
    """Begin a new session for who typed the password, and go on; a form that led here is shown to be sent again."""
    if "password" not in request.form and (address := request.args.get("next")):
        form = ConfirmForm(waiting=_waiting(address), formdata=None, data={"next": address})
        refuse_unexpected(form.expected())
        return _confirm_page(form, None, 200)
    form = ConfirmForm(waiting=_waiting(request.form.get("next", "")))
    if not form.validate_on_submit():
        return _confirm_page(form, None, 422)
    try:
        entry = service(SignIn).confirm(
            current_subject(),
            password=form.password.data or "",
            address=request.remote_addr or "",
            device=request.user_agent.string,
            known=service(SessionCookie).known(request),
        )
    except WrongPassword:
        return _confirm_page(form, _("The password is not right."), 422)
    except Throttled as throttled:
        text = str(throttled) or _("Too many people sign in at this moment. Try again.")
        return _confirm_page(form, text, 429, headers=[("Retry-After", str(throttled.seconds))])
    if not form.waiting:
        return service(SessionCookie).put(make_response(redirect(next_page(form.next.data or ""), 303)), entry)
    answer = service(SessionCookie).put(make_response(), entry)  # first: the page needs a token of the new session
    kept, action = list(form.waiting.items()), form.next.data or ""
    answer.set_data(resend_page(200, kept=kept, action=action, confirmed=True).get_data())
    return answer


@pages.get("/setup/<token>")
@public()
def setup(token: str) -> ResponseReturnValue:
    """Show the form of the first administrator."""
    service(Setup).check(token)
    return page("users/setup.html", "form", form=SetupForm(formdata=None))


@pages.post("/setup/<token>")
@public(keeps=lambda token: NAMES)  # noqa: ARG005  # named as the view's argument
def set_up(token: str) -> ResponseReturnValue:
    """Create the first administrator and sign them in."""
    service(Setup).check(token)
    form = SetupForm()
    if form.validate_on_submit():
        entered = {name: form[name].data or "" for name in (*NAMES, "password")}
        try:
            service(Setup).first_administrator(token, **entered)
        except Invalid as invalid:
            if invalid.field not in form:
                raise
            form[invalid.field].errors = [str(invalid)]
        else:
            return sign_in_first(email=entered["email"], password=entered["password"])
    return page("users/setup.html", "form", status=422, form=form)


def sign_in_first(*, email: str, password: str) -> ResponseReturnValue:
    """Begin the first administrator's session."""
    entry = service(SignIn).sign_in(
        email=email,
        password=password,
        address=request.remote_addr or "",
        device=request.user_agent.string,
        known=service(SessionCookie).known(request),
    )
    return service(SessionCookie).put(make_response(redirect(url_for(current_site().home), 303)), entry)


@pages.post("/language")
@public(keeps=lambda: {"language"})
def language() -> ResponseReturnValue:
    """Speak another language from now on: kept by the account, or by this browser."""
    refuse_unexpected(frozenset({"language"}))
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise Invalid(_("Tresor does not speak this language."))
    response = make_response(redirect(next_page(came_from()), 303))
    if who := person():
        service(Preferences).speak(who, language=chosen)
    response.set_cookie(
        COOKIE, chosen, max_age=YEAR, secure=current_site().settings.secure, httponly=True, samesite="Lax"
    )
    return response


def _login_page(form: LoginForm, failure: str | None = None, **how: Any) -> ResponseReturnValue:
    registers = service(Registration).is_open
    return page("users/login.html", "form", form=form, failure=failure, hint=None, registers=registers, **how)


def _past_what_is_told(email: str, address: str) -> str:
    """Return an address of ours, on which who has just signed in is told what others did with their account."""
    user = service(Users).find(email)
    if user is None or not service(Told).awaits(user):
        return address
    if address == url_for("users.start"):
        address = url_for(current_site().home)
    path, _mark, query = address.partition("#")[0].partition("?")
    others = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "done"]
    return f"{path}?{urlencode([*others, ('done', 'told')])}"


def _confirm_page(
    form: ConfirmForm, failure: str | None, status: int, headers: Iterable[tuple[str, str]] = ()
) -> ResponseReturnValue:
    context = {"form": form, "failure": failure, "cancel_url": url_for(current_site().home)}
    return page("users/confirm.html", "form", status=status, headers=headers, **context)


def _waiting(address: str) -> dict[str, str]:
    """Return the entries of this form that belong to the one that is sent to `address` and may be shown again."""
    names = waiting_names(address)
    return {name: value for name, value in request.form.items() if name in names}
