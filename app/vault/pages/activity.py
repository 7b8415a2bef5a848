"""A secret's activity: what people did, which automations used it, and what one of them did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from flask import url_for
from flask_babel import format_decimal
from flask_babel import gettext as _

from app.audit.service import MOST_COUNTED
from app.vault.activity import PAGE, ActivityPage, WantedActivity
from app.vault.matching import ACTOR
from app.vault.pages.history import paging
from app.vault.pages.parts import Context
from app.web.paging import page_number

AUTOMATIONS = "automations"


def asked_activity(args: Mapping[str, str]) -> WantedActivity:
    """Return what the address asks for; what makes no sense counts as not asked."""
    actor = args.get("actor", "")
    return WantedActivity(
        automations=args.get("by") == AUTOMATIONS,
        actor=actor if ACTOR.fullmatch(actor) else "",
        page=page_number(args.get("page", "1")) or 1,
    )


def activity_page(found: ActivityPage) -> Context:
    """Return the context of the activity."""
    wanted, head = found.wanted, found.head
    query = {"by": AUTOMATIONS} if wanted.automations else {}
    if wanted.actor:
        query["actor"] = wanted.actor
    listing = paging("vault.activity", head.id, wanted.page, _lines_known(found), **query)
    return {
        "secret": {"id": head.id, "name": head.name},
        "by": AUTOMATIONS if wanted.automations else "people",
        "of": found.used[0].name if wanted.actor else "",
        "lines": [asdict(each) for each in found.lines],
        "used": [
            {**asdict(each.told), "url": url_for("vault.activity", secret_id=head.id, by=AUTOMATIONS, actor=each.actor)}
            for each in found.used
        ],
        "tabs": _tabs(found),
        "listing": {
            **listing,
            "last": listing["first"] + len(found.lines) - 1,
            "counted": format_decimal(min(found.total, MOST_COUNTED)),
            "more": found.total > MOST_COUNTED,
        },
    }


def _lines_known(found: ActivityPage) -> int:
    """Return how many lines there are at least: a full page beyond those that are counted has another after it."""
    if found.total <= MOST_COUNTED or len(found.lines) < PAGE:
        return found.total
    return max(found.total, found.wanted.page * PAGE + 1)


def _tabs(found: ActivityPage) -> list[Context]:
    automations = found.wanted.automations
    return [
        {
            "label": _("People"),
            "url": url_for("vault.activity", secret_id=found.head.id),
            "current": not automations,
        },
        {
            "label": _("Automations"),
            "url": url_for("vault.activity", secret_id=found.head.id, by=AUTOMATIONS),
            "current": automations,
        },
    ]
