"""What is answered to a change that succeeded: the way on, or, from a dialog, the page below it anew."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from flask import make_response, redirect
from flask.typing import ResponseReturnValue

from app.web.pages import fragment
from app.web.parts import in_dialog, is_partial, page_below
from app.web.site import current_site

CHANGED = "tresor:changed"
"""The event that closes the dialog it comes from and fetches the page below anew (static/js/app.js)."""

NOWHERE = {"HX-Reswap": "none"}
"""The answer takes the place of nothing, even if it says nothing: the form that was sent stays until it closes."""


def way_on(url: str) -> ResponseReturnValue:
    """Lead the whole browser on to `url`, whoever asks: the page or a script."""
    return make_response("", 200, {"HX-Redirect": url, **NOWHERE}) if is_partial() else redirect(url, 303)


def changed(url: str, *, gone: str = "") -> ResponseReturnValue:
    """Go on to `url`, whose query's `done` names what is said; from a dialog, say it above the page below.

    gone: the path of a page that shows nothing any more; a browser that stands there goes on, too.
    """
    below = page_below()
    if not in_dialog() or (gone and f"{below}/".startswith(f"{gone}/")):
        return way_on(url)
    query = dict(parse_qsl(urlsplit(url).query))
    message = current_site().messages.get(query.get("done", ""))
    said = fragment("_toast.html", "toast", look="ok", message=message(query)) if message else ""
    return make_response(said, 200, {"HX-Trigger": CHANGED, **NOWHERE})
