"""Help that every page leads to: the keyboard's shortcuts."""

from __future__ import annotations

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from app.web.pages import home_first, page
from app.web.policy import signed_in
from app.web.site import current_site
from app.web.subjects import current_subject

pages = Blueprint("shortcuts", __name__)


@pages.get("/shortcuts")
@signed_in()
def listed() -> ResponseReturnValue:
    """List the keys, with the places that this person may go to."""
    site, subject = current_site(), current_subject()
    places = [(each.label, each.key) for each in home_first(site) if each.key and each.shows(subject)]
    return page(
        "shortcuts.html",
        "form",
        places=places,
        single_keys=subject.single_keys,
        may_create=site.may_create(subject),
        home=url_for(site.home or site.sign_in),
    )
