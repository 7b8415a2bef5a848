"""What the sharing page sends: levels, end dates and groups, by the ids of people and groups.

Access 'until' a day ends when that day ends where the person who says so lives (their account's time zone). That moment
is stored; everybody reads the day on which it comes for them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import to_user_timezone, to_utc

from app.clock import MICROSECOND
from app.errors import Invalid
from app.vault.policy import Level
from app.vault.sharing import Addition, Wishes
from app.web.additions import NOBODY, addition_names, entered, too_many
from app.web.named_by_id import Form, read_as, read_id, read_named, refuse_others

FIXED = frozenset(
    {"revision", "shown-groups", "published-groups", "add", "add-level", "add-until", "asks-owner", "give-up"}
)


def read_wishes(form: Form) -> tuple[Wishes, dict[str, str]]:
    """Return what was wished, and what is wrong by input. Raises Invalid for what the page cannot have sent.

    Where the page says what it showed (`seen-…`, `published-groups`), what is still so is no wish.
    """
    refuse_others(form, FIXED | addition_names(form), "level-", "until-", "seen-", "group-")
    seen = {user: text.partition(" ") for user, text in read_named(form, "seen-").items()}
    levels = {
        user: _level_or_none(text)
        for user, text in read_named(form, "level-").items()
        if user not in seen or seen[user][0] != text
    }
    until, errors = _ends(form, {user: end for user, (_level, _space, end) in seen.items()})
    shown, ticked = _groups(form)
    additions = []
    for row in entered(form, Level.VIEWER.value):
        end = _end(row.until, errors, row.field)
        additions.append(Addition(row.address, _level(row.level), end, row.field))
    if wrong := too_many(additions):
        errors["add"] = wrong
    return Wishes(levels, until, shown, ticked, more=tuple(additions)), errors


def seen_text(level: str, until: datetime | None) -> str:
    """Return what a page says that it showed of a person."""
    return f"{level} {day_text(until)}"


def day_text(until: datetime | None) -> str:
    """Return the last day of access as inputs hold it: the reader's."""
    return to_user_timezone(last_day(until)).date().isoformat() if until else ""


def end_of(day: date) -> datetime:
    """Return when access 'until' a day ends: with the end of that day in the reader's time zone."""
    ends: datetime = to_utc(datetime.combine(day + timedelta(days=1), time()))
    return ends.replace(tzinfo=UTC)


def last_day(until: datetime) -> datetime:
    """Return a moment on the last day of access, as pages show it."""
    return until - MICROSECOND


def _groups(form: Form) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """Return the groups that are to change, and those of them that are ticked."""
    ticked = frozenset(read_named(form, "group-"))
    shown = _ids(form, "shown-groups")
    if not ticked <= shown:
        raise Invalid(_("This page has groups that it did not show. Open it again."))
    if "published-groups" in form:
        shown = ticked ^ _ids(form, "published-groups") & shown
    return shown, ticked & shown


def _ids(form: Form, name: str) -> frozenset[UUID]:
    return frozenset(read_id(part) for part in form.get(name, "").split(",") if part)


def _ends(form: Form, seen: dict[UUID, str]) -> tuple[dict[UUID, datetime | None], dict[str, str]]:
    found: dict[UUID, datetime | None] = {}
    errors: dict[str, str] = {}
    for user, text in read_named(form, "until-").items():
        if user not in seen or seen[user] != text:
            found[user] = _end(text, errors, f"until-{user}")
    return found, errors


def _end(text: str, errors: dict[str, str], field: str) -> datetime | None:
    """Return when access ends, None for never; what is no day is noted as an error of this input."""
    try:
        return end_of(date.fromisoformat(text)) if text else None
    except (ValueError, OverflowError):
        errors[field] = _("Enter a day such as 2027-01-31.")
        return None


def _level(text: str) -> Level:
    return read_as(Level, text)


def _level_or_none(text: str) -> Level | None:
    return None if text == NOBODY else _level(text)
