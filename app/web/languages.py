"""The language of an answer: the account's, then the one chosen here, then the browser's; and whose clock it tells."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, Domain, get_translations
from markupsafe import Markup

from app.settings import CHECKOUT
from app.web.site import Site
from app.web.subjects import person

LANGUAGES = {"en": "English", "de": "Deutsch"}
COOKIE = "language"


class Catalogues(Domain):
    """The catalogues, of which an answer looks for its own once, not for each text."""

    def get_translations(self) -> Any:
        """Return those of the present language; Flask-Babel forgets `babel_translations` when it changes."""
        here = g.get("_flask_babel")
        found = getattr(here, "babel_translations", None)
        if found is None:
            found = super().get_translations()  # type: ignore[no-untyped-call]  # Flask-Babel has no types
            if here is not None:
                here.babel_translations = found
        return found


class TresorBabel(Babel):
    """Flask-Babel with these catalogues."""

    @cached_property
    def domain_instance(self) -> Domain:
        return Catalogues(domain=self.domain)  # type: ignore[no-untyped-call]


def speak(app: Flask, site: Site) -> None:
    """Translate with the catalogues beside the package."""
    app.config.update(
        BABEL_DEFAULT_LOCALE=site.settings.web.language,
        BABEL_TRANSLATION_DIRECTORIES=str(CHECKOUT / "app/translations"),
    )
    TresorBabel(  # type: ignore[no-untyped-call]
        app, locale_selector=lambda: language_of_request(site), timezone_selector=time_zone_of_request
    )
    app.jinja_env.globals.update(_=text, gettext=text, ngettext=counted_text)


def _catalogue() -> Any:
    """Return the catalogue in which this answer's page is written; a page has fifty texts."""
    found = g.get("catalogue")
    if found is None:
        found = g.catalogue = get_translations()
    return found


def text(message: str, /, **values: Any) -> Markup:
    """Return a text in this answer's language as HTML, in which values are escaped; `%` is written `%%`."""
    return _template(_catalogue(), message) % values if values else _plain(_catalogue(), message)


def counted_text(one: str, many: str, count: int, /, **values: Any) -> Markup:
    """Return a text as `text` does, in the form that the number needs; it is the value `num` if none is given."""
    return Markup(_catalogue().ungettext(one, many, count)) % {"num": count, **values}  # noqa: S704  # our catalogue's


@lru_cache(maxsize=2048)
def _template(translations: Any, message: str) -> Markup:
    return Markup(translations.ugettext(message))  # noqa: S704  # our own catalogue's


@lru_cache(maxsize=2048)
def _plain(translations: Any, message: str) -> Markup:
    return _template(translations, message) % {}


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
