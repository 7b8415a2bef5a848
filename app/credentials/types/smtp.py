"""A server that sends this installation's mail."""

from __future__ import annotations

from enum import Enum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.credentials.declare import Credentials, Network, credential_type
from app.credentials.fields import field
from app.subject import SYSTEM


class Encryption(Enum):
    """How the line to a mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@credential_type(
    "smtp",
    title=_l("SMTP outgoing mail server"),
    description=_l("An outgoing mail server is needed to send e-mail."),
    logo="logos/smtp.svg",
    group=SYSTEM,
)
class SMTP(Credentials):
    name: str = field(_l("Name"), default=_l("My SMTP server"), hint=_l("How you will recognise it in the vault."))
    host: str = field(_l("Host"), style="host", section=_l("Server"))
    port: int = field(_l("Port"), default=587, minimum=1, maximum=65535, destination=True, section=_l("Server"))
    encryption: Encryption = field(
        _l("Encryption"),
        default=Encryption.STARTTLS,
        style="choice",
        choices={Encryption.STARTTLS: "STARTTLS", Encryption.TLS: "TLS", Encryption.NONE: _l("No encryption")},
        destination=True,
        section=_l("Server"),
    )
    username: str = field(_l("User name"), section=_l("Sign-in"))
    password: str = field(_l("Password"), style="secret", generate="password", section=_l("Sign-in"))
    sender: str = field(
        _l("Sender"), style="email", required=False, hint=_l("Empty: the user name is used."), section=_l("Sign-in")
    )

    def summary(self) -> str:
        return f"{self.username} @ {self.host}"

    def check(self, network: Network) -> str:
        network.smtp(
            self.host,
            self.port,
            encryption=self.encryption.value,
            username=self.username,
            password=self.password,
        )
        return _("Connection works. No mail was sent.")
