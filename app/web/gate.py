"""Before a view runs: the form comes from our own page, and the route's policy is kept."""

from __future__ import annotations

from collections.abc import Container
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import Forbidden as ForbiddenPage
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

from app.errors import Forbidden
from app.web.parts import made_for
from app.web.policy import Policy, policy_of
from app.web.site import current_site
from app.web.subjects import SomebodyElse, current_subject, person

FORMS = frozenset({"", "application/x-www-form-urlencoded", "multipart/form-data"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSite(ForbiddenPage):
    """Another site sent this form."""


class TokenMissing(CSRFError):
    """The form's token is missing, old or wrong: the page is shown again with what was typed. public: those names."""

    def __init__(self, description: str | None = None, *, public: Container[str] = ()) -> None:
        super().__init__(description)
        self.public = public


def guard(app: Flask) -> None:
    """Check each request before its view, in this order: site, whole form, whose page it is, token, who may."""
    csrf = CSRFProtect()
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False)
    csrf.init_app(app)

    @app.before_request
    def check() -> None:
        policy = current_policy()
        if policy is None:
            return
        if request.method not in SAFE:
            refuse_other_sites()
            refuse_other_contents()
            hear_out()
        refuse_other_persons()
        if request.method not in SAFE:
            try:
                csrf.protect()
            except CSRFError as error:
                if not policy.public:
                    current_subject()  # who signed out elsewhere hears that, and not that the page is old
                raise TokenMissing(error.description, public=public_names(policy)) from None
        if not policy.public:
            subject = current_subject()
            if policy.permission and not subject.may(policy.permission):
                raise Forbidden(action=policy.permission)


def current_policy() -> Policy | None:
    """Return the policy of the route that this request asks for."""
    if request.endpoint is None:
        return None
    return policy_of(current_app.view_functions[request.endpoint])


def public_names(policy: Policy) -> Container[str]:
    """Return the fields that may be shown again. Raises Refused and the like if they are not this person's to see."""
    return policy.keeps(**(request.view_args or {})) if policy.keeps else ()


def waiting_names(address: str) -> Container[str]:
    """Return which fields may be shown again of the form that is sent to an address of ours; none if there is none.

    Raises Refused and the like if they are not this person's to see.
    """
    try:
        adapter = current_app.create_url_adapter(request)
        endpoint, arguments = adapter.match(urlsplit(address).path, method="POST")  # type: ignore[union-attr]
    except (HTTPException, ValueError):
        return ()
    policy = policy_of(current_app.view_functions[endpoint])
    return policy.keeps(**arguments) if policy and policy.keeps else ()


def refuse_other_sites() -> None:
    """Raise 403 unless the browser says that our own page sent this form (Fetch Metadata, else Origin)."""
    sent_by = request.headers.get("Sec-Fetch-Site")
    if sent_by == "same-origin":
        return
    if sent_by is None and request.headers.get("Origin") == current_site().settings.origin:
        return
    raise CrossSite()


def refuse_other_contents() -> None:
    """Raise 415 unless the body is a form, as browsers send it, or empty."""
    if request.mimetype not in FORMS:
        raise UnsupportedMediaType()


def hear_out() -> None:
    """Read the whole form, before anybody asks who sends it: what they may is what they may once it is here.

    Raises 413 for one above its limit, 400 for one that was cut short.
    """
    request.form  # noqa: B018  # it is read when it is asked for


def refuse_other_persons() -> None:
    """Raise if somebody else has signed in since the page was made that asks for this part."""
    if (whose := made_for()) and (found := person()) and str(found.id) != whose:
        raise SomebodyElse(found.name)


def is_local(address: str) -> bool:
    """Return whether an address stays on this site: a path without host, scheme or tricks."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    plain = not parts.scheme and not parts.netloc and address.startswith("/") and not address.startswith("//")
    return plain and "\\" not in address and address.isprintable()


def request_id() -> str:
    """Return this request's id, as the log and an error page name it."""
    found: str = g.request_id
    return found
