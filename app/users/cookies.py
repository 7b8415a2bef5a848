"""The session's cookie: a random token, and nothing that a script or another site can reach."""

from __future__ import annotations

from flask import Request, Response, g, session

from app.settings import Settings
from app.subject import Subject
from app.users.sessions import Sessions
from app.web.forms import CSRF_FIELD
from app.web.parts import is_background


class SessionCookie:
    """Reads and writes the cookie. Fills web.Subjects."""

    def __init__(self, sessions: Sessions, settings: Settings) -> None:
        self._sessions = sessions
        self._secure = settings.secure
        self.name = "__Host-session" if settings.secure else "session"
        self._seconds = settings.sessions.absolute_hours * 3600

    def subject_of(self, request: Request) -> Subject | None:
        """Return the person whose session the request's cookie names."""
        token = request.cookies.get(self.name)
        counts = not is_background(request)
        return self._sessions.subject(token, counts=counts) if token and token.isascii() else None

    def put(self, response: Response, token: str) -> Response:
        """Hand a session to the browser; the CSRF seed of before is of no use any more, nor a token made of it."""
        session.clear()
        g.pop(CSRF_FIELD, None)
        response.set_cookie(
            self.name, token, max_age=self._seconds, secure=self._secure, httponly=True, samesite="Lax", path="/"
        )
        return response

    def remove(self, response: Response) -> Response:
        """Take the session from the browser, with all that it may have kept of pages."""
        session.clear()
        response.delete_cookie(self.name, secure=self._secure, httponly=True, samesite="Lax", path="/")
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response
