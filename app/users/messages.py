"""What the account's pages say after a change, by a short word in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import gettext as _

MESSAGES: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "profile": lambda _query: _("Profile saved."),
    "language": lambda _query: _("Language and time zone saved."),
    "look": lambda _query: _("Look saved."),
    "password": lambda _query: _("Password changed. All other sessions have ended."),
    "reset": lambda _query: _("Password changed. Sign in with the new one."),
    "registered": lambda _query: _("Your account is ready."),
    "session": lambda _query: _("Signed out there."),
    "sessions": lambda _query: _("All other sessions have ended."),
}
