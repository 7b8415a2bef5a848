"""The pages of a person's own account: profile, language and look, security, sessions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from babel import Locale
from babel.dates import get_timezone, get_timezone_gmt, get_timezone_location
from flask import Blueprint, Response, current_app, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

from app.audit.service import Audit
from app.errors import Invalid
from app.subject import Subject
from app.users.address_changes import AddressChanges
from app.users.cookies import SessionCookie
from app.users.devices import device_of
from app.users.forms import LanguageForm, LookForm, PasswordForm, ProfileForm
from app.users.judging import judged
from app.users.known_devices import KnownDevices
from app.users.look import KEYS, THEMES, UTC, ZONES
from app.users.own_sessions import OwnSession, OwnSessions
from app.users.personal_data import PersonalData
from app.users.preferences import Preferences
from app.users.service import Users
from app.users.sign_in import SignIn
from app.users.told import Told
from app.users.ways import came_from, next_page
from app.web.changes import CHANGED, changed, way_on
from app.web.forms import TresorForm, point_out, refuse_unexpected
from app.web.pages import fragment, page
from app.web.parts import is_partial
from app.web.policy import signed_in
from app.web.site import current_site, service
from app.web.subjects import confirmed_subject, current_subject

pages = Blueprint("account", __name__)

NOTHING: frozenset[str] = frozenset()
LOOK = "tresor:look"
"""The event that gives the open page another look (static/js/page.js)."""
VAULT = "vault.list"
"""The page of secrets, where that system is active."""
LOOKS = ("theme", "density", "reveal_seconds", "single_keys")
PASSWORD_EVENTS = ("user.password", "user.create", "invitation.accept")
MOST_DIGITS = 18


@pages.get("/account")
@signed_in()
def profile() -> ResponseReturnValue:
    """Show the cards of names, language and look."""
    return page("users/account.html", "profile", "language", "look", **_cards())


@pages.post("/account/profile")
@signed_in(keeps=lambda: {"first_name", "last_name"})
def save_profile() -> ResponseReturnValue:
    """Change one's own names, or show the card again with what is wrong."""
    form, subject = ProfileForm(), current_subject()
    if form.validate_on_submit():
        names = {"first_name": form.first_name.data or "", "last_name": form.last_name.data or ""}
        try:
            user = service(Users).rename(subject, **names)
        except Invalid as invalid:
            point_out(form, invalid)
        else:
            renamed = replace(subject, first_name=user.first_name, last_name=user.last_name)
            return _saved("profile", menu_of=renamed)
    return page("users/account.html", "profile", status=422, **_cards(profile=form))


@pages.post("/account/language")
@signed_in(keeps=lambda: {"language", "time_zone"})
def save_language() -> ResponseReturnValue:
    """Speak another language, and tell dates by another clock, from now on."""
    form, subject = _language_form(), current_subject()
    if form.validate_on_submit():
        service(Preferences).live(subject, language=form.language.data, time_zone=form.time_zone.data)
        return way_on(url_for("account.profile", done="language"))
    return page("users/account.html", "language", status=422, **_cards(language=form))


@pages.post("/account/look")
@signed_in(keeps=lambda: LOOKS)
def save_look() -> ResponseReturnValue:
    """Let pages look and answer differently from now on."""
    form, subject = _look_form(), current_subject()
    if form.validate_on_submit():
        chosen = {name: form[name].data for name in LOOKS if name in form}
        service(Preferences).arrange(subject, **chosen)
        return _saved("look", event={LOOK: _worn(chosen)})
    return page("users/account.html", "look", status=422, **_cards(look=form))


@pages.post("/account/theme")
@signed_in(keeps=lambda: {"theme"})
def save_theme() -> ResponseReturnValue:
    """Change the theme alone, as the account menu does, and stay on the page."""
    refuse_unexpected(frozenset({"theme"}))
    theme = request.form.get("theme", "")
    if theme not in THEMES:
        raise Invalid(_("Choose one of the themes."))
    service(Preferences).wear(current_subject(), theme=theme)
    if is_partial():
        return make_response("", 200, {"HX-Trigger": json.dumps({LOOK: _worn({"theme": theme})})})
    return redirect(next_page(came_from()), 303)


