"""The headers of every answer: what a page may load, and that nobody keeps what is personal."""

from __future__ import annotations

from flask import Flask, Response, request

from app.web.pages import csp_nonce
from app.web.parts import is_partial
from app.web.site import Site

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types htmx"
)
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
OF_PAGES = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
        "microphone=(), midi=(), payment=(), serial=(), usb=(), clipboard-read=(), "
        "clipboard-write=(self), publickey-credentials-get=(self), publickey-credentials-create=(self)"
    ),
}
"""What browsers heed in pages alone; files go without, each would be a third larger."""
PART = ("Tresor-Part", "1")
"""Says to our script that this part of a page comes from here; a proxy's page or a stranger's has no such word."""
FOREVER = "public, max-age=31536000, immutable"
HSTS = "max-age=31536000; includeSubDomains"


def send_headers(app: Flask, site: Site) -> None:
    """Set the headers of every answer, error pages included."""

    @app.after_request
    def add(response: Response) -> Response:
        response.headers.update(FIXED)
        if site.settings.secure:
            response.headers["Strict-Transport-Security"] = HSTS
        if request.endpoint == "static" and response.status_code in {200, 206, 304}:
            response.headers["Cache-Control"] = FOREVER if "v" in request.args else "public, max-age=3600"
            return response
        response.headers.update(OF_PAGES)
        response.headers["Content-Security-Policy"] = POLICY.format(nonce=csp_nonce())
        response.headers["Cache-Control"] = "no-store"
        if is_partial() and (response.status_code < 400 or response.mimetype == "text/html"):
            response.headers[PART[0]] = PART[1]
        response.vary.update(("Cookie", "HX-Request", "HX-Request-Type"))
        return response
