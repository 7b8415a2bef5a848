"""Where a form leads back to: a page of ours, and no other."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

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


def people_url(user_id: UUID | None = None, **query: Any) -> str:
    """Return the address of somebody's page, or of the list of people; without those, the nearest that there is."""
    there = current_app.view_functions
    if user_id and "admin_users.show" in there:
        return url_for("admin_users.show", user_id=user_id, **query)
    nearest = next((each for each in ("admin_users.list", "admin.home") if each in there), current_site().home)
    return url_for(nearest, **query)
