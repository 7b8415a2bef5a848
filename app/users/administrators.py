"""Who administers the installation now."""

from __future__ import annotations

from sqlalchemy import select

from app.database import Unit
from app.users.permissions import ADMINISTRATOR
from app.users.service import ACTIVE, USER, USER_ROLE, User, Users


class Administrators:
    """Finds active administrators; their own rows decide."""

    def __init__(self, unit: Unit, users: Users) -> None:
        self._unit, self._users = unit, users

    def active(self, *, most: int) -> list[User]:
        """Return the active people with the role Administrator, by name."""
        holders = select(USER_ROLE.c.user).join(USER, USER.c.id == USER_ROLE.c.user)
        here = (USER_ROLE.c.role == ADMINISTRATOR) & (USER.c.status == ACTIVE)
        ids = self._unit.execute(holders.where(here).order_by(USER_ROLE.c.user).limit(most)).scalars().all()
        found = [each for each in self._users.people(ids).values() if each.active]
        return sorted((each for each in found if ADMINISTRATOR in each.account.roles), key=lambda each: each.name)
