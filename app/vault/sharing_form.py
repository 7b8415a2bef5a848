"""What the sharing page sends: levels, end dates and groups, by the ids of people and groups."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from flask_babel import gettext as _

from app.clock import MICROSECOND
from app.errors import Invalid
from app.vault.policy import Level
from app.vault.sharing import Wishes
from app.web.named_by_id import Form, read_as, read_id, read_named, refuse_others

FIXED = frozenset({"revision", "shown-groups", "add", "add-level"})
LONGEST = 254


def read_wishes(form: Form) -> tuple[Wishes, dict[str, str]]:
    """Return what was wished, and what is wrong by input. Raises Invalid for what the page cannot have sent."""
    refuse_others(form, FIXED, "level-", "until-", "group-")
    levels = {user: _level_or_none(text) for user, text in read_named(form, "level-").items()}
    ticked = frozenset(read_named(form, "group-"))
    shown = frozenset(read_id(part) for part in form.get("shown-groups", "").split(",") if part)
    if not ticked <= shown:
        raise Invalid(_("This page has groups that it did not show. Open it again."))
    until, errors = _ends(form)
    add = form.get("add", "").strip()[: LONGEST + 1]
    return Wishes(levels, until, shown, ticked, add, _level(form.get("add-level", Level.VIEWER.value))), errors


def end_of(day: date) -> datetime:
    """Return when access 'until' a day ends: with the end of that day, UTC."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)


def last_day(until: datetime) -> datetime:
    """Return a moment on the last day of access, as pages show it."""
    return until - MICROSECOND


def _ends(form: Form) -> tuple[dict[UUID, datetime | None], dict[str, str]]:
    found: dict[UUID, datetime | None] = {}
    errors = {}
    for user, text in read_named(form, "until-").items():
        try:
            found[user] = end_of(date.fromisoformat(text)) if text else None
        except (ValueError, OverflowError):
            errors[f"until-{user}"] = _("Enter a day such as 2027-01-31.")
    return found, errors


def _level(text: str) -> Level:
    return read_as(Level, text)


def _level_or_none(text: str) -> Level | None:
    return None if text == "none" else _level(text)
