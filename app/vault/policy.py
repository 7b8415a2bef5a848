"""What a person may do with a secret, and which permission, level and word each act has."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.credentials.declare import CredentialType
from app.subject import Subject
from app.users.permissions import Permissions

USE, CREATE, CHANGE, SHARE, PUBLISH = "secret.use", "secret.create", "secret.change", "secret.share", "secret.publish"


class Level(StrEnum):
    """What a person may do with a secret. Ordered by `rank`."""

    VIEWER = "viewer"
    EDITOR = "editor"
    OWNER = "owner"

    @property
    def rank(self) -> int:
        return Rank[self.name].value


class Rank(IntEnum):
    """The order of levels."""

    VIEWER = 1
    EDITOR = 2
    OWNER = 3


@dataclass(frozen=True)
class Act:
    """Something that people do with a secret: its word in the trail, the permission and the level that it needs."""

    name: str
    permission: str
    level: Level


OPEN = Act("secret.open", USE, Level.VIEWER)
REVEAL = Act("secret.reveal", USE, Level.VIEWER)
COPY = Act("secret.copy", USE, Level.VIEWER)
HISTORY = Act("secret.history", USE, Level.EDITOR)
ACTIVITY = Act("secret.activity", USE, Level.EDITOR)
EDIT = Act("secret.change", CHANGE, Level.EDITOR)
RESTORE_VERSION = Act("secret.restore-version", CHANGE, Level.EDITOR)
SHARING = Act("secret.sharing", SHARE, Level.OWNER)
LEAVE = Act("secret.leave", USE, Level.VIEWER)
DELETE = Act("secret.delete", CHANGE, Level.OWNER)
RESTORE = Act("secret.restore", CHANGE, Level.OWNER)
PURGE = Act("secret.purge", CHANGE, Level.OWNER)


def declare(permissions: Permissions) -> None:
    """Add the vault's permissions to the catalogue; everybody's role holds them."""
    words = {
        USE: (_l("Use secrets"), _l("List, open, reveal and copy what is theirs or shared with them.")),
        CREATE: (_l("Create secrets"), _l("Keep new secrets in their vault.")),
        CHANGE: (_l("Change secrets"), _l("Edit, test, delete, restore and purge, where their level allows it.")),
        SHARE: (_l("Share secrets"), _l("Give people access to secrets that they own.")),
        PUBLISH: (_l("Publish secrets"), _l("Lend secrets that they own to the automations of their groups.")),
    }
    for name, (title, description) in words.items():
        permissions.declare(name, title, description, everybody=True, system=_l("Vault"))


def barred(subject: Subject, kind: CredentialType) -> str | None:
    """Return why a person cannot create or change secrets of this type: it needs a group they are not in."""
    if kind.group is None or subject.is_member(kind.group):
        return None
    return str(_("This type needs membership of the system group. Ask an administrator."))
