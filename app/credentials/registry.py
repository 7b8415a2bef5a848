"""The credential types of this installation, by id."""

from __future__ import annotations

import dataclasses
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import entry_points

from app.credentials.declare import BadDeclaration, Credentials, CredentialType

ENTRY_POINTS = "tresor.credentials"
UNKNOWN_LOGO = "key"

log = logging.getLogger(__name__)


class Registry:
    """All types, in the order given. A wrong one is BadDeclaration, with a line for each fault of each type.

    knows_logo: tells whether a path under static/ or an icon of that name exists; without it every logo is taken.
    The types handed out here are what pages show: an unknown logo has become the key icon.
    """

    def __init__(self, types: Iterable[type[Credentials]], *, knows_logo: Callable[[str], bool] | None = None) -> None:
        classes = list(dict.fromkeys(types))
        if lines := [line for cls in classes for line in _faults(cls)] or _duplicates(classes):
            raise BadDeclaration(*lines)
        shown = [_with_logo(cls.type, knows_logo) for cls in classes]
        self._types = {declared.id: declared for declared in shown}

    def get(self, type_id: str) -> CredentialType | None:
        return self._types.get(type_id)

    def __getitem__(self, type_id: str) -> CredentialType:
        """Return a type that is known to be installed. Raises KeyError."""
        return self._types[type_id]

    def __iter__(self) -> Iterator[CredentialType]:
        return iter(self._types.values())

    def __len__(self) -> int:
        return len(self._types)


def load_entry_points() -> list[type[Credentials]]:
    """Return the classes that installed packages offer, by the names of their entry points."""
    found = []
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: (entry.name, entry.value)):
        try:
            found.append(entry.load())
        except (ImportError, AttributeError) as wrong:
            raise BadDeclaration(f"entry point {entry.name} = {entry.value}: {wrong}") from wrong
    return found


def _faults(cls: object) -> tuple[str, ...]:
    name = getattr(cls, "__name__", repr(cls))
    if not isinstance(cls, type) or not issubclass(cls, Credentials):
        return (f"{name}: a credential type is a class that extends Credentials",)
    if "type" not in vars(cls):
        return (f"{name}: it lacks the decorator @credential_type(...)",)
    return cls.type.faults


def _duplicates(classes: list[type[Credentials]]) -> list[str]:
    twice = [type_id for type_id, count in Counter(cls.type.id for cls in classes).items() if count > 1]
    return [f"{cls.__name__}: the id {cls.type.id!r} is taken twice" for cls in classes if cls.type.id in twice]


def _with_logo(declared: CredentialType, knows_logo: Callable[[str], bool] | None) -> CredentialType:
    if knows_logo is None or knows_logo(declared.logo):
        return declared
    log.warning("credential type %s: there is no logo %r, the key icon stands for it", declared.id, declared.logo)
    return dataclasses.replace(declared, logo=UNKNOWN_LOGO)
