"""The page of settings, in the admin centre: what holds, where it comes from, and the form that changes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flask import Blueprint, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.audit.service import Event, Overtaken
from app.errors import Invalid
from app.options.ports import FixedSettings, Names
from app.options.service import CHANGE, NAMES, Options, State, Values
from app.web.changes import changed
from app.web.forms import refuse_unexpected
from app.web.named_by_id import Form, impossible, read_revision
from app.web.pages import page
from app.web.policy import requires
from app.web.site import current_site, service
from app.web.subjects import confirmed_subject, current_subject

pages = Blueprint("options", __name__)

FIELDS = frozenset({*NAMES, "revision"})
SWITCH: Mapping[str, LazyString] = {"on": _l("On"), "off": _l("Off")}
SHOWN: Mapping[str, LazyString] = {
    "everybody": _l("Everybody"),
    "groups": _l("People of one’s own groups"),
    "exact": _l("Nobody: a whole address must be typed"),
}
TITLES: Mapping[str, tuple[LazyString, LazyString]] = {
    "registration": (
        _l("Self-registration"),
        _l("People make their own account and confirm it by mail. They get the role Member and nothing else."),
    ),
    "registration_domains": (
        _l("Mail domains"),
        _l("Who may register: addresses of these domains. Empty: every address."),
    ),
    "directory": (
        _l("Search for people"),
        _l("Whom it shows while somebody shares a secret or adds members."),
    ),
}


@pages.get("/admin/settings")
@requires(CHANGE)
def show() -> ResponseReturnValue:
    """Show what holds and where it comes from; what the file alone decides below."""
    state = service(Options).state(current_subject())
    rows = [_row(name, state) for name in NAMES]
    fixed = [each for port in current_site().fillings(FixedSettings) for each in port.fixed_settings()]
    home = url_for("admin.home") if "admin.home" in current_app.view_functions else None
    last = _said(state.last) if state.last else None
    return page("options/show.html", rows=rows, revision=state.revision, fixed=fixed, last=last, home_url=home)


@pages.get("/admin/settings/edit")
@requires(CHANGE)
def edit() -> ResponseReturnValue:
    """Ask for other values."""
    state = service(Options).state(confirmed_subject())
    return _form(state, _as_typed(state.values))


@pages.post("/admin/settings/edit")
@requires(CHANGE, keeps=lambda: FIELDS)
def save() -> ResponseReturnValue:
    """Let other values hold, or show the form again with what is wrong or who was faster."""
    options, subject = service(Options), confirmed_subject()
    refuse_unexpected(FIELDS)
    typed, seen = request.form, read_revision(request.form)
    try:
        options.save(subject, seen=seen, wanted=_wanted(typed))
    except Invalid as invalid:
        return _form(options.state(subject), typed, status=422, errors={invalid.field: str(invalid)})
    except Overtaken as overtaken:
        return _form(options.state(subject), typed, status=409, overtaken=overtaken)
    return changed(url_for("options.show", done="settings"))


@pages.post("/admin/settings/reset")
@requires(CHANGE, keeps=lambda: {"name", "revision"})
def reset() -> ResponseReturnValue:
    """Let one value be as the file says."""
    subject = confirmed_subject()
    refuse_unexpected(frozenset({"name", "revision"}))
    service(Options).reset(subject, seen=read_revision(request.form), name=request.form.get("name", ""))
    return changed(url_for("options.show", done="settings-reset"))


def _form(
    state: State,
    typed: Form,
    *,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    overtaken: Overtaken | None = None,
) -> ResponseReturnValue:
    context: dict[str, Any] = {
        "revision": state.revision,
        "typed": typed,
        "titles": TITLES,
        "switch": SWITCH,
        "shown": SHOWN,
        "errors": dict(errors or {}),
        "conflict": _conflict(state, typed, overtaken) if overtaken else None,
    }
    return page("options/form.html", "form", status=status, **context)


def _wanted(typed: Form) -> Values:
    """Return the values that were entered. Raises Invalid for what no page of ours sends."""
    registration, directory = typed.get("registration", ""), typed.get("directory", "")
    if registration not in SWITCH or directory not in SHOWN:
        raise impossible()
    domains = typed.get("registration_domains", "").replace(",", " ").split()
    return Values(registration == "on", tuple(domains), cast(Any, directory))


def _as_typed(values: Values) -> Form:
    """Return values as the form holds them."""
    domains = "\n".join(values.registration_domains)
    switch = "on" if values.registration else "off"
    return Form({"registration": switch, "registration_domains": domains, "directory": values.directory})


def _row(name: str, state: State) -> dict[str, Any]:
    title, text = TITLES[name]
    return {
        "name": name,
        "title": title,
        "text": text,
        "value": _in_words(name, getattr(state.values, name)),
        "filed": _in_words(name, getattr(state.filed, name)),
        "chosen": name in state.chosen,
    }


def _in_words(name: str, value: Any) -> str:
    """Return a value as a page says it."""
    if name == "registration":
        return str(SWITCH["on" if value else "off"])
    if name == "directory":
        return str(SHOWN[value])
    return ", ".join(value) or _("every address")


def _conflict(state: State, typed: Form, overtaken: Overtaken) -> dict[str, Any]:
    """Return who was faster, and what differs between what holds now and what was typed."""
    wanted, rows = _wanted(typed), []
    for name, (title, _text) in TITLES.items():
        theirs, yours = getattr(state.values, name), getattr(wanted, name)
        if theirs != yours:
            rows.append({"label": title, "theirs": _in_words(name, theirs), "yours": _in_words(name, yours)})
    return {**_said(overtaken.last), "rows": rows, "discard_url": url_for("options.show")}


def _said(last: Event | None) -> dict[str, Any]:
    """Return who changed something, and when."""
    by = last.subject if last else None
    names = [port.name_of(by) for port in current_site().fillings(Names)] if by else []
    return {
        "by": next((name for name in names if name), _("Somebody")),
        "by_me": by == current_subject().id,
        "at": last.time if last else None,
    }
