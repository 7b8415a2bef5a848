"""Set-up: the first administrator, behind a link that every replica prints alike."""

from __future__ import annotations

import hmac

from app.audit.service import Audit
from app.crypto.keyring import Keyring
from app.database import Unit
from app.errors import Refused
from app.keys.keyrings import Keyrings
from app.keys.trail import Note
from app.subject import SYSTEM, GroupLevel
from app.users.permissions import ADMINISTRATOR
from app.users.service import User, Users

ACTOR = "setup"


class Setup:
    """Creates the first administrator, once."""

    def __init__(self, unit: Unit, keyrings: Keyrings, users: Users, audit: Audit) -> None:
        self._unit, self._keyrings, self._users, self._audit = unit, keyrings, users, audit

    def token(self) -> str | None:
        """Return the link's token, or None once set up."""
        keyring = self._keyrings.current
        return None if keyring.set_up else keyring.derive("set-up link").hex()

    def check(self, token: str) -> None:
        """Raise Refused unless this is the link and nobody has used it."""
        expected = self.token()
        if expected is None or not hmac.compare_digest(expected.encode(), token.encode("utf-8", "replace")):
            raise Refused(action="setup.open")
        self._keyrings.refresh()  # another process may have set up meanwhile
        if self._keyrings.current.set_up:
            raise Refused(action="setup.open")

    def first_administrator(self, token: str, *, email: str, first_name: str, last_name: str, password: str) -> User:
        """Create the first administrator, a member of the system group.

        Raises Refused if somebody has set up before, Conflict if somebody does so at this moment, Invalid.
        """
        self.check(token)
        with self._unit.writing():
            self._keyrings.replace(_done, Note("setup.done", actor=ACTOR))  # first: its row lets one of several by
            user = self._users.create(
                ACTOR,
                email=email,
                first_name=first_name,
                last_name=last_name,
                password=password,
                roles=[ADMINISTRATOR],
            )
            record = Note("group.add-member", subject=user.id, actor=ACTOR, detail={"group": str(SYSTEM)})
            return self._users.set_membership(record, user.id, group=SYSTEM, level=GroupLevel.MEMBER)


def _done(keyring: Keyring) -> Keyring:
    if keyring.set_up:
        raise Refused(action="setup.open")
    return keyring.marked_set_up()
