"""From errors to pages, or to what is said above the page that is open: here a failure becomes an answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Container, Mapping

from flask import Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import HTTPException, SecurityError

from app.errors import Damaged, Forbidden, Misconfigured, SignInNeeded, Throttled, TresorError, Unavailable
from app.web.boundary import PLAIN, TresorFlask
from app.web.changes import way_on
from app.web.forms import CSRF_FIELD
from app.web.gate import CrossSite, TokenMissing, current_policy, public_names, request_id
from app.web.logs import without_text
from app.web.pages import fragment, page
from app.web.parts import PAGE, SHEET_FORM, is_partial, sent_by, wants
from app.web.subjects import ConfirmNeeded, SomebodyElse

log = logging.getLogger(__name__)

NEW_TOKEN = "tresor:token"  # noqa: S105  # the name of an event
"""The event that brings a new form token to the page that is open (static/js/app.js).

It tells no more than the token in every page does, and nobody more than that: the browser said first that our own page
asks (`refuse_other_sites`), other sites cannot read the answer (no CORS header is ever sent) nor have it sent with the
cookie (SameSite), and no cache keeps it. `refuse_other_persons` lets it go to a page of the same person only.
"""


def answer_errors(app: TresorFlask) -> None:
    """Turn every error into a page."""

    @app.errorhandler(TresorError)
    def known(error: TresorError) -> ResponseReturnValue:
        app.abandon(error)
        if error.status >= 500:
            log.error("%s: %s", type(error).__name__, error)
        headers = [("Retry-After", str(error.seconds))] if isinstance(error, Throttled) else []
        title, text = _words(error)
        return error_page(error.status, title=title, text=text, headers=headers)

    @app.errorhandler(SignInNeeded)
    def sign_in(_error: SignInNeeded) -> ResponseReturnValue:
        app.site.unit.roll_back()
        if is_partial():
            return _said_above("session", 401, sign_in_url=url_for(app.site.sign_in))
        if request.method in {"GET", "HEAD"}:
            return redirect(url_for(app.site.sign_in, next=request.full_path.rstrip("?")), 303)
        return error_page(
            401,
            title=_("Your session has ended"),
            text=_("Your session has ended. Sign in in a new tab, then save again."),
        )

    @app.errorhandler(SomebodyElse)
    def somebody_else(error: SomebodyElse) -> ResponseReturnValue:
        app.site.unit.roll_back()
        return _said_above("somebody", error.status, name=str(error))

    @app.errorhandler(ConfirmNeeded)
    def confirm(_error: ConfirmNeeded) -> ResponseReturnValue:
        app.site.unit.roll_back()
        reads = request.method in {"GET", "HEAD"}
        back = request.full_path.rstrip("?") if reads else request.path
        question = url_for(app.site.confirm, next=back)
        if request.method == "POST" and _may_wait():
            return redirect(question, 307)  # with the form, which waits there
        return way_on(question)

    @app.errorhandler(TokenMissing)
    def token(error: TokenMissing) -> ResponseReturnValue:
        app.site.unit.roll_back()
        if is_partial():
            headers = {"HX-Trigger": json.dumps({NEW_TOKEN: {"token": generate_csrf()}})}
            return _said_above("again", 400, headers=headers)
        return _resend_this(400, error.public)

    @app.errorhandler(Unavailable)
    def unavailable(error: Unavailable) -> ResponseReturnValue:
        app.abandon(error)
        log.error("Unavailable: %s", error)
        public = None if is_partial() else _public_names()
        return error_page(503) if public is None else _resend_this(503, public)

    @app.errorhandler(CrossSite)
    def cross_site(_error: CrossSite) -> ResponseReturnValue:
        app.site.unit.roll_back()
        return error_page(
            403,
            title=_("This came from another site"),
            text=_("A form of another site was sent here, so nothing was done. Open the page here and repeat it."),
        )

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        app.site.unit.roll_back()
        if error.code is None or error.code < 400:
            return error
        if isinstance(error, SecurityError):  # of another host no address can be built, so no page either
            return "This is not an address of this site.\n", 400, PLAIN
        return error_page(error.code)

    @app.errorhandler(Misconfigured)
    def misconfigured(error: Misconfigured) -> ResponseReturnValue:
        app.site.unit.roll_back()
        log.error("misconfigured: %s", error)
        return error_page(503)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> ResponseReturnValue:
        app.site.unit.roll_back()
        log.error("unexpected %s", type(error).__name__, exc_info=without_text(error))
        return error_page(500)


def _words(error: TresorError) -> tuple[str, str]:
    """Return the title and text of an error's page; empty: the usual words of its status."""
    if isinstance(error, Damaged) and error.status >= 500:
        return _("This cannot be opened"), _(
            "What is stored here was changed or is incomplete, so Tresor does not show any of it. "
            "Other secrets are not affected. Give your administrator this reference."
        )
    if isinstance(error, Forbidden) and str(error):
        return _("You may not do this here"), str(error)
    return "", "" if error.status >= 500 else str(error)


