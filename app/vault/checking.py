"""Tests a connection with values that somebody entered, before they are stored or instead of storing them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from app.audit.trail import AuditTrail
from app.credentials.declare import Credentials, CredentialType, Network
from app.credentials.registry import Registry
from app.credentials.values import merge, validate
from app.database import Unit
from app.errors import Refused
from app.keys.trail import Note
from app.subject import Subject
from app.users.throttle import Throttle
from app.vault.places import Places
from app.vault.service import Vault

TEST = "secret.test"


class Checking:
    """What people do to find out whether values work. Nothing is stored; each test is recorded with its destination."""

    def __init__(
        self, unit: Unit, vault: Vault, registry: Registry, network: Network, throttle: Throttle, trail: AuditTrail
    ) -> None:
        self._unit, self._vault, self._registry = unit, vault, registry
        self._network, self._throttle, self._trail = network, throttle, trail
        self._places = Places()

    def new(self, subject: Subject, type_id: str, *, values: Mapping[str, object]) -> str:
        """Try values of a secret that does not exist yet, and return a sentence about it.

        Raises CheckFailed with one, InvalidValues, Refused, Forbidden, Throttled.
        """
        kind = self._vault.kind(subject, type_id)
        self.refuse_untestable(kind)
        return self._tried(subject, validate(kind.cls, values), None)

    def stored(
        self, subject: Subject, secret_id: UUID, *, values: Mapping[str, object], cleared: frozenset[str]
    ) -> str:
        """Try a secret as an edit would leave it, and return a sentence about it.

        A blank secret-style field is the stored one, unless a destination changed: then it is asked for again.
        Raises as `new`, and as `Vault.editable`.
        """
        secret = self._vault.editable(subject, secret_id)
        self.refuse_untestable(self._registry[secret.head.type])
        stored = secret.opened
        return self._tried(subject, validate(type(stored), merge(type(stored), stored, values, cleared)), secret_id)

    def refuse_untestable(self, kind: CredentialType) -> None:
        """Raise Refused for a type that cannot try its values."""
        if not kind.checkable:
            raise Refused(action=TEST)

    def _tried(self, subject: Subject, credentials: Credentials, secret_id: UUID | None) -> str:
        """Count the test, take a place for it, record it before anything leaves, then make it."""
        self._throttle.tested(subject.id)
        with self._places.of(subject.id):
            detail = {"type": type(credentials).type.id, "destination": destination(credentials)}
            with self._unit.writing():
                record = Note(TEST, subject=subject.id, detail=detail)
                self._trail.record(record, kind="secret" if secret_id else "", object_id=secret_id)
            self._unit.commit()
            return str(credentials.check(self._network))


def destination(credentials: Credentials) -> str:
    """Return where a test goes: the fields that say where secret values are sent."""
    told = [spec for spec in credentials.specs if spec.destination and not spec.secret]
    return " ".join(str(getattr(credentials, spec.name)) for spec in told if spec.kind in (str, int))[:200]
