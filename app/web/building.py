"""Builds the Flask app of a site: limits, cookies, guards, headers, pages for errors."""

from __future__ import annotations

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from werkzeug.middleware.proxy_fix import ProxyFix

from app.settings import CHECKOUT
from app.web import health, shortcuts
from app.web.answers import answer_errors
from app.web.boundary import TresorFlask
from app.web.gate import guard
from app.web.headers import send_headers
from app.web.languages import speak
from app.web.logs import write_logs
from app.web.packing import static_file
from app.web.pages import serve_pages
from app.web.policy import public
from app.web.rendering import SharedTemplate
from app.web.saying import tell_once
from app.web.site import EXTENSION, Site
from app.web.subjects import find_subjects


class FormCookies(SecureCookieSessionInterface):
    """Flask's signed cookie with a key from the keyring; it holds the CSRF seed and nothing else."""

    def __init__(self) -> None:
        self._kept: tuple[bytes, URLSafeTimedSerializer | None] | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return what signs with the present key, made once for each key."""
        ports = app.extensions[EXTENSION].form_keys
        key = ports[0].form_key() if ports else None
        if key is None:
            return None
        if self._kept is None or self._kept[0] != key:
            app.secret_key = key
            self._kept = key, super().get_signing_serializer(app)
        return self._kept[1]


def build_app(site: Site) -> TresorFlask:
    """Return the app of a site, still without the pages of its systems."""
    app = TresorFlask("tresor", static_folder=str(CHECKOUT / "static"), template_folder=str(CHECKOUT / "templates"))
    app.extensions[EXTENSION] = site
    app.url_map.merge_slashes = False  # its redirect would be built from the Host header
    app.jinja_env.template_class = SharedTemplate
    app.session_interface = FormCookies()
    app.config.update(_config(site))
    write_logs(app)
    find_subjects(app, site)
    guard(app)
    send_headers(app, site)
    tell_once(app, site)
    speak(app, site)
    serve_pages(app, site)
    answer_errors(app)
    app.register_blueprint(health.pages)
    app.register_blueprint(shortcuts.pages)
    app.view_functions["static"] = public()(static_file)
    if hops := site.settings.server.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _config(site: Site) -> dict[str, object]:
    form_bytes = site.settings.web.form_kib * 1024
    secure = site.settings.secure
    return {
        "WTF_I18N_ENABLED": False,  # WTForms' own texts, as TresorForm.Meta asks for them
        "MAX_CONTENT_LENGTH": form_bytes,
        "MAX_FORM_MEMORY_SIZE": form_bytes,
        "SESSION_COOKIE_NAME": "__Host-form" if secure else "form",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PREFERRED_URL_SCHEME": "https" if secure else "http",
    }
