"""Single secret values: the row of one that is open, and the panel that makes a new one."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from app.credentials.declare import CredentialType
from app.credentials.fields import FieldSpec
from app.errors import Refused
from app.generator.making import make
from app.generator.rule import Generator, choose
from app.generator.words import LISTS
from app.vault.heads import Head
from app.vault.pages.parts import Context
from app.web.languages import LANGUAGES

TEXT = "text/plain"


def wants_text() -> bool:
    """Return whether a script asks for the value alone, to put it into an input."""
    return request.accept_mimetypes.best == TEXT


def opened_value(head: Head, spec: FieldSpec, value: str, *, seconds: int | None) -> Context:
    """Return the context of one value in the clear. seconds: until it is hidden; None: until its reader hides it."""
    return {
        "value": {
            "name": spec.name,
            "label": spec.label,
            "multiline": spec.multiline,
            "copy_url": url_for("vault.copy", secret_id=head.id, field=spec.name),
        },
        "revealed": {"name": spec.name, "value": value, "seconds": seconds},
        "hidden_url": url_for("vault.show", secret_id=head.id),
    }


def spec_of(kind: CredentialType | None, field: str) -> FieldSpec:
    """Return the spec of a field of a type. Raises Refused if there is none."""
    for spec in kind.cls.specs if kind else ():
        if spec.name == field:
            return spec
    raise Refused(action="secret.generate")


def made_value(spec: FieldSpec, wanted: Mapping[str, str], sets: tuple[str, ...], *, back: str) -> Context:
    """Return the context of the generator's panel, with a new value by what is wanted. Raises Refused if no rule."""
    rule = spec.generate
    if rule is None:
        raise Refused(action="secret.generate")
    choice = choose(rule, wanted, sets)
    language = wanted.get("language", "")
    language = language if language in LISTS else str(get_locale())
    made = make(rule, choice, language=language)
    return {
        "field": {"name": spec.name, "label": spec.label},
        "made": made,
        "strength": (_("Weak"), _("Fair"), _("Strong"), _("Very strong"))[made.strength - 1],
        "rule": rule,
        "choice": choice,
        "sets": _sets(rule),
        "separators": _separators(rule),
        "words_in": [(code, name) for code, name in LANGUAGES.items() if code in LISTS],
        "words_from": language,
        "generate_url": request.path,
        "back_url": back,
    }


def _sets(rule: Generator) -> list[tuple[str, str]]:
    names = {"lower": "a–z", "upper": "A–Z", "digits": "2–9", "symbols": rule.symbols}
    return [(name, names[name]) for name in rule.sets]


def _separators(rule: Generator) -> list[tuple[str, str]]:
    names = {"-": _("Hyphen"), ".": _("Dot"), "_": _("Underscore"), " ": _("Space")}
    return [(mark, names.get(mark, mark)) for mark in rule.separators]
