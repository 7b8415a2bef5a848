"""Pages: rendering a template or a part of it, and what every template may use."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask import Flask, current_app, g, make_response, render_template, request, url_for
from flask.wrappers import Response
from flask_babel import format_date, format_datetime, get_locale, get_timezone, ngettext
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from lucide.jinja import lucide
from markupsafe import Markup

from app.subject import Subject
from app.web.forms import CSRF_FIELD
from app.web.languages import LANGUAGES
from app.web.packing import read_static
from app.web.parts import PAGE, in_dialog, is_partial, wants
from app.web.saying import WORD, is_to_be_said
from app.web.site import Entry, Site
from app.web.subjects import person

AVATARS = 5
WARNED_SECONDS = 120
"""So long before the end of a session its person is told, or at half of a short one."""

PRODUCT = "Tresor"
SET_BY_CLASS = re.compile(r' (?:width|height|fill|stroke[a-z-]*)="[^"]*"')
BETWEEN_TAGS = re.compile(r">\s+<")
HTMX = json.dumps(
    {
        "extensions": "hx-csp",
        "history": "reload",
        "includeIndicatorCSS": False,
        "noSwap": [204, 304, "5xx"],
        "defaultTimeout": 15000,
    }
)
"""Back is a real navigation, so that no copy of a page is kept; a proxy's error page is not put into ours."""


def csp_nonce() -> str:
    """Return this answer's nonce; made at first need, so that error pages have one too."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(18)
    nonce: str = g.csp_nonce
    return nonce


def hx(**attributes: Any) -> Markup:
    """Return htmx attributes with this answer's nonce: `hx(post=url, target="#x", status__409="swap:none")`.

    Two underscores become a colon, one a hyphen; a mapping becomes JSON. Every value is escaped.
    """
    values = {"nonce": csp_nonce(), **attributes}
    named = {name.replace("__", ":").replace("_", "-"): value for name, value in values.items()}
    texts = {name: json.dumps(value) if isinstance(value, dict) else str(value) for name, value in named.items()}
    return Markup(" ").join(Markup('hx-{}="{}"').format(name, text) for name, text in texts.items())


def page(
    template: str, *blocks: str, status: int = 200, headers: Iterable[tuple[str, str]] = (), **context: Any
) -> Response:
    """Render a whole page, or of it what a request of htmx wants: the page below a dialog, else the named blocks.

    Blocks of the page that is open bring its title, too, which may have changed with them.
    A page that fails takes the place of no other: of that one, too, the named blocks are rendered.
    """
    if is_partial() and wants(PAGE) and status < 500:
        blocks = ("main",)
    if blocks and is_partial():
        body = fragment(template, *blocks, status=status, **context)
        if wants(PAGE) or not in_dialog():
            body = f"<title>{fragment(template, 'title', status=status, **context)} · {PRODUCT}</title>{body}"
    else:
        body = render_template(template, status=status, **context)
    response = make_response(body, status)
    response.headers.extend(dict(headers))
    return response


def fragment(template: str, *blocks: str, **context: Any) -> str:
    """Render the named blocks of a template, one after the other."""
    current_app.update_template_context(context)
    found = current_app.jinja_env.get_template(template)
    inside = found.new_context(context)
    return "".join("".join(found.blocks[name](inside)) for name in blocks)


def serve_pages(app: Flask, site: Site) -> None:
    """Give templates what they all use."""
    app.jinja_env.globals.update(
        asset=asset,
        avatar_class=avatar_class,
        csp_nonce=csp_nonce,
        csrf_token=lambda: g.get(CSRF_FIELD) or generate_csrf(),
        draw_symbol=draw_symbol,
        format_full=format_full,
        format_when=lambda moment: format_when(moment, site.clock()),
        get_flashed_messages=lambda **_how: said(site),
        htmx_config=HTMX,
        hx=hx,
        in_dialog=in_dialog,
        is_partial=is_partial,
        languages=list(LANGUAGES.items()),
        lucide=draw_icon,
        product=PRODUCT,
        site=site.settings.host,
    )

    @app.context_processor
    def shared() -> dict[str, Any]:
        who = person()
        entries = [each for each in home_first(site) if who and each.shows(who)]
        return {
            "subject": who,
            "language": str(get_locale()),
            "navigation": [_link(each) for each in entries if not each.in_menu],
            "account_links": [_link(each) for each in entries if each.in_menu],
            "search_url": url_for(site.search) if site.search else None,
            "new_url": url_for(site.new[0]) if who and site.new and site.may_create(who) else None,
            "session": _session(who, site),
        }


def said(site: Site) -> list[tuple[str, object]]:
    """Return what the last action did, as (category, message): a word in the address names it, no cookie holds it.

    Only the browser that did it is told, once. A message that is a mapping may name its category as `look`; one that
    says nothing is left out.
    """
    word = request.args.get(WORD, "")
    message = site.messages.get(word)
    found = message(request.args) if message and (word in site.standing or is_to_be_said(site)) else None
    if not found:
        return []
    return [(str(found.get("look", "ok")) if isinstance(found, Mapping) else "ok", found)]


def home_first(site: Site) -> list[Entry]:
    """Return the places of the navigation, the first page of all in front."""
    return sorted(site.entries, key=lambda each: each.endpoint != site.home)


def _link(entry: Entry) -> Mapping[str, Any]:
    url = url_for(entry.endpoint)
    below = not entry.in_menu and request.path.startswith(f"{url}/")
    return {
        "label": entry.label,
        "icon": entry.icon,
        "key": entry.key,
        "url": url,
        "current": below or request.path == url,
    }


def _session(who: Subject | None, site: Site) -> Mapping[str, Any] | None:
    """Return how long a person stays signed in without a request, and when to say so."""
    if who is None:
        return None
    warn = min(WARNED_SECONDS, site.settings.sessions.idle_minutes * 60 // 2)
    return {"url": url_for(site.session), "seconds": who.seconds_left(site.clock()), "warn": warn}


@lru_cache(maxsize=512)
def draw_icon(name: str, size: str = "") -> Markup:
    """Return a Lucide icon as inline SVG in few bytes, drawn once a process; its look is the class `icon`'s.

    Raises IconDoesNotExist.
    """
    look = {"class": f"icon {size}" if size else "icon"}
    opening, rest = str(lucide(name, size=None, aria_hidden="true", **look)).split(">", 1)
    drawn = f"{SET_BY_CLASS.sub('', opening)}>{rest}"
    return Markup(BETWEEN_TAGS.sub("><", drawn).replace(" />", "/>"))  # noqa: S704  # the package's own drawing


def draw_symbol(name: str) -> Markup:
    """Return a Lucide icon as a symbol, which `<use href="#i-NAME">` draws wherever the page needs it."""
    inside = draw_icon(name).split(">", 1)[1].removesuffix("</svg>")
    return Markup(f'<symbol id="i-{name}" viewBox="0 0 24 24">{inside}</symbol>')  # noqa: S704  # as draw_icon


def asset(path: str) -> str:
    """Return the address of a static file with a mark of its content, so that browsers may keep it for good."""
    return _address(current_app.static_folder or "", path, request.script_root)


@lru_cache(maxsize=256)
def _address(folder: str, path: str, _root: str) -> str:
    return url_for("static", filename=path, v=hashlib.sha256(read_static(folder, path)).hexdigest()[:12])


def avatar_class(person_id: UUID) -> str:
    """Return one of the five colours of avatars, always the same for a person."""
    return f"c{person_id.int % AVATARS + 1}"


def format_full(moment: datetime) -> str:
    """Return date and time in the reader's language and time zone."""
    return _written(_minute(moment), *_reader())


