"""An e-mail address and a token for the API of a Jira Cloud instance."""

from __future__ import annotations

from urllib.parse import urljoin

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.credentials.declare import CheckFailed, Credentials, Network, credential_type
from app.credentials.fields import field


@credential_type(
    "jira",
    title=_l("Jira API"),
    description=_l("Set the e-mail address and token that connect to the API of a Jira Cloud instance."),
    logo="logos/jira.svg",
)
class Jira(Credentials):
    name: str = field(_l("Name"), default=_l("My Jira instance"), hint=_l("How you will recognise it in the vault."))
    email: str = field(_l("Email"), style="email", section=_l("Sign-in"))
    token: str = field(
        _l("Token"),
        style="secret",
        hint=_l("Create one in your Atlassian account under Security, API tokens."),
        section=_l("Sign-in"),
    )
    site: str = field(
        _l("Site"),
        style="url",
        required=False,
        hint=_l("For example https://your-team.atlassian.net"),
        section=_l("Sign-in"),
    )

    def summary(self) -> str:
        return self.email

    def check(self, network: Network) -> str:
        if not self.site:
            raise CheckFailed(_("Enter the site to test the connection."))
        status = network.http_get(urljoin(self.site, "/rest/api/3/myself"), basic=(self.email, self.token))
        if status in (401, 403):
            raise CheckFailed(_("Jira does not accept this e-mail address with this token."))
        if status != 200:
            raise CheckFailed(_("This site did not answer like Jira (status %(status)s).", status=status))
        return _("Connection works.")
