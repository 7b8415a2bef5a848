"""The session's cookie in a test's browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.builders import Client

NAME = "session"


def session_token(client: Client) -> str:
    """Return the token of the browser's session, "" if it has none."""
    cookie = client.http.get_cookie(NAME, domain=_host(client))
    return cookie.value if cookie else ""


def take_session(client: Client, token: str) -> None:
    """Give the browser a session's token."""
    client.http.set_cookie(NAME, token, domain=_host(client))


def _host(client: Client) -> str:
    return urlsplit(client.site).hostname or ""
