"""Cookies of signing in: the session's token, and by what a browser is known. No script or other site sees them."""

from __future__ import annotations

from flask import Request, Response, g, session

from app.settings import Settings
from app.subject import Subject
from app.users.sessions import Sessions
from app.users.sign_in import SignedIn
from app.web.forms import CSRF_FIELD
from app.web.parts import is_background


class SessionCookie:
    """Reads and writes the cookies. Fills web.Subjects.

    The one by which the browser is known outlasts the session and signing out: it lets nobody in, and without it
    whoever tries passwords for the account elsewhere could keep its owner out.
    """

    def __init__(self, sessions: Sessions, settings: Settings) -> None:
        self._sessions = sessions
        self._secure = settings.secure
        self.name = "__Host-session" if settings.secure else "session"
        self._seconds = settings.sessions.absolute_hours * 3600
        self.device_name = "__Host-device" if settings.secure else "device"
        self._device_seconds = settings.limits.device_days * 24 * 3600

    def subject_of(self, request: Request) -> Subject | None:
        """Return the person whose session the request's cookie names."""
        token = request.cookies.get(self.name)
        counts = not is_background(request)
        return self._sessions.subject(token, counts=counts) if token and token.isascii() else None

    def known(self, request: Request) -> str:
        """Return the text by which the browser says that it is known, "" if it does not."""
        return request.cookies.get(self.device_name, "")

    def put(self, response: Response, signed_in: SignedIn) -> Response:
        """Hand a session to the browser; the CSRF seed of before is of no use any more, nor a token made of it."""
        session.clear()
        g.pop(CSRF_FIELD, None)
        response.set_cookie(
            self.name,
            signed_in.token,
            max_age=self._seconds,
            secure=self._secure,
            httponly=True,
            samesite="Lax",
            path="/",
        )
        return self.put_known(response, signed_in.known)

    def put_known(self, response: Response, text: str) -> Response:
        """Hand the browser by what it is known."""
        response.set_cookie(
            self.device_name,
            text,
            max_age=self._device_seconds,
            secure=self._secure,
            httponly=True,
            samesite="Strict",
            path="/",
        )
        return response

    def remove(self, response: Response) -> Response:
        """Take the session from the browser, with all that it may have kept of pages.

        Cookies are not cleared as a whole: the language and what the browser is known by stay.
        """
        session.clear()
        response.delete_cookie(self.name, secure=self._secure, httponly=True, samesite="Lax", path="/")
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response
