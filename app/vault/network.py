"""The network that a type's `check` gets: what goes wrong is told in sentences that map nobody's network."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager

from flask_babel import gettext as _

from app.credentials.declare import CheckFailed
from app.outgoing.connect import WayOut
from app.outgoing.http import get_status
from app.outgoing.smtp import MailServer, dialogue
from app.outgoing.trouble import Trouble, Why

SECONDS = 10
"""For one test in all."""


class GuardedNetwork:
    """Reaches servers as security.md's 'Going out' says. Fills credentials.Network."""

    def __init__(self, way: WayOut) -> None:
        self._way = way

    def smtp(self, host: str, port: int, *, encryption: str, username: str, password: str) -> None:
        """Greet, encrypt, sign in, send nothing. Raises CheckFailed."""
        server = MailServer(host, port, encryption, user=username, password=password)
        with _told(), dialogue(self._way, server, seconds=SECONDS):
            pass

    def http_get(self, url: str, *, basic: tuple[str, str] | None = None, bearer: str | None = None) -> int:
        """Return the status of a GET. Raises CheckFailed."""
        headers = {"Accept": "application/json", "User-Agent": "Tresor"}
        if basic:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(basic).encode()).decode()
        elif bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        with _told():
            return get_status(self._way, url, headers, seconds=SECONDS)


@contextmanager
def _told() -> Iterator[None]:
    """Translate trouble into what may be told: our own rules, and what the proven server says of the sign-in."""
    try:
        yield
    except Trouble as trouble:
        raise CheckFailed(sentence(trouble)) from None


def sentence(trouble: Trouble) -> str:
    """Return what whoever tests a connection is told."""
    if trouble.why is Why.PLAIN:
        return str(_("This installation speaks to servers over encrypted connections only."))
    if trouble.why is Why.PORT:
        return str(_("This installation does not use this port. Its administrator decides which ones are used."))
    if trouble.why is Why.SIGN_IN and trouble.answer:
        return str(_("The server does not accept this sign-in. It says: %(answer)s", answer=trouble.answer))
    if trouble.why is Why.SIGN_IN:
        return str(_("The server offers no sign-in that Tresor knows."))
    return str(_("The server could not be reached."))
