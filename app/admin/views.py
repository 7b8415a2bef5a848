"""The first page of the admin centre."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from app.errors import Forbidden
from app.subject import Subject
from app.web.pages import page
from app.web.policy import signed_in
from app.web.site import INSTALLATION, PEOPLE, Card, Site, current_site
from app.web.subjects import current_subject

pages = Blueprint("admin", __name__)


@pages.get("/admin")
@signed_in()
def home() -> ResponseReturnValue:
    """Show the areas that the reader's roles allow."""
    cards = permitted(current_site(), current_subject())
    if not cards:
        raise Forbidden(action="admin.open")
    sections = {name: [_shown(card) for card in cards if card.section == name] for name in (PEOPLE, INSTALLATION)}
    return page("admin/home.html", sections=sections)


def permitted(site: Site, subject: Subject) -> Sequence[Card]:
    """Return the cards whose areas this person may enter, in their order."""
    return sorted((card for card in site.cards if subject.may(card.permission)), key=lambda card: card.order)


def _shown(card: Card) -> Mapping[str, Any]:
    return {
        "title": card.title,
        "text": card.text,
        "icon": card.icon,
        "url": url_for(card.endpoint),
        "fact": card.fact() if card.fact else None,
    }
