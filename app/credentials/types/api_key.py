"""A key for the API of a service."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l

from app.credentials.declare import Credentials, credential_type
from app.credentials.fields import field


@credential_type(
    "api_key",
    title=_l("API key"),
    description=_l("One key for a service, with the day on which it ends."),
    logo="logos/api_key.svg",
)
class ApiKey(Credentials):
    name: str = field(_l("Name"), hint=_l("How you will recognise it in the vault."))
    address: str = field(_l("Address"), style="url", required=False)
    key: str = field(_l("Key"), style="secret")
    expires: date | None = field(_l("Valid until"), required=False)
    notes: str = field(_l("Notes"), style="multiline", required=False)

    def summary(self) -> str:
        return urlsplit(self.address).hostname or ""
