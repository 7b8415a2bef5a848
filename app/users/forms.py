"""The forms of signing in, confirming and setting up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, ValidationError

from app.web.forms import TresorForm

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
