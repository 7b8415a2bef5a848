"""Who must change the password is led there from every page, until it is done."""

from __future__ import annotations

from flask import Flask, request, url_for
from flask.typing import ResponseReturnValue

from app.web.changes import way_on
from app.web.gate import current_policy
from app.web.subjects import person

OPEN = frozenset(
    {
        "account.password",
        "account.save_password",
        "account.judge",
        "users.confirm",
        "users.confirmed",
        "users.logout",
        "users.session_left",
    }
)
"""What leads to another password, or out."""


def lead_to_password(app: Flask) -> None:
    """Answer a request for anything else that is not everybody's with the way to the page of the password."""

    @app.before_request
    def lead() -> ResponseReturnValue | None:
        policy = current_policy()
        if policy is None or policy.public or request.endpoint in OPEN:
            return None
        who = person()
        if who is None or not who.must_change_password:
            return None
        return way_on(url_for("account.password"))
