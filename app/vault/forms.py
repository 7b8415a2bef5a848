"""The forms of the credential types, built from their declarations."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, TypeVar, cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.widgets import DateInput, HiddenInput

from app.credentials import Credentials, FieldSpec
from app.credentials.declare import BadDeclaration
from app.credentials.fields import Plain, resolved
from app.credentials.values import InvalidValues, as_input, merge, shown, to_plain, validate
from app.errors import Invalid
from app.web.forms import SecretAreaField, SecretField, TresorForm

RADIOS = 4
"""Up to so many choices are radios, more are a list to select from."""

CLEAR = "clear-"
NUMBER = re.compile(r"[0-9]{1,9}")


CONTROLS: Mapping[str, Callable[..., object]] = {
    "text": StringField,
    "host": StringField,
    "date": StringField,
    "url": URLField,
    "email": EmailField,
    "multiline": TextAreaField,
    "secret": SecretField,
    "secret-multiline": SecretAreaField,
}

FORM_NAMES = frozenset({"meta", "csrf_token", "form_errors", "version", "once"})
"""What dir() of a form class does not name."""

F = TypeVar("F", bound="CredentialForm")


class VersionField(Field):
    """The number of the version that an edit saw; None if what came is no number."""

    widget = HiddenInput()
    data: int | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = str(valuelist[0]) if valuelist else ""
        self.data = int(text) if NUMBER.fullmatch(text) else None

    def _value(self) -> str:
        return "" if self.data is None else str(self.data)


class CredentialForm(TresorForm):
    """A form with one input for each declared field; an input's `spec` is its field's.

    The inputs themselves refuse nothing: `app.credentials.values` alone says what fits, here as anywhere else.
    """

    credential_class: ClassVar[type[Credentials]]

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        for spec in self.credential_class.specs:
            control: Any = self[spec.name]
            control.spec = spec

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        if not super().validate(extra_validators):
            return False
        try:
            self.read_values()
        except InvalidValues as invalid:
            self.point_out(invalid)
            return False
        return True

    def point_out(self, invalid: InvalidValues) -> None:
        """Show each of the errors at its input."""
        for name, message in invalid.errors.items():
            if name in self and self[name].errors != [message]:
                self[name].errors = [*self[name].errors, message]

    def read_values(self) -> None:
        """Raise InvalidValues if what was entered does not fit."""
        raise NotImplementedError

    def fields_asked(self) -> frozenset[str]:
        """Return the names of the fields that count with what is in the form now."""
        kind = self.credential_class
        return shown(kind, {spec.name: self[spec.name].data for spec in kind.specs if not spec.secret})

    def entered(self) -> dict[str, object]:
        """Return what came for the declared fields, as it came; what is missing is missing, a checkbox is off."""
        found: dict[str, object] = {}
        for spec in self.credential_class.specs:
            given = self[spec.name]
            if spec.kind is bool:
                found[spec.name] = bool(given.raw_data and given.data)
            elif given.raw_data:
                found[spec.name] = given.raw_data[0]
        return found


def deciding(kind: type[Credentials]) -> frozenset[str]:
    """Return the names of the fields on which it depends whether others are asked for; none of them is secret."""
    return frozenset(name for spec in kind.specs for name, _values in spec.shown_if)


def fields_asked(kind: type[Credentials], posted: Mapping[str, str]) -> list[str]:
    """Return the names of the fields that count with these values of the deciding ones, in declared order."""
    raw: dict[str, object] = {
        spec.name: spec.name in posted if spec.kind is bool else posted[spec.name]
        for spec in kind.specs
        if spec.name in posted or spec.kind is bool
    }
    asked = shown(kind, raw)
    return [spec.name for spec in kind.specs if spec.name in asked]


class NewForm(CredentialForm):
    """A secret that does not exist yet. `once` is random, so that the same page sent twice creates one secret."""

    once = HiddenField(default=lambda: secrets.token_urlsafe(24))

    def again(self) -> None:
        """Count as another page from now on, so that what is entered makes a secret of its own."""
        self.once.data = secrets.token_urlsafe(24)

    def read_values(self) -> None:
        validate(self.credential_class, self.entered())

    def values(self) -> dict[str, Plain]:
        """Return the values in their normal form. Raises InvalidValues."""
        return to_plain(validate(self.credential_class, self.entered()))


class EditForm(CredentialForm):
    """An edit of stored credentials, which never shows their secret values.

    `version` is the one that the page saw. If another came meanwhile, the form does not judge: saving is a Conflict.
    """

    version = VersionField()

    def __init__(self, stored: Credentials, *, version: int, **how: Any) -> None:
        public = {spec.name: getattr(stored, spec.name) for spec in stored.specs if not spec.secret}
        texts = {name: value if isinstance(value, bool) else as_input(value) for name, value in public.items()}
        super().__init__(data={**texts, "version": version}, **how)
        self._stored = stored
        self._present = version

    def read_values(self) -> None:
        if not self.version.raw_data or self.version.data is None:
            raise Invalid(_("This form does not say which version it changes. Open the page again."))
        if self.version.data == self._present:
            merge(self.credential_class, self._stored, self.changes(), self.cleared())

    def changes(self) -> dict[str, object]:
        """Return what was entered, for `merge`: raw, and without the secret fields that were left blank."""
        blank = {spec.name for spec in self.credential_class.specs if spec.secret}
        return {name: value for name, value in self.entered().items() if value != "" or name not in blank}

    def cleared(self) -> frozenset[str]:
        """Return the names of the secret fields whose stored values are to be emptied."""
        names = (spec.name for spec in self.credential_class.specs)
        return frozenset(name for name in names if CLEAR + name in self and self[CLEAR + name].data)


class Forms:
    """The form classes of all types, built once: a wrong declaration stops the start and not a user."""

    def __init__(self, kinds: Iterable[type[Credentials]]) -> None:
        """Build them. Raises BadDeclaration if a field has a name that forms use themselves."""
        known = list(kinds)
        self._new = {kind.type.id: build_form(kind) for kind in known}
        self._edit = {kind.type.id: build_edit_form(kind) for kind in known}

    def new(self, kind: type[Credentials], **how: Any) -> NewForm:
        """Return the form of a new secret, filled from the request or else with the defaults."""
        return self._new[kind.type.id](**how)

    def edit(self, stored: Credentials, *, version: int, **how: Any) -> EditForm:
        """Return the form of an edit, filled from the request or else with the stored public values.

        version: the present one. `formdata=None` shows what is stored whatever the request holds.
        """
        return self._edit[stored.type.id](stored, version=version, **how)


def build_form(kind: type[Credentials]) -> type[NewForm]:
    """Return the form class of new secrets, with one input per declared field, in declared order."""
    return _built(NewForm, kind, _inputs(kind))


def build_edit_form(kind: type[Credentials]) -> type[EditForm]:
    """Return the form class of edits: the same inputs, and a box to empty each secret field that may be empty."""
    boxes = {CLEAR + spec.name: _clear_box() for spec in kind.specs if spec.secret and not spec.required}
    return _built(EditForm, kind, _inputs(kind) | boxes)


def _built(base: type[F], kind: type[Credentials], inputs: Mapping[str, object]) -> type[F]:
    if taken := inputs.keys() & (FORM_NAMES | set(dir(base))):
        raise BadDeclaration(f"{kind.__name__}: names that forms use themselves: {', '.join(sorted(taken))}")
    made: Any = type(f"{kind.__name__}{base.__name__}", (base,), {**inputs, "credential_class": kind})
    return cast(type[F], made)


def _inputs(kind: type[Credentials]) -> dict[str, object]:
    return {spec.name: _input(spec) for spec in kind.specs}


def _input(spec: FieldSpec) -> object:
    label: Any = spec.label
    if spec.kind is bool:
        return BooleanField(label, default=bool(spec.default))
    default = partial(_shown_default, spec)
    if spec.style == "choice":
        choices = _choices(spec)
        control = RadioField if len(choices) <= RADIOS else SelectField
        return control(label, default=default, choices=choices, validate_choice=False)
    return CONTROLS[spec.style](label, default=default, **_extra(spec))


def _extra(spec: FieldSpec) -> dict[str, Any]:
    """No `maxlength`: browsers cut what is pasted without a word, the server says what is too long."""
    if spec.kind is int:
        return {"render_kw": {"inputmode": "numeric", "class": "short"}}
    return {"widget": DateInput(), "render_kw": {"class": "short"}} if spec.style == "date" else {}


def _choices(spec: FieldSpec) -> list[Any]:
    nothing = [("", _l("Nothing"))] if not spec.required else []
    return [SelectChoice(value, label) for value, label in (*nothing, *spec.choices)]


def _shown_default(spec: FieldSpec) -> str:
    return as_input(resolved(spec.default))


def _clear_box() -> object:
    label: Any = _l("Empty the stored value")
    return BooleanField(label)
