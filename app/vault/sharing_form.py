"""What the sharing page sends: names that contain the ids of people and groups, read strictly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from uuid import UUID

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.clock import MICROSECOND
from app.errors import Invalid
from app.vault.policy import Level
from app.vault.sharing import Wishes
from app.web.forms import refuse_unexpected

T = TypeVar("T")

FIXED = frozenset({"revision", "shown-groups", "add", "add-level"})
PREFIXES = ("level-", "until-", "group-")
LONGEST = 254

Form = MultiDict[str, str]


def revision_of(form: Form) -> int:
    """Return the revision that the page showed. Raises Invalid."""
    text = form.get("revision", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid(_("This page does not say what it saw. Open it again."))
    return int(text)


def read_wishes(form: Form) -> tuple[Wishes, dict[str, str]]:
    """Return what was wished, and what is wrong by input. Raises Invalid for fields that the page does not have."""
    refuse_unexpected(FIXED | {name for name in form if name.startswith(PREFIXES)})
    levels = {_id(name): _level_or_none(value) for name, value in form.items() if name.startswith("level-")}
    ticked = frozenset(_id(name) for name in form if name.startswith("group-"))
    shown = frozenset(_uuid(part) for part in form.get("shown-groups", "").split(",") if part)
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
    for name, text in form.items():
        if name.startswith("until-"):
            try:
                found[_id(name)] = end_of(date.fromisoformat(text)) if text else None
            except (ValueError, OverflowError):
                errors[name] = _("Enter a day such as 2027-01-31.")
    return found, errors


def _id(name: str) -> UUID:
    return _uuid(name.split("-", 1)[1])


def _uuid(text: str) -> UUID:
    """Return an id as our page writes it; another spelling could name somebody twice."""
    found = _strict(UUID, text)
    if str(found) != text:
        raise _wrong()
    return found


def _level(text: str) -> Level:
    return _strict(Level, text)


def _level_or_none(text: str) -> Level | None:
    return None if text == "none" else _level(text)


def _strict(kind: Callable[[str], T], text: str) -> T:
    try:
        return kind(text)
    except ValueError:
        raise _wrong() from None


def _wrong() -> Invalid:
    return Invalid(_("This page sent something that it does not have. Open it again."))
