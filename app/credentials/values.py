"""All values of one secret: validated from specs alone, merged with stored ones, plain and as canonical JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any, TypeVar

from flask_babel import force_locale, get_babel, get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.credentials.declare import Credentials
from app.credentials.fields import FieldSpec, Plain, resolved
from app.credentials.reading import MISSING, holds, is_blank_input, plain, read
from app.credentials.styles import Unfit
from app.errors import Damaged, Invalid

C = TypeVar("C", bound=Credentials)

AGAIN: Mapping[str, LazyString] = {
    "password": _l("Enter the password again, because the server changed"),
    "token": _l("Enter the token again, because the server changed"),
    "key": _l("Enter the key again, because the server changed"),
}


class InvalidValues(Invalid):
    """Values that break the rules of their fields. `errors`: what to enter, by the field's name."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        count = len(errors)
        super().__init__(
            ngettext("Not saved yet. One field needs you.", "Not saved yet. %(num)s fields need you.", count)
        )
        self.errors = dict(errors)


def validate(kind: type[C], values: Mapping[str, object]) -> C:
    """Return an instance of raw or plain values, each in its one normal form.

    A missing value is the field's default, else the field left empty. Raises InvalidValues.
    """
    typed, errors = _read_all(kind, values)
    if errors:
        raise InvalidValues(errors)
    return kind(**typed)


def shown(kind: type[Credentials], values: Mapping[str, object]) -> frozenset[str]:
    """Return the names of the fields that count with these raw values: their `shown_if` holds. Nothing is refused."""
    return frozenset(name for name, counts in _counting(kind, values) if counts)


def _counting(kind: type[Credentials], values: Mapping[str, object]) -> Iterator[tuple[str, bool]]:
    typed: dict[str, object] = {}
    for spec in kind.specs:
        counts = holds(spec, typed)
        yield spec.name, counts
        if not counts:
            typed[spec.name] = spec.empty
            continue
        with suppress(Unfit):
            typed[spec.name] = read(spec, values.get(spec.name, MISSING))


def merge(
    kind: type[Credentials], stored: Credentials, posted: Mapping[str, object], cleared: Collection[str] = ()
) -> dict[str, Plain]:
    """Return what an edit makes of the stored values, fit for `validate`. Raises InvalidValues.

    A blank secret field keeps its stored value, unless its name is in `cleared`, or unless a destination changed:
    a stored secret goes only where it was stored for, so then it must be entered again. What was typed wins over
    `cleared`. Public fields are as posted; a missing one counts as in `validate`.
    """
    values, kept = _with_kept(kind, stored, posted, cleared)
    typed, errors = _read_all(kind, values)
    if any(name not in errors and typed[name] != getattr(stored, name) for name in _destinations(kind)):
        errors = {spec.name: _again(spec) for spec in kind.specs if spec.name in kept and typed.get(spec.name)} | errors
    if errors:
        raise InvalidValues(errors)
    return {name: plain(value) for name, value in typed.items()}


def to_plain(credentials: Credentials) -> dict[str, Plain]:
    """Return the values as JSON has them, by name, in declared order."""
    return {spec.name: plain(getattr(credentials, spec.name)) for spec in credentials.specs}


