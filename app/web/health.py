"""Whether the process lives, and whether what it needs answers."""

from __future__ import annotations

import logging

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from app.errors import Misconfigured, TresorError
from app.web.policy import public
from app.web.site import current_site

log = logging.getLogger(__name__)
pages = Blueprint("health", __name__)


@pages.get("/healthz")
@public()
def healthz() -> ResponseReturnValue:
    """Answer that the process lives."""
    return jsonify(status="ok")


@pages.get("/readyz")
@public()
def readyz() -> ResponseReturnValue:
    """Answer which of database, blobs, keyring and trail are ready; 503 if one is not."""
    states = {name: _state(name) for name in current_site().checks}
    return jsonify(states), 200 if set(states.values()) <= {"ok"} else 503


def _state(name: str) -> str:
    try:
        current_site().checks[name]()
    except (TresorError, Misconfigured) as error:
        log.error("not ready: %s: %s", name, error)
        return "failed"
    return "ok"
