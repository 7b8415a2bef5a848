"""The page of the vault's numbers, and its card in the admin centre."""

from __future__ import annotations

from collections.abc import Callable

from flask import current_app, url_for
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _

from app.audit.words import READ
from app.subject import Subject
from app.vault.pages.parts import Context
from app.vault.report import MOST_OWNERLESS, Numbers, Report, title_of
from app.web.site import Fact


def report_page(numbers: Numbers, subject: Subject) -> Context:
    """Return the context of the vault's numbers."""
    kept, trashed = (sum(getattr(each, name) for each in numbers.types) for name in ("kept", "trashed"))
    return {
        "types": [
            {
                "title": title_of(each.kind, each.id),
                "logo": each.kind.logo if each.kind else None,
                "missing": each.kind is None,
                "kept": format_decimal(each.kept),
                "trashed": format_decimal(each.trashed),
                "damaged": each.damaged,
            }
            for each in numbers.types
        ],
        "kept": format_decimal(kept),
        "trashed": format_decimal(trashed),
        "damaged": sum(each.damaged for each in numbers.types),
        "damaged_at": numbers.damaged_at,
        "damage_url": url_for("audit.log", action="damage") if subject.may(READ) else None,
        "ownerless": [
            {
                "title": title_of(each.kind, each.type_id),
                "logo": each.kind.logo if each.kind else None,
                "group": each.group.name,
                "owners": ", ".join(owner.name for owner in each.owners) or _("A deleted user"),
            }
            for each in numbers.ownerless
        ],
        "most": MOST_OWNERLESS if numbers.more else None,
        "admin_url": url_for("admin.home") if "admin.home" in current_app.view_functions else None,
    }


def missing_fact(report: Report) -> Callable[[], Fact | None]:
    """Return what asks whether stored secrets have types that are not installed, for the card."""

    def fact() -> Fact | None:
        missing = len(report.missing_types())
        if not missing:
            return None
        return Fact(ngettext("%(num)s type is not installed", "%(num)s types are not installed", missing), "warn")

    return fact
