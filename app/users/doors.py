"""The pages of who has no way in yet: a forgotten password, and self-registration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, current_app, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from app.errors import Invalid, Refused, Throttled
from app.users.cookies import SessionCookie
from app.users.forms import DoorForm, PasswordForm, RegistrationForm
from app.users.judging import judged
from app.users.links import For
from app.users.registration import Registration, Taken
from app.users.requests import Requests
from app.users.resets import Resets
from app.users.sign_in import SignIn
from app.users.throttle import Throttle
from app.web.boundary import TresorFlask
from app.web.forms import TresorForm, point_out
from app.web.pages import page
from app.web.policy import public
from app.web.site import current_site, service
from app.web.subjects import person

pages = Blueprint("doors", __name__)

NAMES = ("first_name", "last_name")
NOTHING: frozenset[str] = frozenset()
RESETTING = frozenset({"doors.reset", "doors.set_password", "doors.judge_reset"})


@pages.get("/forgot")
@public()
def forgot() -> ResponseReturnValue:
    """Ask for the address, or say who helps where no mail is sent."""
    return _forgot_page(DoorForm(formdata=None))


@pages.post("/forgot")
@public(keeps=lambda: {"email"})
def ask_for_reset() -> ResponseReturnValue:
    """Keep a request, in one way whatever the address is."""
    form = DoorForm()
    if not service(Resets).is_open:
        return redirect(url_for("doors.forgot"), 303)
    return _asked(For.RESET, form, _forgot_page, then="doors.reset_asked")


@pages.get("/forgot/sent")
@public()
def reset_asked() -> ResponseReturnValue:
    """Say what happens now."""
    return page("users/asked.html", "form", registering=False)


@pages.get("/reset/<path:token>")
@public()
def reset(token: str) -> ResponseReturnValue:
    """Ask for another password; this consumes nothing."""
    return _reset_page(token, PasswordForm(formdata=None))


@pages.post("/reset/<path:token>")
@public(keeps=lambda token: NOTHING)  # noqa: ARG005  # named as the view's argument
def set_password(token: str) -> ResponseReturnValue:
    """Replace the password, and lead to the door."""
    form = PasswordForm()
    service(Resets).find(token)

    def change() -> ResponseReturnValue:
        service(Resets).set_password(token, password=form.password.data or "", language=str(get_locale()))
        return redirect(url_for("users.login", done="reset"), 303)

    return _done(form, change, lambda **how: _reset_page(token, form, **how))


@pages.post("/reset/<path:token>/strength")
@public(keeps=lambda token: NOTHING)  # noqa: ARG005
def judge_reset(token: str) -> ResponseReturnValue:
    """Say how hard a password is to guess while it is typed."""
    user = service(Resets).find(token).user
    assert user is not None  # `find` gives out no other
    return judged((user.email, user.first_name, user.last_name))


@pages.get("/register")
@public()
def register() -> ResponseReturnValue:
    """Ask for the address."""
    _open_for_registration()
    return _register_page(DoorForm(formdata=None))


@pages.post("/register")
@public(keeps=lambda: {"email"})
def ask_for_account() -> ResponseReturnValue:
    """Keep a request, in one way whatever the address is; only its domain is judged at once."""
    registration = _open_for_registration()
    form = DoorForm()
    if form.validate_on_submit():
        try:
            registration.refuse_other_domains(form.email.data or "")
        except Invalid as invalid:
            form.email.errors = [str(invalid)]
            return _register_page(form, status=422)
    return _asked(For.REGISTRATION, form, _register_page, then="doors.account_asked")


@pages.get("/register/sent")
@public()
def account_asked() -> ResponseReturnValue:
    """Say what happens now."""
    _open_for_registration()
    return page("users/asked.html", "form", registering=True)


@pages.get("/register/<path:token>")
@public()
def begin(token: str) -> ResponseReturnValue:
    """Ask for names and a password; this consumes nothing."""
    return _registration_page(token, RegistrationForm(formdata=None))


@pages.post("/register/<path:token>")
@public(keeps=lambda token: NAMES)  # noqa: ARG005
def create(token: str) -> ResponseReturnValue:
    """Create the account, and sign its person in."""
    form = RegistrationForm()
    service(Registration).find(token)

    def make() -> ResponseReturnValue:
        entered = {name: form[name].data or "" for name in (*NAMES, "password")}
        user = service(Registration).create(token, **entered, language=str(get_locale()))
        cookie = service(SessionCookie)
        session = service(SignIn).enter(
            user, device=request.user_agent.string, known=cookie.known(request), replaces=person()
        )
        return cookie.put(make_response(redirect(url_for(current_site().home, done="registered"), 303)), session)

    return _done(form, make, lambda **how: _registration_page(token, form, **how))


@pages.post("/register/<path:token>/strength")
@public(keeps=lambda token: NOTHING)  # noqa: ARG005
def judge_registration(token: str) -> ResponseReturnValue:
    """Say how hard a password is to guess while it is typed."""
    return judged((service(Registration).find(token).address,), beside=NAMES)


@pages.errorhandler(Refused)
def nothing_here(error: Refused) -> ResponseReturnValue:
    """Say in one way that a link opens nothing: used, expired, cut and made up look alike."""
    cast(TresorFlask, current_app).abandon(error)
    if request.endpoint in RESETTING:
        again: str | None = url_for("doors.forgot")
        lasts = _("A link for a new password is good for 30 minutes.")
    else:
        again = url_for("doors.register") if _registers() else None
        lasts = _("A link for an account is good for one day.")
    return page("users/link_over.html", status=error.status, again_url=again, lasts=lasts)


@pages.errorhandler(Taken)
def taken(error: Taken) -> ResponseReturnValue:
    """Say to who proved to read an address that somebody has an account with it."""
    cast(TresorFlask, current_app).abandon(error)
    return page("users/taken.html", status=error.status)


def _asked(
    purpose: For, form: DoorForm, shown: Callable[..., ResponseReturnValue], *, then: str
) -> ResponseReturnValue:
    """Store what is asked for and lead to the page that says so; or show the form again."""
    if not form.validate_on_submit():
        return shown(form, status=422)
    try:
        service(Throttle).requested(request.remote_addr or "")
    except Throttled as throttled:
        return shown(form, status=429, failure=str(throttled), headers=_wait(throttled))
    service(Requests).ask(purpose, address=form.email.data or "", language=str(get_locale()))
    return redirect(url_for(then), 303)


def _done(
    form: TresorForm, change: Callable[[], ResponseReturnValue], shown: Callable[..., ResponseReturnValue]
) -> ResponseReturnValue:
    """Do what the form is for, or show it again with what is wrong."""
    if not form.validate_on_submit():
        return shown(status=422)
    try:
        return change()
    except Invalid as invalid:
        point_out(form, invalid)
        return shown(status=422)
    except Throttled as throttled:
        text = str(throttled) or _("Too many people sign in at this moment. Try again.")
        return shown(status=429, failure=text, headers=_wait(throttled))


def _forgot_page(form: DoorForm, *, failure: str = "", **how: Any) -> ResponseReturnValue:
    return page("users/forgot.html", "form", form=form, failure=failure, is_open=service(Resets).is_open, **how)


def _register_page(form: DoorForm, *, failure: str = "", **how: Any) -> ResponseReturnValue:
    return page("users/register.html", "form", form=form, failure=failure, **how)


def _reset_page(token: str, form: PasswordForm, *, failure: str = "", **how: Any) -> ResponseReturnValue:
    address = service(Resets).find(token).address
    judge_url = url_for("doors.judge_reset", token=token)
    return page("users/reset.html", "form", form=form, address=address, judge_url=judge_url, failure=failure, **how)


def _registration_page(token: str, form: RegistrationForm, *, failure: str = "", **how: Any) -> ResponseReturnValue:
    address = service(Registration).find(token).address
    judge_url = url_for("doors.judge_registration", token=token)
    context: dict[str, Any] = {"form": form, "address": address, "judge_url": judge_url, "failure": failure}
    return page("users/registration.html", "form", **context, **how)


def _open_for_registration() -> Registration:
    """Return the registration. Where it is off there is no such page."""
    if not _registers():
        raise NotFound
    return service(Registration)


def _registers() -> bool:
    return service(Registration).is_open


def _wait(throttled: Throttled) -> list[tuple[str, str]]:
    return [("Retry-After", str(throttled.seconds))]