def _reader() -> tuple[str, str]:
    """Return the language and time zone of this answer, looked up once: a list has forty moments."""
    if "reader" not in g:
        g.reader = str(get_locale()), str(get_timezone())
    found: tuple[str, str] = g.reader
    return found


@lru_cache(maxsize=4096)
def _written(moment: datetime, locale: str, _timezone: str) -> str:
    day = "d. MMMM y" if locale.startswith("de") else "d MMMM y"
    text: str = format_datetime(moment, f"{day}, HH:mm z")
    return text


@lru_cache(maxsize=4096)
def _written_short(moment: datetime, pattern: str, _locale: str, _timezone: str) -> str:
    text: str = format_date(moment, pattern)
    return text


def format_when(moment: datetime, now: datetime) -> str:
    """Return how long ago, up to a day; then the date, with the year if it is another one."""
    ago = now - moment
    if timedelta(0) <= ago < timedelta(minutes=1):
        return str(_("just now"))
    if timedelta(0) <= ago < timedelta(hours=1):
        minutes = ago // timedelta(minutes=1)
        return str(ngettext("%(num)s minute ago", "%(num)s minutes ago", minutes))
    if timedelta(0) <= ago < timedelta(days=1):
        hours = ago // timedelta(hours=1)
        return str(ngettext("%(num)s hour ago", "%(num)s hours ago", hours))
    short = "d. MMM" if _reader()[0].startswith("de") else "d MMM"
    pattern = short if moment.year == now.year else f"{short} y"
    return _written_short(_minute(moment), pattern, *_reader())


def _minute(moment: datetime) -> datetime:
    """Return the minute that a moment lies in, which is all that is written of it."""
    return moment.replace(second=0, microsecond=0)