def error_page(
    status: int, *, title: str = "", text: str = "", headers: list[tuple[str, str]] | None = None
) -> ResponseReturnValue:
    """Render an error's page, or say it above the page that is open; `title` and `text` replace the usual words."""
    reference = request_id() if status >= 500 else None
    context = {"title": title or None, "text": text or None, "reference": reference, "way_on": None}
    if not is_partial() or (wants(PAGE) and status < 500):
        return page("errors/error.html", status=status, headers=headers or [], **context)
    kept = request.method == "POST" and sent_by(SHEET_FORM)
    said = fragment("errors/error.html", "said", status=status, where=_place(), kept=kept, **context)
    return make_response(said, status, headers)


def _said_above(block: str, status: int, *, headers: Mapping[str, str] | None = None, **context: object) -> Response:
    """Say something above the page that is open: in the form of a dialog if that was sent, else as a toast."""
    said = fragment("errors/above.html", block, where=_place(), in_form=sent_by(SHEET_FORM), **context)
    return make_response(said, status, headers)


def _place() -> str:
    return "#sheet-say" if sent_by(SHEET_FORM) else "#toasts"


def _resend_this(status: int, public: Container[str]) -> ResponseReturnValue:
    """Show what was entered once more; secret values are asked for."""
    kept = [(name, value) for name, value in request.form.items() if name in public]
    return resend_page(status, kept=kept, withheld=_withheld(kept), action=request.path)


def resend_page(
    status: int,
    *,
    kept: list[tuple[str, str]],
    action: str,
    withheld: list[tuple[str, bool]] | None = None,
    confirmed: bool = False,
) -> Response:
    """Render the page that sends a form again, to a path of ours, with the entries that were kept.

    confirmed: the form waited for the password, which was right.
    """
    return page(
        "errors/resend.html",
        status=status,
        kept=kept,
        withheld=withheld or [],
        action=action,
        reference=request_id() if status >= 500 else None,
        confirmed=confirmed,
    )


def _public_names() -> Container[str] | None:
    """Return which entries of this request's form may be shown again, or None if it has none or that cannot be told."""
    policy = current_policy()
    if request.method != "POST" or policy is None or policy.keeps is None:
        return None
    try:
        return public_names(policy)
    except TresorError:
        return None


def _may_wait() -> bool:
    """Return whether all of this request's form may be shown again, so that it can wait until something else is asked;
    what may not is typed once more."""
    names = _public_names() or ()
    return all(name in names for name in request.form if name != CSRF_FIELD)


def _withheld(kept: list[tuple[str, str]]) -> list[tuple[str, bool]]:
    """Return the names of the other entries, which are asked for again, and whether they had several lines."""
    names = {name for name, _value in kept} | {CSRF_FIELD}
    return [(name[:60], "\n" in value) for name, value in request.form.items() if name not in names and value]
