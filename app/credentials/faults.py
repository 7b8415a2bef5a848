"""What can be wrong in a declaration, each as a line that names the class, the field and what to change."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterator
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask_babel.speaklater import LazyString

from app.credentials.fields import FieldSpec, resolved
from app.credentials.reading import read
from app.credentials.styles import STYLES, Unfit
from app.generator.making import samples
from app.generator.rule import faults_of as rule_faults

if TYPE_CHECKING:
    from app.credentials.declare import CredentialType

ID = re.compile(r"[a-z][a-z0-9_-]{0,39}")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
KINDS = (str, int, bool, date)


def faults_of(about: CredentialType, reserved: frozenset[str]) -> Iterator[str]:
    """Return one line for each thing that is wrong with a type."""
    kind = about.cls
    for fault in _of_type(about):
        yield f"{kind.__name__}: {fault}"
    above: dict[str, FieldSpec] = {}
    for spec in kind.specs:
        faults = [f"the name {spec.name!r} is reserved"] if spec.name in reserved else []
        for fault in [*faults, *_of_field(spec), *_of_conditions(spec, above)]:
            yield f"{kind.__name__}.{spec.name}: {fault}"
        above[spec.name] = spec


def _of_type(about: CredentialType) -> Iterator[str]:
    if not isinstance(about.id, str) or not ID.fullmatch(about.id):
        yield f"the id {about.id!r} is not a short word of a-z, 0-9, - and _"
    if not _is_text(about.title) or not _is_text(about.description) or not isinstance(about.logo, str):
        yield "title, description and logo are texts, and the title is not empty"
    elif not str(about.title).strip():
        yield "the title is empty"
    if about.group is not None and not isinstance(about.group, UUID):
        yield "group is the id of a group"
    if type(about.schema) is not int or about.schema < 1:
        yield "schema is a number from 1"
    elif about.schema > 1 and not _overrides(about, "upgrade"):
        yield f"schema {about.schema} needs a class method upgrade(schema, values)"
    specs = {spec.name: spec for spec in about.cls.specs}
    first = next(iter(specs.values()), None)
    if first is None or (first.name, first.kind, first.style) != ("name", str, "text"):
        yield "the first field is `name: str = field(...)`"
    elif not first.required or first.shown_if:
        yield "the field name is always needed"
    declared: Any = about.cls
    for one in dataclasses.fields(declared):
        if one.name not in specs:
            yield f"{one.name} is declared without field(...)"


def _overrides(about: CredentialType, method: str) -> bool:
    own = next(base for base in about.cls.__mro__ if method in vars(base))
    return own.__module__ != "app.credentials.declare"


def _of_field(spec: FieldSpec) -> Iterator[str]:
    if not NAME.fullmatch(spec.name):
        yield "a field's name is of letters, digits and _, and begins with a letter"
    if not (spec.kind in KINDS or (issubclass(spec.kind, Enum) and len(spec.kind))):
        yield "the annotation is not one of str, int, bool, date, an Enum, or one of these `| None`"
        return
    if not (_is_text(spec.label) and _is_text(spec.hint) and (spec.section is None or _is_text(spec.section))):
        yield "label, hint and section are texts"
    if spec.style not in _styles(spec.kind):
        yield f"there is no style {spec.style!r} for {spec.kind.__name__}"
        return
    if spec.optional and spec.kind in (str, bool):
        yield f"the empty value of {spec.kind.__name__} is not None; leave `| None` out"
    if not spec.optional and spec.kind not in (str, bool) and (not spec.required or spec.shown_if):
        yield f"may be empty, so annotate it `{spec.kind.__name__} | None`"
    yield from _of_generator(spec)
    yield from _of_bounds(spec)
    yield from _of_choices(spec)
    yield from _of_pattern(spec)
    yield from _of_default(spec)


def _styles(kind: type) -> Collection[str]:
    if kind is str:
        return STYLES
    if kind in (int, bool):
        return ("text",)
    return ("date",) if kind is date else ("choice",)


def _of_bounds(spec: FieldSpec) -> Iterator[str]:
    bounds = [bound for bound in (spec.minimum, spec.maximum) if bound is not None]
    if any(type(bound) is not int for bound in bounds):
        yield "minimum and maximum are whole numbers"
    elif bounds and spec.kind not in (int, str):
        yield "minimum and maximum are for int and text"
    elif bounds != sorted(bounds) or (spec.kind is str and min(bounds) < 0):
        yield "minimum is greater than maximum, or below nought"


def _of_choices(spec: FieldSpec) -> Iterator[str]:
    values = [value for value, _label in spec.choices]
    if spec.style != "choice":
        if values:
            yield "choices are for the style choice"
    elif issubclass(spec.kind, Enum) and not _is_plain(spec.kind):
        yield "the values of an Enum are different texts or numbers, none of them empty"
    elif not values or len(values) != len(set(values)) or not all(_is_text(label) for _value, label in spec.choices):
        yield "choices are different texts, or a mapping of values to labels"
    elif issubclass(spec.kind, Enum):
        if not set(values) <= {str(member.value) for member in spec.kind}:
            yield "choices label members of the Enum"
    elif any(value != value.strip() or not value for value in values):
        yield "choices are texts that are not empty"


def _is_plain(kind: type[Enum]) -> bool:
    values = [member.value for member in kind]
    texts = {str(value) for value in values}
    return {type(value) for value in values} <= {str, int} and len(texts) == len(values) and all(map(str.strip, texts))


def _of_pattern(spec: FieldSpec) -> Iterator[str]:
    if spec.pattern is None:
        return
    if spec.kind is not str or not isinstance(spec.pattern, str) or not _is_text(spec.pattern_message):
        yield "pattern is a regular expression for text, alone or with a sentence"
        return
    try:
        re.compile(spec.pattern)
    except re.error as wrong:
        yield f"the pattern is no regular expression: {wrong}"


def _of_generator(spec: FieldSpec) -> Iterator[str]:
    if spec.generate is None:
        return
    if spec.style != "secret":
        yield "generate is for the style secret"
    elif faults := [*rule_faults(spec.generate, minimum=spec.minimum, maximum=spec.maximum)]:
        yield from faults
    elif spec.pattern and not all(_fits(spec, value) for value in samples(spec.generate)):
        yield "what generate makes does not fit the field itself"


def _fits(spec: FieldSpec, value: str) -> bool:
    try:
        return read(spec, value) == value
    except (Unfit, re.error):
        return False


def _of_default(spec: FieldSpec) -> Iterator[str]:
    default = resolved(spec.default)
    if default is None:
        return
    if type(default) is not spec.kind:
        yield f"the default {default!r} is not of {spec.kind.__name__}"
    elif spec.secret and default:
        yield "a secret field has no default"
    elif default != "" or spec.required:
        yield from _of_reading(spec, default)


def _of_reading(spec: FieldSpec, default: object) -> Iterator[str]:
    try:
        fit = read(spec, default)
    except (Unfit, re.error, LookupError, TypeError) as wrong:
        yield f"the default does not fit the field itself: {wrong}"
    else:
        if fit != default:
            yield f"the default is written {fit!r}"


def _of_conditions(spec: FieldSpec, above: dict[str, FieldSpec]) -> Iterator[str]:
    for name, wanted in spec.shown_if:
        other = above.get(name)
        if other is None or other.secret:
            yield f"shown_if names {name!r}, which is not a public field above it"
        elif not all(type(value) is other.kind or (value is None and other.optional) for value in wanted):
            yield f"shown_if compares {name!r} with something that it never is"


def _is_text(value: object) -> bool:
    return isinstance(value, str | LazyString)
