"""The form that all pages use: it refuses what it did not ask for, and shows no secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField

from app.errors import Invalid

CSRF_FIELD = "csrf_token"


def refuse_unexpected(expected: frozenset[str]) -> None:
    """Raise Invalid if the posted form has a field beyond `expected`, one of them twice, or a file."""
    posted = request.form
    if unknown := sorted(posted.keys() - expected - {CSRF_FIELD}) or sorted(request.files):
        raise Invalid(_("This form has no field %(name)s. Open the page again.", name=unknown[0][:60]))
    if repeated := sorted(name for name, values in posted.lists() if len(values) > 1):
        raise Invalid(_("The field %(name)s came twice. Open the page again.", name=repeated[0][:60]))


class TresorForm(FlaskForm):
    """A form whose fields are all that may be posted, each once."""

    class Meta(FlaskForm.Meta):
        """WTForms keeps its texts of a language; Flask-WTF would read them from their file for each form."""

        @property
        def locales(self) -> list[str]:  # type: ignore[override]  # WTForms only reads it
            return [str(get_locale() or "en")]

    def __init__(self, **how: Any) -> None:
        FlaskForm.__init__(self, **how)

    def validate_on_submit(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Return whether this is a POST of a form that fits."""
        return bool(FlaskForm.validate_on_submit(self, extra_validators))

    def expected(self) -> frozenset[str]:
        """Return the names of all that may be posted."""
        return frozenset(field.name for field in self)

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        refuse_unexpected(self.expected())
        return bool(super().validate(extra_validators))


class SecretField(StringField):
    """A line that is never sent back, whatever was typed into it."""

    def _value(self) -> str:
        return ""


class SecretAreaField(TextAreaField):
    """Several lines that are never sent back, whatever was typed into them."""

    def _value(self) -> str:
        return ""


def point_out(form: FlaskForm, invalid: Invalid) -> None:
    """Put what is wrong beside its field. Raises Invalid if the form has no such field."""
    if invalid.field not in form:
        raise invalid
    form[invalid.field].errors = [str(invalid)]
