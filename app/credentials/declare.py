"""How a credential type is declared: a class of fields, and what it may do with them."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, ClassVar, Protocol, TypeVar, dataclass_transform, get_type_hints
from uuid import UUID

from app.credentials.faults import faults_of
from app.credentials.fields import METADATA, FieldSpec, Text, field, spec_of
from app.errors import Invalid, Misconfigured

C = TypeVar("C", bound="Credentials")


class BadDeclaration(Misconfigured):
    """A credential type is declared wrongly. Each line names the class, the field and what to change."""


class CheckFailed(Invalid):
    """The values do not work. The message is a sentence for a person and repeats no value."""


class Network(Protocol):
    """The one way on which a type reaches servers. Who fills it in decides which servers may be reached.

    Every method raises CheckFailed with 'could not be reached' for whatever hinders it before the server is known
    to be the named one; no answer of a server comes back but what is returned here.
    """

    def smtp(self, host: str, port: int, *, encryption: str, username: str, password: str) -> None:
        """Greet a mail server, encrypt as told ("starttls", "tls", "none"), sign in, send nothing.

        An empty user name: do not sign in. Raises CheckFailed, also if the server refuses the sign-in.
        """

    def http_get(self, url: str, *, basic: tuple[str, str] | None = None, bearer: str | None = None) -> int:
        """Return the status of a GET with `basic` (user name, password) or `bearer` as authorization."""
        ...


class Credentials:
    """What all credential types have in common. A declared class is frozen and takes its fields by keyword."""

    specs: ClassVar[tuple[FieldSpec, ...]] = ()
    type: ClassVar[CredentialType]
    name: str

    def summary(self) -> str:
        """Return one line for lists, of public fields only."""
        return ""

    def check(self, network: Network) -> str:
        """Try the values; return a sentence for a person or raise CheckFailed. Types that can do so override it."""
        raise NotImplementedError

    @classmethod
    def upgrade(cls, schema: int, values: Mapping[str, object]) -> Mapping[str, object]:
        """Return values stored by an older `schema` as the present one has them. Needed from schema 2 on."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __str__(self) -> str:
        return repr(self)


@dataclasses.dataclass(frozen=True)
class CredentialType:
    """What is said about a class of credentials. `group`: its secrets must be published in that group.

    `faults`: what is wrong with the declaration, a line each; the registry refuses a type that has any.
    """

    id: str
    title: Text
    description: Text
    logo: str
    group: UUID | None
    schema: int
    cls: type[Credentials]
    faults: tuple[str, ...] = ()

    @property
    def checkable(self) -> bool:
        """Whether its values can be tested."""
        return self.cls.check is not Credentials.check


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def credential_type(
    id: str,
    *,
    title: Text,
    description: Text,
    logo: str,
    group: UUID | None = None,
    schema: int = 1,
) -> Callable[[type[C]], type[C]]:
    """Make the class a frozen, keyword-only dataclass that prints no values. It registers nothing.

    id: what secrets of this type are stored under; it never changes. logo: a path under static/ or a Lucide icon.
    """

    def declare(cls: type[C]) -> type[C]:
        _refuse_odd_names(cls)
        hints = _hints(cls)
        _give_empty_values(cls, hints)
        try:
            made: Any = dataclasses.dataclass(frozen=True, kw_only=True, repr=False)(cls)
        except (TypeError, ValueError) as wrong:
            raise BadDeclaration(f"{cls.__name__}: {wrong}") from wrong
        declared = [one for one in dataclasses.fields(made) if METADATA in one.metadata]
        made.specs = tuple(spec_of(one.name, hints.get(one.name), one.metadata[METADATA]) for one in declared)
        about = CredentialType(id, title, description, logo, group, schema, made)
        made.type = dataclasses.replace(about, faults=tuple(faults_of(about, RESERVED)))
        return cls

    return declare


RESERVED = frozenset(dir(Credentials)) | {"type", "csrf_token", "version", "revision", "once", "meta"}
"""Names that no field may have, whatever form shows it."""


def _refuse_odd_names(cls: type[Credentials]) -> None:
    """Raise BadDeclaration for names that only a class made by a program can have, and that no dataclass takes."""
    if odd := [name for name in vars(cls).get("__annotations__", {}) if not name.isidentifier()]:
        raise BadDeclaration(*(f"{cls.__name__}.{name}: a field's name is of letters, digits and _" for name in odd))


def _hints(cls: type[Credentials]) -> dict[str, object]:
    """Return the annotations by name; one that its module cannot resolve is `object`, a fault of its field."""
    hints: dict[str, object] = {}
    for base in reversed(cls.__mro__):
        names = vars(sys.modules[base.__module__])
        for name, hint in vars(base).get("__annotations__", {}).items():
            try:
                hints |= get_type_hints(SimpleNamespace(__annotations__={name: hint}), names, dict(vars(base)))
            except (NameError, TypeError, SyntaxError):  # a ClassVar is a TypeError, and no field
                hints[name] = object
    return hints


def _give_empty_values(cls: type[Credentials], hints: Mapping[str, object]) -> None:
    """Let fields that may be left out be left out of the constructor, too."""
    for name, one in vars(cls).items():
        if isinstance(one, dataclasses.Field) and METADATA in one.metadata:
            spec = spec_of(name, hints.get(name), one.metadata[METADATA])
            if not spec.has_default and (not spec.required or spec.kind is bool):
                one.default = spec.empty
