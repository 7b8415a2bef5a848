"""The language of an answer: the account's, then the one chosen here, then the browser's; and whose clock it tells."""

from __future__ import annotations

from typing import Any

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, get_translations

from app.settings import CHECKOUT
from app.web.site import Site
from app.web.subjects import person

LANGUAGES = {"en": "English", "de": "Deutsch"}
COOKIE = "language"


def speak(app: Flask, site: Site) -> None:
    """Translate with the catalogues beside the package."""
    app.config.update(
        BABEL_DEFAULT_LOCALE=site.settings.web.language,
        BABEL_TRANSLATION_DIRECTORIES=str(CHECKOUT / "app/translations"),
    )
    Babel(app, locale_selector=lambda: language_of_request(site), timezone_selector=time_zone_of_request)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # the i18n extension adds it
        lambda text: catalogue().ugettext(text),
        lambda one, many, count: catalogue().ungettext(one, many, count),
        newstyle=True,
        pgettext=lambda context, text: catalogue().upgettext(context, text),
        npgettext=lambda context, one, many, count: catalogue().unpgettext(context, one, many, count),
    )


def catalogue() -> Any:
    """Return this answer's translations, looked up once an answer: a page asks for fifty texts."""
    if "catalogue" not in g:
        g.catalogue = get_translations()
    return g.catalogue


def language_of_request(site: Site) -> str:
    """Return the code of the language that this answer is written in; a command speaks the settings' one."""
    if not has_request_context():
        return site.settings.web.language
    who = person()
    for wish in (who.language if who else None, request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return wish
    return request.accept_languages.best_match(LANGUAGES, site.settings.web.language) or site.settings.web.language


def time_zone_of_request() -> str | None:
    """Return the time zone that an account chose for its dates; None: UTC."""
    who = person() if has_request_context() else None
    return who.time_zone if who else None
