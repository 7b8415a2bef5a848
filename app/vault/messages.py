"""What the vault's pages say after a change: by a short word in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from flask import request, url_for
from flask_babel import gettext as _

Message = str | Mapping[str, str]


def _trashed() -> Message:
    """With the way back, if the address names the secret."""
    text = _("In the trash.")
    try:
        secret = UUID(request.args.get("secret", ""))
    except ValueError:
        return text
    return {"text": text, "url": url_for("vault.restore", secret_id=secret), "label": _("Undo")}


MESSAGES: Mapping[str, Callable[[], Message]] = {
    "saved": lambda: _("Secret saved."),
    "shared": lambda: _("Sharing saved."),
    "trashed": _trashed,
    "restored": lambda: _("Restored from the trash, with everybody who had it."),
    "purged": lambda: _("Deleted for good."),
    "version-restored": lambda: _("The older values are the current ones again."),
    "withdrawn": lambda: _("Withdrawn. The group’s automations can no longer use it."),
}
