"""What may be done about people, and the permission that guards each use case."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.users.permissions import Permissions

READ, INVITE, CHANGE = "user.read", "user.invite", "user.change"
DISABLE, DELETE, ROLES = "user.disable", "user.delete", "user.roles"

GUARDED = {"user.create": INVITE, "user.disable": DISABLE, "user.enable": DISABLE, "user.roles": ROLES}
"""Use case to permission, where the two have different names or one permission guards several."""


def declare(permissions: Permissions, *, system: LazyString) -> None:
    """Add what may be done about people to the catalogue; no role but Administrator holds any of it by itself."""
    words = {
        READ: (_l("See people"), _l("The list of all people, and each one’s page: roles, groups, sessions.")),
        INVITE: (_l("Invite people"), _l("Let new people in, and withdraw invitations.")),
        CHANGE: (_l("Change people"), _l("Names, end sessions, ask for another password. No password of others.")),
        DISABLE: (_l("Disable people"), _l("Take somebody’s access, and give it back.")),
        DELETE: (_l("Delete people"), _l("For good; what only they own is handed over or deleted.")),
        ROLES: (_l("Grant roles"), _l("Give and take roles that allow no more than their own.")),
    }
    for name, (title, description) in words.items():
        permissions.declare(name, title, description, system=system)
