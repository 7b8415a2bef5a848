"""What the pages of an account and of people say after a change, by a short word in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import gettext as _

MESSAGES: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "profile": lambda _query: _("Profile saved."),
    "language": lambda _query: _("Language and time zone saved."),
    "look": lambda _query: _("Look saved."),
    "password": lambda _query: _("Password changed. All other sessions have ended."),
    "role": lambda _query: _("Role saved."),
    "role-gone": lambda _query: _("Role deleted. Nobody has it any more."),
    "session": lambda _query: _("Signed out there."),
    "sessions": lambda _query: _("All other sessions have ended."),
}

ADMIN_MESSAGES: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "person": lambda _query: _("User saved."),
    "person-sessions": lambda _query: _("All their sessions have ended."),
    "person-disabled": lambda _query: _("Disabled. All their sessions have ended."),
    "person-enabled": lambda _query: _("Enabled. They can sign in again."),
    "person-settled": lambda _query: _("Handed over or deleted, as chosen. Everybody with access sees it."),
    "person-deleted": lambda _query: _("The user is deleted."),
}
