"""The forms of signing in, confirming, setting up, and of a person's own account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, HiddenField, PasswordField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind
from wtforms.validators import InputRequired, ValidationError

from app.users.addresses import LONGEST
from app.users.look import DENSITIES, KEYS, REVEALS, THEMES
from app.web.forms import TresorForm
from app.web.languages import LANGUAGES

NEEDED = InputRequired(_l("This field is needed."))


class LoginForm(TresorForm):
    """Who, and the password."""

    email = EmailField(
        _l("Email"), [NEEDED], render_kw={"autocomplete": "username webauthn", "autofocus": True, "maxlength": 254}
    )
    password = PasswordField(_l("Password"), [NEEDED], render_kw={"autocomplete": "current-password"})
    next = HiddenField()


class ConfirmForm(TresorForm):
    """The password again. waiting: the entries of a form that waits for it, which this one carries along."""

    password = PasswordField(
        _l("Password"), [NEEDED], render_kw={"autocomplete": "current-password", "autofocus": True}
    )
    next = HiddenField()

    def __init__(self, *, waiting: Mapping[str, str], **how: Any) -> None:
        super().__init__(**how)
        self.waiting = {name: value for name, value in waiting.items() if name not in self}

    def expected(self) -> frozenset[str]:
        return super().expected() | self.waiting.keys()


class SetupForm(TresorForm):
    """The first administrator."""

    first_name = StringField(_l("First name"), [NEEDED], render_kw={"autocomplete": "given-name", "autofocus": True})
    last_name = StringField(_l("Last name"), [NEEDED], render_kw={"autocomplete": "family-name"})
    email = EmailField(_l("Email"), [NEEDED], render_kw={"autocomplete": "username"})
    password = PasswordField(
        _l("Password"),
        [NEEDED],
        description=_l("At least 15 characters. A few words in a row are easy to remember."),
        render_kw={"autocomplete": "new-password"},
    )
    password_again = PasswordField(_l("Password again"), [NEEDED], render_kw={"autocomplete": "new-password"})

    def validate_password_again(self, again: Any) -> None:
        if again.data != self.password.data:
            raise ValidationError(_("The two passwords differ."))


def offered(values: Sequence[object], labels: Sequence[object]) -> list[SelectChoice]:
    """Return what can be chosen, each value with its label."""
    return [SelectChoice(value, label) for value, label in zip(values, labels, strict=True)]


class RegistrationForm(SetupForm):
    """An account of one's own, whose address is known already."""

    email = None  # type: ignore[assignment]  # so WTForms leaves a field out


class DoorForm(TresorForm):
    """The address of who has no way in: only what can be no address at all is pointed out."""

    email = EmailField(
        _l("Email"), [NEEDED], render_kw={"autocomplete": "username", "autofocus": True, "maxlength": LONGEST}
    )

    def validate_email(self, email: Any) -> None:
        local, _at, domain = email.data.strip().rpartition("@")
        if not (local and domain) or len(email.data) > LONGEST or not email.data.strip().isprintable():
            raise ValidationError(_("Enter an email address, such as anna@example.org"))


class ProfileForm(TresorForm):
    """A person's names."""

    first_name = StringField(_l("First name"), [NEEDED], render_kw={"autocomplete": "given-name", "maxlength": 100})
    last_name = StringField(_l("Last name"), render_kw={"autocomplete": "family-name", "maxlength": 100})


class LanguageForm(TresorForm):
    """The language that pages speak, and the clock that their dates are told by."""

    language = RadioField(_l("Language"), choices=offered([*LANGUAGES], [*LANGUAGES.values()]))
    time_zone = SelectField(_l("Time zone"), description=_l("Dates and times are shown as they are there."))


class LookForm(TresorForm):
    """How pages look and answer."""

    theme = RadioField(_l("Theme"), choices=offered(THEMES, [_l("System"), _l("Light"), _l("Dark")]))
    reveal_seconds = RadioField(
        _l("Show values for"),
        coerce=int,
        choices=offered(REVEALS, [_l("10 s"), _l("30 s"), _l("2 min"), _l("Until I hide")]),
        description=_l("After that they are hidden again."),
    )
    density = RadioField(
        _l("Rows in the vault"),
        choices=offered(DENSITIES, [_l("Comfortable"), _l("Compact")]),
        description=_l("Compact shows about twice as many."),
    )
    single_keys = RadioField(
        _l("Keyboard shortcuts"),
        choices=offered(KEYS, [_l("On"), _l("Off")]),
        description=_l("Single keys, such as / for the search."),
    )


class PasswordForm(TresorForm):
    """Another password, twice."""

    password = PasswordField(
        _l("New password"),
        [NEEDED],
        description=_l("At least 15 characters. A few words in a row are easy to remember."),
        render_kw={"autocomplete": "new-password", "autofocus": True},
    )
    password_again = PasswordField(_l("New password again"), [NEEDED], render_kw={"autocomplete": "new-password"})

    def validate_password_again(self, again: Any) -> None:
        if again.data != self.password.data:
            raise ValidationError(_("The two passwords differ."))


class InviteForm(TresorForm):
    """Whom to invite, what they may do, and the language of their mail. Roles are offered by who asks."""

    email = EmailField(_l("Email"), [NEEDED], render_kw={"autocomplete": "off", "maxlength": 254, "autofocus": True})
    first_name = StringField(_l("First name"), [NEEDED], render_kw={"autocomplete": "off", "maxlength": 100})
    last_name = StringField(_l("Last name"), render_kw={"autocomplete": "off", "maxlength": 100})
    language = RadioField(_l("Language"), choices=offered([*LANGUAGES], [*LANGUAGES.values()]))

    def __init__(self, *, offers: Mapping[UUID, str], **how: Any) -> None:
        super().__init__(**how)
        self.offers = {f"role-{role}": (role, name) for role, name in offers.items()}

    def expected(self) -> frozenset[str]:
        return super().expected() | self.offers.keys()

    def chosen(self) -> list[UUID]:
        """Return the roles that were ticked."""
        return [role for field, (role, _name) in self.offers.items() if field in request.form]


class InvitedForm(TresorForm):
    """What somebody who was invited enters: their names, language, and a password twice."""

    first_name = StringField(_l("First name"), [NEEDED], render_kw={"autocomplete": "given-name", "maxlength": 100})
    last_name = StringField(_l("Last name"), render_kw={"autocomplete": "family-name", "maxlength": 100})
    language = RadioField(_l("Language"), choices=offered([*LANGUAGES], [*LANGUAGES.values()]))
    password = PasswordField(
        _l("Password"),
        [NEEDED],
        description=_l("At least 15 characters. A few words in a row are easy to remember."),
        render_kw={"autocomplete": "new-password"},
    )
    password_again = PasswordField(_l("Password again"), [NEEDED], render_kw={"autocomplete": "new-password"})

    def validate_password_again(self, again: Any) -> None:
        if again.data != self.password.data:
            raise ValidationError(_("The two passwords differ."))


class AddressForm(TresorForm):
    """Another address to sign in with."""

    email = EmailField(
        _l("New email"), [NEEDED], render_kw={"autocomplete": "off", "maxlength": 254, "autofocus": True}
    )
