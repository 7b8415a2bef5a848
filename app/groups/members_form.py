"""What the members page sends: names that contain people's ids, read strictly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.errors import Invalid
from app.groups.service import Wish
from app.subject import GroupLevel
from app.web.forms import refuse_unexpected

FIXED = frozenset({"revision", "add", "add-level"})
PREFIXES = ("level-", "publications-")

Form = MultiDict[str, str]


@dataclass(frozen=True)
class Wishes:
    """What the page wants changed."""

    people: Sequence[Wish]
    add: str
    add_level: GroupLevel


def revision_of(form: Form) -> int:
    """Return the revision that the page showed. Raises Invalid."""
    text = form.get("revision", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _wrong()
    return int(text)


def read_wishes(form: Form) -> Wishes:
    """Return what was wished. Raises Invalid for what the page cannot have sent."""
    refuse_unexpected(FIXED | {name for name in form if _names_somebody(name)})
    people = [
        Wish(user, _level(value), keep=_keeps(form.get(f"publications-{user}", "keep")))
        for name, value in form.items()
        if name.startswith("level-")
        for user in [UUID(name.removeprefix("level-"))]
    ]
    level = _level(form.get("add-level", GroupLevel.MEMBER.value))
    if level is None:
        raise _wrong()
    return Wishes(people, form.get("add", "").strip(), level)


def _names_somebody(name: str) -> bool:
    """Return whether a name is a prefix and a person's id as our page writes it."""
    prefix = next((each for each in PREFIXES if name.startswith(each)), None)
    try:
        return prefix is not None and str(UUID(name.removeprefix(prefix))) == name.removeprefix(prefix)
    except ValueError:
        return False


def _level(text: str) -> GroupLevel | None:
    if text == "none":
        return None
    try:
        return GroupLevel(text)
    except ValueError:
        raise _wrong() from None


def _keeps(text: str) -> bool:
    if text not in {"keep", "withdraw"}:
        raise _wrong()
    return text == "keep"


def _wrong() -> Invalid:
    return Invalid(_("This page sent something that it does not have. Open it again."))
