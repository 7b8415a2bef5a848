"""What the pages of an account and of people say after a change, by a short word in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import url_for
from flask_babel import gettext as _

from app.users.told import Told
from app.web.site import service
from app.web.subjects import person

MOST_SAID = 3


def told(_query: Mapping[str, str]) -> object:
    """Return what others did with the reader's account and they have not dismissed, or nothing."""
    who = person()
    found = service(Told).unread(who) if who else []
    if not found:
        return ""
    return {
        "look": "warn",
        "text": " ".join(each.text for each in found[:MOST_SAID]),
        "more": {"url": url_for("account.security"), "label": _("See your security page.")},
        "url": url_for("account.dismiss"),
        "label": _("Dismiss"),
        "fields": {"number": found[0].number},
    }


MESSAGES: Mapping[str, Callable[[Mapping[str, str]], object]] = {
    "told": told,
    "asked": lambda _query: _("A link is on its way to the new address. Open it there."),
    "kept": lambda _query: _("Your address stays as it is."),
    "address": lambda _query: _("Address changed. All other sessions have ended."),
    "address-out": lambda _query: _("Address changed. Sign in with the new one."),
    "address-set": lambda _query: _("Address changed. They are told, and their sessions have ended."),
    "invited": lambda _query: _("The invitation is on its way."),
    "uninvited": lambda _query: _("Invitation withdrawn."),
    "profile": lambda _query: _("Profile saved."),
    "language": lambda _query: _("Language and time zone saved."),
    "look": lambda _query: _("Look saved."),
    "password": lambda _query: _("Password changed. All other sessions have ended."),
    "role": lambda _query: _("Role saved."),
    "role-gone": lambda _query: _("Role deleted. Nobody has it any more."),
    "reset": lambda _query: _("Password changed. Sign in with the new one."),
    "registered": lambda _query: _("Your account is ready."),
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