def to_json(credentials: Credentials) -> bytes:
    """Return the values with their schema's number: UTF-8, keys sorted, no spaces."""
    stored = {"schema": credentials.type.schema, "values": to_plain(credentials)}
    return json.dumps(stored, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode()


def from_json(kind: type[C], data: bytes) -> C:
    """Return what `to_json` wrote, brought to the present schema. Raises Damaged."""
    try:
        stored = json.loads(data)
        schema, values = stored["schema"], stored["values"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise Damaged("stored values are not of the form {schema, values}") from None
    if type(schema) is not int or not isinstance(values, dict):
        raise Damaged("stored values are not of the form {schema, values}")
    return from_stored(kind, schema, values)


def from_stored(kind: type[C], schema: int, values: Mapping[str, object]) -> C:
    """Return stored values as the class now has them, upgraded if they are of an older schema.

    Kinds must fit; bounds are not asked, so that a type with stricter rules still opens what it once took.
    A field that is new and may be left out is its default or empty. Raises Damaged for all else.
    """
    name, present = kind.type.id, kind.type.schema
    if schema > present:
        raise Damaged(f"{name}: stored by schema {schema}, newer than {present}")
    if schema < present:
        try:
            values = kind.upgrade(schema, values)
        except (LookupError, TypeError, ValueError, AttributeError, NotImplementedError) as wrong:
            raise Damaged(f"{name}: no way from schema {schema}: {type(wrong).__name__}") from None
    if unknown := sorted(values.keys() - {spec.name for spec in kind.specs}):
        raise Damaged(f"{name}: stored fields that the class has not: {unknown}")
    typed: dict[str, Any] = {}
    for spec in kind.specs:
        asked = spec.name in values or holds(spec, typed)
        typed[spec.name] = _stored(name, spec, values.get(spec.name, MISSING)) if asked else spec.empty
    return kind(**typed)


def is_blank(credentials: Credentials) -> bool:
    """Return whether every field is empty or still as its form began, in whichever language that was shown."""
    return all(
        value == spec.empty or (spec.has_default and value in _defaults(spec))
        for spec in credentials.specs
        for value in [getattr(credentials, spec.name)]
    )


def as_text(spec: FieldSpec, value: object) -> str:
    """Return a value for a person to read, "" if it is empty."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    labels = dict(spec.choices)
    text = as_input(value)
    return str(labels.get(text, text))


def as_input(value: object) -> str:
    """Return a value as an input's text."""
    written = plain(value)
    return "" if written is None else str(written)


def _read_all(kind: type[Credentials], values: Mapping[str, object]) -> tuple[dict[str, Any], dict[str, str]]:
    known = {spec.name for spec in kind.specs}
    errors = {str(name)[:60]: _("This type has no such field.") for name in values if name not in known}
    typed: dict[str, Any] = {}
    for spec in kind.specs:
        try:
            typed[spec.name] = read(spec, values.get(spec.name, MISSING)) if holds(spec, typed) else spec.empty
        except Unfit as unfit:
            errors[spec.name] = str(unfit)
    return typed, errors


def _with_kept(
    kind: type[Credentials], stored: Credentials, posted: Mapping[str, object], cleared: Collection[str]
) -> tuple[dict[str, object], set[str]]:
    values, kept = dict(posted), set()
    for spec in kind.specs:
        if spec.secret and is_blank_input(spec, posted.get(spec.name)):
            if spec.name in cleared:
                values[spec.name] = spec.empty
            else:
                values[spec.name] = getattr(stored, spec.name)
                kept.add(spec.name)
    return values, kept


def _destinations(kind: type[Credentials]) -> list[str]:
    return [spec.name for spec in kind.specs if spec.destination]


def _again(spec: FieldSpec) -> str:
    known = AGAIN.get(spec.name)
    return str(known) if known else _("Enter “%(label)s” again, because the server changed", label=str(spec.label))


def _stored(type_id: str, spec: FieldSpec, value: object) -> object:
    if value is MISSING:
        if spec.has_default or not spec.required or spec.kind is bool:
            return resolved(spec.default) if spec.has_default else spec.empty
        raise Damaged(f"{type_id}: stored values lack {spec.name}")
    if value is None and spec.optional:
        return None
    if spec.kind in (str, int, bool):
        fits = value if type(value) is spec.kind else MISSING
    else:
        fits = _constructed(spec.kind, value)
    if fits is MISSING:
        raise Damaged(f"{type_id}: the stored {spec.name} does not fit the class")
    return fits


def _constructed(kind: Any, value: object) -> object:
    try:
        return kind(value) if issubclass(kind, Enum) else kind.fromisoformat(value)
    except (ValueError, TypeError):
        return MISSING


def _defaults(spec: FieldSpec) -> list[object]:
    if not isinstance(spec.default, LazyString) or get_locale() is None:
        return [resolved(spec.default)]
    babel: Any = get_babel().instance
    shown: list[object] = []
    for locale in babel.list_translations():
        with force_locale(locale):
            shown.append(str(spec.default))
    return shown
