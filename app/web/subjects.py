"""Who makes this request: found once by the port that users fill, held by Flask-Login."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from flask import Flask, Request, g
from flask_login import LoginManager, current_user

from app.errors import SignInNeeded, TresorError
from app.subject import Subject
from app.web.site import Site, current_site

NEVER_SENT = "no; cookie"
"""No cookie can have this name. A request with a remember-me cookie, of whichever program, would have no person."""


class ConfirmNeeded(TresorError):
    """A sensitive act, and the password was last asked for too long ago."""

    status = 403


class SomebodyElse(TresorError):
    """Another person has signed in, in another tab, than the one whom the page was made for. Its text is their name."""

    status = 409


class Person:
    """A subject as Flask-Login wants it."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    def get_id(self) -> str:
        return str(self.subject.id)


def find_subjects(app: Flask, site: Site) -> None:
    """Let Flask-Login ask the port for the person of each request."""
    manager = LoginManager()
    manager.session_protection = ""  # it would write into the cookie that holds the form seed and nothing else
    app.config["REMEMBER_COOKIE_NAME"] = NEVER_SENT
    app.login_manager = manager  # type: ignore[attr-defined]  # init_app would read that cookie for static files, too

    def load(request: Request) -> Person | None:
        if "subject_sought" in g:
            return None  # it failed before: the page that says so is shown to nobody in particular
        g.subject_sought = True
        for port in site.subjects:
            if found := port.subject_of(request):
                return Person(found)
        return None

    manager.request_loader(load)


def person() -> Subject | None:
    """Return who makes this request, or None."""
    found = cast(Any, current_user)._get_current_object()
    return found.subject if isinstance(found, Person) else None


def person_if_found() -> Subject | None:
    """Return who makes this request if somebody asked before; without a look into the database, which may be down."""
    return person() if "subject_sought" in g else None


def current_subject() -> Subject:
    """Return who makes this request. Raises SignInNeeded."""
    found = person()
    if found is None:
        raise SignInNeeded()
    return found


def confirmed_subject() -> Subject:
    """Return who makes this request, for a sensitive act. Raises ConfirmNeeded if the password must be asked again."""
    subject, site = current_subject(), current_site()
    within = timedelta(minutes=site.settings.sessions.confirmed_minutes)
    if subject.confirmed_at is None or site.clock() - subject.confirmed_at > within:
        raise ConfirmNeeded()
    return subject
