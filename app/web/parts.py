"""What htmx asks for: a part of a page, on behalf of the page that is open in the browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request, request

PAGE = "div#page"
"""What a page shows between header and footer, as htmx names an element: anew after a change in a dialog."""

SHEET_FORM = "form#sheet-form"
"""The form of a dialog, which is also the form of the page with the same address."""


BACKGROUND = "Tresor-Background"
"""The header of what a page asks by itself, which keeps no session alive."""


def is_background(asked: Request) -> bool:
    """Return whether a page asks by itself, and not its person."""
    return BACKGROUND in asked.headers


def is_partial() -> bool:
    """Return whether a script asks for a part of a page."""
    return request.headers.get("HX-Request-Type") == "partial"


def wants(element: str) -> bool:
    """Return whether the part is to replace what is in this element (`tag#id`)."""
    return request.headers.get("HX-Target") == element


def sent_by(element: str) -> bool:
    """Return whether this element (`tag#id`) asks."""
    return request.headers.get("HX-Source") == element


def page_below() -> str:
    """Return the path of the page that is open in the browser, "" if nobody says so that it can be read."""
    try:
        return urlsplit(request.headers.get("HX-Current-URL", "")).path
    except ValueError:
        return ""


def made_for() -> str:
    """Return the id of the person whom the page that asks was made for, "" if nobody says."""
    return request.headers.get("Tresor-Person", "")


def in_dialog() -> bool:
    """Return whether the answer stands in a dialog above another page, and not in the page of its own address."""
    return is_partial() and page_below() != request.path
