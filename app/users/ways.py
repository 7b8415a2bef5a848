"""Where a form leads back to: a page of ours, and no other."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException

from app.web.gate import is_local
from app.web.site import current_site


def came_from() -> str:
    """Return the page of ours that sent this form, or "" if it can only be the answer to another form."""
    origin, referrer = current_site().settings.origin, request.referrer or ""
    address = referrer.removeprefix(origin) if referrer.startswith(f"{origin}/") else ""
    try:
        current_app.create_url_adapter(request).match(urlsplit(address).path, method="GET")  # type: ignore[union-attr]
    except (HTTPException, ValueError):
        return ""
    return address


def next_page(address: str) -> str:
    """Return an address if it stays on this site, else the start."""
    return address if is_local(address) else url_for("users.start")
