"""Which browser a page tells what was done: the one that did it, once; a link from elsewhere makes it say nothing.

The word stands in the address (`done=…`). A cookie for a minute holds a hash of the address that a view of ours led to.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import parse_qsl, unquote, urlsplit

from flask import Flask, Response, g, request

from app.web.parts import is_partial
from app.web.site import Site

SECONDS = 60
WORD = "done"


def tell_once(app: Flask, site: Site) -> None:
    """Let an answer that leads to what is said be remembered by the browser, until that was shown."""
    secure = site.settings.secure
    name = cookie_name(secure=secure)

    @app.after_request
    def remember(response: Response) -> Response:
        address = response.headers.get("Location") or response.headers.get("HX-Redirect")
        if address and address in g.get("said_next", ()):
            value = mark(address)
            response.set_cookie(name, value, max_age=SECONDS, secure=secure, httponly=True, samesite="Lax", path="/")
        elif "said_here" in g:
            response.delete_cookie(name, secure=secure, httponly=True, samesite="Lax", path="/")
        return response


def cookie_name(*, secure: bool) -> str:
    return "__Host-said" if secure else "said"


def leads_to(address: str) -> str:
    """Note that a view built this address, whose page is to say what was done; return it."""
    g.setdefault("said_next", set()).add(address)
    return address


def is_to_be_said(site: Site) -> bool:
    """Return whether this very browser was led to this address by what it did just now."""
    known = request.cookies.get(cookie_name(secure=site.settings.secure), "")
    path = request.full_path.rstrip("?")
    if is_partial() or not known or not hmac.compare_digest(known.encode(), mark(path).encode()):
        return False
    g.said_here = True
    return True


def mark(address: str) -> str:
    """Return a text that stands for an address of ours, however its letters are written; it tells nothing of it."""
    parts = urlsplit(address)
    plain = repr((unquote(parts.path), sorted(parse_qsl(parts.query, keep_blank_values=True))))
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()
