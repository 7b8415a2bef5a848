"""What the vault's pages say after a change: by a short word in the address, given the rest of its query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

Message = str | Mapping[str, str]


def _trashed(query: Mapping[str, str]) -> Message:
    """With the way back, if the address names the secret."""
    text = _("In the trash.")
    try:
        secret = UUID(query.get("secret", ""))
    except ValueError:
        return text
    return {"text": text, "url": url_for("vault.restore", secret_id=secret), "label": _("Undo")}


MESSAGES: Mapping[str, Callable[[Mapping[str, str]], Message]] = {
    "saved": lambda _query: _("Secret saved."),
    "shared": lambda _query: _("Sharing saved."),
    "trashed": _trashed,
    "restored": lambda _query: _("Restored from the trash, with everybody who had it."),
    "purged": lambda _query: _("Deleted for good."),
    "version-restored": lambda _query: _("The older values are the current ones again."),
    "withdrawn": lambda _query: _("Withdrawn. The group’s automations can no longer use it."),
}
