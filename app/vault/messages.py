"""What the vault's pages say after a change: by a short word in the address, given the rest of its query."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

Message = str | Mapping[str, object]

TICKET = re.compile(r"[A-Za-z0-9_-]{1,4000}")


def _trashed(query: Mapping[str, str]) -> Message:
    """With the way back, if the address names the secret."""
    text = _("In the trash.")
    try:
        secret = UUID(query.get("secret", ""))
    except ValueError:
        return text
    return {"text": text, "url": url_for("vault.restore", secret_id=secret), "label": _("Undo")}


def _version_restored(query: Mapping[str, str]) -> Message:
    """With the way back to the version that was current before, if the address names it."""
    text, was = _("The older values are the current ones again."), query.get("was", "")
    try:
        secret = UUID(query.get("secret", ""))
    except ValueError:
        return text
    if not (was.isascii() and was.isdigit() and len(was) < 10):
        return text
    url = url_for("vault.restore_version", secret_id=secret, number=int(was))
    return {"text": text, "url": url, "label": _("Undo"), "fields": {"version": str(int(was) + 1)}}


def _unshared(query: Mapping[str, str]) -> Message:
    """With the way back, if the address names the secret and what was taken."""
    text, undo = _("Sharing saved."), query.get("undo", "")
    try:
        secret = UUID(query.get("secret", ""))
    except ValueError:
        return text
    if not TICKET.fullmatch(undo):
        return text
    url = url_for("vault.give_back", secret_id=secret, undo=undo)
    return {"text": text, "url": url, "label": _("Undo the removal")}


MESSAGES: Mapping[str, Callable[[Mapping[str, str]], Message]] = {
    "saved": lambda _query: _("Secret saved."),
    "shared": lambda _query: _("Sharing saved."),
    "unshared": _unshared,
    "given-back": lambda _query: _("Given back, with the same level and end date."),
    "removed": lambda _query: _("Removed from your vault."),
    "trashed": _trashed,
    "restored": lambda _query: _("Restored from the trash, with everybody who had it."),
    "purged": lambda _query: _("Deleted for good."),
    "version-restored": _version_restored,
    "withdrawn": lambda _query: _("Withdrawn. The group’s automations can no longer use it."),
}
