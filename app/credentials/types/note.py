"""A text that is kept like a password."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.credentials.declare import Credentials, credential_type
from app.credentials.fields import field


@credential_type(
    "note",
    title=_l("Secure note"),
    description=_l("Free text that is encrypted like a password."),
    logo="logos/note.svg",
)
class Note(Credentials):
    name: str = field(_l("Name"), hint=_l("How you will recognise it in the vault."))
    text: str = field(_l("Text"), style="secret-multiline")