@pages.get("/account/security")
@signed_in()
def security() -> ResponseReturnValue:
    """Show what protects the account, and the way to one's own data."""
    subject, changes = current_subject(), service(AddressChanges)
    events = service(Audit).changes(subject.id, only=PASSWORD_EVENTS, most=1)
    return page(
        "users/security.html",
        changed_at=events[0].time if events else None,
        pending=changes.pending(subject),
        told=service(Told).of(subject.id),
    )


@pages.post("/account/told")
@signed_in(keeps=lambda: {"number"})
def dismiss() -> ResponseReturnValue:
    """Remember that a person has read what others did with their account, up to the event that the page named."""
    refuse_unexpected(frozenset({"number"}))
    number = request.form.get("number", "")
    if not (number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS):
        raise Invalid(_("Open the page again."))
    service(Told).dismiss(current_subject(), number=int(number))
    return changed(next_page(came_from()))


@pages.get("/account/security/password")
@signed_in()
def password() -> ResponseReturnValue:
    """Ask for another password."""
    confirmed_subject()
    return page("users/password.html", "form", form=PasswordForm(formdata=None))


@pages.post("/account/security/password")
@signed_in(keeps=lambda: NOTHING)
def save_password() -> ResponseReturnValue:
    """Change it, which ends all other sessions, and give this browser a new one."""
    subject, form = confirmed_subject(), PasswordForm()
    if form.validate_on_submit():
        try:
            entry = service(SignIn).change_password(
                subject,
                password=form.password.data or "",
                device=request.user_agent.string,
                known=service(SessionCookie).known(request),
            )
        except Invalid as invalid:
            point_out(form, invalid)
        else:
            answer = make_response(way_on(url_for("account.security", done="password")))
            return service(SessionCookie).put(answer, entry)
    return page("users/password.html", "form", status=422, form=form)


@pages.post("/account/security/strength")
@signed_in(keeps=lambda: NOTHING)
def judge() -> ResponseReturnValue:
    """Say how hard a password is to guess while it is typed; nothing of it is kept."""
    subject = current_subject()
    return judged((subject.email, subject.first_name, subject.last_name))


@pages.get("/account/export")
@signed_in()
def export() -> ResponseReturnValue:
    """Say what the file holds."""
    confirmed_subject()
    return page("users/export.html", "form")


@pages.post("/account/export")
@signed_in(keeps=lambda: NOTHING)
def download() -> ResponseReturnValue:
    """Answer one's own data as a file."""
    subject = confirmed_subject()
    refuse_unexpected(NOTHING)
    data = service(PersonalData).export(subject)
    body = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    headers = {"Content-Disposition": 'attachment; filename="tresor-account.json"'}
    return Response(body, 200, headers, content_type="application/json")


@pages.get("/account/sessions")
@signed_in()
def sessions() -> ResponseReturnValue:
    """Show the browsers that are signed in."""
    found = [_shown(each) for each in service(OwnSessions).of(current_subject())]
    return page("users/sessions.html", sessions=found)


@pages.post("/account/sessions/<uuid:session_id>/end")
@signed_in(keeps=lambda session_id: NOTHING)  # noqa: ARG005  # named as the view's argument
def end_session(session_id: UUID) -> ResponseReturnValue:
    """Sign one browser out."""
    refuse_unexpected(NOTHING)
    subject = current_subject()
    if service(OwnSessions).end(subject, session_id):
        return _left(subject)
    return changed(url_for("account.sessions", done="session"))


