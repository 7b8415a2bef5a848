"""One raw value of a form, an import or a command, read as the value that its field declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum

from flask_babel import gettext as _

from app.credentials.fields import FieldSpec, Plain, resolved
from app.credentials.styles import STYLES, Unfit

MISSING = object()
"""Stands for a value that was not given at all."""

WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read(spec: FieldSpec, raw: object = MISSING) -> object:
    """Return the typed value; raises Unfit. Missing is the default if there is one, else the field left empty."""
    if raw is MISSING:
        raw = resolved(spec.default) if spec.has_default else spec.empty
    if spec.kind is bool:
        return _switch(raw)
    if is_blank_input(spec, raw):
        if spec.required:
            raise Unfit(_("This field is needed."))
        return spec.empty
    if spec.kind is str:
        return _text(spec, raw)
    if spec.kind is int:
        return _number(spec, raw)
    return _date(raw) if spec.kind is date else _member(spec, raw)


def is_blank_input(spec: FieldSpec, raw: object) -> bool:
    """Return whether nothing was entered. In a secret field, spaces are a value."""
    return raw is None or raw == "" or (isinstance(raw, str) and not spec.secret and not raw.strip())


def plain(value: object) -> Plain:
    """Return a typed value as JSON has it."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, date):
        return value.isoformat()
    assert value is None or isinstance(value, str | int)
    return value


def holds(spec: FieldSpec, values: Mapping[str, object]) -> bool:
    """Return whether the field's `shown_if` holds among the typed values of the fields above it."""
    return all(name in values and values[name] in wanted for name, wanted in spec.shown_if)


def _switch(raw: object) -> bool:
    if raw is None or isinstance(raw, bool):
        return bool(raw)
    raise Unfit(_("Choose on or off."))


def _text(spec: FieldSpec, raw: object) -> str:
    if not isinstance(raw, str):
        raise Unfit(_("Enter a text."))
    text = raw if spec.secret or spec.multiline else raw.strip()
    if spec.maximum is not None and len(text.replace("\r\n", "\n")) > spec.maximum:
        raise Unfit(_("Enter at most %(maximum)s characters.", maximum=spec.maximum))
    text = STYLES[spec.style](text)
    if spec.minimum is not None and len(text) < spec.minimum:
        raise Unfit(_("Enter at least %(minimum)s characters.", minimum=spec.minimum))
    if spec.choices and text not in dict(spec.choices):
        raise Unfit(_choose())
    if spec.pattern and not re.fullmatch(spec.pattern, text):
        raise Unfit(str(spec.pattern_message) or _("Enter this in the form that is described here."))
    return text


def _number(spec: FieldSpec, raw: object) -> int:
    text = str(raw).strip() if type(raw) in (int, str) else ""
    number = int(text) if WHOLE_NUMBER.fullmatch(text) else None
    low, high = spec.minimum, spec.maximum
    if number is None or (low is not None and number < low) or (high is not None and number > high):
        raise Unfit(_number_wanted(low, high))
    return number


def _number_wanted(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return _("Enter a number from %(minimum)s to %(maximum)s", minimum=low, maximum=high)
    if low is not None:
        return _("Enter a number, %(minimum)s or more", minimum=low)
    if high is not None:
        return _("Enter a number, %(maximum)s or less", maximum=high)
    return _("Enter a whole number")


def _date(raw: object) -> date:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    text = raw.strip() if isinstance(raw, str) else ""
    try:
        return date.fromisoformat(text if ISO_DATE.fullmatch(text) else "")
    except ValueError:
        raise Unfit(_("Enter a date, for example %(example)s", example="2030-12-31")) from None


def _member(spec: FieldSpec, raw: object) -> object:
    assert issubclass(spec.kind, Enum)
    offered = dict(spec.choices)
    if isinstance(raw, spec.kind):
        raw = raw.value
    for member in spec.kind:
        if type(raw) in (int, str) and str(raw) == str(member.value) and str(raw) in offered:
            return member
    raise Unfit(_choose())


def _choose() -> str:
    return _("Choose one of the options.")
