"""The button 'Test connection': the form again, with a sentence about what was tried."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from app.credentials.declare import CheckFailed
from app.credentials.values import InvalidValues
from app.errors import Throttled
from app.vault.checking import Checking
from app.vault.forms import Forms
from app.vault.pages.editing import edit_page, new_form_page
from app.vault.pages.parts import Context
from app.vault.policy import CHANGE, CREATE
from app.vault.service import Vault
from app.vault.views import edit_form_of, public_names, public_names_of
from app.web.pages import page
from app.web.policy import requires
from app.web.site import service
from app.web.subjects import current_subject

checks = Blueprint("checks", __name__)


@checks.post("/vault/new/<type_id>/test")
@requires(CREATE, keeps=public_names)
def new(type_id: str) -> ResponseReturnValue:
    """Try what was entered for a new secret; nothing is stored."""
    subject = current_subject()
    kind = service(Vault).kind(subject, type_id)
    service(Checking).refuse_untestable(kind)
    form = service(Forms).new(kind.cls)
    tested: Context | None = None
    status = 422
    if form.validate_on_submit():
        try:
            tested = _works(service(Checking).new(subject, type_id, values=form.values()))
            status = 200
        except (CheckFailed, Throttled) as failed:
            tested, status = _fails(failed)
    return page("vault/form.html", "form", status=status, tested=tested, **new_form_page(kind, form, again=True))


@checks.post("/vault/<uuid:secret_id>/test")
@requires(CHANGE, keeps=public_names_of)
def stored(secret_id: UUID) -> ResponseReturnValue:
    """Try a stored secret as the edit would leave it; nothing is stored."""
    subject = current_subject()
    secret = service(Vault).editable(subject, secret_id)
    service(Checking).refuse_untestable(type(secret.opened).type)
    form = edit_form_of(secret)
    tested: Context | None = None
    status = 422
    if form.validate_on_submit():
        try:
            values, cleared = form.changes(), form.cleared()
            tested = _works(service(Checking).stored(subject, secret_id, values=values, cleared=cleared))
            status = 200
        except InvalidValues as invalid:
            form.point_out(invalid)
        except (CheckFailed, Throttled) as failed:
            tested, status = _fails(failed)
    return page("vault/form.html", "form", status=status, tested=tested, **edit_page(secret, form, again=True))


def _works(sentence: str) -> Context:
    return {"works": True, "said": sentence}


def _fails(failed: CheckFailed | Throttled) -> tuple[Context, int]:
    """Return what is said, and the status: a test that failed is a result like any other."""
    return {"works": False, "said": str(failed)}, failed.status if isinstance(failed, Throttled) else 200