@pages.post("/account/sessions/end-others")
@signed_in(keeps=lambda: NOTHING)
def end_others() -> ResponseReturnValue:
    """Sign all other browsers out."""
    refuse_unexpected(NOTHING)
    service(OwnSessions).end_others(current_subject())
    return changed(url_for("account.sessions", done="sessions"))


@pages.post("/account/sessions/end-all")
@signed_in(keeps=lambda: NOTHING)
def end_all() -> ResponseReturnValue:
    """Sign out everywhere, here too; only this browser remains known."""
    refuse_unexpected(NOTHING)
    subject, cookies = current_subject(), service(SessionCookie)
    user = service(OwnSessions).end_all(subject)
    return cookies.put_known(_left(subject), service(KnownDevices).with_account(cookies.known(request), user))


def _left(subject: Subject) -> Response:
    """Lead to the door who has no session any more."""
    for leaver in current_site().leavers:
        leaver(subject.id)
    return service(SessionCookie).remove(make_response(way_on(url_for("users.login"))))


def _saved(done: str, *, menu_of: Subject | None = None, event: Mapping[str, object] | None = None) -> Response:
    """Go on to the account's page; a page that is open says so, and changes its menu and its look."""
    answer: Response = make_response(changed(url_for("account.profile", done=done)))
    if is_partial() and menu_of:
        answer.set_data(answer.get_data(as_text=True) + fragment("layout.html", "menu", subject=menu_of, again=True))
    if is_partial() and event:
        answer.headers["HX-Trigger"] = json.dumps({CHANGED: {}, **event})
    return answer


def _worn(chosen: Mapping[str, Any]) -> dict[str, str]:
    """Return of what was chosen that which pages carry on their root element, by its name there."""
    names = {"theme": "theme", "density": "density", "keys": "single_keys"}
    return {name: chosen[field] for name, field in names.items() if field in chosen}


def _cards(**posted: TresorForm) -> dict[str, Any]:
    """Return the context of the account's page: the posted form with its mistakes, the others as stored."""
    subject = current_subject()
    look = service(Preferences).look(subject)
    stored = {
        "theme": look.theme or THEMES[0],
        "density": look.density or "comfortable",
        "reveal_seconds": look.reveal_seconds,
        "single_keys": KEYS[0] if look.single_keys else KEYS[1],
    }
    forms: dict[str, TresorForm] = {
        "profile": ProfileForm(formdata=None, data={"first_name": subject.first_name, "last_name": subject.last_name}),
        "language": _language_form(
            formdata=None, data={"language": str(get_locale()), "time_zone": look.time_zone or UTC}
        ),
        "look": _look_form(formdata=None, data=stored),
    }
    return {"forms": {**forms, **posted}}


def _look_form(**how: Any) -> LookForm:
    """Return the form of the look, without what is about secrets where there are none."""
    form = LookForm(**how)
    if VAULT not in current_app.view_functions:
        del form.reveal_seconds, form.density
    return form


def _language_form(**how: Any) -> LanguageForm:
    form = LanguageForm(**how)
    form.time_zone.choices = _zones()
    return form


def _zones() -> list[SelectChoice]:
    """Return the time zones by continent and city, in the reader's language, with what they are ahead of UTC now."""
    locale, now = Locale.parse(str(get_locale())), current_site().clock()
    found = [SelectChoice(UTC)]
    for continent, zones in ZONES.items():
        named = [(get_timezone_location(zone, locale=locale, return_city=True), zone) for zone in zones]
        for city, zone in sorted(named):
            ahead = get_timezone_gmt(now.astimezone(get_timezone(zone)), locale=locale)
            found.append(SelectChoice(zone, f"{city} ({ahead})", optgroup=locale.territories[continent]))
    return found


def _shown(session: OwnSession) -> dict[str, Any]:
    device = device_of(session.agent)
    return {
        "id": session.id,
        "device": device.name,
        "icon": "smartphone" if device.carried else "monitor",
        "begun_at": session.begun_at,
        "seen_at": session.seen_at,
        "this": session.this,
    }
