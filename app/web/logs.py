"""The log: one JSON line for each request and each trouble, without values, names or addresses of pages."""

from __future__ import annotations

import json
import logging
import secrets
import sys
import time
import traceback
from types import TracebackType

from flask import Flask, Response, g, has_request_context, request

from app.web.subjects import person_if_found

log = logging.getLogger("app.requests")


class JsonLines(logging.Formatter):
    """Formats a record as JSON; of an exception its class and place, never its text or locals."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"time": self.formatTime(record), "level": record.levelname, "logger": record.name}
        line["message"] = record.getMessage()
        if has_request_context() and "request_id" in g:
            line["request"] = g.request_id
        if record.exc_info and record.exc_info[2] is not None:
            places = traceback.extract_tb(record.exc_info[2])
            line["trace"] = " < ".join(f"{place.filename}:{place.lineno}" for place in reversed(places))
        line.update(getattr(record, "facts", {}))
        return json.dumps(line, ensure_ascii=False)


def without_text(error: BaseException) -> tuple[type[Exception], Exception, TracebackType | None]:
    """Return what the log may show of an error: its places, never its text, which may hold values.

    What caused it is left out too: each error of a chain has its own text.
    """
    return Exception, Exception(), error.__traceback__


def write_logs(app: Flask) -> None:
    """Send the log to standard error, and a line for each request."""
    if not logging.getLogger().handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines())
        logging.getLogger().addHandler(handler)
        logging.getLogger("app").setLevel(logging.INFO)

    @app.before_request
    def begin() -> None:
        g.request_id = secrets.token_hex(8)
        g.begun = time.monotonic()

    @app.after_request
    def end(response: Response) -> Response:
        if request.endpoint not in {"static", "health.healthz"}:
            who = person_if_found()
            facts = {
                "method": request.method,
                "route": request.url_rule.rule if request.url_rule else None,
                "status": response.status_code,
                "who": str(who.id) if who else None,
                "ms": round((time.monotonic() - g.begun) * 1000, 1),
            }
            log.info("request", extra={"facts": facts})
        return response
