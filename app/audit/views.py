"""The pages of the audit log: its lines, their export, and the check of the chain."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal

from app.audit.checks import Checks
from app.audit.export import BOM, csv_lines
from app.audit.log import MOST_EXPORTED, Log
from app.audit.pages import NARROWING, asked_for, chain, log_page, narrowed_in_words
from app.audit.words import EXPORT, READ
from app.errors import Invalid
from app.web.changes import changed
from app.web.forms import refuse_unexpected
from app.web.pages import page
from app.web.parts import wants
from app.web.policy import requires
from app.web.site import current_site, service
from app.web.subjects import confirmed_subject, current_subject

pages = Blueprint("audit", __name__)

CHAIN = "div#chain"
NOTHING: frozenset[str] = frozenset()


@pages.get("/admin/audit")
@requires(READ)
def log() -> ResponseReturnValue:
    """Show what happened, newest first; or, while a check goes on, how far it came."""
    if wants(CHAIN):
        return page("audit/log.html", "chain", chain=chain())
    return page("audit/log.html", "log", **log_page(current_subject(), asked_for(request.args)), admin_url=_admin())


@pages.post("/admin/audit/check")
@requires(READ, keeps=lambda: NOTHING)
def check() -> ResponseReturnValue:
    """Check the whole chain: a short one before the answer, a long one beside the requests."""
    refuse_unexpected(NOTHING)
    done = service(Checks).begin(current_subject())
    return changed(url_for("audit.log", done="checked" if done else "checking"))


@pages.get("/admin/audit/export")
@requires(EXPORT)
def export() -> ResponseReturnValue:
    """Say what the file holds."""
    subject, address = confirmed_subject(), asked_for(request.args)
    service(Log).allow_export(subject)
    narrowed = [] if address.wrong else narrowed_in_words(subject, address)
    return page(
        "audit/export.html",
        "form",
        query=address.query,
        wrong=address.wrong,
        narrowed=narrowed,
        most=format_decimal(MOST_EXPORTED),
    )


@pages.post("/admin/audit/export")
@requires(EXPORT, keeps=lambda: NARROWING)
def download() -> ResponseReturnValue:
    """Answer what the address narrowed the log to as CSV."""
    subject, address = confirmed_subject(), asked_for(request.form)
    refuse_unexpected(frozenset(NARROWING))
    if address.wrong:
        raise Invalid(", ".join(address.wrong))
    body = BOM + "".join(csv_lines(service(Log).export(subject, address.asked)))
    name = f"tresor-audit-{current_site().clock():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, 200, headers, content_type="text/csv; charset=utf-8")


def _admin() -> str | None:
    """Return the address of the admin centre, if that system is active."""
    return url_for("admin.home") if "admin.home" in current_app.view_functions else None
