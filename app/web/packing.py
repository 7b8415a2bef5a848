"""Fewer bytes on the way: static files and pages compressed for browsers that take it, and no token with them."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from functools import lru_cache
from pathlib import Path

from flask import Response, current_app, g, request

from app.web.forms import CSRF_FIELD

PACKED = {".css", ".js"}
SCRIPT = "js/tresor.js"
"""All scripts of a page behind the door, in one file: each request brings a kilobyte of headers."""

SCRIPTS = (
    "vendor/htmx.min.js",
    "vendor/hx-csp.min.js",
    "js/app.js",
    "js/page.js",
    "js/secrets.js",
    "js/people.js",
    "js/overview.js",
    "js/keys.js",
    "js/session.js",
)
"""In the order in which they run."""

SHEET = "css/page.css"
"""The style sheets of every page, in one file for the same reason."""

SHEETS = ("vendor/pico.min.css", "css/tresor.css")

TOGETHER = {SCRIPT: SCRIPTS, SHEET: SHEETS}
"""Files that are put together, without what only their writers read."""

NOTES = {
    ".js": re.compile(rb"(?m)^\s*//.*\n|^\s*/\*(?s:.*?)\*/|^\s+"),
    ".css": re.compile(rb"/\*(?s:.*?)\*/|(?<=[:;,{}])\s+|\s+(?=[{}])|;(?=\s*\})"),
}
"""Comments, indentation and what else only writers need. So no text in our scripts and style sheets may hold these."""

LEVEL = 5
"""Of pages, which are packed anew each time; static files are packed once, as well as gzip can."""

HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
LAST = b"\x03\x00"
"""RFC 1952: gzip's header without a name and time. RFC 1951: an empty last block."""


def packed(response: Response) -> Response:
    """Compress a page whose only lasting secret is the form token, which stays as it is.

    What is compressed with a secret tells of it by its length (BREACH). So the token stands in blocks that are not
    compressed, and nothing before or after refers to it. Never for answers with a revealed value.
    """
    response.vary.add("Accept-Encoding")
    if _takes_gzip() and response.status_code == 200:
        response.set_data(pack(response.get_data(), apart=g.get(CSRF_FIELD, "").encode()))
        response.headers["Content-Encoding"] = "gzip"
    return response


def pack(body: bytes, *, apart: bytes = b"") -> bytes:
    """Return a body as gzip. apart: what is kept out of the compression, wherever it stands; under 64 KiB."""
    made = [HEAD]
    for number, piece in enumerate(body.split(apart) if apart else [body]):
        if number:
            made.append(_as_it_is(apart))
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)  # each with an empty memory
        made += [packer.compress(piece), packer.flush(zlib.Z_FULL_FLUSH)]
    sums = zlib.crc32(body).to_bytes(4, "little") + (len(body) % 2**32).to_bytes(4, "little")
    return b"".join([*made, LAST, sums])


def _as_it_is(data: bytes) -> bytes:
    """Return a stored block (RFC 1951, 3.2.4)."""
    length = len(data)
    return b"\x00" + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little") + data


def static_file(filename: str) -> Response:
    """Send a file below static/, style sheets and scripts packed. Raises NotFound."""
    whole = _together(filename) if filename in TOGETHER else current_app.send_static_file(filename)
    if Path(filename).suffix not in PACKED:
        return whole
    whole.vary.add("Accept-Encoding")
    if not _takes_gzip() or whole.status_code != 200 or "Range" in request.headers:
        return whole
    etag, _weak = whole.get_etag()
    whole.close()
    answer = Response(_packed_file(current_app.static_folder or "", filename, etag or ""), mimetype=whole.mimetype)
    answer.headers["Content-Encoding"] = "gzip"
    answer.vary.add("Accept-Encoding")
    answer.set_etag(f"{etag}-gzip")
    answer.make_conditional(request)
    return answer


def read_static(folder: str, filename: str) -> bytes:
    """Return what a static file holds; those of TOGETHER are put together."""
    if filename not in TOGETHER:
        return (Path(folder) / filename).read_bytes()
    return b"\n".join(_lean(folder, name) for name in TOGETHER[filename])


def _lean(folder: str, name: str) -> bytes:
    """Return a file without what only its writers read; what others have made is lean already."""
    whole = (Path(folder) / name).read_bytes()
    return whole if name.startswith("vendor/") else _without_notes(whole, Path(name).suffix)


def _without_notes(text: bytes, kind: str) -> bytes:
    while text != (text := NOTES[kind].sub(b"", text)):
        pass
    return text


def _together(filename: str) -> Response:
    body = read_static(current_app.static_folder or "", filename)
    kind = "text/css" if filename == SHEET else "text/javascript"
    answer = Response(body, mimetype=kind)
    answer.set_etag(hashlib.sha256(body).hexdigest())
    answer.make_conditional(request, accept_ranges=True, complete_length=len(body))
    return answer


@lru_cache(maxsize=64)
def _packed_file(folder: str, filename: str, _etag: str) -> bytes:
    return gzip.compress(read_static(folder, filename), 9, mtime=0)


def _takes_gzip() -> bool:
    return request.accept_encodings.quality("gzip") > 0
