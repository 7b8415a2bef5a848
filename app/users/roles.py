"""Roles: named sets of permissions."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.options.service import CHANGE as CHANGE_SETTINGS
from app.users.permissions import Permissions

MANAGE = "role.manage"


def declare(permissions: Permissions, *, system: LazyString) -> None:
    """Declare who may change roles and settings."""
    permissions.declare(
        MANAGE,
        _l("Manage roles"),
        _l("Make, change and delete roles; nobody puts into a role what they lack themselves."),
        system=system,
    )
    permissions.declare(
        CHANGE_SETTINGS, _l("Change settings"), _l("Change those of the installation."), system=_l("Installation")
    )
