"""A user name and password for a website."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.credentials.declare import Credentials, credential_type
from app.credentials.fields import field


@credential_type(
    "login",
    title=_l("Web login"),
    description=_l("User name and password for a website, with its address."),
    logo="logos/login.svg",
)
class Login(Credentials):
    name: str = field(_l("Name"), hint=_l("How you will recognise it in the vault."))
    website: str = field(_l("Website"), style="url", required=False)
    username: str = field(_l("User name"), required=False)
    password: str = field(_l("Password"), style="secret", generate="password")
    notes: str = field(_l("Notes"), style="multiline", required=False)

    def summary(self) -> str:
        return self.username
