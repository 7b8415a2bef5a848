"""The boundary: each request is one unit of work, committed before its answer is sent."""

from __future__ import annotations

import logging
from functools import cached_property
from io import BytesIO
from typing import IO, Any, cast
from urllib.parse import urlsplit

from flask import Flask, Request, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import SecurityError
from werkzeug.routing import MapAdapter
from werkzeug.wsgi import get_host

from app.errors import Misconfigured, TresorError
from app.web.logs import without_text
from app.web.policy import policy_of
from app.web.saying import WORD, leads_to
from app.web.site import EXTENSION, Site
from app.web.subjects import person

log = logging.getLogger(__name__)

PLAIN = {"Content-Type": "text/plain"}


class FormRequest(Request):
    """A request that takes forms and no files: what a file holds is dropped, and never written to a disk."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return Dropped()


class Dropped(BytesIO):
    """Takes all and keeps nothing."""

    def write(self, data: Any, /) -> int:
        return len(data)


class TresorFlask(Flask):
    """Flask, with one unit of work around each request and a policy for each route."""

    request_class = FormRequest

    @property
    def site(self) -> Site:
        return cast(Site, self.extensions[EXTENSION])

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Bind a request to this site. Raises SecurityError for another host's; the port may be another.

        Flask's TRUSTED_HOSTS cannot do it: none of its entries ever fits an IPv6 address.
        """
        if request is not None and _name(get_host(request.environ)) != self.site.settings.hostname:
            raise SecurityError()
        return super().create_url_adapter(request)

    @cached_property
    def _addresses(self) -> dict[tuple[str, str], str]:
        """The addresses that depend on nothing but where the site is mounted."""
        return {}

    def url_for(self, endpoint: str, **values: Any) -> str:
        """Return an address as Flask does; one without values, of which a page has a dozen, is built once.

        Who asks for one with what was done (`done`) may lead the browser there, which is then told.
        """
        if WORD in values and request:
            return leads_to(super().url_for(endpoint, **values))
        if values or not request or endpoint.startswith("."):
            return super().url_for(endpoint, **values)
        key = request.script_root, endpoint
        if key not in self._addresses:
            self._addresses[key] = super().url_for(endpoint)
        return self._addresses[key]

    def full_dispatch_request(self) -> Response:
        """Answer inside a unit; what error handlers record is committed at its end."""
        with self.site.unit.open():
            return super().full_dispatch_request()

    def dispatch_request(self) -> ResponseReturnValue:
        """Call the view, then commit: if that fails, the answer is an error page and holds no value."""
        answer = super().dispatch_request()
        self.site.unit.commit()
        return answer

    def handle_exception(self, e: Exception) -> Response:
        """Answer when the page of an error failed too: in one line, for which nothing more can be missing."""
        if self.testing:
            raise e
        log.error("unanswered %s", type(e).__name__, exc_info=without_text(e))
        line = ("Something failed here. Try again; if it stays, tell your administrator.\n", 500, PLAIN)
        with self.site.unit.open():
            return self.finalize_request(line, from_error_handler=True)

    def abandon(self, error: TresorError) -> None:
        """Undo what the request wrote, and record the error if it is one that is audited.

        What cannot be recorded stays refused: the answer goes out, and the log tells why the trail does not.
        """
        unit = self.site.unit
        unit.roll_back()
        if error.audited:
            found = person()
            try:
                for port in self.site.refusals:
                    port.refused(error, found.id if found else None)
                unit.commit()
            except TresorError as unrecorded:
                unit.roll_back()
                log.error("not recorded: %s: %s", error.action, unrecorded)

    def check_policies(self) -> None:
        """Raise Misconfigured for each route whose view declares no policy."""
        rules = list(self.url_map.iter_rules())
        lines = [
            f"route {rule.rule}: {rule.endpoint} declares no policy"
            for rule in rules
            if policy_of(self.view_functions[rule.endpoint]) is None
        ]
        if lines:
            raise Misconfigured(*lines)


def _name(host: str) -> str | None:
    """Return the name in a `Host`, which may have a port."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
