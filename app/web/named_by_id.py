"""Forms whose field names contain ids, such as `level-<user id>`, read strictly: as our pages write them, or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.errors import Invalid
from app.web.forms import refuse_unexpected

T = TypeVar("T")

Form = MultiDict[str, str]


def refuse_others(form: Form, fixed: frozenset[str], *prefixes: str) -> None:
    """Raise Invalid for a field that is none of `fixed` and begins with no prefix, and for one that came twice."""
    refuse_unexpected(fixed | {name for name in form if name.startswith(prefixes)})


def read_revision(form: Form) -> int:
    """Return the revision that the page showed. Raises Invalid."""
    text = form.get("revision", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid(_("This page does not say what it saw. Open it again."))
    return int(text)


def read_named(form: Form, prefix: str) -> dict[UUID, str]:
    """Return the values of the fields with this prefix, by the id that follows it. Raises Invalid."""
    return {read_id(name.removeprefix(prefix)): value for name, value in form.items() if name.startswith(prefix)}


def read_id(text: str) -> UUID:
    """Return an id; another spelling could name somebody twice. Raises Invalid."""
    found = read_as(UUID, text)
    if str(found) != text:
        raise impossible()
    return found


def read_as(kind: Callable[[str], T], text: str) -> T:
    """Return a text as what `kind` makes of it. Raises Invalid."""
    try:
        return kind(text)
    except ValueError:
        raise impossible() from None


def impossible() -> Invalid:
    """Return what to raise for what no page of ours sends."""
    return Invalid(_("This page sent something that it does not have. Open it again."))
