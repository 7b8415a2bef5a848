"""What a form says of a new password while it is typed; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Iterable

from flask import make_response, request
from flask.typing import ResponseReturnValue

from app.users.strength import strength
from app.web.forms import refuse_unexpected
from app.web.pages import fragment
from app.web.site import current_site

PASSWORDS = frozenset({"password", "password_again"})


def judged(near: Iterable[str], *, beside: Iterable[str] = ()) -> ResponseReturnValue:
    """Answer how hard the posted password is to guess. near: its owner's own data; beside: fields with more of it."""
    names = [*beside]
    refuse_unexpected(PASSWORDS.union(names))
    typed = request.form.get("password", "")
    least = current_site().settings.passwords.minimum_length
    known = [*near, *(request.form.get(name, "") for name in names)]
    found = strength(typed, near=known) if typed else None
    return make_response(fragment("users/_strength.html", "strength", judged=found, missing=least - len(typed)))
