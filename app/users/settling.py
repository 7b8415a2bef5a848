"""What becomes of what only a disabled person owns: administrators hand it over, unread, or delete it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from flask_babel import gettext as _

from app.database import Unit
from app.errors import Invalid, Refused
from app.subject import Subject
from app.users.administration import Administration
from app.users.catalogue import DELETE
from app.users.directory import Directory
from app.users.ports import Alone, Holding, Holdings
from app.users.service import User

MOST_AT_ONCE = 20
ACTION = "user.settle"


class Settling:
    """Shows and settles holdings. Nobody learns more of one than what it is, who has it and where it is used."""

    def __init__(
        self, unit: Unit, administration: Administration, directory: Directory, holdings: list[Holdings]
    ) -> None:
        self._unit, self._administration, self._directory, self._holdings = unit, administration, directory, holdings

    def owned(self, user: User) -> Mapping[str, int]:
        """Return how much of each kind a person owns."""
        found: dict[str, int] = {}
        for port in self._holdings:
            found |= port.owned(user.id)
        return found

    def alone_count(self, user: User) -> int:
        """Return how much nobody else owns who is active."""
        return sum(port.alone_count(user.id) for port in self._holdings)

    def in_trash(self, user: User) -> int:
        """Return how much lies in a person's trash."""
        return sum(port.in_trash(user.id) for port in self._holdings)

    def alone(self, user: User, *, page: int = 1) -> Alone:
        """Return a page of what nobody else owns who is active; the last one for a number beyond it."""
        holdings: list[Holding] = []
        page = min(page, max(1, -(-self.alone_count(user) // MOST_AT_ONCE)))
        skip, total, damaged, listed = (page - 1) * MOST_AT_ONCE, 0, 0, 0
        for port in self._holdings:
            found = port.alone(user.id, most=MOST_AT_ONCE - len(holdings), skip=skip)
            skip = max(0, skip - found.listed)
            holdings += found.holdings
            total, damaged, listed = total + found.total, damaged + found.damaged, listed + found.listed
        return Alone(holdings, total, damaged, listed, page)

    def open(self, subject: Subject, user_id: UUID, *, page: int = 1) -> tuple[User, Alone]:
        """Return a disabled person and a page of what is theirs alone.

        Raises Forbidden, Refused; Invalid for who is active.
        """
        subject.require(DELETE, action=ACTION)
        user = self._administration.changeable(subject, user_id, ACTION)
        _refuse_active(user)
        return user, self.alone(user, page=page)

    def settle(self, subject: Subject, user_id: UUID, *, heirs: Mapping[UUID, str], deletions: Sequence[UUID]) -> None:
        """Hand over to the people with these addresses, and delete: all of it, or nothing.

        heirs: address by holding. Raises Invalid for more than a page of them and for who cannot own it (field
        `to-<holding>`), Forbidden, Refused.
        """
        subject.require(DELETE, action=ACTION)
        if len(heirs) + len(deletions) > MOST_AT_ONCE:
            raise Invalid(_("At most %(most)s at a time.", most=MOST_AT_ONCE))
        with self._unit.writing():
            for port in self._holdings:
                port.hold([*heirs, *deletions])
            known: dict[str, User] = {}  # each address counts once as a search
            for holding, address in heirs.items():
                known[address] = known.get(address) or self._heir(subject, holding, address)
            also = [heir.id for heir in known.values()]
            subject, user = self._administration.held(subject, user_id, ACTION, DELETE, also=also)
            _refuse_active(user)
            ports = {each: self._port(user, each) for each in (*heirs, *deletions)}
            for holding, address in heirs.items():
                try:
                    ports[holding].hand_over(subject, user.id, holding, to=known[address].id)
                except Invalid as invalid:
                    raise Invalid(invalid.message, field=f"to-{holding}") from None
            for holding in deletions:
                ports[holding].delete(subject, user.id, holding)

    def _heir(self, subject: Subject, holding: UUID, address: str) -> User:
        try:
            return self._directory.named(subject, address)
        except Invalid as invalid:
            raise Invalid(invalid.message, field=f"to-{holding}") from None

    def _port(self, user: User, holding: UUID) -> Holdings:
        """Return whose this holding is. Raises Refused if nobody knows it as this person's alone."""
        for port in self._holdings:
            if port.is_alone(user.id, holding):
                return port
        raise Refused(action=ACTION, kind="user", object_id=holding)


def _refuse_active(user: User) -> None:
    if user.active:
        raise Invalid(_("%(name)s is active. Disable them first.", name=user.name))
